#!/bin/bash
# The embedded model, for real: without any key it answers, runs a command in the sandbox and uses its result; its process may be
# killed, and none is left behind.   ZO=build/release/zo tests/journeys/embedded_model.sh
# Exit code 77: skipped, with the reason on the last line.
set -euo pipefail
. "$(dirname "$0")/journey.bash"

zo=$(realpath "${ZO:?set ZO to the program to test}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/zoclone
work=$(mktemp -d)
server=

cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf -- '--- standard output\n%s\n--- standard error\n%s\n--- log\n%s\n' "$(cat "$work/out" 2>/dev/null)" \
    "$(cat "$work/err" 2>/dev/null)" "$(tail -20 "$work/home/log/zo.log" 2>/dev/null)" >&2
  exit 1
}
skip() {
  echo "skipped: $*"
  exit 77
}

# ask NAME QUESTION: the answer in $work/out, what was told beside it in $work/err, the time it took printed.
ask() {
  local begin=${EPOCHREALTIME/./} code=0
  "$zo" ask "$2" >"$work/out" 2>"$work/err" </dev/null || code=$?
  printf '  %s: %d ms\n' "$1" $(((${EPOCHREALTIME/./} - begin) / 1000))
  [ "$code" = 0 ] || fail "zo ask: exit code $code"
}

# The processes of our server that run the model: its descendants that hold the weights.
descendants() {
  local child
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}
model_processes() {
  local process
  for process in $(descendants "$server"); do
    if tr '\0' '\n' <"/proc/$process/cmdline" 2>/dev/null | grep -qx "/model.gguf"; then echo "$process"; fi
  done
}
one_runs() { [ -n "$(model_processes)" ]; }
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }
state_of_model() {
  "$zo" model list --json | python3 -c 'import json,sys
for line in sys.stdin:
    model = json.loads(line)
    if model["current"]: print(model["name"], model["source"], model["state"])'
}
is_ready() { [[ $(state_of_model) == "local/"*" embedded ready" ]]; }

compgen -G "$cache/models/*.gguf" >/dev/null || skip "no weights in $cache/models; zo model install fetches them"
[ -f "$cache/program.json" ] || skip "no runtime in $cache; zo model install fetches it"

unset ZO_URL ZO_TOKEN ZO_WORKSPACE ZO_MODEL OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL GROQ_API_KEY \
  OPENROUTER_API_KEY TOGETHER_API_KEY
export ZO_HOME=$work/home NO_COLOR=1

"$zo" sandbox run -- true >"$work/out" 2>"$work/err" || skip "the sandbox does not start here: $(tail -1 "$work/err")"

echo "a first answer"
"$zo" serve --listen 127.0.0.1:0 >"$work/serve" 2>"$work/serve.err" &
server=$!
eventually 60 grep -q "^ZoClone is ready at http" "$work/serve"
echo "what is written here is hashed" >"$ZO_HOME/workspace/notes.txt"
hash=$(sha256sum <"$ZO_HOME/workspace/notes.txt" | cut -d' ' -f1)
ask "cold" "What is the sha256 of notes.txt?"
grep -qF "$hash" "$work/out" || fail "the answer lacks the hash $hash"
grep -qF "sha256sum" "$work/err" || fail "no command was shown"
grep -qF "loading the model" "$work/err" || fail "it was not told that the model is being loaded"
is_ready || fail "the model's state is '$(state_of_model)'"

echo "warm"
ask "warm" "What is the capital of France?"
grep -qF "Paris" "$work/out" || fail "the capital of France is not Paris"
! grep -qF "loading the model" "$work/err" || fail "the model was loaded again"

echo "its process is killed"
eventually 5 one_runs
kill -9 $(model_processes)
ask "after kill -9" "What is the sha256 of notes.txt?"
grep -qF "$hash" "$work/out" || fail "the answer lacks the hash $hash"
grep -qF "loading the model" "$work/err" || fail "it was not told that the model is being loaded"

echo "nothing is left behind"
mapfile -t left < <(model_processes)
[ "${#left[@]}" -gt 0 ] || fail "no process runs the model"
kill "$server"
wait "$server" || fail "SIGTERM: exit code $?"
server=
for process in "${left[@]}"; do eventually 5 is_gone "$process"; done
echo "embedded model: all good"
