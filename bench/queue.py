#!/usr/bin/env python3
"""What a durable job costs, beside BullMQ on Redis and PostgreSQL with SKIP LOCKED, in one sitting.

    python3 bench/queue.py [--rounds N] [--jobs N] [--peers bullmq,postgres | none] [--markdown FILE]

A job is added, claimed and ended, its history kept. Ours: every acknowledged change is on the disk. BullMQ: appendfsync everysec, which may
lose a second, and always. The rounds go through all of them in turn; the median of each is told.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone/bench"
QUEUE = pathlib.Path(os.environ.get("ZO_QUEUE", ROOT / "build/release/zo-queue"))
BULLMQ, IOREDIS = "6.7.0", "5.8.2"
AT_ONCE = 100
CONNECTIONS = 8
CALLERS = 32
RUN_MAX_S = 300


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_MAX_S, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr[-600:]}")
    return done.stdout


def ours(what, *numbers):
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        return json.loads(run([str(QUEUE), what, folder, *map(str, numbers)]))


def fsync_ms():
    with tempfile.NamedTemporaryFile(dir=ROOT / "build") as file:
        took = []
        for _ in range(200):
            os.write(file.fileno(), b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


class BullMq:
    def __init__(self):
        self.modules = CACHE / "bullmq" / "node_modules"
        if not (self.modules / "bullmq").exists():
            self.modules.parent.mkdir(parents=True, exist_ok=True)
            run(["npm", "install", "--no-audit", "--no-fund", f"bullmq@{BULLMQ}", f"ioredis@{IOREDIS}"], cwd=self.modules.parent)

    @contextlib.contextmanager
    def redis(self, fsync):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
            socket = f"{folder}/redis.sock"
            server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--appendonly", "yes", "--appendfsync", fsync, "--save", ""],
                                      stdout=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 20
                while not os.path.exists(socket) and time.monotonic() < deadline:
                    time.sleep(0.05)
                yield socket
            finally:
                server.kill()
                server.wait()

    def measure(self, fsync, jobs):
        with self.redis(fsync) as socket:
            return json.loads(run(["node", str(ROOT / "bench/queue_bullmq.mjs"), socket, str(jobs), str(AT_ONCE)], env={**os.environ, "BULLMQ_MODULES": str(self.modules.parent)}))


CLAIM_AND_END = """BEGIN;
UPDATE jobs SET state = 1, attempt = attempt + 1, lease_until = now() + interval '30 s' WHERE id = (
  SELECT id FROM jobs WHERE queue = 'work' AND state = 0 ORDER BY order_key, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, attempt \\gset
COMMIT;
BEGIN;
WITH gone AS (DELETE FROM jobs WHERE id = :id AND attempt = :attempt AND state = 1 RETURNING id, queue, payload, attempt)
INSERT INTO job_history SELECT id, queue, payload, attempt, 'done', now() FROM gone;
COMMIT;
"""


class Postgres:
    """A cluster of its own, with defaults but for the socket, run by the user that Debian makes for it."""

    def __init__(self):
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.user = pwd.getpwnam("postgres")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zo-postgres-"))
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.call(["initdb", "-D", str(self.folder / "data"), "-A", "trust"])
        self.call(["pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", f"-k {self.folder} -h '' -c shared_buffers=512MB", "-l", str(self.folder / "log"), "start"])

    def call(self, command):
        return run([str(self.bin / command[0]), *command[1:]], user=self.user.pw_uid, group=self.user.pw_gid, cwd=self.folder)

    def measure(self, jobs):
        self.call(["psql", "-h", str(self.folder), "-q", "-c", f"""
            DROP TABLE IF EXISTS jobs, job_history;
            CREATE TABLE jobs (id bigint PRIMARY KEY, queue text, state int, order_key bigint, attempt bigint DEFAULT 0, lease_until timestamptz, payload text);
            CREATE INDEX ON jobs (queue, order_key, id) WHERE state = 0;
            CREATE TABLE job_history (id bigint PRIMARY KEY, queue text, payload text, attempt bigint, result text, ended timestamptz);
            INSERT INTO jobs SELECT i, 'work', 0, i % 5, 0, NULL, repeat('x', 200) FROM generate_series(1, {jobs}) i; ANALYZE jobs;"""])
        script = self.folder / "work.sql"
        script.write_text(CLAIM_AND_END)
        began = time.perf_counter()
        self.call(["pgbench", "-h", str(self.folder), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-t", str(jobs // CONNECTIONS), "-f", str(script), "postgres"])
        took = time.perf_counter() - began
        return {"work_per_s": round(jobs / took)}

    def stop(self):
        self.call(["pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop"])
        shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--peers", default="bullmq,postgres")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    peers = options.peers.split(",")
    (ROOT / "build").mkdir(exist_ok=True)
    found = {}

    def keep(name, value):
        found.setdefault(name, []).append(value)

    bullmq = BullMq() if "bullmq" in peers else None
    postgres = Postgres() if "postgres" in peers else None
    try:
        for _ in range(options.rounds):
            one = ours("bench", options.jobs, AT_ONCE)
            keep("ours add", one["add_per_s"])
            keep("ours", one["work_per_s"])
            claims = ours("claims", options.jobs, CALLERS)
            keep("claims", claims["work_per_s"])
            keep("claim p99", claims["claim_p99_ms"])
            keep("due p99", ours("due", 200, 1_000)["late_p99_ms"])
            for fsync in ("everysec", "always") if bullmq else ():
                two = bullmq.measure(fsync, options.jobs)
                keep(f"bullmq {fsync} add", two["add_per_s"])
                keep(f"bullmq {fsync}", two["work_per_s"])
            if postgres:
                keep("postgres", postgres.measure(options.jobs // 4)["work_per_s"])
    finally:
        if postgres:
            postgres.stop()
    middle = {name: statistics.median(values) for name, values in found.items()}

    def row(text, name, base="ours", unit="/s"):
        if name not in middle:
            return ""
        spread = f"{min(found[name]):,.0f} to {max(found[name]):,.0f}"
        ratio = f"{middle[base] / middle[name]:.2f}×" if base and base != name else ""
        return f"| {text} | {middle[name]:,.0f}{unit} | {spread} | {ratio} |\n"

    text = ("# What a durable job costs\n\n"
            f"Written by `python3 bench/queue.py --markdown docs/bench-queue.md` on {datetime.date.today()}: {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, "
            f"fdatasync p50 {fsync_ms():.2f} ms; {options.rounds} rounds of {options.jobs:,} jobs, all in turn; medians. Jobs have five priorities; history, and the story of each job, are kept. "
            "Only ratios of one sitting mean something.\n\n| | median | from, to | ours against it |\n|---|---|---|---|\n")
    text += row(f"**ours**, claim and end, {AT_ONCE} at once, synchronous=FULL", "ours")
    text += row(f"BullMQ {BULLMQ}, {AT_ONCE} at once, appendfsync everysec", "bullmq everysec")
    text += row(f"BullMQ {BULLMQ}, {AT_ONCE} at once, appendfsync always", "bullmq always")
    text += row(f"PostgreSQL SKIP LOCKED, {CONNECTIONS} connections, synchronous_commit on", "postgres")
    text += row("**ours**, add", "ours add", None)
    text += row("BullMQ, add, everysec", "bullmq everysec add", "ours add")
    text += row("BullMQ, add, always", "bullmq always add", "ours add")
    text += row(f"**ours**, {CALLERS} callers that claim one, end it, claim the next", "claims", None)
    text += f"\nA claim with {CALLERS} callers: p99 {middle['claim p99']:.1f} ms. From due to begun, with 1,000 others waiting for their time: p99 {middle['due p99']:.0f} ms.\n"
    print(text)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text)


if __name__ == "__main__":
    main()
