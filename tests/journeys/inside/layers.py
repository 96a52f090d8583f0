"""Every process inside stands behind every layer, the first one included, and none can change another's memory."""

import os
import signal
import threading
import time
from errno import EACCES, EPERM, EROFS

from harness import Sleeper, must, pids, probe, read, refused, write

UNLIMITED = "unlimited"
SAME_FOR_ALL = {"Max open files": 1024, "Max core file size": 0, "Max locked memory": 1 << 20, "Max msgqueue size": 0,
                "Max file size": 1 << 30}
FINITE = ("Max processes", "Max data size")


def start_others():
    """A child, a thread and an orphan, so that there is something to see."""
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    child = os.fork()
    if child == 0:
        orphan = os.fork()
        if orphan != 0:
            os._exit(0)
        time.sleep(5)
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(0.05)


def look_at_every_task(look):
    seen = 0
    for pid in pids():
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
            texts = [read(f"/proc/{pid}/task/{task}/status").decode() for task in tasks]
        except FileNotFoundError:
            continue  # ended meanwhile
        for text in texts:
            look(pid, {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())})
            seen += 1
    must(seen >= 4 and 1 in pids(), f"only {seen} tasks were seen")


@probe("layers", "every process is filtered and can gain no privileges")
def _(facts):
    start_others()

    def look(pid, status):
        name = f"process {pid} ({status['Name']})"
        must(status["Seccomp"] == "2", f"{name} has Seccomp: {status['Seccomp']}")
        must(status["NoNewPrivs"] == "1", f"{name} has NoNewPrivs: {status['NoNewPrivs']}")
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            must(int(status[kind], 16) == 0, f"{name} has {kind}: {status[kind]}")
    look_at_every_task(look)


@probe("limits", "every process has the limits")
def _(facts):
    start_others()
    for pid in pids():
        try:
            lines = read(f"/proc/{pid}/limits").decode().splitlines()[1:]
        except FileNotFoundError:
            continue
        limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
        for name, value in SAME_FOR_ALL.items():
            must(limits[name] == [str(value)] * 2, f"process {pid}: {name} is {limits[name]}, not {value}")
        for name in FINITE:
            must(UNLIMITED not in limits[name], f"process {pid}: {name} is {limits[name]}")


@probe("memory", "no process's memory can be written through /proc")
def _(facts):
    with Sleeper() as child:
        for path in ("1/mem", "1/task/1/mem", "self/mem", "thread-self/mem", f"{child}/mem", f"{os.getppid()}/mem"):
            refused(path, lambda path=path: write("/proc/" + path), EACCES, EPERM, EROFS)
            refused(path, lambda path=path: os.close(os.open("/proc/" + path, os.O_RDWR)), EACCES, EPERM, EROFS)


@probe("memory", "nor other things of a process", "settings")
def _(facts):
    for name in ("clear_refs", "comm", "coredump_filter", "timerslack_ns", "uid_map", "gid_map", "setgroups", "attr/current", "autogroup"):
        refused(name, lambda name=name: write("/proc/1/" + name), EACCES, EPERM, EROFS)


@probe("memory", "the first process cannot be ended or stopped", "signals")
def _(facts):
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGSEGV, signal.SIGKILL):
        os.kill(1, number)
    time.sleep(0.1)
    state = read("/proc/1/stat").rpartition(b") ")[2][:1]
    must(state == b"S", f"it is in state {state.decode()}")
