"""A set-user-ID or set-group-ID bit is refused by every system call that could set one, with the error that programs expect."""

import os
import stat
import struct
from errno import ENOSYS, EPERM

from harness import AT_FDCWD, call, ctypes, must, probe, refused

MODES = (0o4755, 0o2755, 0o6755, 0o4000, 0o2010)
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
TEMPORARY = os.O_WRONLY | os.O_TMPFILE
FOLDERS = (os.getcwd(), "/tmp", "/dev/shm")


def each_refused(what, attempt, *reasons):
    """`attempt` takes a mode and a path, where a file is if it is to be changed."""
    for folder in FOLDERS:
        for mode in MODES:
            path = f"{folder}/set-id-{os.getpid()}-{mode:o}".encode()
            refused(f"{what} with {mode:o} in {folder}", lambda p=path, m=mode: attempt(m, p), *(reasons or (EPERM,)))
            must(not os.path.exists(path) or not os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID), f"{what} set the bit all the same")


def on_a_file(change):
    def attempt(mode, path):
        with open(path, "wb") as file:
            try:
                return change(mode, path, file.fileno())
            finally:
                os.unlink(path)
    return attempt


@probe("set-id", "by chmod", "chmod")
def _(facts):
    each_refused("chmod", on_a_file(lambda mode, path, _: call("chmod", path, mode)))


@probe("set-id", "by fchmod", "fchmod")
def _(facts):
    each_refused("fchmod", on_a_file(lambda mode, _, descriptor: call("fchmod", descriptor, mode)))


@probe("set-id", "by fchmodat", "fchmodat")
def _(facts):
    each_refused("fchmodat", on_a_file(lambda mode, path, _: call("fchmodat", AT_FDCWD, path, mode)))


@probe("set-id", "by fchmodat2", "fchmodat2")
def _(facts):
    each_refused("fchmodat2", on_a_file(lambda mode, path, _: call("fchmodat2", AT_FDCWD, path, mode, 0)), EPERM, ENOSYS)


@probe("set-id", "by open", "open")
def _(facts):
    each_refused("open", lambda mode, path: call("open", path, NEW, mode))


@probe("set-id", "by openat", "openat")
def _(facts):
    each_refused("openat", lambda mode, path: call("openat", AT_FDCWD, path, NEW, mode))


@probe("set-id", "by an unnamed file of openat", "O_TMPFILE")
def _(facts):
    each_refused("openat", lambda mode, path: call("openat", AT_FDCWD, os.path.dirname(path), TEMPORARY, mode))


@probe("set-id", "by creat", "creat")
def _(facts):
    each_refused("creat", lambda mode, path: call("creat", path, mode))


@probe("set-id", "by mkdir", "mkdir")
def _(facts):
    each_refused("mkdir", lambda mode, path: call("mkdir", path, mode))


@probe("set-id", "by mkdirat", "mkdirat")
def _(facts):
    each_refused("mkdirat", lambda mode, path: call("mkdirat", AT_FDCWD, path, mode))


@probe("set-id", "by mknod", "mknod")
def _(facts):
    for kind in (stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK):
        each_refused("mknod", lambda mode, path, kind=kind: call("mknod", path, kind | mode, 0))


@probe("set-id", "by mknodat", "mknodat")
def _(facts):
    for kind in (stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK):
        each_refused("mknodat", lambda mode, path, kind=kind: call("mknodat", AT_FDCWD, path, kind | mode, 0))


@probe("set-id", "by openat2, whose arguments no filter can see", "openat2")
def _(facts):
    def attempt(mode, path):
        how = ctypes.create_string_buffer(struct.pack("QQQ", NEW, mode, 0), 24)
        return call("openat2", AT_FDCWD, path, how, 24)
    each_refused("openat2", attempt, ENOSYS)


@probe("set-id", "a program with capabilities", "capabilities")
def _(facts):
    revision_2_effective, every = 0x02000001, 0xFFFFFFFF
    value = struct.pack("<5I", revision_2_effective, every, every, every, every)
    with open("with-capabilities", "wb"):
        refused("setxattr", lambda: os.setxattr("with-capabilities", "security.capability", value), EPERM)
