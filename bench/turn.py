#!/usr/bin/env python3
"""What a turn costs beside the model: one command prints the table.

    python3 bench/turn.py [--turns N] [--seconds S]

A scripted model on loopback answers at once; overhead = a turn minus a direct call to the same model by the same client in the
same sitting. Every turn of ours is durable (synchronous=FULL), so the sitting's own fdatasync is printed beside it. Needs
build/release (./test unit builds it) and wrk for the load.
"""

import argparse
import http.client
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/journeys"))
os.environ.setdefault("ZO", str(ROOT / "build/release/zo"))
os.environ.setdefault("ZO_SCRIPTED_MODEL", str(ROOT / "build/release/zo-scripted-model"))
import journey  # noqa: E402

CHAT = "/v1/chat/completions"
AT_ONCE = 64
STREAMS = 1000
RULES = [
    {"when": "hold the line", "steps": [{"hang": True}]},
    {"when": "run true", "steps": [{"call": {"name": "shell", "arguments": {"command": "true"}}}, {"say": "Done."}]},
    {"when": "say hello", "steps": [{"say": "Hello."}]},
]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def tree(pid):
    pids, found = [pid], []
    while pids:
        found.append(pids.pop())
        for task in pathlib.Path(f"/proc/{found[-1]}/task").iterdir():
            pids += [int(child) for child in (task / "children").read_text().split()]
    return found


def rss_mb(pid):
    return sum(int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1]) for one in tree(pid)) * 4096 / 1e6


def cpu_ms(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12)) * 1000 / os.sysconf("SC_CLK_TCK")


def fdatasync_ms():
    with tempfile.NamedTemporaryFile(dir=ROOT / "build") as file:
        times = []
        for _ in range(300):
            os.write(file.fileno(), b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


class Chat:
    """A keep-alive client."""

    def __init__(self, port, headers, model):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers, self.model = {"content-type": "application/json", **headers}, model

    def turn(self, text="say hello"):
        body = json.dumps({"model": self.model, "messages": [{"role": "user", "content": text}]})
        began = time.perf_counter()
        self.connection.request("POST", CHAT, body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"{response.status}: {answer[:300]}")
        return (time.perf_counter() - began) * 1000


def load(zo, seconds):
    """Turns a second with 64 clients."""
    script = pathlib.Path(zo.home.parent) / "load.lua"
    body = json.dumps(json.dumps({"model": "zo", "messages": [{"role": "user", "content": "say hello"}]}))
    script.write_text(f'wrk.method = "POST"\nwrk.body = {body}\nwrk.headers["authorization"] = "{zo.token}"\n')
    out = subprocess.run(["wrk", "-t1", f"-c{AT_ONCE}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{zo.port}{CHAT}"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit(out)
    return float(next(line.split()[1] for line in out.splitlines() if "Requests/sec" in line))


def first_answer_ms(zo, headers):
    zo.stop()
    began = time.perf_counter()
    zo.start()
    Chat(zo.port, headers, "zo").turn()
    return (time.perf_counter() - began) * 1000


def stored(zo):
    """Turns in the database, and its bytes."""
    count = sqlite3.connect(zo.home / "zo.db").execute("SELECT COUNT(*) FROM runs").fetchone()[0]
    return count, (zo.home / "zo.db").stat().st_size


def long_conversation(zo, base):
    plain, calling = [], []
    for _ in range(5):
        conversation = zo.call("POST", "/api/conversations", {})["id"]
        chat = Chat(zo.port, {"authorization": zo.token, "x-chat-id": conversation}, "zo")
        chat.turn("run true")
        for _ in range(18):
            chat.turn()
        plain.append(chat.turn() - base)
        calling.append(chat.turn("run true") - 2 * base)
    return plain, calling


def streams_mb(zo):
    conversation = zo.call("POST", "/api/conversations", {})["id"]
    run = zo.call("POST", f"/api/conversations/{conversation}/messages", {"text": "hold the line"})["run"]["id"]
    request = f"GET /api/runs/{run}/events HTTP/1.1\r\nhost: 127.0.0.1:{zo.port}\r\nauthorization: {zo.token}\r\n\r\n".encode()
    readers = []
    for _ in range(STREAMS):
        readers.append(socket.create_connection(("127.0.0.1", zo.port)))
        readers[-1].sendall(request)
    for reader in readers:
        reader.recv(64)
    memory = rss_mb(zo.process.pid)
    for reader in readers:
        reader.close()
    zo.call("POST", f"/api/runs/{run}/cancel", {})
    return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; fdatasync p50 {fdatasync_ms():.2f} ms")
    with journey.scripted_model(RULES) as model, tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        os.chmod(folder, 0o755)
        direct = Chat(int(model.rsplit(":", 1)[1]), {}, "scripted")
        base = statistics.median([direct.turn() for _ in range(options.turns)])
        zo = journey.Server(folder, model).start()
        headers = {"authorization": zo.token}
        start = statistics.median([first_answer_ms(zo, headers) for _ in range(7)])
        zo.stop()
        zo.start()
        time.sleep(1)
        idle = rss_mb(zo.process.pid)
        chat = Chat(zo.port, headers, "zo")
        cpu = cpu_ms(zo.process.pid)
        times = [chat.turn() - base for _ in range(options.turns)]
        cpu = (cpu_ms(zo.process.pid) - cpu) / options.turns
        per_s = load(zo, options.seconds)
        while stored(zo)[0] < 10_000:
            load(zo, 2)
        after = rss_mb(zo.process.pid)
        plain, calling = long_conversation(zo, base)
        many = streams_mb(zo)
        zo.stop()
        count, size = stored(zo)
    rows = [
        ("a direct call to the model, p50", f"{base:.2f} ms"),
        ("overhead of a turn, one at a time, p50 / p99", f"{percentile(times, .5):.2f} / {percentile(times, .99):.2f} ms"),
        ("CPU a turn", f"{cpu:.2f} ms"),
        (f"turns a second, {AT_ONCE} at once", f"{per_s:,.0f}"),
        ("turn 20 of a conversation, p50 / max", f"{percentile(plain, .5):.2f} / {max(plain):.2f} ms"),
        ("turn 21, with one sandboxed call, p50 / max", f"{percentile(calling, .5):.2f} / {max(calling):.2f} ms"),
        ("start to first answer, p50", f"{start:.0f} ms"),
        ("resident memory, idle", f"{idle:.1f} MB"),
        (f"resident memory after {count:,} turns", f"{after:.1f} MB"),
        (f"resident memory with {STREAMS:,} event streams open", f"{many:.1f} MB"),
        ("database a turn, with the text", f"{size / count:,.0f} B"),
        ("the program, stripped", f"{stripped_mb():.1f} MB"),
    ]
    for name, value in rows:
        print(f"{name:<52} {value:>20}")


def stripped_mb():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, os.environ["ZO"]], check=True)
        return pathlib.Path(out.name).stat().st_size / 1e6


main()
