# Sourced by ./run and ./test: what a fresh machine lacks is installed, once; the page and the program are built.
# Downloads and caches live in ${XDG_CACHE_HOME:-~/.cache}/zoclone and are shared between checkouts.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/zoclone
mkdir -p "$cache"
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1  # cmake/compile_pch.sh
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-4G}

say() { printf '%s\n' "$*" >&2; }
die() { say "$1"; [ $# -lt 2 ] || say "try: $2"; exit 1; }

# step TEXT COMMAND…: one line with the time it took, none in a log when it took none; the output is shown only when it fails.
step() {
  local text=$1 log began
  shift
  log=$(mktemp)
  began=$(date +%s)
  [ -t 2 ] && printf '%s …\r' "$text" >&2
  if ! "$@" >"$log" 2>&1; then
    say "$text: failed"
    tail -n 60 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  local took=$(($(date +%s) - began))
  if [ -t 2 ] || [ $took -gt 0 ]; then printf '%-70s %4s s\n' "$text" "$took" >&2; fi
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

export -f say die as_root

# packages PART…: installs those of tools/packages.txt that are missing.
packages() {
  local wanted part
  wanted=$(for part; do awk -v p="[$part]" '/^\[/ {on = ($0 == p); next} on && !/^#/ && NF' "$root/tools/packages.txt"; done)
  # A node of one's own that is new enough comes with its own npm.
  if command -v node >/dev/null && command -v npm >/dev/null; then wanted=$(grep -vx npm <<<"$wanted"); fi
  missing=$(for part in $wanted; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$part" 2>/dev/null)" = installed ] || printf '%s ' "$part"
  done)
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "installing packages needs root, and there is no sudo; missing: $missing" "as root: apt-get update && apt-get install $missing"
  local count
  count=$(wc -w <<<"$missing")
  # shellcheck disable=SC2086
  install_packages() {
    as_root apt-get update -qq &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
  }
  step "Installing $count missing packages (${missing%% *}, …)" install_packages ||
    die "could not install: $missing" "sudo apt-get update && sudo apt-get install $missing"
}

# What `packages` looks at: the lists, and this machine's packages. The cache may outlive the machine, or be shared.
packages_state() {
  { cat "$root/tools/packages.txt" "$root/tools/prepare.sh" /etc/machine-id; stat -c %y /var/lib/dpkg/status; } 2>/dev/null | sha256sum
}

# packages_once PART: as packages, but dpkg is not asked again while nothing has changed since.
packages_once() {
  local seen=$cache/packages-$1
  [ "$(cat "$seen" 2>/dev/null)" != "$(packages_state)" ] || return 0
  packages "$1"
  packages_state >"$seen" || true
}

# Vite needs node 20.19; where the machine's is older, npm's own `node` package serves.
find_node() {
  if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then return; fi
  if [ ! -x "$cache/node/node_modules/.bin/node" ]; then
    mkdir -p "$cache/node"
    step "Fetching a newer node for building the page" npm install --silent --no-audit --no-fund --prefix "$cache/node" node@22.22.0 ||
      die "the page needs node 20.19 or newer, and npm could not fetch one" "install node 20.19 or newer"
  fi
  PATH=$cache/node/node_modules/.bin:$PATH
}

web_modules() {
  find_node
  [ "$root/web/node_modules/.installed" -nt "$root/web/package-lock.json" ] && return
  install_modules() { (cd "$root/web" && npm ci --silent --no-audit --no-fund && touch node_modules/.installed); }
  step "Fetching what the page is built with" install_modules
}

# The page, into web/dist; only when something of it changed.
build_page() {
  if [ -f "$root/web/dist/index.html" ] &&
    [ -z "$(find "$root/web" "$root/src/api/shapes" -path "$root/web/node_modules" -prune -o -path "$root/web/dist" -prune -o -type f -newer "$root/web/dist/index.html" -print -quit)" ]; then
    return
  fi
  web_modules
  build_it() { (cd "$root/web" && npm run --silent build && touch dist/index.html); }
  step "Building the page" build_it
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  [ -f "$root/build/$preset/build.ninja" ] || step "Configuring $preset" cmake --preset "$preset" -S "$root"
  if [ -t 2 ]; then
    NINJA_STATUS="Building $preset  %f/%t  %e s  " ninja -C "$root/build/$preset" --quiet "$@" 1>&2 || return 1
  else
    step "Building $preset" ninja -C "$root/build/$preset" "$@"
  fi
}
