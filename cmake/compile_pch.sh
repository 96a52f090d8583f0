#!/bin/sh
# Runs a compiler; beside a precompiled header it leaves NAME.pch.sum, the hash of the text and the macros in it. ccache takes that
# for the header's content (CCACHE_PCH_EXTSUM), since the file itself holds the paths of the checkout that made it.
set -e
"$@"
previous=
for word; do
  [ "$previous" != -o ] || out=$word
  previous=$word
done
case $out in *.pch) ;; *) exit 0 ;; esac
compiler=$1
[ "${compiler##*/}" != ccache ] || shift
# The same command, but preprocessing to standard output.
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    -c) set -- "$@" -E -P -dD ;;
    -o)
      shift
      count=$((count - 1)) ;;
    -Xclang)
      if [ "$1" = -emit-pch ]; then
        shift
        count=$((count - 1))
      else
        set -- "$@" "$word"
      fi ;;
    -MD) ;;
    -MF | -MT)
      shift
      count=$((count - 1)) ;;
    *) set -- "$@" "$word" ;;
  esac
done
"$@" -o "$out.text"
sha256sum <"$out.text" >"$out.sum"
rm "$out.text"
