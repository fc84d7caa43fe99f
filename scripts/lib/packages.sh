# shellcheck shell=bash disable=SC2034 # the lists are for those who source this
# The Debian packages that building, testing and trying need, and how missing ones are installed.
# Sourced by the scripts. Callers: install_missing WHY LIST...
#
# This is the one place that names packages. "a|b" means either: the first one that apt knows.

# What runs while building, and what is only text; and what programs are linked with, which has to be
# of the processor that they are for.
packages_tools='
  meson ninja-build g++ pkg-config python3 libsdbus-c++-bin scdoc libasio-dev doctest-dev'
packages_libraries='
  libwebsocketpp-dev libssl-dev libasound2-dev libspeexdsp-dev libsdbus-c++-dev libyaml-cpp-dev
  libboost-json1.81-dev|libboost-json-dev libre2-dev libsystemd-dev libcurl4-openssl-dev
  libgdk-pixbuf-2.0-dev libwebp-dev libwebrtc-audio-processing-dev libsecret-1-dev libsqlite3-dev
  libpango1.0-dev'
packages_build="$packages_tools $packages_libraries"

# A private bus, a headless sound server, and the programs that the tests look at the daemon with.
packages_bed='dbus-daemon libglib2.0-bin pulseaudio pulseaudio-utils libasound2-plugins alsa-utils openssl'

# The other sound server. Its server of PulseAudio's protocol is a module of the first one.
packages_pipewire='pipewire-bin wireplumber'

# The second one holds clang's libFuzzer and sanitizers, which clang only recommends: 14 is the clang
# of Debian 12 (which has a 19 besides), 19 that of Debian 13 (which has no 14).
packages_fuzz='clang libclang-rt-14-dev|libclang-rt-19-dev'

# The shells that command lines are completed in, and what keeps the keys of GNOME and Xfce.
packages_desktop='bash-completion zsh fish gnome-settings-daemon-common xfconf gnome-keyring'

# Other packages of nodejs than Debian's bring npm along, and cannot stand beside Debian's.
packages_test="$packages_bed $packages_fuzz $packages_desktop
  espeak-ng iproute2 systemd clang-format clang-tidy shellcheck valgrind mandoc
  python3-jsonschema python3-ruamel.yaml desktop-file-utils appstream rpm nodejs npm|nodejs"
packages_try="$packages_bed ca-certificates"
packages_soak="$packages_bed doctest-dev iproute2"
# The tutorial's libraries, what draws, and what times the hot paths.
packages_bench='python3-pyaudio python3-websockets python3-matplotlib strace libbenchmark-dev'
packages_package='build-essential debhelper'
packages_trees='debootstrap debian-archive-keyring util-linux'
packages_vm="$packages_trees qemu-system-x86 e2fsprogs python3 openssl"
# What the machine has before our package comes: a user's session with sound and portals, the
# distribution's kernel, and what the trials look at it with.
packages_vm_root='systemd-sysv libpam-systemd udev kmod dbus dbus-user-session rtkit
  pipewire pipewire-bin wireplumber pipewire-alsa alsa-utils xdg-desktop-portal
  linux-image-amd64 initramfs-tools zstd usbutils python3 python3-numpy'
packages_kernel='gcc make flex bison bc xz-utils dpkg ca-certificates debian-archive-keyring iproute2 kmod'

# The tests for another processor, beside packages_test: what makes and runs its programs, and what they
# are linked with or load.
packages_emulation='crossbuild-essential-arm64 dpkg-dev qemu-user'
packages_emulated="$packages_libraries libasound2-plugins"

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  warn "$*"
  exit 1
}

# True on Debian 12, 13 and what is made from them. Sets distribution to a name fit for a message.
known_distribution() {
  local ID='' ID_LIKE='' PRETTY_NAME=''
  # shellcheck source=/dev/null
  [ ! -r /etc/os-release ] || . /etc/os-release
  distribution=${PRETTY_NAME:-this system}
  case " $ID $ID_LIKE " in
    *' debian '*) command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ;;
    *) return 1 ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Prints those of its arguments that are not installed, one per line.
missing_packages() {
  local installed package alternative found
  installed=$(dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\n${db:Status-Abbrev}\t${Package}:${Architecture}\n' 2>/dev/null |
    sed -n 's/^ii \t//p')
  for package in "$@"; do
    found=
    for alternative in ${package//|/ }; do
      if grep -qxF "$alternative" <<<"$installed"; then found=1; fi
    done
    [ -n "$found" ] || printf '%s\n' "$package"
  done
}

# of_architecture ARCHITECTURE PACKAGE...: "a|b" as "a:arm64|b:arm64", one per line.
of_architecture() {
  local architecture=$1 package
  shift
  for package in "$@"; do
    package=$package:$architecture
    printf '%s\n' "${package//|/:$architecture|}"
  done
}

# Of "a|b" the first one that apt can install.
choose_alternative() {
  local alternative
  for alternative in ${1//|/ }; do
    if [[ $(apt-cache policy "$alternative") == *'Candidate: '[^\(]* ]]; then
      printf '%s\n' "$alternative"
      return
    fi
  done
  die "apt knows none of: ${1//|/, }. Enable the 'main' component of your distribution and try again."
}

# install_missing WHY PACKAGE...: with everything there it asks apt nothing and takes no time.
install_missing() {
  local why=$1 missing package chosen=()
  shift
  if ! known_distribution; then
    warn "${distribution} is not Debian or made from it: packages are not installed, the build will say what it lacks."
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "these packages are missing, and neither root nor sudo is at hand to install them (as root: apt-get install ${missing[*]%%|*})"
  fi

  say "Installing with apt, $why: ${missing[*]}"
  as_root apt-get update -qq || die "apt-get update failed. Check the network and /etc/apt/sources.list, then try again."
  for package in "${missing[@]}"; do
    chosen+=("$(choose_alternative "$package")") || exit 1
  done
  # --no-remove: a test bed is never worth a program of the user's.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove \
    -o Dpkg::Use-Pty=0 "${chosen[@]}" >/dev/null ||
    die "apt-get could not install ${chosen[*]}; its message is above."
}

# install_emulated ARCHITECTURE: all that tests for another processor need, which apt gets to know.
install_emulated() {
  as_root dpkg --add-architecture "$1"
  # shellcheck disable=SC2046,SC2086 # lists of words
  install_missing "to test for $1" $packages_tools $packages_test $packages_emulation \
    $(of_architecture "$1" $packages_emulated)
}
