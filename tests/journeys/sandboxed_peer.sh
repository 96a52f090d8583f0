#!/bin/bash
# The unix socket makes whoever reaches it the owner: it serves the command line of the server's user, as root and as a plain user,
# and nobody who sees other mounts or other processes than the server does.   ZO=build/release/zo tests/journeys/sandboxed_peer.sh
set -euo pipefail
. "$(dirname "$0")/journey.bash"

zo=$(realpath "${ZO:?set ZO to the program to test}")
work=$(mktemp -d)
chmod 755 "$work"
server=
checked=0

cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n%s\n' "$*" "$(cat "$work/out" "$work/err" 2>/dev/null)" >&2
  exit 1
}

# serve FOLDER COMMAND…: a server in a home of its own, which COMMAND starts; so is the command line from then on.
serve() {
  home=$1
  shift
  as=("$@")
  mkdir -p "$home"
  "${as[@]}" true
  "${as[@]}" env -u ZO_URL -u ZO_TOKEN ZO_HOME="$home/zo" HOME="$home" "$zo" serve --listen 127.0.0.1:0 >"$home/address" 2>"$home/err" &
  server=$!
  eventually 20 grep -q ready "$home/address"
  address=$(sed -n 's/^ZoClone is ready at //p' "$home/address")
}
# zo_in COMMAND… -- WORDS…: zo WORDS, inside what COMMAND makes.
zo_in() {
  local inside=()
  while [ "$1" != -- ]; do inside+=("$1"); shift; done
  shift
  "${as[@]}" env -u ZO_URL -u ZO_TOKEN ZO_HOME="$home/zo" HOME="$home" "${inside[@]}" "$zo" "$@" >"$work/out" 2>"$work/err"
}
# refused WORDS COMMAND…: zo is told WORDS there, but can work with a token.
refused() {
  local words=$1
  shift
  if ! "${as[@]}" "$@" true 2>/dev/null; then
    echo "skipped: $1 cannot make it here"
    return
  fi
  if zo_in "$@" -- token list; then fail "served from within: $*"; fi
  grep -qF "$words" "$work/err" || fail "not told '$words' from within: $*"
  zo_in "$@" -- token list --url "$address" --token "$token" || fail "a token does not help from within: $*"
  checked=$((checked + 1))
}
check_peers() {
  zo_in -- token create --name peer --scope all --json || fail "the command line is not served"
  token=$(sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' "$work/out")
  refused "your mount namespace is not the server's" bwrap --dev-bind / /
  refused "your pid namespace is not the server's" bwrap --dev-bind / / --unshare-pid
  refused "your mount namespace is not the server's" unshare "$@" --mount
  refused "your pid namespace is not the server's" unshare "$@" --fork --pid
  kill "$server"
  wait "$server" || true
  server=
}

echo "as the user of this test"
serve "$work/own" env
if [ "$(id -u)" = 0 ]; then check_peers; else check_peers --map-root-user; fi
if [ "$(id -u)" = 0 ]; then
  echo "as a plain user"
  mkdir "$work/plain"
  chown 65534:65534 "$work/plain"
  serve "$work/plain" setpriv --reuid=65534 --regid=65534 --clear-groups
  check_peers --map-root-user
fi
[ "$checked" -gt 0 ] || { echo "no namespaces can be made here"; exit 77; }
echo "the socket serves nobody from within $checked namespaces"
