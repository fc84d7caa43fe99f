# shellcheck shell=bash
# Debian systems in folders, for trying packages in: root only. Sourced by scripts/package-check and scripts/vm.
#
#   tree_base SUITE         the folder of a smallest SUITE (bookworm, trixie); made once, and kept
#                           outside the repository: ${XDG_CACHE_HOME:-~/.cache}/gemini-voice/trees
#   tree_copy FROM TO       a copy that may be spoilt
#   in_tree DIR COMMAND...  runs it there, with /proc, /dev and the network of this machine, in
#                           namespaces of its own: what it mounts and starts ends with it

trees=${XDG_CACHE_HOME:-$HOME/.cache}/gemini-voice/trees

tree_base() {
  local suite=$1 mirror
  local base=$trees/$suite-base
  if [ ! -d "$base" ]; then
    mkdir -p "$trees"
    rm -rf "$base.part"
    # The machine's own mirror, where it is one of Debian's.
    # shellcheck disable=SC2016 # $(SITE) is apt's
    mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -v security | grep -m 1 '/debian/\?$' || true)
    debootstrap --variant=minbase "$suite" "$base.part" "${mirror:-http://deb.debian.org/debian}" >"$base.log" 2>&1 ||
      { tail -n 20 "$base.log" >&2; return 1; }
    mv "$base.part" "$base"
  fi
  printf '%s\n' "$base"
}

tree_copy() {
  rm -rf "$2"
  cp -a --reflink=auto "$1" "$2"
  # No service starts in it.
  printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
  chmod +x "$2/usr/sbin/policy-rc.d"
  # What can be made anew needs no syncing.
  echo force-unsafe-io >"$2/etc/dpkg/dpkg.cfg.d/unsafe-io"
  cp /etc/resolv.conf "$2/etc/resolv.conf"
}

in_tree() {
  local dir=$1
  shift
  # shellcheck disable=SC2016 # the inner shell's
  unshare --mount --pid --fork --kill-child -- bash -c '
    mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit
    cd / && exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${@:2}"' in_tree "$dir" "$@"
}
