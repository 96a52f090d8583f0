"""The queue under what happens to databases and workers: each cell adds jobs and works on them while something breaks, and none may be lost or end twice.

The cells of the common harness for job queues (hardbyte's), as far as one machine has them: a kill, many kills, a worker that stands still past its
lease beside one that lives, a node that dies for good, a database that another process holds locked, a full disk. ./test runs the quick ones with fewer jobs;
./test --long all, and docs/long-runs.md has the table.
"""

import collections
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

from journey import ZO, check

QUEUE = str(pathlib.Path(ZO).resolve().parent / "zo-queue")
LONG = os.environ.get("ZO_LONG") == "yes"
JOBS = int(os.environ.get("ZO_JOBS", "10000" if LONG else "2000"))
DICE = random.Random(int(os.environ.get("ZO_SEED", "7")))


class Worker(threading.Thread):
    """One process, and what it said was on the disk."""

    def __init__(self, folder, node):
        super().__init__(daemon=True)
        self.process = subprocess.Popen([QUEUE, "work", folder, str(JOBS), node], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.added, self.ended = [], []
        self.start()

    def run(self):
        for line in self.process.stdout:
            word, *rest = line.split() or [""]
            if word == "added":
                self.added.append(rest[0])
            elif word == "ended":
                self.ended.append(rest[0])

    def send(self, what):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(what)

    def over(self, seconds=600):
        code = self.process.wait(timeout=seconds)
        self.join(timeout=30)
        return code


def nothing(workers, folder):
    pass


def one_kill(workers, folder):
    time.sleep(0.5)
    workers[-1].send(signal.SIGKILL)
    workers[-1].over()
    workers.append(Worker(folder, "a"))


def many_kills(workers, folder):
    for _ in range(20):
        time.sleep(DICE.uniform(0.05, 0.4))
        workers[-1].send(signal.SIGKILL)
        workers[-1].over()
        workers.append(Worker(folder, "a"))


def stands_still(workers, folder):
    workers.append(Worker(folder, "b"))
    time.sleep(0.5)
    workers[0].send(signal.SIGSTOP)
    time.sleep(36)  # its lease is 30 s
    workers[0].send(signal.SIGCONT)


def dies_for_good(workers, folder):
    workers.append(Worker(folder, "b"))
    time.sleep(0.5)
    workers[0].send(signal.SIGKILL)
    workers[0].over()


def is_locked(workers, folder):
    time.sleep(0.3)
    database = sqlite3.connect(os.path.join(folder, "zo.db"), isolation_level=None, timeout=30)
    database.execute("BEGIN IMMEDIATE")
    time.sleep(3)
    database.execute("ROLLBACK")
    database.close()


def fills_up(workers, folder):
    time.sleep(0.3)
    path = os.path.join(folder, "ballast")
    with open(path, "wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(65536))
    time.sleep(2)
    os.remove(path)


@contextlib.contextmanager
def small_disk():
    """A file system of 64 MB, where one may be mounted; None where not."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False).returncode == 0
        try:
            yield folder if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder], check=False)


def cell(what, folder):
    """Runs it to the end; what it took, and what was cut off."""
    began = time.monotonic()
    workers = [Worker(folder, "a")]
    what(workers, folder)
    last = workers[-1]
    while True:
        code = last.over()
        if code == 0:
            break
        # A process that gives up on a full disk or a locked database is started again, as whoever looks after it would.
        last = Worker(folder, "a")
        workers.append(last)
    took = time.monotonic() - began
    for worker in workers:
        worker.over()
    with sqlite3.connect(os.path.join(folder, "zo.db")) as database:
        check(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "the database is whole")
        done = collections.Counter(row[0] for row in database.execute("SELECT payload FROM job_history WHERE state = 'succeeded'"))
        left = database.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]
        losses = database.execute("SELECT COALESCE(SUM(losses), 0) FROM job_history").fetchone()[0]
    ended = collections.Counter(number for worker in workers for number in worker.ended)
    acknowledged = {number for worker in workers for number in worker.added}
    lost = len(acknowledged - set(done)) + (JOBS - len(done)) + left
    twice = sum(count - 1 for count in done.values()) + sum(count - 1 for count in ended.values())
    check(lost == 0, f"{lost} jobs are lost")
    check(twice == 0, f"{twice} jobs ended twice")
    return took, losses, len(workers)


def main():
    cells = [("nothing", nothing), ("one kill -9", one_kill), ("20 kills -9", many_kills), ("locked for 3 s by another process", is_locked), ("a full disk for 2 s", fills_up)]
    if LONG:
        cells += [("a worker stands still for 36 s beside another", stands_still), ("a node dies for good beside another", dies_for_good)]
    print(f"{JOBS} jobs a cell; every tenth fails once. Lost and ended twice: none, in each.\n")
    print("| what happens | seconds | attempts cut off | processes |\n|---|---|---|---|")
    for name, what in cells:
        with small_disk() if what is fills_up else tempfile.TemporaryDirectory() as folder:
            if folder is None:
                print(f"| {name} | not tried: nothing may be mounted here | | |")
                continue
            took, losses, processes = cell(what, folder)
            print(f"| {name} | {took:.1f} | {losses} | {processes} |", flush=True)


if __name__ == "__main__":
    main()
