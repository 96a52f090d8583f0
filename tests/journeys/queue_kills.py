"""10,000 jobs, and the process that works on them killed with -9 at 20 random points (200 with ./test --long).

No acknowledged job is lost, none ends twice, what the dead process held is free within 35 s of the next start, and the database is whole.
ZO_KILLS and ZO_SEED change how often and where.
"""

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
JOBS = 10_000
KILLS = int(os.environ.get("ZO_KILLS", "200" if os.environ.get("ZO_LONG") == "yes" else "20"))
SEED = int(os.environ.get("ZO_SEED", str(random.randrange(2**32))))
RESOLVED_MS_MOST = 35_000


class Life(threading.Thread):
    """One process, and what it acknowledged before it died."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.process = subprocess.Popen([QUEUE, "work", folder, str(JOBS)], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.start()

    def run(self):
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(line.split())


def main():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    added, ended, resolved = set(), [], []
    kills = 0
    with tempfile.TemporaryDirectory() as folder:
        # A job takes 20 ms, and 64 are worked on at once: so long is all of it, without the kills.
        pause_most = 2 * (JOBS * 0.020 / 64 + 6) / KILLS
        while True:
            life = Life(folder)
            killed = False
            if kills < KILLS:
                try:
                    life.process.wait(timeout=dice.uniform(0.02, max(pause_most, 0.1)))
                except subprocess.TimeoutExpired:
                    life.process.send_signal(signal.SIGKILL)
                    killed = True
                    kills += 1
            code = life.process.wait(timeout=600)
            life.join(timeout=30)
            for word, *rest in life.lines:
                if word == "added":
                    added.add(rest[0])
                elif word == "ended":
                    ended.append(rest[0])
                elif word == "resolved":
                    resolved.append(int(rest[0]))
            if not killed:
                check(code == 0, f"the last process ended with {code}")
                break
        database = sqlite3.connect(os.path.join(folder, "zo.db"))
        check(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "the database is whole")
        check(database.execute("SELECT COUNT(*) FROM jobs").fetchone()[0] == 0, "nothing is left to do")
        states = dict(database.execute("SELECT state, COUNT(*) FROM job_history GROUP BY state"))
        check(states == {"succeeded": JOBS}, f"every job has ended well, and once: {states}")
        keys = {row[0] for row in database.execute("SELECT payload FROM job_history")}
        check(added <= keys and len(keys) == JOBS, "no acknowledged job is lost")
        check(len(ended) == len(set(ended)), "no end was acknowledged twice")
        lost = database.execute("SELECT SUM(losses), MAX(attempt) FROM job_history").fetchone()
    check(max(resolved) <= RESOLVED_MS_MOST, f"leases are resolved: {max(resolved)} ms")
    print(f"{JOBS} jobs, {kills} kills: 0 lost, 0 ended twice; {lost[0]} attempts were cut off, at most {lost[1]} of one job; "
          f"resolved within {max(resolved)} ms of a start")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
