#!/usr/bin/env bash
# The page in a real Chromium, against the real program, which answers through a scripted model.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ -n "$(command -v node)" ] || PATH=${XDG_CACHE_HOME:-$HOME/.cache}/zoclone/node/node_modules/.bin:$PATH
exec node "$root/web/test/page.test.mjs"
