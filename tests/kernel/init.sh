#!/bin/bash
# The first process inside User Mode Linux (run.sh): mounts what programs expect, runs the job named on
# the kernel's command line, says how it ended, and powers off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export TERM=dumb HOME=/run/home TMPDIR=/run/tmp XDG_RUNTIME_DIR=/run/user LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null # devtmpfs may have been mounted by the kernel
mkdir -p /dev/shm /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
mount -t tmpfs shm /dev/shm
mkdir -m 700 "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR"
ip link set lo up

read -r -a words </proc/cmdline
for word in "${words[@]}"; do
  case $word in JOB=*) job=${word#JOB=} ;; esac
done
bash "$job" 2>&1 | cat # no terminal: programs would colour their output
echo "JOB-EXIT ${PIPESTATUS[0]}"
echo o >/proc/sysrq-trigger
exec sleep 60 # the power goes off before
