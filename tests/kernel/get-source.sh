#!/bin/bash
# get-source.sh DIR: fetches Debian's newest kernel source package into DIR and unpacks it there;
# prints the folder. Linux 6.12 at least is wanted: the sound drivers build for User Mode Linux from
# there on, and 7.x has the better loopback timer.
#
# The machine's own apt configuration stays untouched: lists and cache are temporary. About 170 MB to
# fetch, 1.8 GB unpacked. LINUX_SOURCE names a certain package, e.g. linux-source-6.12.
set -euo pipefail

target=$(readlink -m "${1:?usage: get-source.sh DIR}")
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
mkdir -p "$target" "$temporary/lists/partial" "$temporary/cache/archives/partial"

# The machine's own mirror, where it is one of Debian's.
# shellcheck disable=SC2016 # $(SITE) is apt's
mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -v security | grep -m 1 '/debian/\?$' || true)
for suite in trixie trixie-backports; do
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main"
done >"$temporary/sources.list"

options=(
  -o Dir::Etc::sourcelist="$temporary/sources.list" -o Dir::Etc::sourceparts=/nonexistent
  -o Dir::State::lists="$temporary/lists" -o Dir::Cache="$temporary/cache"
)
# apt drops to its own user when it runs as root, and that one may not write here.
[ "$(id -u)" != 0 ] || options+=(-o APT::Sandbox::User=root)

apt-get "${options[@]}" update -qq
package=${LINUX_SOURCE:-$(apt-cache "${options[@]}" search --names-only '^linux-source-[0-9]' | cut -d' ' -f1 | sort -V | tail -n 1)}
[ -n "$package" ] || { echo "get-source.sh: no linux-source package found" >&2; exit 1; }

cd "$temporary"
apt-get "${options[@]}" download -qq "$package"
dpkg-deb --fsys-tarfile "$package"_*.deb | tar -xf - "./usr/src/$package.tar.xz"
tar -C "$target" -xJf "usr/src/$package.tar.xz"
echo "$target/$package"
