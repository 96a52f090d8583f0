#!/usr/bin/env bash
# The two commands on a fresh Debian 12: a new root made with mmdebstrap, entered with unshare and pivot_root, from a fresh clone,
# without any key; once as root, once as a plain user with sudo.
#   tests/fresh_root.sh [run|test]…   what to try (both); needs root, mmdebstrap and the network
# The first user begins with nothing; the next ones with what the first compiled and fetched, which saves most of the time.
# ZO_FRESH_CACHE=DIR: the first one, too, with what is in DIR, a cache of ours.
# ZO_FRESH_USERS="root ada": who tries. Exit code 77: skipped, with the reason on the last line.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
tries=("$@")
[ ${#tries[@]} -gt 0 ] || tries=(run test)
read -ra users <<<"${ZO_FRESH_USERS:-root ada}"

skip() { echo "$*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "a fresh root is made as root"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is missing: apt-get install mmdebstrap"

folder=$(mktemp -d /var/tmp/zo-fresh-XXXXXX)
trap 'rm -rf --one-file-system "$folder"' EXIT

mmdebstrap --quiet --variant=minbase --include=sudo,ca-certificates,git bookworm "$folder/debian.tar"

# What this machine needs to reach the registries (proxies, certificates) is passed on; keys are not.
passed=(TERM=dumb LANG=C.UTF-8)
while IFS= read -r name; do
  case $name in
    http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | PIP_CERT | PIP_INDEX_URL | SSL_CERT_FILE | NODE_EXTRA_CA_CERTS | npm_config_*)
      passed+=("$name=${!name}") ;;
  esac
done < <(compgen -e)

# enter ROOT COMMAND…: with process, mount, ipc and host name spaces of its own; the network is the machine's.
enter() {
  local root=$1
  shift
  unshare --mount --pid --ipc --uts --fork --kill-child --propagation private bash -euc '
    root=$1; shift
    mount --bind "$root" "$root"
    cd "$root"
    mount -t proc proc proc
    mount --rbind /sys sys
    mount -t tmpfs -o mode=755 dev dev
    for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
    ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr
    mkdir dev/shm dev/pts; mount -t tmpfs shm dev/shm; mount -t devpts -o newinstance,ptmxmode=666 pts dev/pts; ln -s pts/ptmx dev/ptmx
    mkdir -p old
    pivot_root . old
    umount -l /old
    exec "$@"' enter "$root" "$@"
}

# new_root USER: a root with that user, who may use sudo, and a clone of this checkout in that user's home.
new_root() {
  local root=$folder/$1 home
  mkdir "$root"
  tar -C "$root" -xpf "$folder/debian.tar"
  cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
  cp /etc/hosts "$root/etc/hosts"
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  home=/root
  if [ "$1" != root ]; then
    chroot "$root" useradd --create-home --shell /bin/bash "$1"
    echo "$1 ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$1"
    home=/home/$1
  fi
  git clone -q "$source" "$root$home/zoclone"
  if [ -n "${ZO_FRESH_CACHE:-}" ]; then
    mkdir -p "$root$home/.cache/zoclone"
    for part in ccache models; do cp -r "$ZO_FRESH_CACHE/$part" "$root$home/.cache/zoclone/"; done
  fi
  cp -r "${ZO_FIXTURES:-$source/../shared/fixtures}" "$root/fixtures" 2>/dev/null || true
  chroot "$root" chown -R "$1" "$home"
}

for user in "${users[@]}"; do
  new_root "$user"
  home=/root
  [ "$user" = root ] || home=/home/$user
  for try in "${tries[@]}"; do
    echo "== $user: ./$try"
    command=$home/zoclone/test
    [ "$try" = test ] || command=$home/zoclone/tests/fresh_root_run.sh
    began=$SECONDS
    said=$folder/said
    enter "$folder/$user" setpriv --reuid="$user" --regid="$user" --init-groups \
      env -i HOME="$home" USER="$user" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ZO_FIXTURES=/fixtures \
      "${passed[@]}" bash "$command" >"$said" 2>&1 || { cat "$said"; exit 1; }
    if [ "$try" = run ]; then cat "$said"; else grep '^skipped' "$said" || true; tail -n 1 "$said"; fi
    echo "  ($((SECONDS - began)) s in all)"
  done
  [ -n "${ZO_FRESH_CACHE:-}" ] || mv "$folder/$user$home/.cache/zoclone" "$folder/cache"
  ZO_FRESH_CACHE=${ZO_FRESH_CACHE:-$folder/cache}
  rm -rf --one-file-system "${folder:?}/$user"
done
echo "a fresh Debian 12: all good"
