#!/usr/bin/env bash
# What a person does first on a fresh machine: ./run, a question, a second ./run. Called by fresh_root.sh inside the root that it made.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
export NO_COLOR=1

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 40 "$out"/* >&2
  exit 1
}
milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }
since() { echo "  $2: $(($(milliseconds) - $1)) ms"; }

# start LINES: ./run in the background until it has said so many lines.
start() {
  : >"$out/run"
  ./run --listen 127.0.0.1:0 >"$out/run" 2>"$out/run.err" </dev/null &
  server=$!
  until [ "$(wc -l <"$out/run")" -ge "$1" ]; do
    kill -0 "$server" 2>/dev/null || fail "./run ended"
    read -rt 0.02 <> <(:) || true
  done
}
stop() {
  kill "$server"
  wait "$server" || fail "SIGTERM: exit code $?"
}
ask() { ./run ask "$1" >"$out/answer" 2>"$out/answer.err" </dev/null || fail "./run ask: exit code $?"; }

began=$(milliseconds)
start 2
since "$began" "the first ./run, until it is ready"
grep -qE '^ZoClone is ready at http://127.0.0.1:[0-9]+$' "$out/run" || fail "line 1"
sed -n 2p "$out/run" | grep -qE '^http://127.0.0.1:[0-9]+/setup#' || fail "line 2 is no setup link"

began=$(milliseconds)
ask "What is the capital of France?"
since "$began" "the first answer, while the model is being loaded"
grep -q Paris "$out/answer" || fail "the capital of France is not Paris"
grep -q "loading the model" "$out/answer.err" || echo "  (the model was there before the question came)"

began=$(milliseconds)
ask "What is the capital of Italy?"
since "$began" "an answer from a warm model"
echo "what is written here is hashed" >~/zo/notes.txt
began=$(milliseconds)
ask "What is the sha256 of notes.txt?"
since "$began" "an answer that needs the shell"
grep -q "$(sha256sum <~/zo/notes.txt | cut -d' ' -f1)" "$out/answer" || fail "the answer lacks the hash"

[ "$(./run 2>/dev/null </dev/null)" = "$(head -n 1 "$out/run")" ] || fail "./run beside a running one does not give its address"
./run doctor >"$out/doctor" 2>&1 || fail "./run doctor: exit code $?"
stop
began=$(milliseconds)
start 1
since "$began" "the second ./run, until it is ready"
stop
