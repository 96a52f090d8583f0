"""What the probes share. They run inside the sandbox, with nothing but Python's standard library.

A probe is a function that returns when the wall held and raises Fell when it did not. Each runs in a process of its own, since some
end in a signal, and prints one line of JSON: {"row", "part", "what", "verdict": held | fell | skipped, "detail"}.
"""

import ctypes
import errno
import json
import os
import platform
import select
import signal
import sys
import time
import traceback
import types

SECONDS = 30  # for one probe
X86 = platform.machine() == "x86_64"

# As the kernel numbers them on x86-64 and on aarch64, which lacks the oldest. The C library's own wrappers use newer calls than
# those they are named after.
NUMBERS = {
    "add_key": (248, 217), "bpf": (321, 280), "chmod": (90, None), "clock_adjtime": (305, 266), "clone": (56, 220),
    "clone3": (435, 435), "creat": (85, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fsopen": (430, 430), "init_module": (175, 105), "io_uring_setup": (425, 425), "kexec_load": (246, 104), "keyctl": (250, 219),
    "mkdir": (83, None), "mkdirat": (258, 34), "mknod": (133, None), "mknodat": (259, 33), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open": (2, None), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "openat": (257, 56), "openat2": (437, 437), "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "reboot": (169, 142), "request_key": (249, 218), "swapon": (167, 224), "syslog": (103, 116), "userfaultfd": (323, 282),
}

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
AT_FDCWD = -100


class Fell(Exception):
    """The wall did not hold: what worked, or failed for another reason than the wall."""


class Skipped(Exception):
    """Cannot be tried on this machine, for this reason."""


def call(name, *arguments):
    """A system call by its number; numbers, bytes, None and ctypes' pointers."""
    number = NUMBERS[name][0 if X86 else 1]
    if number is None:
        raise Skipped(f"{platform.machine()} has no {name}")
    return checked(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]))


def checked(result):
    if result == -1:
        reason = ctypes.get_errno()
        raise OSError(reason, os.strerror(reason))
    return result


def name_of(number):
    return errno.errorcode.get(number, str(number))


def refused(what, work, *reasons):
    """`work` must fail with one of these errors."""
    try:
        result = work()
    except OSError as problem:
        if problem.errno in reasons:
            return
        raise Fell(f"{what}: {name_of(problem.errno)}, where {' or '.join(map(name_of, reasons))} is expected") from None
    raise Fell(f"{what}: it worked" + ("" if result is None else f" and gave {str(result)[:60]!r}"))


def must(condition, what):
    if not condition:
        raise Fell(what)


def read(path, size=1 << 20):
    """With the first bytes, so that a file that can be opened but not read is told apart."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def write(path, flags=0):
    """Opens for writing, and writes nothing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags, 0o644)
    os.close(descriptor)


def in_child(work):
    """Runs `work` in a child of this process; gives the signal that ended it, 0 if none did."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


class Sleeper:
    """A child that waits, as a victim among our own."""

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            while True:
                signal.pause()
        return self.pid

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


PROBES = []


def probe(row, what, part=""):
    def add(work):
        PROBES.append((str(row), part, what, work))
        return work
    return add


def verdict_of(work, facts):
    try:
        work(facts)
        return "held", ""
    except Skipped as reason:
        return "skipped", str(reason)
    except Fell as problem:
        return "fell", str(problem)
    except Exception as problem:  # a probe that could not be made is no wall
        at = traceback.extract_tb(problem.__traceback__)[-1]
        return "fell", f"could not be tried: {type(problem).__name__}: {problem} (line {at.lineno})"


def perform(work, facts):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, json.dumps(verdict_of(work, facts)).encode()[:4096])
        os._exit(0)
    os.close(writing)
    ready = select.select([reading], [], [], SECONDS)[0]
    answer = os.read(reading, 4096) if ready else b""
    os.close(reading)
    if not ready:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if answer:
        return json.loads(answer)
    if not ready:
        return "fell", f"no answer within {SECONDS} s"
    return "fell", f"the probe ended by itself: {os.waitstatus_to_exitcode(status)}"


def run():
    """The first argument is the file with the facts of the host; others are the rows to try, else all are."""
    rows = sys.argv[2:]
    with open(sys.argv[1]) as file:
        facts = types.SimpleNamespace(**json.load(file))
    for row, part, what, work in PROBES:
        if rows and row not in rows:
            continue
        began = time.monotonic()
        verdict, detail = perform(work, facts)
        print(json.dumps({"row": row, "part": part, "what": what, "verdict": verdict, "detail": detail,
                          "ms": round((time.monotonic() - began) * 1000)}), flush=True)
