# shellcheck shell=bash
# A place to run the daemon in without a sound card or a desktop: a private session bus, a private
# headless PulseAudio with a virtual speaker and microphone, a voice for the microphone and a
# recorder at the speaker. Sourced by scripts/try; audio.md section 2.2 has the reasons.
#
#   bed_start_bus DIR  only the bus
#   bed_start_sound    the sound server alone, again after bed_kill_sound
#   bed_kill_sound     as a crash would
#   bed_freeze_sound, bed_thaw_sound   it answers nobody meanwhile
#   bed_start DIR      bus and sound; DIR: an empty folder of the caller's, removed by the caller after bed_stop
#   bed_speak WAV [S]  says WAV (16 kHz), or the first S seconds of it, into the microphone, in real
#                      time, and returns when it is said
#   bed_record WAV     from now on, what the speaker plays goes to WAV; bed_stop_recording ends it
#   bed_stop           ends all of it; call it from a trap on EXIT
#
# After bed_start: DBUS_SESSION_BUS_ADDRESS, PULSE_SERVER and XDG_RUNTIME_DIR are exported, and the
# ALSA names of the devices are in bed_playback_device and bed_capture_device.

bed_pids=()
bed_recorder=
bed_sound=
bed_dir=
export bed_playback_device=pulse:speaker bed_capture_device=pulse:mic

# bed_wait SECONDS COMMAND...: until the command succeeds.
bed_wait() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.02
  done
}

bed_start_bus() {
  local dir=$1
  install -d -m 700 "$dir"
  cat >"$dir/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$dir/bus</listen>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
END
  dbus-daemon --config-file="$dir/bus.conf" --nofork --nosyslog --nopidfile 2>"$dir/bus.log" &
  bed_pids+=($!)
  export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus
  bed_wait 10 test -S "$dir/bus" || { cat "$dir/bus.log" >&2; return 1; }
}

bed_start_sound() {
  env HOME="$bed_dir" XDG_CONFIG_HOME="$bed_dir/cfg" PULSE_RUNTIME_PATH="$bed_dir/pulse" \
    PULSE_STATE_PATH="$bed_dir/pulse" \
    pulseaudio -n -F "$bed_dir/pulse.pa" --daemonize=no --exit-idle-time=-1 --use-pid-file=no \
    --realtime=no --high-priority=no --log-level=notice --log-target=stderr >"$bed_dir/pulse.log" 2>&1 &
  bed_sound=$!
  bed_pids+=("$bed_sound")
  bed_wait 10 pactl info || { cat "$bed_dir/pulse.log" >&2; return 1; }
}

bed_kill_sound() {
  local pid others=()
  kill -KILL "$bed_sound"
  wait "$bed_sound" 2>/dev/null
  # The number may soon be another program's.
  for pid in "${bed_pids[@]}"; do [ "$pid" = "$bed_sound" ] || others+=("$pid"); done
  bed_pids=("${others[@]}")
  bed_sound=
  rm -f "$bed_dir/pulse/native"
}

bed_freeze_sound() { kill -STOP "$bed_sound"; }
bed_thaw_sound() { kill -CONT "$bed_sound"; }

bed_start() {
  local dir=$1
  bed_start_bus "$dir" || return 1
  bed_dir=$dir
  export XDG_RUNTIME_DIR=$dir
  install -d -m 700 "$dir/pulse"
  # norewinds: a null sink that may rewind renders two seconds ahead.
  cat >"$dir/pulse.pa" <<END
load-module module-native-protocol-unix auth-anonymous=1 socket=$dir/pulse/native
load-module module-null-sink sink_name=speaker norewinds=1 rate=48000 channels=2 format=s16le
load-module module-null-sink sink_name=room norewinds=1 rate=48000 channels=1 format=s16le
load-module module-remap-source master=room.monitor source_name=mic remix=no
set-default-sink speaker
set-default-source mic
END
  export PULSE_SERVER=unix:$dir/pulse/native
  bed_start_sound
}

bed_speak() {
  local bytes
  bytes=$(awk -v seconds="${2:-3600}" 'BEGIN { printf "%d", int(seconds * 16000) * 2 }')
  tail -c +45 "$1" | head -c "$bytes" | # without the header of the file
    paplay --device=room --latency-msec=20 --raw --rate=16000 --channels=1 --format=s16le
}

bed_record() {
  parecord --device=speaker.monitor --file-format=wav --rate=24000 --channels=1 --format=s16le \
    --latency-msec=20 "$1" &
  bed_recorder=$!
}

# parecord writes the sizes into the header when it is asked to end.
bed_stop_recording() {
  [ -n "$bed_recorder" ] || return 0
  kill -INT "$bed_recorder" 2>/dev/null
  wait "$bed_recorder" 2>/dev/null
  bed_recorder=
}

bed_stop() {
  bed_stop_recording
  if [ "${#bed_pids[@]}" -gt 0 ]; then
    kill "${bed_pids[@]}" 2>/dev/null
    kill -CONT "${bed_pids[@]}" 2>/dev/null # one that is frozen does not hear it
  fi
  wait "${bed_pids[@]}" 2>/dev/null
  bed_pids=()
}
