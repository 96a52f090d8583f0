#!/usr/bin/env python3
"""A rotation of the keys is killed at every one of its writes: after each, all keys still open, and no file of the old key is left over
once a rotation has gone through. Where the kill strikes is counted by strace, in system calls that write, sync, rename or remove."""

import os
import pathlib
import subprocess
import tempfile

import journey

CALLS = "write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fallocate"
KEY = "sk-rotated-0123456789abcdef"
AT_MOST = 400


def zo(*arguments, text=None, before=()):
    return subprocess.run([*before, journey.ZO, *arguments], input=text, capture_output=True, text=True, timeout=60)


def main():
    with tempfile.TemporaryDirectory() as home, journey.scripted_model() as model:
        os.environ |= {"ZO_HOME": home, "ZO_WORKSPACE": home + "/workspace"}
        for name in ("one", "two"):
            added = zo("key", "add", name, "--base-url", model + "/v1", "--stdin", text=KEY + name)
            assert added.returncode == 0, added.stderr
        first = pathlib.Path(home, "key").read_text()
        kills = 0
        for number in range(1, AT_MOST):
            strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", f"inject={CALLS}:signal=KILL:when={number}")
            rotated = zo("key", "rotate", before=strace)
            for name in ("one", "two"):
                tested = zo("key", "test", name)
                assert tested.returncode == 0, f"after a kill at write {number}: {tested.stderr}"
            if rotated.returncode == 0:
                break
            kills += 1
        assert kills > 10, f"only {kills} kills: {rotated.stderr}"
        assert rotated.returncode == 0, f"not through after {AT_MOST} writes"
        assert pathlib.Path(home, "key").read_text() != first
        assert not pathlib.Path(home, "key.new").exists()
        for path in pathlib.Path(home).rglob("*"):
            if path.is_file():
                assert KEY.encode() not in path.read_bytes(), path
        print(f"key_rotation: {kills} kills, every key opens after each")


if __name__ == "__main__":
    main()
