# shellcheck shell=bash disable=SC2034,SC2154 # what others set, and what is for others
# Builds the Debian package in a tree of SUITE: ~/.cache/gemini-voice/trees/SUITE-build, which is kept,
# and with it what the compiler made the last time. Sourced by scripts/package-check and scripts/vm,
# after trees.sh and source.sh, from the top of the repository.
#
#   step NAME COMMAND...    a line of progress, counted in passed or failed; on failure also the end of
#                           what the command printed
#   prepare_build SUITE     the tree with what the build needs, and the source in it
#   build_package SUITE [OPTIONS]   afterwards the packages are in /, gemini-live-sim is where sim_in_tree
#                           says; OPTIONS as in DEB_BUILD_OPTIONS

# Relative to the build's tree.
sim_in_tree=source/build/package/tests/sim/gemini-live-sim

passed=0 failed=0

step() {
  local name=$1 begin=$SECONDS log=$trees/log
  shift
  printf '%-44s' "$name"
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    printf 'ok     %4d s\n' $((SECONDS - begin))
  else
    failed=$((failed + 1))
    printf 'FAILED %4d s\n' $((SECONDS - begin))
    tail -n 60 "$log" | sed 's/^/    /'
    return 1
  fi
}

prepare_build() {
  local base
  base=$(tree_base "$1") || return
  tree_lock "$1-build"
  [ -d "$trees/$1-build" ] || tree_copy "$base" "$trees/$1-build" || return
  export_source "$trees/$1-build/source" || return
  in_tree "$trees/$1-build" apt-get update -qq &&
    in_tree "$trees/$1-build" apt-get build-dep -y -qq --no-install-recommends /source &&
    in_tree "$trees/$1-build" apt-get install -y -qq --no-install-recommends build-essential ccache lintian
}

build_package() {
  rm -f "$trees/$1-build"/*.deb
  in_tree "$trees/$1-build" env PATH="/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin" CCACHE_DIR=/ccache \
    DEB_BUILD_OPTIONS="${2:-}" bash -c \
    'cd /source && dpkg-buildpackage -us -uc -b && ninja -C build/package tests/sim/gemini-live-sim'
}
