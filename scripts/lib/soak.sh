# shellcheck shell=bash disable=SC2154,SC2034 # the variables are those of scripts/soak
# What happens in a soak test: the programs, the faults of the user and of the computer (those of the
# service are in soak_faults.py), and what must be true after each. Sourced by scripts/soak.

# On loopback, and yet one that can be lost.
service_address=127.0.0.9
# One of each comes before any comes again. Several times: more often.
kinds=(speak talk_over talk_over interrupt interrupt mute_and_say toggle_mute reload forget
  stall_daemon flood_bus freeze_sound restart_sound sleep_and_wake)
deck=()
# Those that take long, and what ends a session for good: one at a time, the next after rare_every
# seconds. The first comes in every run.
rare=(deaf_service) rare_rest=(forbidden key limited model quota vanished_service) rare_every=75 rare_next=30

elapsed() { say $((SECONDS - begin)); }

cleanup() {
  local pids=("${started[@]}" ${daemon:+"$daemon"} ${service:+"$service"} ${trouble:+"$trouble"})
  trap - EXIT INT TERM HUP
  if [ "${#pids[@]}" -gt 0 ]; then
    kill "${pids[@]}" 2>/dev/null
    kill -CONT "${pids[@]}" 2>/dev/null # one that is frozen does not hear it
  fi
  bed_stop
  mv "$work/daemon.log" "$build/soak.log" 2>/dev/null
  rm -rf "$work"
}

fail() {
  {
    say "soak: FAILED after $(elapsed) s, seed $seed: $*"
    say "  what was done: $(sort "$work/done" | uniq -c | awk '{ printf "%s %s, ", $1, $2 }')"
    say "  the end of the log of the daemon ($build/soak.log):"
    tail -n 40 "$work/daemon.log" | sed 's/^/    /'
  } >&3 2>/dev/null # descriptor 3 is where the user reads
  exit 1
}

# start_service SCRIPT LOG [PORT]: sets port and the process's number in started_service.
start_service() {
  rm -f "$work/port"
  "$build/tests/sim/gemini-live-sim" --listen "$service_address:${3:-0}" --tls-cert "$work/cert.pem" \
    --tls-key "$work/key.pem" --port-file "$work/port" --script "$1" --log "$2" --speed 8 --think 50 2>>"$work/sim.log" >&2 &
  started_service=$!
  bed_wait 10 test -s "$work/port" || return 1
  port=$(cat "$work/port")
}

# The service itself begins anew: on the same port, with other faults, and no conversation known.
restart_service() {
  if [ -n "$service" ]; then
    kill "$service"
    wait "$service" 2>/dev/null
  fi
  service_runs=$((${service_runs:--1} + 1)) service_begin=$SECONDS
  python3 scripts/lib/soak_faults.py $((seed + service_runs)) >"$work/script.json" || exit 1
  bed_wait 10 start_service "$work/script.json" "$work/service.$service_runs" "${service_port-}" ||
    fail "gemini-live-sim does not start: $(tail -n 3 "$work/sim.log")"
  service=$started_service service_port=$port
}

configure() {
  cat >"$work/config.yaml" <<END
api:
  endpoint: wss://$service_address:$1
  ca_file: $work/cert.pem
audio:
  capture: {device: $bed_capture_device}
  playback: {device: $bed_playback_device}
  earcons: false  # sound is an answer
session: {idle_timeout: 1h}
END
}

# The quarantine: where the daemon is built with AddressSanitizer, it would be taken for growth.
start_daemon() {
  ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=4 GEMINI_API_KEY=no-key-needed-here XDG_STATE_HOME=$work/state \
    "$build/daemon/gemini-voiced" --config "$work/config.yaml" 2>>"$work/daemon.log" {logind}>&- 3>&- &
  daemon=$!
  bed_wait 20 "$ctl" --no-start status || fail 'gemini-voiced does not start'
}

# Cleanly, be it to hear what a sanitizer has to say about leaks.
end_daemon() {
  local status
  kill -TERM "$daemon"
  wait "$daemon"
  status=$?
  daemon=''
  [ "$status" = 0 ] || fail "the daemon ended with status $status"
}

start_programs() {
  bed_start "$work/bed" || die 'the private session bus or sound server did not start'
  export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
  mkfifo "$work/logind.in"
  "$build/tests/loop/logind-stand-in" <"$work/logind.in" >"$work/logind.out" 2>&1 &
  started+=($!)
  exec {logind}>"$work/logind.in"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$work/key.pem" -out "$work/cert.pem" \
    -subj /CN=gemini-live-sim -addext "subjectAltName=IP:$service_address" 2>/dev/null || die 'openssl could not make a certificate'
  : >"$work/done"
  restart_service
  configure "$service_port"
  start_daemon
  "$ctl" --json watch >"$work/watch" 2>/dev/null {logind}>&- 3>&- &
  started+=($!)
}

alive() { kill -0 "$daemon" 2>/dev/null || fail 'the daemon is gone'; }

# What the daemon holds while no session runs: seconds, process, RSS in kB, descriptors, threads.
sample() {
  say "$(elapsed) $daemon $(awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status")" \
    "$(find "/proc/$daemon/fd" -mindepth 1 | wc -l) $(awk '/^Threads/ { print $2 }' "/proc/$daemon/status")" >>"$work/samples"
}

status() { "$ctl" --no-start --json status 2>&1; }
is() { status | grep -q "\"state\":\"$1\""; }
starts() { "$ctl" --timeout 20 start; }
count() { grep -c -- "$1" "$work/watch"; }
more() { [ "$(count "$1")" -gt "$2" ]; }
remember_statistics() { "$ctl" --no-start --json statistics 2>/dev/null >>"$work/statistics"; }

end_session() {
  remember_statistics
  "$ctl" stop
  bed_wait 20 is idle || fail "a session does not end: $(status)"
}

# A session that was asked something answers, be it after some trouble.
expect_a_turn() {
  local before attempt
  before=$(count turn_completed)
  for attempt in 1 2 3 4; do
    starts >/dev/null 2>&1
    "$ctl" unmute >/dev/null 2>&1
    "$ctl" say "Are you there? ($attempt)" >/dev/null 2>&1
    bed_wait 30 more turn_completed "$before" && return
    alive
  done
  fail "it is stuck: $(status)"
}

# shuffle ARRAY
shuffle() {
  local -n cards=$1
  local i j card
  for ((i = ${#cards[@]} - 1; i > 0; --i)); do
    j=$((RANDOM % (i + 1))) card=${cards[i]}
    cards[i]=${cards[j]} cards[j]=$card
  done
}

# A few questions, and then one thing that a user or a computer does.
something() {
  local card left
  for ((left = RANDOM % 2 + 2; left > 0; --left)); do ask; done
  if [ "$(elapsed)" -ge "$rare_next" ]; then
    rare_next=$(($(elapsed) + rare_every)) card=${rare[0]}
    rare=("${rare[@]:1}")
    if [ "${#rare[@]}" = 0 ]; then
      shuffle rare_rest
      rare=("${rare_rest[@]}" deaf_service)
    fi
  else
    if [ "${#deck[@]}" = 0 ]; then
      deck=("${kinds[@]}")
      shuffle deck
    fi
    card=${deck[-1]}
    unset 'deck[-1]'
  fi
  say "$card" >>"$work/done"
  "$card" >/dev/null 2>&1
}

speak() {
  local before
  before=$(count turn_completed)
  bed_speak tests/data/question.wav 2 # an answer is as long as what was said
  bed_wait 4 more turn_completed "$before"
}
talk_over() { "$ctl" say 'Tell me everything.'; bed_speak tests/data/interruption.wav 1.5; }
ask() {
  local before
  before=$(count turn_completed)
  say ask >>"$work/done"
  "$ctl" say 'Go on.' >/dev/null 2>&1
  bed_wait 3 more turn_completed "$before" # it may be lost with a connection
}
interrupt() { "$ctl" say 'Once more.'; sleep 0.5; "$ctl" interrupt; }
mute_and_say() { "$ctl" mute; "$ctl" say 'Nobody hears me.'; "$ctl" unmute; }
toggle_mute() { "$ctl" mute-toggle; "$ctl" mute-toggle; }
reload() { "$ctl" reload; }
# One client that does not listen, while another is served.
flood_bus() {
  local flood
  "$ctl" say 'And then?'
  python3 scripts/lib/soak_flood.py 3000 &
  flood=$!
  "$ctl" --timeout 15 --no-start status || fail 'a flood of calls keeps the others from being served'
  wait "$flood" || fail 'the bus ended the client that floods it'
}
forget() { remember_statistics; "$ctl" stop --forget; starts; }
stall_daemon() { kill -STOP "$daemon"; sleep 0.2; kill -CONT "$daemon"; }
freeze_sound() { bed_freeze_sound; sleep $((RANDOM % 3)).$((RANDOM % 9 + 1)); bed_thaw_sound; }
restart_sound() { bed_kill_sound; bed_start_sound || fail 'the sound server does not start'; }

logind_has_answered() { [ "$(wc -l <"$work/logind.out")" -gt "$1" ]; }
tell_logind() {
  local before
  before=$(wc -l <"$work/logind.out")
  say "$1" >&"$logind"
  bed_wait 20 logind_has_answered "$before"
  tail -n 1 "$work/logind.out"
}

# The computer waits for five seconds at most.
sleep_and_wake() {
  local said
  said=$(tell_logind sleep)
  [[ $said =~ ^'asleep after '([0-9]+) && ${BASH_REMATCH[1]} -lt 4000 ]] || fail "before a sleep: $said"
  sleep 1
  tell_logind wake
}

change_network() {
  ip address del "$service_address/32" dev lo
  sleep 0.$((RANDOM % 9 + 1))
  ip address add "$service_address/32" dev lo scope global
}

# A service that does what soak_faults.py NAME prints, instead of the usual one.
begin_trouble() {
  end_session
  python3 scripts/lib/soak_faults.py "$1" >"$work/trouble.json"
  start_service "$work/trouble.json" "$work/trouble.log" || fail 'gemini-live-sim does not start'
  trouble=$started_service
  configure "$port"
  "$ctl" reload
}
end_trouble() {
  end_session
  kill "$trouble"
  wait "$trouble" 2>/dev/null
  trouble=
  configure "$service_port"
  "$ctl" reload
  bed_wait 30 starts || fail "no session starts after $1: $(status)"
}
trouble_connections() { grep -c '"event":"connect"' "$work/trouble.log"; }
connected_anew() { [ "$(trouble_connections)" -ge 2 ]; }

# Endings that no other attempt mends: the right error, no wild attempts, and the next start is clean.
forbidden() { end_for_good forbidden AuthFailed; }
key() { end_for_good key AuthFailed; }
limited() { end_for_good limited QuotaExceeded; }
model() { end_for_good model ModelUnavailable; }
quota() { end_for_good quota QuotaExceeded; }
end_for_good() {
  local name=$1 error=$2 before
  begin_trouble "$name"
  before=$(count "error_occurred.*Error.$error")
  starts
  bed_wait 20 more "error_occurred.*Error.$error" "$before" || fail "$name: no $error was told: $(status)"
  if [ "$name" = quota ]; then
    bed_wait 5 is reconnecting || fail "$name: no patience: $(status)"
    "$ctl" stop
  fi
  bed_wait 10 is idle || fail "$name did not end the session: $(status)"
  [ "$(trouble_connections)" -le 3 ] || fail "$name: a storm of connections"
  end_trouble "$name"
}

# It takes the words and says nothing: there is a nudge after 8 s, and a new connection after 13 s.
deaf_service() {
  local attempt
  begin_trouble deaf
  bed_wait 30 starts
  "$ctl" unmute
  for attempt in 1 2; do
    bed_speak tests/data/question.wav 2
    if bed_wait 25 connected_anew; then break; fi
  done
  connected_anew || fail "a deaf service was not noticed ($attempt): $(status)"
  expect_a_turn
  end_trouble deaf_service
}

# Neither words nor an end: the silence of its pongs tells.
vanished_service() {
  begin_trouble vanished
  bed_wait 30 starts
  bed_wait 65 connected_anew || fail "a service that vanished was not noticed: $(status)"
  expect_a_turn
  end_trouble vanished_service
}

# Killed in mid-session: the next start is clean and goes on with the conversation.
crash_daemon() {
  local log=$work/service.$service_runs lines kept first
  say crash_daemon >>"$work/done"
  remember_statistics
  kill -KILL "$daemon"
  wait "$daemon" 2>/dev/null
  kept=$(grep -o "$service_address:$service_port" "$work/state/gemini-voiced/handles.json" 2>/dev/null)
  lines=$(wc -l <"$log")
  start_daemon
  is idle || fail "a crash left something behind: $(status)"
  bed_wait 30 starts || fail "no session starts after a crash: $(status)"
  first=$(tail -n "+$((lines + 1))" "$log" | grep -m 1 '"event":"setup"')
  if [ -n "$kept" ] && [[ $first != *'(handle, '* ]]; then fail "a crash ended the conversation: $first"; fi
}

# Its devices cannot be closed: it leaves all the same. Only here may a thread that hangs be left.
end_with_frozen_sound() {
  start_daemon
  bed_wait 30 starts || fail 'no session starts any more'
  say end_with_frozen_sound >>"$work/done"
  bed_freeze_sound
  end_daemon
  bed_thaw_sound
}
