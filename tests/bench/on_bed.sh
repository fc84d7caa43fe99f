#!/bin/sh
# on_bed.sh PROGRAM: runs a benchmark in virtual time on kernel devices where GV_UML_KERNEL names the
# kernel for that (tests/kernel/run.sh), else on a sound server.
set -eu
[ -z "${GV_UML_KERNEL:-}" ] || exec "$(dirname "$0")/../kernel/run.sh" "$@"
exec "$@"
