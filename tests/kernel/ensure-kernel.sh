#!/bin/bash
# ensure-kernel.sh: prints the path of the test kernel; fetches its source and builds it where that
# has not been done yet (about six minutes). Kept outside the repository, by configuration and source
# version, so that a change of either builds a new one.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
key=$(cat "$here/kernel.config" "$here/build-kernel.sh" <(echo "${LINUX_SOURCE:-newest}") | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gemini-voice/kernel-$key

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # a second build at the same time would only slow down both

# There is one file per folder; its name has the version.
kernel=$(find "$cache" -maxdepth 1 -name 'linux-source-*' -perm -u+x | head -n 1)
if [ -z "$kernel" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  source=$("$here/get-source.sh" "$work")
  kernel=$cache/${source##*/}
  "$here/build-kernel.sh" "$source" "$kernel"
fi
echo "$kernel"
