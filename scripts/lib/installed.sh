#!/bin/bash
# installed.sh STEP: one step of scripts/package-check inside a fresh tree, in which /trial has the
# package, the stand-in for the service, bed.sh and a voice. Runs as root; what a user does, a user
# of the tree's does.
set -euo pipefail

# /root is no home for a user; a fresh system has none.
as_user() {
  runuser -u tester -- env -i HOME=/home/tester PATH=/usr/bin:/bin LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=/run/user/tester \
    "$@"
}

fail() {
  printf '%s\n' "$*"
  exit 1
}

# expect STATUS COMMAND...
expect() {
  local wanted=$1 status=0
  shift
  printf '$ %s\n' "$*"
  "$@" || status=$?
  [ "$status" = "$wanted" ] || fail "exit status $status instead of $wanted"
}

# What a package leaves would be found there.
everything() { find / -xdev \( -path /proc -o -path /dev -o -path /trial -o -path /tmp -o -path /var/cache \) -prune -o -name '*gemini*' -print; }

step_install() {
  useradd -m tester
  install -d -o tester -m 700 /run/user/tester
  # What apt adds to a system that takes recommendations, as those of people do.
  apt-get install -s /trial/gemini-voice_*.deb | sed -n 's/^Inst \([^ ]*\).*/\1/p' | tr '\n' ' '
  printf '\n'
  apt-get install -y --no-install-recommends /trial/gemini-voice_*.deb
}

step_programs() {
  local page
  dpkg -L gemini-voice
  dpkg --verify gemini-voice
  for program in /usr/bin/gemini-voiced /usr/bin/gemini-voicectl /usr/libexec/gemini-voice/*; do
    ! ldd "$program" | grep 'not found' || fail "$program misses a library"
  done
  expect 0 as_user gemini-voiced --version
  expect 0 as_user gemini-voicectl --version
  expect 0 as_user gemini-voicectl --help >/dev/null
  expect 0 as_user gemini-voicectl config init
  expect 0 as_user gemini-voiced --check-config
  # No daemon, and nothing that would start it: it says so.
  expect 3 as_user dbus-run-session -- gemini-voicectl --no-start status
  # minbase leaves manual pages out of what it installs, so that only dpkg knows of them.
  for page in $(dpkg -L gemini-voice | sed -n 's|^/usr/share/man/.*/\(.*\)\.gz$|\1|p'); do echo "manual: $page"; done
}

step_unit() {
  apt-get install -y -qq --no-install-recommends systemd >/dev/null
  local wants=/home/tester/.config/systemd/user/default.target.wants/gemini-voiced.service
  local global=/etc/systemd/user/default.target.wants/gemini-voiced.service
  [ ! -e "$global" ] || fail 'the package enabled the unit'
  expect 0 as_user systemctl --user enable gemini-voiced
  [ "$(readlink "$wants")" = /usr/lib/systemd/user/gemini-voiced.service ] || fail "$wants does not lead to the unit"
  expect 0 as_user systemctl --user disable gemini-voiced
  expect 0 systemctl --global enable gemini-voiced
  [ -e "$global" ] || fail "no $global"
  expect 0 systemctl --global disable gemini-voiced
  expect 0 as_user systemd-analyze --user verify /usr/lib/systemd/user/gemini-voiced.service
}

# Of the user; the sound server will not run as root.
step_conversation() {
  expect 0 as_user bash /trial/installed.sh talk
}

step_talk() {
  work=$(mktemp -d) # the trap's, too, which sees no local
  started=()
  cd "$work"
  # shellcheck source=scripts/lib/bed.sh
  . /trial/bed.sh
  # shellcheck disable=SC2317 # called by the trap
  cleanup() {
    kill "${started[@]}" 2>/dev/null || true
    bed_stop || true
    cat "$work/daemon.log"
    rm -rf "$work"
  }
  trap cleanup EXIT
  bed_start "$work/bed"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem \
    -subj /CN=gemini-live-sim -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  /trial/gemini-live-sim --tls-cert cert.pem --tls-key key.pem --port-file port >sim.log 2>&1 &
  started+=($!)
  bed_wait 10 test -s port
  install -D -m 600 /dev/stdin ~/.config/gemini-voiced/key <<<no-key-needed-here
  cat >~/.config/gemini-voiced/config.yaml <<END
api:
  endpoint: wss://127.0.0.1:$(cat port)
  ca_file: $work/cert.pem
  key_file: ~/.config/gemini-voiced/key
audio:
  capture: {device: $bed_capture_device}
  playback: {device: $bed_playback_device}
END
  gemini-voiced 2>daemon.log &
  started+=($!)
  bed_wait 10 gemini-voicectl --no-start status
  expect 0 gemini-voicectl start
  bed_speak /trial/question.wav
  bed_wait 20 grep_status speaking || fail 'no answer was heard'
  bed_wait 30 grep_status listening || fail 'the answer did not end'
  expect 0 gemini-voicectl statistics
  expect 0 gemini-voicectl stop
}

grep_status() { gemini-voicectl --no-start --json status | grep -q "\"state\":\"$1\""; }

step_remove() {
  local left
  expect 0 apt-get remove -y gemini-voice
  left=$(everything)
  printf 'left after remove:\n%s\n' "$left"
  expect 0 apt-get purge -y gemini-voice
  left=$(everything | grep -v '^/home/tester/' || true)
  [ -z "$left" ] || fail "left after purge: $left"
  [ -f /home/tester/.config/gemini-voiced/config.yaml ] || fail "the user's configuration is gone"
}

"step_$1"
