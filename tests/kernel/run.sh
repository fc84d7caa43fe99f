#!/bin/bash
# run.sh PROGRAM [ARGUMENT...]: runs PROGRAM inside a User Mode Linux on this machine's own root file
# system, in virtual time, and exits with its status. What PROGRAM prints comes out on stdout.
#
# Inside there are two ALSA loopback cards: what plays on hw:Speaker,0 is heard on hw:Speaker,1, what
# plays on hw:Mic,0 on hw:Mic,1; nothing else of the machine's sound. GV_* and the sanitizers'
# variables of the environment are handed in; GV_BED, where it is not set, is kernel, those cards.
# GV_VIRTUAL_TIME says how time passes. TMPDIR is a tmpfs: sockets cannot live on hostfs.
#
# GV_UML_KERNEL is the kernel (ensure-kernel.sh prints it); unset, the test counts as skipped (77).
# GV_UML_REALTIME=1 leaves out the virtual time.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${1:?usage: run.sh PROGRAM [ARGUMENT...]}"
if [ -z "${GV_UML_KERNEL:-}" ]; then
  echo "run.sh: GV_UML_KERNEL is not set; scripts/check --kernel-audio sets it"
  exit 77
fi

job=$(mktemp)
uml=
# shellcheck disable=SC2317 # called by the traps
cleanup() {
  [ -z "$uml" ] || kill -KILL "$uml" 2>/dev/null || true
  rm -f "$job" "$job.out"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

{
  # UML counts its own time from when it starts; certificates want the date.
  printf 'date -s @%s >/dev/null\n' "$(date +%s)"
  for name in $(compgen -e); do
    case $name in
      GV_UML_*) ;;
      GV_* | ASAN_OPTIONS | UBSAN_OPTIONS) printf 'export %s=%q\n' "$name" "${!name}" ;;
    esac
  done
  printf 'export GV_BED=%q\n' "${GV_BED:-kernel}"
  [ -n "${GV_UML_REALTIME:-}" ] || printf 'export GV_VIRTUAL_TIME=1\n'
  printf 'cd %q\n' "$PWD"
  printf '%q ' "$@"
  printf '\n'
} >"$job"

options=()
# Only a kernel from 7.0 on knows the loopback card's high resolution timer.
case $("$GV_UML_KERNEL" --version) in
  [7-9].* | [1-9][0-9].*) options+=('snd_aloop.timer_source=hrtimer,hrtimer') ;;
esac
[ -n "${GV_UML_REALTIME:-}" ] || options+=(time-travel=inf-cpu)

mkfifo "$job.out"
"$GV_UML_KERNEL" mem="${GV_UML_MEMORY:-512M}" root=/dev/root rootfstype=hostfs rootflags=/ rw \
  init="$here/init.sh" JOB="$job" con=null con0=null,fd:1 con1=fd:0,fd:1 ssl=null seccomp=on quiet loglevel=3 \
  snd_dummy.enable=0 snd_aloop.index=0,1 snd_aloop.enable=1,1 snd_aloop.id=Speaker,Mic \
  snd_aloop.pcm_substreams=2,2 "${options[@]}" </dev/null >"$job.out" 2>&1 &
uml=$!

status=
while IFS= read -r line; do
  line=${line%$'\r'}
  case $line in
    'JOB-EXIT '*) status=${line#JOB-EXIT } ;;
    *) [ -n "$status" ] || printf '%s\n' "$line" ;; # what follows is the kernel's farewell
  esac
done <"$job.out"
wait "$uml" || true
uml=
[ -n "$status" ] || { echo "run.sh: the kernel ended without an answer from $1" >&2; exit 1; }
exit "$status"
