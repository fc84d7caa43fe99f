# shellcheck shell=bash
# What a package is built from. Sourced by the scripts, from the top of the repository.
#
#   export_source FOLDER    what git tracks, as it is now, and nothing else

export_source() {
  local name
  rm -rf "$1"
  mkdir -p "$1"
  # Those that are deleted and not yet committed are in git's list, too.
  git ls-files -z | while IFS= read -r -d '' name; do
    [ ! -e "$name" ] || printf '%s\0' "$name"
  done | tar --null --no-recursion --files-from=- -cf - | tar -C "$1" -xf -
}
