#!/bin/bash
# The limits that a person can change: with and without a server, in force at once, bounds, what an exhausted one advises; and a model
# on this machine answers when the day's tokens are used up.   ZO=build/release/zo tests/journeys/limits.sh
set -euo pipefail
. "$(dirname "$0")/journey.bash"

zo=$(realpath "${ZO:?set ZO to the program to test}")
model=$(realpath "${ZO_SCRIPTED_MODEL:-$(dirname "$zo")/zo-scripted-model}")
work=$(mktemp -d)
server=
script_pid=

cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$script_pid" ] || kill "$script_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf -- '--- standard output\n%s\n--- standard error\n%s\n' "$(cat "$work/out" 2>/dev/null)" "$(cat "$work/err" 2>/dev/null)" >&2
  exit 1
}
run() {
  local wanted=$1 code=0
  shift
  "$zo" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ "$code" = "$wanted" ] || fail "zo $*: exit code $code, expected $wanted"
}
out_has() { grep -qF -- "$1" "$work/out" || fail "standard output lacks '$1'"; }
err_has() { grep -qF -- "$1" "$work/err" || fail "standard error lacks '$1'"; }
# value NAME: as `zo limit list --json` has it.
value() { "$zo" limit list --json | python3 -c 'import json,sys; print(next(l["value"] for l in map(json.loads, sys.stdin) if l["name"] == sys.argv[1]))' "$1"; }
is() { [ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1"), expected $2"; }

cat >"$work/script.json" <<'SCRIPT'
[{"when": "loop", "steps": [{"call": {"name": "list_files", "arguments": {}}}, {"call": {"name": "shell", "arguments": {"command": "echo two"}}}, {"call": {"name": "list_files", "arguments": {}}}, {"say": "There."}]},
 {"when": "eat", "steps": [{"call": {"name": "shell", "arguments": {"command": "python3 -c 'b = bytearray(300 << 20)'"}}}, {"say": "It said: {tool}"}]},
 {"when": "wait", "steps": [{"call": {"name": "shell", "arguments": {"command": "sleep 30", "timeout_s": 30}}}, {"say": "It said: {tool}"}]},
 {"when": "hello", "steps": [{"say": "Hello there."}]}]
SCRIPT
"$model" --script "$work/script.json" >"$work/model" &
script_pid=$!
eventually 10 grep -q ready "$work/model"
address=$(sed -n 's/^ready //p' "$work/model")

unset ZO_URL ZO_TOKEN ZO_WORKSPACE SSH_CONNECTION ANTHROPIC_API_KEY GROQ_API_KEY OPENROUTER_API_KEY TOGETHER_API_KEY
export ZO_HOME=$work/home NO_COLOR=1
export OPENAI_API_KEY=scripted OPENAI_BASE_URL="$address/v1" ZO_MODEL=openai/scripted OLLAMA_HOST="${address#http://}"

echo "without a server"
run 0 limit list; out_has "steps_a_run"; out_has "1 to 10,000"; out_has "A run that goes round in circles ends."
run 0 limit set steps_a_run 2; err_has "steps_a_run is 2"
run 0 limit set command_memory "200 MB"; is command_memory 200000000
run 2 limit set steps_a_run 0; err_has "steps_a_run is between 1 and 10,000"
run 2 limit set steps_a_run many; err_has "write it like 3000000 or 3M"
run 1 limit set step_a_run 3; err_has "try: steps_a_run"
run 0 workspace quota 20GB; is disk_a_run 20000000000
run 0 limit set disk_a_run default; run 0 workspace quota; out_has "10 GB or a tenth of what is free"
code=0; "$zo" sandbox run -- python3 -c 'b = bytearray(300 << 20)' >"$work/out" 2>"$work/err" || code=$?
[ "$code" != 0 ] || fail "a command took more memory than was chosen"
run 0 sandbox run -- true

echo "with a server"
"$zo" serve --quiet --listen 127.0.0.1:0 >"$work/serve" 2>&1 &
server=$!
eventually 20 grep -q "is ready" "$work/serve"
is steps_a_run 2
run 5 ask loop; err_has "the run reached its limit of 2 steps"; err_has "send another message to go on; zo limit set steps_a_run 4 allows more"
run 0 limit set steps_a_run 4; run 0 ask loop; out_has "There."
run 0 limit set steps_a_run default --json; out_has '"chosen":false'; is steps_a_run 40
run 0 ask eat; out_has "MemoryError"
run 0 limit set command_time_most 1s; run 0 ask wait; out_has "[stopped after 1.0 s, the limit; for the person: zo limit set command_time_most 2 allows more]"; run 0 limit set command_time_most default
run 0 limit set command_memory default; run 0 ask eat; out_has "[no output]"
run 0 workspace quota 3GB; is disk_a_run 3000000000; run 0 workspace quota usual; out_has "10 GB or a tenth"
run 0 limit set upload_size 1MB; truncate -s 2M "$work/two.bin"
run 5 ask --file "$work/two.bin" hello; err_has "it has 2 MB, limit 1 MB"; err_has "zo limit set upload_size 2MB allows more"
run 0 limit set upload_size 3MB; run 0 ask --file "$work/two.bin" hello
run 0 token create --name looks --scope read --json
looks=$(python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["token"])' <"$work/out")
url=$(sed -n 's/.*ready at \(http[^ ]*\).*/\1/p' "$work/serve")
run 0 limit list --url "$url" --token "$looks"
run 4 limit set steps_a_run 80 --url "$url" --token "$looks"

echo "the day's tokens"
run 0 limit set tokens_a_day 1000
run 5 ask hello; err_has "today's budget is used up"; err_has "zo limit set tokens_a_day"
run 0 ask --model ollama/scripted hello; out_has "Hello there."
before=$("$zo" runs --json | wc -l)
run 0 limit set tokens_a_day 3M; run 0 ask hello; out_has "Hello there."
[ "$("$zo" runs --json | wc -l)" -gt "$before" ] || fail "no run was made"
echo "all as expected"
