# shellcheck shell=bash
# Debian systems in folders, to build, test and try packages in: root only. Sourced by the scripts,
# after packages.sh.
#
#   tree_base SUITE         the folder of a smallest SUITE (bookworm, trixie); made once, and kept
#                           outside the repository: ${XDG_CACHE_HOME:-~/.cache}/gemini-voice/trees
#   tree_copy FROM TO       a copy that may be spoilt; what is at TO is whole, or not there
#   tree_lock NAME          nobody else uses the tree NAME until this script ends
#   in_tree DIR COMMAND...  runs it there, with /proc, /dev and the network of this machine, in
#                           namespaces of its own: what it mounts and starts ends with it, and
#                           with the script that called it.
#                           In tree_mounts are PLACE, or FOLDER:PLACE: folders of this machine's
#                           that are at PLACE there, too, in this order. With tree_emulates=arm64
#                           programs for that processor run there as others do; only root's files
#                           can be written then, and nothing installed.
#   check_in_tree SUITE ARCHITECTURE TOP OPTION...
#                           scripts/check of the checkout TOP in a SUITE, which keeps what it
#                           installs; its build/ is TOP/build/SUITE. ARCHITECTURE: '' or arm64,
#                           for which nothing is installed where $install is empty

trees=${XDG_CACHE_HOME:-$HOME/.cache}/gemini-voice/trees

tree_base() {
  local suite=$1 mirror
  local base=$trees/$suite-base
  if [ ! -d "$base" ]; then
    tree_lock "$suite-base"
  fi
  if [ ! -d "$base" ]; then
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
  local part=$2.part
  rm -rf "$2" "$part"
  # No service starts in it, and what can be made anew needs no syncing.
  cp -a --reflink=auto "$1" "$part" &&
    printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d" &&
    chmod +x "$part/usr/sbin/policy-rc.d" &&
    echo force-unsafe-io >"$part/etc/dpkg/dpkg.cfg.d/unsafe-io" &&
    mv "$part" "$2"
}

tree_lock() {
  local lock
  mkdir -p "$trees"
  exec {lock}>"$trees/$1.lock"
  flock --nonblock "$lock" || { warn "waiting for another one who uses $trees/$1" && flock "$lock"; }
}

# Which programs an emulator is for, as the kernel's binfmt_misc wants to be told: the head of an ELF
# file for Linux on a 64-bit ARM, little-endian. F: the interpreter is opened now.
emulator_of_arm64='/usr/bin/qemu-aarch64'
elf_of_arm64=':arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
elf_of_arm64+=':\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

in_tree() {
  local dir=$1 spaces=(--mount --pid --fork --kill-child) emulator='' own=/usr/local/share/ca-certificates
  shift
  if [ -n "${tree_emulates-}" ]; then
    # In a user namespace binfmt_misc is a list of its own: this machine's stays as it is.
    spaces+=(--user --map-root-user)
    emulator=$elf_of_arm64:$dir$emulator_of_arm64:F
  fi
  # Trees are kept for longer than a machine's network stays the same, which may have certificates of
  # its own: npm would not believe the registry.
  if [ -e /etc/resolv.conf ]; then cp --remove-destination /etc/resolv.conf "$dir/etc/resolv.conf" || return; fi
  if [ -d "$own" ] && ! diff -rq "$own" "$dir$own" >/dev/null 2>&1; then
    mkdir -p "$dir$own" && cp -R "$own/." "$dir$own/" || return
    if [ -e "$dir/usr/sbin/update-ca-certificates" ]; then chroot "$dir" update-ca-certificates >/dev/null || return; fi
  fi
  # unshare waits for its child whatever comes: it goes with this shell.
  # shellcheck disable=SC2016 # the inner shell's
  tree_mounts=$(printf '%s\n' "${tree_mounts[@]}") emulator=$emulator setpriv --pdeathsig KILL unshare "${spaces[@]}" -- bash -c '
    mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit
    while IFS= read -r place; do
      [ -z "$place" ] || { mkdir -p "$1${place#*:}" && mount --bind "${place%%:*}" "$1${place#*:}"; } || exit
    done <<<"$tree_mounts"
    if [ -n "$emulator" ]; then
      binfmt=$1/proc/sys/fs/binfmt_misc
      mount -t binfmt_misc binfmt_misc "$binfmt" && printf %s "$emulator" >"$binfmt/register" ||
        { echo "this kernel has no binfmt_misc in user namespaces; it came with Linux 6.7" >&2; exit 1; }
    fi
    cd / && exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${@:2}"' in_tree "$dir" "$@"
}

check_in_tree() {
  local suite=$1 architecture=$2 top=$3 base tree tree_mounts tree_emulates=
  shift 3
  base=$(tree_base "$suite") || return
  tree=$trees/$suite-${architecture:-check}
  tree_lock "${tree##*/}"
  [ -d "$tree" ] || tree_copy "$base" "$tree" || return
  mkdir -p "$top/build/$suite"
  tree_mounts=("$top" "$top/build/$suite:$top/build")
  if [ -n "$architecture" ]; then
    # shellcheck disable=SC2016,SC2154 # the inner shell's, the caller's
    [ -z "$install" ] ||
      in_tree "$tree" bash -c '. "$1/scripts/lib/packages.sh" && install_emulated "$2"' check "$top" "$architecture" || return
    tree_emulates=$architecture
  fi
  in_tree "$tree" "$top/scripts/check" "$@"
}
