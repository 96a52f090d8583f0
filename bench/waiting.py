#!/usr/bin/env python3
"""What runs that wait for a person hold: the server's memory before and after a thousand of them, and after another start.

    python3 bench/waiting.py [RUNS]
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "journeys"))
import journey  # noqa: E402


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024


def ask(server, _):
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=120)
    connection.request("POST", "/zo/ask", json.dumps({"input": "wait"}), {"Authorization": "Bearer " + server.token, "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 202, answer.status


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rules = [{"when": "wait", "steps": [{"calls": [{"name": "shell", "arguments": {"command": "true"}}]}, {"say": "done"}]}]
    os.environ.setdefault("ZO", str(ROOT / "build/release/zo"))
    with tempfile.TemporaryDirectory() as folder, journey.scripted_model(rules) as model:
        server = journey.Server(folder, model).start()
        try:
            server.zo("policy", "set", "shell", "ask")
            for _ in range(20):  # what the first ones make is not theirs
                ask(server, None)
            before = resident(server.process.pid)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda number: ask(server, number), range(runs)))
            after = resident(server.process.pid)
            asked = len(server.zo("approvals", "list", "--json").stdout.splitlines())
            server.kill()
            server.process.wait()
            server.start()
            again = resident(server.process.pid)
            print(f"{runs} runs wait ({asked} are shown at once): {before:.1f} → {after:.1f} MB, {after - before:+.1f} MB; after another start {again:.1f} MB")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
