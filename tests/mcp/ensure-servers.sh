#!/bin/bash
# ensure-servers.sh: prints the folder with the MCP servers that the tests talk to, `everything` and
# `filesystem`; installs them from the npm registry where that has not been done yet. Kept outside
# the repository, by version. Exit status 77, and SKIP with the reason on standard error, where the
# registry or npm itself is not at hand.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "SKIP: $*" >&2
  exit 77
}

node=$(command -v node) || skip 'node is not installed (apt install nodejs)'
# Debian 12's has no global crypto by itself, which the server over HTTP wants.
options=
[ "$("$node" -p 'process.versions.node.split(".")[0]')" -gt 18 ] || options=--experimental-global-webcrypto
key=$(cat "$here/package-lock.json" "$0" <(echo "$node $options") | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gemini-voice/mcp-$key

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # tests run side by side, and each of them asks

# launcher NAME: a program of that name, whatever the package looks like inside.
launcher() {
  printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$node" "$options" \
    "$cache/node_modules/@modelcontextprotocol/server-$1/dist/index.js" >"$cache/$1"
  chmod +x "$cache/$1"
}

if ! [ -e "$cache/complete" ]; then
  command -v npm >/dev/null || skip 'npm is not installed (apt install npm)'
  cp "$here/package.json" "$here/package-lock.json" "$cache/"
  # No scripts of the packages': none of them needs one.
  if ! npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund >"$cache/log" 2>&1; then
    npm view @modelcontextprotocol/server-everything version >/dev/null 2>&1 || skip 'npm registry not reachable'
    cat "$cache/log" >&2
    exit 1
  fi
  launcher everything
  launcher filesystem
  touch "$cache/complete"
fi
echo "$cache"
