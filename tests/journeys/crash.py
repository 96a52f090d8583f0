"""kill -9 at random moments (200, or 1000 with ./test --long) while runs stream and tools append lines to a file.

No acknowledged message is lost, none is doubled, no tool's effect is doubled, every run ends, every feed closes, and the database
is whole. ZO_KILLS and ZO_SEED change how often and where.
"""

import os
import random
import sqlite3
import threading
import time

from journey import Refused, check, eventually, scripted_model, server

KILLS = int(os.environ.get("ZO_KILLS", "1000" if os.environ.get("ZO_LONG") == "yes" else "200"))
SEED = int(os.environ.get("ZO_SEED", str(random.randrange(2**32))))
CLIENTS = 3
JOBS = 4000
JOBS_IN_A_CONVERSATION = 10
GONE = (OSError, ValueError, __import__("http.client").client.HTTPException)


def rules():
    """Job n appends its own line once, and then talks for a while."""
    return [
        {"when": f"job-{n};", "chunk_bytes": 12, "chunks_ms": 3,
         "steps": [{"call": {"name": "shell", "arguments": {"command": f"echo job-{n} >> log.txt"}}, "prompt_tokens": 10},
                   {"say": f"The line of job-{n} is written, said the tool, which printed nothing more than that. {{tool}}",
                    "prompt_tokens": 10}]}  # few, so that the day's budget lasts
        for n in range(JOBS)
    ]


class Client(threading.Thread):
    """Asks one job after the other in a conversation, each until it is acknowledged, and follows each run to its end."""

    def __init__(self, zo, jobs, stopping):
        super().__init__(daemon=True)
        self.zo, self.jobs, self.stopping = zo, jobs, stopping
        self.acknowledged = {}  # key → (conversation, message, run)
        self.problems = []
        self.feeds_closed = 0

    def persist(self, work):
        while True:
            try:
                return work()
            except Refused as refused:
                if refused.status not in (409, 429, 503):
                    raise
            except GONE:
                pass
            time.sleep(0.01)

    def run(self):
        try:
            self.work()
        except Exception as problem:  # reported by the main thread
            self.problems.append(repr(problem))

    def work(self):
        conversation = None
        for count, job in enumerate(self.jobs):
            if self.stopping.is_set():
                return
            if count % JOBS_IN_A_CONVERSATION == 0:
                conversation = self.persist(lambda: self.zo.call("POST", "/api/conversations", {}))["id"]
            key = f"key-{job}"
            answer = self.persist(lambda: self.zo.call("POST", f"/api/conversations/{conversation}/messages",
                                                       {"text": f"Please do job-{job};"}, idempotency_key=key, timeout=10))
            self.acknowledged[key] = (conversation, answer["message"]["id"], answer["run"]["id"])
            self.follow(answer["run"]["id"])

    def follow(self, run):
        cursor, ended = 0, False
        while not ended:
            try:
                for number, kind, data in self.zo.events(run, cursor, timeout=20):
                    if kind == "end":
                        ended = data["reason"] != "server_stopping"
                        continue
                    if number <= cursor:
                        self.problems.append(f"run {run}: event {number} after {cursor}")
                    cursor = number
            except Refused as refused:
                self.problems.append(f"run {run}: {refused}")
                return
            except GONE:
                time.sleep(0.01)
        self.feeds_closed += 1


def verify(zo, clients):
    acknowledged = {key: value for client in clients for key, value in client.acknowledged.items()}
    check(eventually(lambda: not zo.call("GET", "/api/runs?state=running")["items"], 60), "every run ends")
    for conversation in {value[0] for value in acknowledged.values()}:
        messages, after = [], 0
        while after is not None:
            page = zo.call("GET", f"/api/conversations/{conversation}/messages?limit=200&after={after}")
            messages += page["items"]
            after = page["next"]
        said = [m for m in messages if m["role"] == "user"]
        expected = {value[1] for value in acknowledged.values() if value[0] == conversation}
        check({m["id"] for m in said} >= expected, "no acknowledged message is lost")
        check(len({m["text"] for m in said}) == len(said), "no message is doubled")
    lines = (zo.workspace / "log.txt").read_text().split()
    check(len(lines) == len(set(lines)), "no tool's effect is doubled")
    return acknowledged, lines


def main():
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    stopping = threading.Event()
    with scripted_model(rules()) as model, server(model) as zo:
        clients = [Client(zo, range(n, JOBS, CLIENTS), stopping) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        slowest = 0
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.005, 0.35))
            zo.kill()
            began = time.monotonic()
            zo.start()
            slowest = max(slowest, time.monotonic() - began)
        stopping.set()
        for client in clients:
            client.join(120)
            check(not client.is_alive(), "every feed closes")
            check(not client.problems, str(client.problems[:5]))
        acknowledged, lines = verify(zo, clients)
        states = {}
        for key in acknowledged:
            state = zo.call("GET", f"/api/runs/{acknowledged[key][2]}")["state"]
            states[state] = states.get(state, 0) + 1
        check(set(states) == {"done"}, f"every run ends with its answer: {states}")
        check(zo.stop() == 0, "SIGTERM ends it with exit code 0")
        database = sqlite3.connect(zo.home / "zo.db")
        check(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "PRAGMA integrity_check")
        resumed = database.execute("SELECT COUNT(*) FROM runs WHERE attempt > 0").fetchone()[0]
        unknown = database.execute("SELECT COUNT(*) FROM tool_calls WHERE state = 'unknown'").fetchone()[0]
    print(f"{KILLS} kills: {len(acknowledged)} messages acknowledged, 0 lost, 0 doubled; {len(lines)} lines written, 0 doubled; "
          f"{resumed} runs cut and resumed; {unknown} calls of unknown outcome; runs {states}; slowest restart {slowest:.2f} s")


main()
