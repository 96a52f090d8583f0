#!/bin/bash
# The command line against the real server and a model that follows a script: answers, exit codes, interruption, tokens,
# recovery of a stream, chat.   ZO=build/release/zo tests/journeys/cli.sh
set -euo pipefail
. "$(dirname "$0")/journey.bash"

zo=$(realpath "${ZO:?set ZO to the program to test}")
model=$(realpath "${ZO_SCRIPTED_MODEL:-$(dirname "$zo")/zo-scripted-model}")
here=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
server=
script_pid=
silent=

cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$silent" ] || kill "$silent" 2>/dev/null || true
  [ -z "$script_pid" ] || kill "$script_pid" 2>/dev/null || true
  [ ! -e "$work/second/zo.sock" ] || kill "$(pid_of_server "$work/second")" 2>/dev/null || true
  tmux -L "zo-journey-$$" kill-server 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf -- '--- standard output\n%s\n--- standard error\n%s\n' "$(cat "$work/out" 2>/dev/null)" "$(cat "$work/err" 2>/dev/null)" >&2
  exit 1
}

# run CODE WORDS…: runs zo, keeps its output in $work/out and $work/err, and checks its exit code.
run() {
  local wanted=$1 code=0
  shift
  "$zo" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ "$code" = "$wanted" ] || fail "zo $*: exit code $code, expected $wanted"
}
out_is() { [ "$(cat "$work/out")" = "$1" ] || fail "standard output is not '$1'"; }
out_has() { grep -qF -- "$1" "$work/out" || fail "standard output lacks '$1'"; }
err_has() { grep -qF -- "$1" "$work/err" || fail "standard error lacks '$1'"; }
err_is_empty() { [ ! -s "$work/err" ] || fail "standard error is not empty"; }
field() { python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1" <"$work/out"; }
pid_of_server() { curl -s --unix-socket "$1/zo.sock" http://zo/api/computer | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])'; }

cat >"$work/script.json" <<'SCRIPT'
[{"when": "sha256", "steps": [{"call": {"name": "shell", "arguments": {"command": "sha256sum notes.txt"}}}, {"say": "It is {tool}"}]},
 {"when": "aloud", "steps": [{"say": "I will look.", "calls": [{"name": "shell", "arguments": {"command": "echo seen"}}]}, {"say": "Looked."}]},
 {"when": "slowly", "chunk_bytes": 4, "chunks_ms": 150, "steps": [{"say": "one two three four five six seven"}]},
 {"when": "sleep", "steps": [{"call": {"name": "shell", "arguments": {"command": "echo begun; sleep 60"}}}, {"say": "woke"}]},
 {"when": "direnv", "steps": [{"call": {"name": "write_file", "arguments": {"path": "made/.envrc", "content": "export STAGE=test\n"}}},
   {"call": {"name": "shell", "arguments": {"command": "mkdir -p tools/.git/hooks; echo make > tools/.git/hooks/post-checkout"}}}, {"say": "Made."}]},
 {"when": "refused", "steps": [{"fail": {"status": 401, "body": "{\"error\": {\"message\": \"bad key\"}}"}}]},
 {"when": "down", "steps": [{"fail": {"status": 503, "headers": {"x-should-retry": "false"}}}]},
 {"when": "a trick", "steps": [{"say": "gpj.\u202eexe \u001b]0;mine\u0007\u009b31m \u2066end", "calls": [{"name": "shell", "arguments": {"command": "echo '\u202e\u001b[2J'; false"}}]}, {"say": "done\u200f"}]},
 {"when": "many lines", "steps": [{"call": {"name": "shell", "arguments": {"command": "seq 100000"}}}, {"say": "Counted."}]},
 {"when": "hello", "steps": [{"say": "Hello there."}]}]
SCRIPT
"$model" --script "$work/script.json" >"$work/model" &
script_pid=$!
eventually 10 grep -q ready "$work/model"

unset ZO_URL ZO_TOKEN ZO_WORKSPACE SSH_CONNECTION ANTHROPIC_API_KEY GROQ_API_KEY OPENROUTER_API_KEY TOGETHER_API_KEY OLLAMA_HOST
export ZO_HOME=$work/home NO_COLOR=1
export OPENAI_API_KEY=scripted OPENAI_BASE_URL="$(sed -n 's/^ready //p' "$work/model")/v1" ZO_MODEL=openai/scripted

echo "words"
run 0 --version; out_has "zo "
run 0 --help; [ "$(head -1 "$work/out")" = 'zo ask "what is the sha256 of notes.txt?"' ] || fail "--help does not open with an example"
for command in ask chat conversations serve stop runs file model token door limit setup-link workspace sandbox doctor; do
  run 0 "$command" --help; head -1 "$work/out" | grep -q "^zo " || [ "$command" = ask ] || fail "zo $command --help does not open with an example"
done
run 2; err_has "Subcommands"
run 0 help; cp "$work/out" "$work/help"; run 0 --help; cmp -s "$work/out" "$work/help" || fail "zo help is not zo --help"
run 0 help token create; cp "$work/out" "$work/help"; run 0 token create --help; cmp -s "$work/out" "$work/help" || fail "zo help token create"
run 2 help aks; err_has "there is no command 'zo aks'"; err_has "try: zo ask"
run 2 help token creat; err_has "try: zo token create"
run 2 help --json; err_has "zo has no option '--json'"
run 2 aks hello; err_has "there is no command 'zo aks'"; err_has "try: zo ask"
run 2 token creat; err_has "try: zo token create"
run 2 ask --fiel x hello; err_has "try: zo ask --file"
run 2 token create --name x; err_has "--scope"
run 2 ask; err_has "there is no question"
run 2 chat; err_has "needs a terminal"

echo "without a server"
run 1 stop; err_has "no ZoClone runs on $ZO_HOME"; err_has "try: zo serve"
run 0 runs; [ ! -s "$work/out" ] || fail "runs before the first start"
run 0 conversations; run 0 key list; run 1 runs show 01ARZ3NDEKTSV4RRFFQ69G5FAV; err_has "no run has the id"
[ ! -e "$ZO_HOME/zo.db" ] && [ ! -e "$ZO_HOME/zo.sock" ] || fail "looking has started something"
run 2 runs --state nonsense; err_has "there is no state 'nonsense'"
run 2 chat --continue --conversation x; err_has "--continue"
run 0 doctor; out_has "none runs on this home"
out_has "– providers      set in this environment, not asked: OPENAI_API_KEY"
run 0 doctor --json; python3 -c 'import json,sys; [json.loads(line)["layer"] for line in sys.stdin]' <"$work/out"
run 0 token create --name before --scope all --json; early=$(field token)
run 0 token list; out_has "before"
run 2 key add work --provider nobody --stdin
"$zo" key add work --provider openai --base-url "http://127.0.0.1:1/v1" --stdin >"$work/out" 2>"$work/err" <<<"sk-journey-0123456789" || fail "zo key add"
run 0 key list; out_has "…6789"
run 3 key test work; err_has "cannot reach 127.0.0.1:1"
run 0 key rotate; err_has "1 key is sealed anew"
mv "$ZO_HOME/key" "$work/kept-key"
run 0 key list; out_has "work"; err_has "the key file $ZO_HOME/key is missing: 1 stored key cannot be opened"; err_has "put the key file back"
run 3 key test work
timeout 2 "$zo" serve --quiet --listen 127.0.0.1:0 >"$work/out" 2>"$work/err" || true
out_has "ZoClone is ready"; err_has "the key file $ZO_HOME/key is missing"
mv "$work/kept-key" "$ZO_HOME/key"
run 3 key test work; err_has "cannot reach 127.0.0.1:1"
run 0 key remove work
run 1 key remove work; err_has "there is no key named 'work'"
run 0 door allow early.example; err_has "early.example is allowed"
run 0 door list; out_has "early.example"
run 0 door log; [ ! -s "$work/out" ] || fail "a log before anything went out"
run 2 token create --name x --scope chat --tools shel; err_has "there is no tool 'shel'"
run 2 token create --name x --scope chat --models gpt-5; err_has "'gpt-5' is not the name of a model"
run 0 token create --name wide --scope all --tools none --models openai/another --json; wide=$(field token)
[ "$(field models)" = openai/another ] || fail "models of a token made without the server"
run 0 token list; out_has "openai/another"
run 0 workspace; out_is "$ZO_HOME/workspace"
mkdir "$work/elsewhere"
run 0 workspace use "$work/elsewhere"
run 0 workspace show; out_is "$work/elsewhere"
ZO_WORKSPACE=$work run 0 workspace show; out_is "$work"
run 1 workspace use "$work/nowhere"; err_has "try: mkdir"
run 2 serve --listen 127.0.0.1:abc; err_has "is not HOST:PORT"
run 2 serve --listen 127.0.0.1:8787x; err_has "is not HOST:PORT"
run 1 ask --file "$work/missing.txt" hello; err_has "missing.txt"; [ ! -e "$ZO_HOME/zo.sock" ] || fail "a server was started for a file that is not there"
run 3 ask --url 127.0.0.1:1 hello; err_has "cannot reach"; err_has "try:"
[ ! -s "$work/out" ] || fail "an error went to standard output"

echo "serve"
"$zo" serve --listen 127.0.0.1:0 >"$work/serve" 2>"$work/serve.err" &
server=$!
eventually 20 grep -q "^ZoClone is ready at http" "$work/serve"
url=$(sed -n 's/^ZoClone is ready at //p' "$work/serve")
echo "hello notes" >"$work/elsewhere/notes.txt"
run 1 serve --listen 127.0.0.1:0; err_has "zo:"

echo "ask"
run 0 ask hello; out_is "Hello there."; err_is_empty
run 0 ask "sha256 of notes.txt"; out_is "It is $(sha256sum <"$work/elsewhere/notes.txt" | cut -d' ' -f1)  notes.txt"
err_has "▸ shell  sha256sum notes.txt  ✓"
run 0 ask --quiet aloud; out_is "Looked."; err_is_empty
run 0 ask --json aloud; [ "$(field answer)/$(field state)" = "Looked./done" ] || fail "--json lacks the answer"
conversation=$(field conversation_id)
run 0 ask --conversation "$conversation" --json hello; [ "$(field conversation_id)" = "$conversation" ] || fail "another conversation answered"
[ "$(echo hello | "$zo" ask 2>/dev/null)" = "Hello there." ] || fail "zo ask does not read standard input"
[ "$(echo hello | "$zo" ask "say" - 2>/dev/null)" = "Hello there." ] || fail "zo ask does not put standard input in the place of -"
[ "$(echo hello | "$zo" ask "say" 2>/dev/null)" = "Hello there." ] || fail "zo ask does not add what is piped"
echo hello >"$work/question"; [ "$("$zo" ask "say" 2>/dev/null <"$work/question")" = "Hello there." ] || fail "zo ask does not add a file that is its input"
last_question() { curl -s --unix-socket "$ZO_HOME/zo.sock" "http://zo/api/conversations/$1/messages" | python3 -c 'import json,sys; print(json.load(sys.stdin)["items"][0]["text"])'; }
printf 'hello\nand more\n' | "$zo" ask --json "say it:" >"$work/out" 2>"$work/err"
[ "$(last_question "$(field conversation_id)")" = $'say it:\n\nhello\nand more' ] || fail "how what is piped is added"
# piped CODE TEXT: zo ask with a question and what comes by the pipe.
piped() { local code=0; "$zo" ask "review" >"$work/out" 2>"$work/err" || code=$?; [ "$code" = "$1" ] || fail "zo ask with piped input: exit code $code, expected $1"; err_has "$2"; }
head -c 3000 /dev/zero | piped 2 "standard input is binary"
printf 'caf\xe9\n' | piped 2 "standard input is not UTF-8 text"
head -c 2000000 /dev/zero | tr '\0' x >"$work/long"; piped 5 "standard input is larger than 1 MB, the limit of a message" <"$work/long"
head -c 1048570 "$work/long" | piped 5 "the question with what was piped is larger than 1 MB"
mkfifo "$work/slow"
"$zo" ask "say" <"$work/slow" >"$work/out" 2>"$work/err" &
asking=$!
exec 8>"$work/slow"
eventually 10 grep -q "waiting for standard input to end" "$work/err"
echo hello >&8; exec 8>&-
wait "$asking" || fail "zo ask with input that comes late"
out_is "Hello there."
[ "$("$zo" ask hello 2>/dev/null < <(:))" = "Hello there." ] || fail "an empty pipe adds nothing"
echo attached >"$work/attached.txt"
run 0 ask --file "$work/attached.txt" --file "$work/elsewhere/notes.txt" hello
[ "$(cat "$work/elsewhere/attached.txt")" = attached ] || fail "--file did not upload"
(cd "$work" && run 0 ask --file attached.txt hello)
run 1 ask --file "$work/missing.txt" hello; err_has "cannot attach $work/missing.txt: No such file"; [ ! -s "$work/out" ] || fail "it was asked without its file"
run 2 ask --file "$work" hello; err_has "it is a folder"
truncate -s 80M "$work/large.bin"; run 5 ask --file "$work/large.bin" hello; err_has "it has 83 MB, limit 67 MB"; rm "$work/large.bin"
[ ! -e "$work/elsewhere/notes-2.txt" ] || fail "a file that is in the workspace already was uploaded again"
run 1 ask --conversation 01ARZ3NDEKTSV4RRFFQ69G5FAV hello; err_has "zo:"
run 2 ask --model nobody/nothing hello; err_has "nobody/nothing"
run 1 ask down; err_has "zo:"
run 4 ask refused; err_has "try:"; [ ! -s "$work/out" ] || fail "a failed run wrote to standard output"
"$zo" ask slowly 2>/dev/null </dev/null | { IFS= read -rn 3 first; [ "$first" = one ]; } || fail "the answer is not streamed, or a closed pipe is not quiet"

echo "./run takes files from where it is called"
mkdir -p "$work/checkout/tools" "$work/checkout/build/release" "$work/caller"
cp "$here/run" "$work/checkout/run"; ln -s "$zo" "$work/checkout/build/release/zo"
echo 'root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd); say() { :; }; die() { exit 1; }; packages_once() { :; }; build_page() { :; }; build() { :; }' >"$work/checkout/tools/prepare.sh"
echo beside >"$work/caller/beside.txt"
(cd "$work/caller" && ../checkout/run ask --file beside.txt hello) >"$work/out" 2>"$work/err" </dev/null || fail "./run ask --file"
out_is "Hello there."; [ "$(cat "$work/elsewhere/beside.txt")" = beside ] || fail "./run ask --file did not take the caller's file"

echo "interruption"
"$zo" ask sleep >"$work/out" 2>"$work/err" &
asking=$!
working() { "$zo" runs --state running --json | grep -q '"step":1'; }
eventually 10 working
kill -INT "$asking"
code=0; wait "$asking" || code=$?
[ "$code" = 130 ] || fail "an interrupted zo ask has exit code $code"
none_works() { [ -z "$("$zo" runs --state running)" ]; }
eventually 5 none_works
err_has "■ stopped"

echo "runs"
run 0 runs; out_has "sha256 of notes.txt"; [ "$(wc -l <"$work/out")" -ge 8 ] || fail "runs are missing"
run 0 runs list --state cancelled --json; run_id=$(field id)
run 0 runs show "$run_id"; out_has "› sleep"; out_has "cancelled"
run 0 runs show "$run_id" --json; [ "$(field state)" = cancelled ] || fail "runs show --json"
run 0 runs cancel "$run_id"
run 1 runs show nonsense; err_has "zo:"

echo "conversations"
run 0 ask "hello, once more"
run 0 conversations; [ "$(head -1 "$work/out" | cut -f4)" = "hello, once more" ] || fail "the newest conversation is not the first"
run 0 conversations --search SHA256; [ "$(wc -l <"$work/out")" = 1 ] && out_has "sha256 of notes.txt" || fail "zo conversations --search"
run 0 conversations list --search "nowhere to be found" --json; [ ! -s "$work/out" ] || fail "what nobody said was found"
run 0 conversations --json; [ "$(field title)" = "hello, once more" ] || fail "zo conversations --json"

run 0 ask --json "many lines"; run_id=$(field run_id)
run 0 runs free "$run_id"; out_is "deleted 1 whole output, 588 kB"
run 0 runs free "$run_id" --json; [ "$(field outputs)" = 0 ] || fail "the outputs are still there"
run 1 runs free 01ARZ3NDEKTSV4RRFFQ69G5FAV; err_has "zo:"

echo "files"
mkdir -p "$work/elsewhere/d/empty"; echo big >"$work/elsewhere/d/big.log"
fake=$'two\nlines\e[2J.txt'; echo x >"$work/elsewhere/d/$fake"
if [ "$(id -u)" = 0 ]; then chown -R --reference="$work/elsewhere" "$work/elsewhere/d"; fi
run 0 file list d; [ "$(cut -f3 "$work/out")" = $'empty/\nbig.log\n"two\\nlines\\u001b[2J.txt"' ] || fail "zo file list"
run 0 file list d --json; [ "$(wc -l <"$work/out")" = 3 ] || fail "zo file list --json"
run 1 file remove d; err_has "something in it"
run 0 file remove d/big.log '"d/two\nlines\u001b[2J.txt"' d/empty; err_has "removed d/big.log"
run 0 file list d; [ ! -s "$work/out" ] || fail "files are still there"
run 0 file remove d; [ ! -e "$work/elsewhere/d" ] || fail "zo file remove"
run 1 file remove d; err_has "there is no 'd'"
run 2 file remove ../x; err_has "outside the workspace"

echo "what others wrote, on a terminal"
touch "$work/elsewhere/a"$'\u202e'"b"
python3 - "$zo" <<'PYTHON' || fail "text of others steers a terminal"
import os, pty, re, subprocess, sys

def on_terminal(*words):
    seen = b""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], ["zo", *words])
    try:
        while chunk := os.read(fd, 65536):
            seen += chunk
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return seen.decode()

said = "gpj.\u202eexe \x1b]0;mine\x07\x9b31m \u2066end\n\ndone\u200f\n"
piped = subprocess.run([sys.argv[1], "ask", "a trick"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
assert piped.stdout == said, repr(piped.stdout)
os.environ.pop("NO_COLOR", None)
os.environ["TERM"] = "xterm"
run = subprocess.run([sys.argv[1], "runs", "list"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.split("\t")[0]
for words in (["ask", "a trick"], ["runs", "show", run], ["runs", "show", run, "--json"], ["file", "list"], ["file", "list", "--json"], ["runs", "list"]):
    screen = on_terminal(*words)
    ours = re.sub("\x1b\\[[0-9]*m|\r\x1b\\[K|\r\n", "", screen)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", ours), (words, screen)
    assert words[0] != "ask" or ("gpj.exe" in ours and "done" in ours), screen
    assert words != ["file", "list"] or '"a\\u202eb"' in ours, screen
PYTHON
rm "$work/elsewhere/a"$'\u202e'"b"

echo "what a run left that the person's own tools may run"
run 0 ask direnv; out_is "Made."
err_has "this run left something that your own tools may run: made/.envrc"
err_has "this run left something that your own tools may run: tools/.git/hooks/post-checkout"
[ "$(tail -1 "$work/err")" = "zo runs show $("$zo" runs --json | head -1 | sed 's/.*"id":"\([^"]*\)".*/\1/') shows the change" ] || fail "where the change is shown"
run 0 runs --json; run_id=$(field id)
run 0 runs show "$run_id"; out_has "+export STAGE=test"; out_has "may run: made/.envrc"
run 0 runs show "$run_id" --json; [ "$(field left | grep -o STAGE)" = STAGE ] || fail "runs show --json lacks what was left"
rm -r "$work/elsewhere/made" "$work/elsewhere/tools"
run 0 ask --json direnv; [ "$(field left | grep -o STAGE)" = STAGE ] || fail "ask --json lacks what was left"
run 0 ask --json hello; [ "$(field left)" = "[]" ] || fail "nothing was left"
run 0 doctor; out_has "host-run files"; out_has "made/.envrc"

echo "tokens"
run 0 runs --url "$url" --token "$early"; [ -s "$work/out" ] || fail "a token made without the server does not work"
run 0 token create --name narrow --scope chat --json; narrow=$(field token); narrow_id=$(field id)
ZO_URL=$url ZO_TOKEN=$narrow run 0 ask hello; out_is "Hello there."
run 4 token list --url "$url" --token "$narrow"; err_has "try:"
run 4 ask --url "$url" --token "$narrow" --file "$work/attached.txt" hello; err_has "cannot attach"; err_has "may not attach files"
run 0 token create --name reads --scope chat --tools read_file --json; reads=$(field token)
echo carried >"$work/carried.txt"; run 0 ask --url "$url" --token "$reads" --file "$work/carried.txt" hello; out_is "Hello there."
[ "$(cat "$work/elsewhere/carried.txt")" = carried ] || fail "a token whose tools read files did not attach one"
run 4 ask --url "$url" --token "$narrow" --model openai/another hello; err_has "this token may not use 'openai/another'"
ZO_URL=$url ZO_TOKEN=$wide run 0 ask --model openai/another hello; out_is "Hello there."
run 4 model use openai/another --url "$url" --token "$wide"; err_has "may not choose the model"
run 4 token create --name more --scope all --tools all --url "$url" --token "$wide"; err_has "this token may not use all tools"
run 4 token create --name more --scope chat --models all --url "$url" --token "$wide"; err_has "this token may not use all models"
run 0 token create --name like --scope all --url "$url" --token "$wide" --json; [ "$(field tools) $(field models)" = "none chosen" ] || fail "a token that gives more than it has"
run 0 token create --name talks --scope chat --json; talks=$(field token)
run 0 token revoke "$narrow_id"; err_has "its runs go on"
run 0 token revoke "$narrow_id" --stop-runs; err_has "its runs were stopped"
run 1 token revoke "$narrow_id" --stop-runs; err_has "no token"
run 4 ask --url "$url" --token "$narrow" hello; err_has "does not accept this token"
run 0 token create --name plain --scope read; [ "$(wc -l <"$work/out")" = 1 ] || fail "more than the token on standard output"

echo "the door"
run 0 door list --json; [ "$(field rule)" = early.example ] || fail "a rule made without the server"
run 0 door revoke early.example; err_has "no longer allowed"
run 1 door revoke early.example; err_has "there is no rule of the door for 'early.example'"; err_has "try: zo door list"
run 0 door allow Mirror.Example.:8080 --private; err_has "mirror.example:8080 is allowed, on private addresses, too"
run 0 door allow 127.0.0.1:9000; err_has "127.0.0.1:9000 is allowed"
run 0 door list; [ "$(cut -f1,2 "$work/out")" = "$(printf '127.0.0.1:9000\tany\nmirror.example:8080\tany')" ] || fail "the rules of the door"
run 0 door revoke mirror.example --private; run 0 door list; out_has "$(printf 'mirror.example:8080\tpublic')"
run 0 door revoke mirror.example; run 0 door revoke 127.0.0.1:9000; run 0 door list --json; [ ! -s "$work/out" ] || fail "rules that were taken back"
for host in 2130706433 0x7f.1 127.1 user@example.org a%2eb; do run 2 door allow "$host"; err_has "the host '"; done
run 4 door allow sneaky.example --url "$url" --token "$talks"
run 0 door log --json; [ ! -s "$work/out" ] || fail "a provider on loopback is not in the log of the door"
run 0 ask hello; run 0 door log --run 01ARZ3NDEKTSV4RRFFQ69G5FAV --json; [ ! -s "$work/out" ] || fail "a run that there is not"

echo "the rest"
run 0 setup-link; out_has "$url/setup#"
SSH_CONNECTION="10.0.0.9 5 10.0.0.2 22" run 0 setup-link; err_has "ssh -L ${url##*:}:127.0.0.1:${url##*:}"
run 0 model list; out_has "openai/scripted"
run 0 model list --json; out_has '"current":true'
run 0 model test openai/scripted; out_has "answered in"
run 2 model use nobody/nothing
run 0 model use openai/another; out_is "openai/scripted answers"; err_has "ZO_MODEL"
mkdir "$work/third"; run 0 workspace use "$work/third"; err_has "next start"
run 4 workspace use "$work"; err_has "ZoClone's own"
run 0 workspace; out_is "$work/elsewhere"
run 0 workspace use "$work/elsewhere"
run 0 doctor; out_has "process $server"; out_has "✓ model          openai/scripted answered in"
out_has "so that deleting works on a full disk"
chmod 755 "$ZO_HOME"; run 0 doctor; [ "$(stat -c %a "$ZO_HOME")" = 700 ] || fail "others may look into the home"
if [ "$(id -u)" = 0 ]; then
  mkdir "$work/foreign"; chown 12345 "$work/foreign"
  ZO_HOME=$work/foreign run 4 doctor; err_has "belongs to user 12345"
fi
run 7 sandbox run -- sh -c 'echo inside; exit 7'; out_is inside
run 0 sandbox run 'seq 3 | tac | head -1'; out_is 3
run 124 sandbox run --time 1 -- sleep 30; err_has "stopped after"
run 0 sandbox run --allow example.org -- curl -s http://other.example/; err_has "refused: other.example:80: other.example is not allowed for this command"
run 0 sandbox run --egress open-public -- curl -s http://10.0.0.1/; err_has "10.0.0.1:80 is not dialled: it is a private address"
run 6 sandbox run -- curl -s http://other.example/
run 125 sandbox run --allow nonsense -- true; err_has "neither a host nor one of pip, npm, apt, cargo, go, git"
run 125 sandbox run --egress on -- true; err_has "off, allowlist, open-public"
run 125 sandbox run --workspace "$work/nowhere" -- true; err_has "zo:"

echo "python"
PYTHONPATH=$here/clients/python PYTHONDONTWRITEBYTECODE=1 python3 - "$url" "$early" "$work" "$reads" "$talks" <<'PYTHON' || fail "clients/python/zo.py"
import pathlib
import sys
import zo

answer = zo.ask(None, "sha256 of notes.txt")
assert answer.startswith("It is ") and answer.endswith("notes.txt"), answer
assert zo.ask(answer.conversation, "hello") == "Hello there."
computer = zo.Zo(sys.argv[1], sys.argv[2])
pieces = list(computer.stream(computer.conversation(), "slowly"))
assert len(pieces) > 3 and "".join(pieces) == "one two three four five six seven", pieces
assert "".join(computer.stream(None, "aloud")) == "I will look.\nLooked."
work, workspace = pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[3]) / "elsewhere"
(work / "from python.txt").write_text("sent")
(work / "large.bin").touch()
with open(work / "large.bin", "r+") as large:
    large.truncate(80_000_000)
for sender in (zo.Zo(sys.argv[1], sys.argv[2]), zo.Zo(sys.argv[1], sys.argv[4]), zo.Zo()):
    answer = sender.ask(None, "hello", files=[work / "from python.txt", str(workspace / "notes.txt")])
    assert answer == "Hello there."
    said = sender.call("GET", f"/api/conversations/{answer.conversation}/messages")["items"][0]["files"]
    assert (workspace / said[0]).read_text() == "sent" and said[0].startswith("from python"), said
    assert (workspace / said[1]).read_text() == "hello notes\n" and (sender.url or said[1] == "notes.txt"), said
assert zo.ask(None, "hello", files=work / "from python.txt") == "Hello there."
before = len(computer.call("GET", "/api/conversations?limit=200")["items"])
for files, code, words in (([work / "missing.txt"], "not_found", "missing.txt"), ([work], "invalid", "not a file"), ([work / "large.bin"], "exhausted", "80,000,000 bytes"),
                           ([work / "from python.txt"] * 33, "exhausted", "33 files are attached, limit 32")):
    try:
        computer.ask(None, "hello", files=files)
        sys.exit(f"no ZoError, expected {code}")
    except zo.ZoError as error:
        assert error.code == code and words in str(error), error
try:
    zo.Zo(sys.argv[1], sys.argv[5]).ask(None, "hello", files=[work / "from python.txt"])
    sys.exit("a token whose tools read no files has attached one")
except zo.ZoError as error:
    assert error.code == "denied" and "may not attach files" in error.message, error
assert len(computer.call("GET", "/api/conversations?limit=200")["items"]) == before, "a conversation was left behind"
for broken, code in ((lambda: zo.Zo("127.0.0.1:1").ask(None, "hello"), "unavailable"), (lambda: zo.ask(None, "refused"), "denied"),
                     (lambda: zo.Zo(sys.argv[1], "nonsense").ask(None, "hello"), "unauthenticated")):
    try:
        broken()
        sys.exit(f"no ZoError, expected {code}")
    except zo.ZoError as error:
        assert error.code == code, error.code
PYTHON

echo "chat"
if command -v tmux >/dev/null; then
  pane() { tmux -L "zo-journey-$$" "$@"; }
  screen_has() { pane capture-pane -p | grep -qF -- "$1"; }
  type_line() { pane send-keys -l "$1"; pane send-keys Enter; }
  pane new-session -d -x 100 -y 40 "$zo chat; echo left with \$?; read"
  eventually 10 screen_has "/help says"
  type_line "/model nobody/nothing"
  eventually 10 screen_has "try:"
  ! screen_has "answers in this conversation" || fail "a model that is not there was announced"
  type_line hello
  eventually 10 screen_has "Hello there."
  # What was said last, as the server has it.
  last_said() { last_message "$("$zo" conversations --json </dev/null | head -1 | python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["id"])')"; }
  last_message() { curl -s --unix-socket "$ZO_HOME/zo.sock" "http://zo/api/conversations/$1/messages" | python3 -c 'import json,sys; print([[m["text"], m.get("files", [])] for m in json.load(sys.stdin)["items"] if m["role"] == "user"][-1])'; }
  said() { [ "$(last_said)" = "$1" ]; }
  printf 'pasted one\n  pasted two\n\thello\n' | pane load-buffer -; pane paste-buffer -p
  eventually 10 screen_has "  pasted two"
  ! screen_has "Hello there.Hello" || fail "a paste was sent before Enter"
  pane send-keys Enter
  eventually 10 said "['pasted one\\n  pasted two\\n\\thello', []]"
  pane send-keys -l "by Alt-Enter"; pane send-keys M-Enter; pane send-keys -l "hello"; pane send-keys Enter
  eventually 10 said "['by Alt-Enter\\nhello', []]"
  pane send-keys -l 'by a backslash\'; pane send-keys Enter; pane send-keys -l "hello"; pane send-keys Enter
  eventually 10 said "['by a backslash\\nhello', []]"
  pane send-keys Up; pane send-keys Enter
  eventually 10 said "['by a backslash\\nhello', []]"
  head -c 1200000 "$work/long" | pane load-buffer -; pane paste-buffer -p
  eventually 20 screen_has "larger than 1 MB, the limit of a message, and was not taken"
  type_line "/attach $work/missing.txt"
  eventually 10 screen_has "missing.txt: No such file"
  echo "by chat" >"$work/by chat.txt"
  type_line "/attach $work/by chat.txt"
  eventually 10 screen_has "with the next message:"
  type_line "hello with it"
  eventually 10 said "['hello with it', ['by chat.txt']]"
  echo gone >"$work/gone.txt"; type_line "/attach $work/gone.txt"
  eventually 10 screen_has "message: $work/gone.txt"
  rm "$work/gone.txt"
  type_line "hello without it"
  eventually 10 screen_has "the message was not sent"
  type_line "/attach $work/elsewhere/notes.txt"
  eventually 10 screen_has "message: $work/elsewhere/notes.txt"
  type_line "/attach -"
  eventually 10 screen_has "nothing is attached; /attach PATH"
  type_line "hello alone"
  eventually 10 said "['hello alone', []]"
  type_line "/help"
  eventually 10 screen_has "begins another line"
  type_line "sleep, please"
  eventually 10 screen_has "shell  echo begun; sleep 60"
  pane send-keys C-c
  eventually 10 screen_has "■ stopped"
  type_line "slowly"
  eventually 10 screen_has "one two"
  type_line "and sha256 of notes.txt"
  eventually 10 screen_has "notes.txt  ✓"
  pane send-keys -l "/ru"; pane send-keys Tab Enter
  eventually 10 screen_has "cancelled"
  type_line "/hepl"
  eventually 10 screen_has "try: /help"
  type_line "/quit"
  eventually 10 screen_has "left with 0"
  screen_has "To come back: zo chat --conversation" || fail "chat does not say how to come back"
  grep -q hello "$ZO_HOME/history" || fail "no history"
  pane respawn-pane -k "$zo chat --continue; echo left with \$?; read"
  eventually 10 screen_has "Conversation: hello"
  eventually 10 screen_has "› and sha256 of notes.txt"
  screen_has "notes.txt" || fail "what was answered last"
  type_line "/runs"
  eventually 10 screen_has "cancelled"
  type_line "/quit"
  eventually 10 screen_has "left with 0"
  pane resize-window -x 60 -y 40
  pane respawn-pane -k "clear; $zo runs list --state cancelled; echo left with \$?; read"
  eventually 10 screen_has "left with 0"
  screen_has "QUESTION" && ! screen_has "MODEL" || fail "zo runs on a narrow terminal"
  [ "$(pane capture-pane -p | grep -c .)" = "$(pane capture-pane -pJ | grep -c .)" ] || fail "zo runs is wider than the terminal"
  pane resize-window -x 100 -y 40
  pane respawn-pane -k "$zo ask hello; echo ended with \$?; read"
  eventually 10 screen_has "ended with 0"
  screen_has "openai/scripted answers" || fail "zo ask does not say on a terminal which model answers"
else
  echo "  skipped: no tmux"
fi

echo "a server that restarts under a reader"
"$zo" ask slowly >"$work/out" 2>"$work/err" &
asking=$!
eventually 10 grep -q one "$work/out"
kill "$server"; wait "$server" || fail "SIGTERM: exit code $?"
: >"$work/serve"  # what an earlier one said of itself is not waited for
"$zo" serve --listen "${url#http://}" >"$work/serve" 2>>"$work/serve.err" &
server=$!
wait "$asking" || fail "zo ask did not survive a restart of the server"
out_has "one two three four five six seven"

echo "a server in the background"
kill "$server"; wait "$server" || true; server=
export ZO_HOME=$work/second
run 0 ask hello; out_is "Hello there."; err_has "started it in the background"; err_has "to stop it: zo stop"
run 0 ask hello; err_is_empty
second=$(pid_of_server "$ZO_HOME")
run 0 conversations; cp "$work/out" "$work/with"; run 0 runs --json; cp "$work/out" "$work/runs"; run_id=$(field id); run 0 runs show "$run_id"; cp "$work/out" "$work/show"
run 0 stop; err_has "stopped the ZoClone on $ZO_HOME (process $second)"
flock -n "$ZO_HOME/lock" true || fail "zo stop returned before the server had gone"
run 1 stop; err_has "no ZoClone runs on"

echo "looking starts no server"
run 0 conversations; cmp -s "$work/out" "$work/with" || fail "conversations without a server"
run 0 runs --json; cmp -s "$work/out" "$work/runs" || fail "runs without a server"
run 0 runs show "$run_id"; cmp -s "$work/out" "$work/show" || fail "runs show without a server"
run 0 conversations --search HELLO; [ "$(wc -l <"$work/out")" = 2 ] || fail "a search without a server"
beside=()
for _ in 1 2 3; do "$zo" runs --json >/dev/null 2>&1 </dev/null & beside+=($!); done
run 0 runs --json; cmp -s "$work/out" "$work/runs" || fail "several that look at once"
for pid in "${beside[@]}"; do wait "$pid" || fail "one of several that look at once"; done
[ ! -e "$ZO_HOME/zo.sock" ] || fail "looking has started a server"
exec 9>"$ZO_HOME/lock"; flock 9; run 1 stop; err_has "is in use, and nothing answers there yet"; exec 9>&-
: >"$work/serve"  # what an earlier one said of itself is not waited for
"$zo" serve --listen 127.0.0.1:0 >"$work/serve" 2>>"$work/serve.err" &
server=$!
has_link() { [ "$(wc -l <"$work/serve")" = 2 ] && sed -n 2p "$work/serve" | grep -q "/setup#"; }
eventually 20 has_link
kill "$server"; wait "$server" || true; server=
echo "a model that does not answer"
python3 -c 'import socket, threading; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); threading.Event().wait()' >"$work/silent" &
silent=$!
eventually 10 test -s "$work/silent"
: >"$work/serve"  # what an earlier one said of itself is not waited for
OPENAI_BASE_URL=http://127.0.0.1:$(cat "$work/silent")/v1 ANTHROPIC_API_KEY=none "$zo" serve --quiet --listen 127.0.0.1:0 >"$work/serve" 2>>"$work/serve.err" &
server=$!
eventually 20 grep -q "ready at" "$work/serve"
run 0 model list; out_has "chosen, not asked"; out_has "key set, not asked: the key in ANTHROPIC_API_KEY"; ! grep -q ready "$work/out" || fail "nothing answered, and something is said to be ready"
run 0 model list --json; out_has '"state":"not_asked"'; ! grep -q '"ready"' "$work/out" || fail "model list --json says ready of what did not answer"
run 0 doctor; out_has "– model          openai/scripted was asked and has not answered within 10.0 s"; out_has "try: zo model test openai/scripted"
kill "$silent"; wait "$silent" || true; silent=
run 1 doctor; out_has "✗ model          openai/scripted: "
kill "$server"; wait "$server" || true; server=
echo "cli: all good"
