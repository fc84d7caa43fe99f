#!/bin/bash
# build-kernel.sh SOURCE OUT: builds the test kernel from an unpacked Linux source (6.12 or newer) as
# the program OUT, about 7 MB. Changes two Kconfig files of SOURCE. Needs no root.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=$(readlink -f "${1:?usage: build-kernel.sh SOURCE OUT}")
out=$(readlink -m "${2:?usage: build-kernel.sh SOURCE OUT}")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# Ticks of 1 ms: the loopback cards of kernels before 7.0 move in ticks.
sed -i '/^config HZ$/,/default/s/default 100$/default 1000/' "$source/arch/um/Kconfig"

kmake() { make -s -C "$source" ARCH=um O="$build" "$@"; }
kmake tinyconfig >/dev/null
"$source/scripts/kconfig/merge_config.sh" -m -O "$build" "$build/.config" "$here/kernel.config" >/dev/null 2>&1
kmake olddefconfig >/dev/null
for wanted in SND_ALOOP=y SND_PCM=y HOSTFS=y UNIX=y HZ=1000 UML_TIME_TRAVEL_SUPPORT=y; do
  grep -q "^CONFIG_$wanted" "$build/.config" || { echo "build-kernel.sh: CONFIG_$wanted did not take" >&2; exit 1; }
done
kmake -j"$(nproc)" linux >"$build/log" 2>&1 || { tail -n 40 "$build/log" >&2; exit 1; }
mkdir -p "$(dirname "$out")"
strip -o "$out.new" "$build/linux"
mv "$out.new" "$out"
