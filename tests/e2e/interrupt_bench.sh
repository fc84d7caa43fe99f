#!/bin/bash
# interrupt_bench.sh RUN PROGRAM: in virtual time where there is a kernel for it (GV_UML_KERNEL, see
# tests/kernel/run.sh, which is RUN), else on a PulseAudio of its own.
set -euo pipefail

if [ -n "${GV_UML_KERNEL:-}" ]; then
  exec "$1" "$2"
fi
exec "$2"
