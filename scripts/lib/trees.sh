# shellcheck shell=bash
# Debian systems in folders, to build, test and try packages in: root only. Sourced by the scripts,
# after packages.sh.
#
#   tree_base SUITE         the folder of a smallest SUITE (bookworm, trixie); made once, and kept
#                           outside the repository: ${XDG_CACHE_HOME:-~/.cache}/gemini-voice/trees
#   tree_copy FROM TO       a copy that may be spoilt
#   in_tree DIR COMMAND...  runs it there, with /proc, /dev and the network of this machine, in
#                           namespaces of its own: what it mounts and starts ends with it.
#                           In tree_mounts are PLACE, or FOLDER:PLACE: folders of this machine's
#                           that are at PLACE there, too, in this order.
#   check_in_tree SUITE TOP OPTION...
#                           scripts/check of the checkout TOP in a SUITE, which keeps what it
#                           installs; its build/ is TOP/build/SUITE

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
  tree_mounts=$(printf '%s\n' "${tree_mounts[@]}") unshare --mount --pid --fork --kill-child -- bash -c '
    mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit
    while IFS= read -r place; do
      [ -z "$place" ] || { mkdir -p "$1${place#*:}" && mount --bind "${place%%:*}" "$1${place#*:}"; } || exit
    done <<<"$tree_mounts"
    cd / && exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${@:2}"' in_tree "$dir" "$@"
}

check_in_tree() {
  local suite=$1 top=$2 base tree=$trees/$1-check tree_mounts
  shift 2
  case $suite in
    bookworm | trixie) ;;
    *) die "$suite is not a Debian that this is tried on: bookworm or trixie" ;;
  esac
  [ "$(id -u)" = 0 ] || die "only root can make trees; as root: scripts/check --in $suite"
  base=$(tree_base "$suite") || return
  [ -d "$tree" ] || tree_copy "$base" "$tree" || return
  mkdir -p "$top/build/$suite"
  tree_mounts=("$top" "$top/build/$suite:$top/build")
  in_tree "$tree" "$top/scripts/check" "$@"
}
