#!/usr/bin/env bash
# The page in a real Chromium: every scenario against the mock server, then those for any server against the real program, which
# answers through a scripted model.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
zo=${ZO:-$root/build/release/zo}
model=${ZO_SCRIPTED_MODEL:-$root/build/release/zo-scripted-model}
folder=$(mktemp -d)
chmod 755 "$folder"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

[ -n "$(command -v node)" ] || PATH=${XDG_CACHE_HOME:-$HOME/.cache}/zoclone/node/node_modules/.bin:$PATH
node "$root/web/test/page.test.mjs"

touch "$folder/model" "$folder/out"
"$model" --script "$root/tests/page_script.json" >"$folder/model" &
pids+=($!)
for _ in $(seq 100); do grep -q ready "$folder/model" && break || sleep 0.05; done
export ZO_HOME=$folder/home
OPENAI_BASE_URL=$(cut -d' ' -f2 "$folder/model")/v1 ZO_MODEL=openai/scripted "$zo" serve --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/err" &
pids+=($!)
for _ in $(seq 200); do [ "$(wc -l <"$folder/out")" -ge 2 ] && break || sleep 0.05; done
export ZO_URL=$(head -1 "$folder/out" | grep -o 'http://.*')
export ZO_SETUP_URL=$(sed -n 2p "$folder/out")
node "$root/web/test/page.test.mjs"
