#!/usr/bin/env python3
"""What a turn costs beside the model: one command prints the table, other programs of the kind beside ours.

    python3 bench/turn.py [--turns N] [--peers nanobot,hermes|none] [--markdown FILE]

A scripted model on loopback answers at once; overhead = a turn minus a direct call to the same model by the same client in the
same sitting. Every turn of ours is durable (synchronous=FULL), so the sitting's own fdatasync is printed beside it. Needs
build/release (`./test unit` builds it) and wrk (apt-get install wrk); the peers are installed from their registries, once.
"""

import argparse
import contextlib
import http.server
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/journeys"))
os.environ.setdefault("ZO", str(ROOT / "build/release/zo"))
os.environ.setdefault("ZO_SCRIPTED_MODEL", str(ROOT / "build/release/zo-scripted-model"))
import journey  # noqa: E402
import peers  # noqa: E402
from measure import CHAT, Chat, children, percentile, rss_mb, tree_cpu_ms  # noqa: E402

AT_ONCE = 64
LOAD_S = 4
TURNS_STORED = 10_000
STREAMS = 1000
STARTS = 11
LONG_CONVERSATIONS = 20  # of 20 turns each
RULES = [
    {"when": "hold the line", "steps": [{"hang": True}]},
    {"when": "run true", "steps": [{"call": {"name": "shell", "arguments": {"command": "true"}}}, {"say": "Done."}]},
    {"when": "say hello", "steps": [{"say": "Hello."}]},
]


def fdatasync_ms():
    with tempfile.NamedTemporaryFile(dir=ROOT / "build") as file:
        times = []
        for _ in range(300):
            os.write(file.fileno(), b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def direct_ms(model_url, turns):
    direct = Chat(int(model_url.rsplit(":", 1)[1]), {}, "scripted")
    return statistics.median([direct.turn() for _ in range(turns)])


@contextlib.contextmanager
def running(folder, model_url):
    zo = journey.Server(folder, model_url).start()
    try:
        yield zo
    finally:
        if zo.process.poll() is None:
            zo.stop()


def restart(zo):
    zo.stop()
    zo.start()


def chat_with(zo, **headers):
    return Chat(zo.port, {"authorization": zo.token, **headers}, "zo")


def load(zo, seconds):
    """Turns a second with AT_ONCE clients."""
    script = pathlib.Path(zo.home.parent) / "load.lua"
    body = json.dumps(json.dumps({"model": "zo", "messages": [{"role": "user", "content": "say hello"}]}))
    script.write_text(f'wrk.method = "POST"\nwrk.body = {body}\nwrk.headers["authorization"] = "{zo.token}"\n')
    out = subprocess.run(["wrk", "-t1", f"-c{AT_ONCE}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{zo.port}{CHAT}"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(out)
    return float(next(line.split()[1] for line in out.splitlines() if "Requests/sec" in line))


def first_answer_ms(zo):
    zo.stop()
    began = time.perf_counter()
    zo.start()
    chat_with(zo).turn()
    return (time.perf_counter() - began) * 1000


def stored(zo):
    """Turns in the database, its bytes, and the bytes of what was said in them."""
    database = sqlite3.connect(zo.home / "zo.db")
    turns = database.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
    text = database.execute("SELECT SUM(LENGTH(text)) FROM messages").fetchone()[0]
    return turns, (zo.home / "zo.db").stat().st_size, text


def measure_turns(folder, turns):
    """One at a time, many at once, and what stays behind. The model's answers are made once and sent as they are."""
    with journey.scripted_model(instant="Hello.") as model, running(folder, model) as zo:
        base = direct_ms(model, turns)
        start = statistics.median([first_answer_ms(zo) for _ in range(STARTS)])
        restart(zo)
        time.sleep(1)
        idle = rss_mb(zo.process.pid)
        chat = chat_with(zo)
        chat.turn()
        cpu = tree_cpu_ms(zo.process.pid)
        times = [chat.turn() - base for _ in range(turns)]
        cpu = (tree_cpu_ms(zo.process.pid) - cpu) / turns
        per_s = load(zo, LOAD_S)
        while stored(zo)[0] < TURNS_STORED:
            load(zo, 1)
        after = rss_mb(zo.process.pid)
        zo.stop()
        count, size, text = stored(zo)
    return base, [
        ("overhead of a turn, one at a time, p50", f"{percentile(times, .5):.2f} ms", "overhead_p50_ms", "2 ms"),
        ("overhead of a turn, one at a time, p99", f"{percentile(times, .99):.2f} ms", "overhead_p99_ms", ""),
        ("CPU a turn, all processes", f"{cpu:.2f} ms", "cpu_ms", "0.7 ms"),
        (f"turns a second, {AT_ONCE} clients (peers: {peers.AT_ONCE})", f"{per_s:,.0f}", "turns_per_s", "1,000"),
        ("start to first answer, p50", f"{start:.0f} ms", "start_to_first_answer_ms", "30 ms"),
        ("resident memory, idle", f"{idle:.1f} MB", "idle_rss_mb", "18 MB"),
        (f"resident memory after {count:,} turns (peers: some hundred)", f"{after:.1f} MB", "after_rss_mb", "30 MB"),
        ("database a turn, beside the text", f"{(size - text) / count:,.0f} B", None, "4 KB"),
    ]


def measure_conversations(folder):
    """Turn 20 of a conversation that used the sandbox, the same turn with a sandboxed call in it, and the readers of a run."""
    plain, calling = [], []
    with journey.scripted_model(RULES) as model, running(folder, model) as zo:
        base = direct_ms(model, 300)
        for turn_20 in ["say hello", "run true"] * LONG_CONVERSATIONS:
            conversation = zo.call("POST", "/api/conversations", {})["id"]
            chat = chat_with(zo, **{"x-chat-id": conversation})
            chat.turn("run true")
            for _ in range(18):
                chat.turn()
            took = chat.turn(turn_20)
            if turn_20 == "say hello":
                plain.append(took - base)
            else:
                calling.append(took - 2 * base)
        restart(zo)
        many = streams_mb(zo)
    return [
        ("turn 20 of a conversation, p50 / p99", f"{percentile(plain, .5):.1f} / {percentile(plain, .99):.1f} ms", None, ""),
        ("turn 20 with a sandboxed call, p50 / p99", f"{percentile(calling, .5):.0f} / {percentile(calling, .99):.0f} ms", None, ""),
        (f"resident memory with {STREAMS:,} event streams open", f"{many:.1f} MB", None, "30 MB"),
    ]


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


def measure_program():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, os.environ["ZO"]], check=True)
        stripped = pathlib.Path(out.name).stat().st_size / 1e6
    return [("the program, stripped (peers: installed)", f"{stripped:.1f} MB", "installed_mb", "15 MB")]


class Recorder(http.server.BaseHTTPRequestHandler):
    """A model that keeps the size of what it was asked."""

    def do_POST(self):
        self.server.asked_bytes = int(self.headers["content-length"])
        self.rfile.read(self.server.asked_bytes)
        answer = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


def measure_prompt(folder):
    """What a model is sent beside the words of the person."""
    model = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    with running(folder, f"http://127.0.0.1:{model.server_port}") as zo:
        chat_with(zo).turn("hi")
    model.shutdown()
    return [("bytes of the request for 'hi'", f"{model.asked_bytes:,} B", None, "8 KB")]


def measure_embedded(folder):
    """The embedded model's processes, where it is installed: they come with the first question and go when nobody asks."""
    with running(folder, None) as zo:
        try:
            chat_with(zo).turn("Say hello.")
        except SystemExit:
            return []
        own = rss_mb(zo.process.pid) - sum(rss_mb(child) for child in children(zo.process.pid))
        return [("the embedded model's processes, apart", f"{rss_mb(zo.process.pid) - own:,.0f} MB", None, "")]


def measure_peers(names, folder, turns):
    found = {}
    with journey.scripted_model(RULES) as model:
        base = direct_ms(model, turns)
        for kind in peers.PEERS:
            if kind.name in names:
                place = pathlib.Path(folder) / kind.name
                place.mkdir()
                found[kind] = peers.measure(kind(), model + "/v1", place, turns, base)
    return found


UNITS = {"overhead_p50_ms": "ms", "overhead_p99_ms": "ms", "cpu_ms": "ms", "turns_per_s": "", "start_to_first_answer_ms": "ms",
         "idle_rss_mb": "MB", "after_rss_mb": "MB", "installed_mb": "MB"}


def cell(figures, field, ours):
    """A peer's figure, and how many times ours it is; or ours its, where more is better."""
    if not field:
        return ""
    theirs, mine = getattr(figures, field), float(ours.split()[0].replace(",", ""))
    times = mine / theirs if field == "turns_per_s" else theirs / mine
    return f"{theirs:,.4g} {UNITS[field]}".strip() + f" ({times:,.0f}×)"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--peers", default=",".join(kind.name for kind in peers.PEERS), help="of nanobot, hermes; or none")
    parser.add_argument("--markdown", type=pathlib.Path, help="writes the table there, too")
    options = parser.parse_args()
    sitting = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; fdatasync p50 {fdatasync_ms():.2f} ms"
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        os.chmod(folder, 0o755)
        places = [pathlib.Path(folder) / name for name in ("turns", "conversations", "prompt", "embedded", "peers")]
        for place in places:
            place.mkdir(mode=0o755)
        base, rows = measure_turns(places[0], options.turns)
        rows += measure_conversations(places[1]) + measure_program() + measure_prompt(places[2]) + measure_embedded(places[3])
        others = measure_peers(options.peers.split(","), places[4], min(options.turns, 200))
    lines = ["# What a turn costs beside the model", "",
             f"Written by `python3 bench/turn.py --markdown docs/bench.md` on {time.strftime('%Y-%m-%d')}: {sitting}; a direct call to "
             f"the model p50 {base:.2f} ms. Ours is durable, synchronous=FULL. In brackets: times ours.", "",
             "| | ZoClone | target |" + "".join(f" {kind.name} {kind.version} |" for kind in others),
             "|---|---|---|" + "---|" * len(others)]
    for name, value, field, target in rows:
        lines.append(f"| {name} | {value} | {target} |" + "".join(f" {cell(figures, field, value)} |" for figures in others.values()))
    print("\n".join(lines))
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n")


main()
