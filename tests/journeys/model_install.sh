#!/bin/bash
# `zo model install` without the network: a file from another file system becomes a model, in words for people; no key is
# inherited; what is there already is left alone.   ZO=build/release/zo tests/journeys/model_install.sh
set -euo pipefail

zo=$(realpath "${ZO:?set ZO to the program to test}")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
elsewhere=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work" "$elsewhere"' EXIT

fail() {
  printf 'FAILED: %s\n--- standard output\n%s\n--- standard error\n%s\n' "$*" "$(cat "$work/out")" "$(cat "$work/err")" >&2
  exit 1
}
# install CODE WORDS…: keeps the output in $work/out and $work/err, and checks the exit code.
install() {
  local wanted=$1 code=0
  shift
  "$zo" model install "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ "$code" = "$wanted" ] || fail "zo model install $*: exit code $code, expected $wanted"
}

export XDG_CACHE_HOME=$work/cache ZO_HOME=$work/home OPENAI_API_KEY=zo-journey-secret
cache=$XDG_CACHE_HOME/zoclone

# The runtime is there already, so nothing has to be fetched. The python3 that the installer finds tells what it inherits.
stamp=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["runtime"]; print(r["package"] + "-" + r["version"])' \
  "$root/src/model/install/pinned.json")
mkdir -p "$cache/runtime/bin" "$work/bin"
touch "$cache/runtime/$stamp"
echo /usr >"$cache/runtime/base"
printf '#!/bin/sh\n' >"$cache/runtime/bin/python"
chmod +x "$cache/runtime/bin/python"
printf '#!/bin/sh\nenv >>"%s/inherited"\nexec "%s" "$@"\n' "$work" "$(command -v python3)" >"$work/bin/python3"
chmod +x "$work/bin/python3"
PATH=$work/bin:$PATH

echo "a file becomes a model"
printf 'GGUF\3\0\0\0%0100000d' 0 >"$elsewhere/Tiny Model.gguf"
install 0 "$elsewhere/Tiny Model.gguf"
grep -qx "local/tiny-model is installed: $cache/models/tiny-model.gguf" "$work/out" || fail "it was not said what is installed"
cmp "$elsewhere/Tiny Model.gguf" "$cache/models/tiny-model.gguf" || fail "the model is not the file"
! grep -q '[{}]' "$work/out" "$work/err" || fail "a person was shown JSON"
! grep -q zo-journey-secret "$work/inherited" || fail "python3 inherited a key"

echo "what cannot be installed"
install 1 "$elsewhere/none.gguf"
grep -q "$elsewhere/none.gguf" "$work/err" || fail "the missing file is not named"
echo "no model" >"$elsewhere/text.gguf"
install 1 "$elsewhere/text.gguf"
grep -q "is not a GGUF file" "$work/err" || fail "it was not said what the file is not"
install 1 --sha256 00 "$elsewhere/Tiny Model.gguf"
grep -q "expected 00" "$work/err" || fail "the hash was not compared"

echo "what is there already"
install 0 --yes --if-missing
[ ! -s "$work/out" ] && [ ! -s "$work/err" ] || fail "something was said, or done"
"$zo" doctor >"$work/out" 2>"$work/err" || true
grep -q "tiny-model" "$work/out" || fail "doctor does not see the model"
echo "model install: all good"
