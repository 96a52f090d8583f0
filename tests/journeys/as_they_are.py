#!/usr/bin/env python3
"""Windows, files, clocks and homes as they are: a server that says how much its model takes, and refuses more; files with other line ends, other
names, the same file six times in one step; the server's time zone in a command; a home whose database alone is whole after a clean stop, one
that is damaged, and a server that was started without its standard streams."""

import http.server
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time

import journey

WINDOW = 8192


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers 6,000 bytes to each question that fits its window, and refuses what does not."""

    protocol_version = "HTTP/1.1"
    tells = True
    refused = 0

    def reply(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        model = {"id": "scripted", **({"max_model_len": WINDOW} if self.tells else {})}
        self.reply(200, json.dumps({"data": [model]}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if len(body) / 4 > WINDOW:
            Provider.refused += 1
            words = f"This model's maximum context length is {WINDOW} tokens. However, your messages resulted in {len(body) // 4} tokens."
            return self.reply(400, json.dumps({"error": {"message": words}}).encode())
        chunk = {"choices": [{"index": 0, "delta": {"content": "word " * 1200}, "finish_reason": "stop"}]}
        self.reply(200, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode(), "text/event-stream")

    def log_message(self, *_):
        pass


def check_windows():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    for tells in (True, False):
        Provider.tells, Provider.refused = tells, 0
        with journey.server(f"http://127.0.0.1:{site.server_port}") as server:
            conversation = server.call("POST", "/api/conversations", {})["id"]
            for number in range(9):
                done = server.zo("ask", "--conversation", conversation, f"question {number}")
                journey.check(done.returncode == 0, f"question {number}, told {tells}: {done.stderr}")
            journey.check(Provider.refused == (0 if tells else 1), f"told {tells}: refused {Provider.refused} times")
    site.shutdown()


def edit(path, old, new):
    return {"name": "edit_file", "arguments": {"path": path, "old": old, "new": new}}


def check_files():
    rules = [
        {"when": "edit them", "steps": [{"calls": [
            edit("crlf.py", "def a():\n    return 1\n", "def a():\n    return 10\n"), edit("more.py", "    return 1", "    x = 1\n    return x"),
            edit("h1", "orig", "new"), edit("quotes.txt", "it's \"so\" - really", "it's \"so\" - not really"),
            edit("cafe\u0301.txt".replace("e\u0301", "é"), "old", "new"), edit("-dash 'n' \"quote\".txt", "old", "new"),
            *[edit("par.txt", f"line{i}\n", f"LINE-{i}\n") for i in range(6)]]}, {"say": "Edited."}]},
        {"when": "list them", "steps": [{"calls": [{"name": "list_files", "arguments": {}}]}, {"say": "{tool}"}]},
        {"when": "which zone", "steps": [{"calls": [{"name": "shell", "arguments": {"command": "date +%Z"}}]}, {"say": "{tool}"}]},
    ]
    with journey.scripted_model(rules) as model, journey.server(model, TZ="Asia/Tokyo") as server:
        work = server.workspace
        (work / "crlf.py").write_bytes(b"def a():\r\n    return 1\r\n")
        (work / "more.py").write_bytes(b"def a():\r\n    return 1\r\n")
        (work / "quotes.txt").write_text("It’s so, it’s “so” – really\n")
        (work / "h1").write_text("orig")
        for name in ("cafe\u0301.txt", "-dash 'n' \"quote\".txt"):
            (work / name).write_text("old")
        os.link(work / "h1", work / "h2")
        (work / "par.txt").write_text("".join(f"line{i}\n" for i in range(8)))
        (work / "line1\nline2.txt").write_text("x")
        (work / ".zo-0123456789abcdef").write_text("a draft")
        for path in work.iterdir():
            os.chown(path, work.stat().st_uid, work.stat().st_gid)
        done = server.zo("ask", "edit them")
        journey.check(done.returncode == 0, done.stderr)
        journey.check((work / "crlf.py").read_bytes() == b"def a():\r\n    return 10\r\n", f"its own line ends: {done.stderr}")
        journey.check((work / "more.py").read_bytes() == b"def a():\r\n    x = 1\r\n    return x\r\n", "also in what is new")
        journey.check((work / "quotes.txt").read_text() == "It’s so, it’s “so” – not really\n", (work / "quotes.txt").read_text())
        for name in ("cafe\u0301.txt", "-dash 'n' \"quote\".txt"):
            journey.check((work / name).read_text() == "new", f"{name!r}: {sorted(path.name for path in work.iterdir())}")
        journey.check((work / "h2").read_text() == "new" and (work / "h1").stat().st_nlink == 2, "a hard link stays one")
        journey.check((work / "par.txt").read_text() == "".join(f"LINE-{i}\n" for i in range(6)) + "line6\nline7\n", (work / "par.txt").read_text())
        listed = server.zo("ask", "list them").stdout
        journey.check(sum("line1" in line for line in listed.splitlines()) == 1 and not any(line.startswith("line2") for line in listed.splitlines()), listed)
        journey.check(".zo-" not in listed, listed)
        if pathlib.Path("/usr/share/zoneinfo/Asia/Tokyo").exists():
            zone = server.zo("ask", "which zone").stdout.strip()
            journey.check(zone == "JST", f"the server's time zone: {zone}")
        journey.check(server.stop() == 0, "a clean stop")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(server.home / "zo.db", folder + "/copy.db")
            count = sqlite3.connect(folder + "/copy.db").execute("SELECT COUNT(*) FROM messages").fetchone()[0]
        journey.check(count >= 6, f"the database alone has {count} messages")


def check_homes():
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HOME": folder, "ZO_HOME": folder + "/home"}
        # Without standard streams: what is said to nobody is written nowhere.
        server = subprocess.Popen(f"exec {os.path.abspath(journey.ZO)} serve --listen 127.0.0.1:0 <&- >&- 2>&-", shell=True, env=environment)
        address = pathlib.Path(folder, "home", "address")
        end = time.monotonic() + 30
        while not address.exists() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.5)
        server.terminate()
        journey.check(server.wait(timeout=30) == 0, "it serves, and stops")
        for path in pathlib.Path(folder, "home").rglob("*"):
            if path.is_file():
                journey.check(b"setup" not in path.read_bytes() or path.suffix in (".db",), f"a link with its secret in {path}")
        done = subprocess.run(f"{os.path.abspath(journey.ZO)} token list >&-", shell=True, env=environment, capture_output=True, text=True)
        journey.check("Invalid argument" not in done.stderr, done.stderr)
        database = pathlib.Path(folder, "home", "zo.db")
        database.write_bytes(b"garbage" + database.read_bytes()[7:])
        done = subprocess.run([journey.ZO, "serve", "--listen", "127.0.0.1:0"], env=environment, capture_output=True, text=True, timeout=30)
        journey.check(done.returncode != 0 and "damaged" in done.stderr and "there is no copy" in done.stderr, done.stderr)


def main():
    check_windows()
    check_files()
    check_homes()
    print("windows, files, clocks and homes are taken as they are")


main()
