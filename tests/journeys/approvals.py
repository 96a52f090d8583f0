#!/usr/bin/env python3
"""A run asks, waits over kill -9 of the server, and goes on after the yes; a command that wants the network is asked about by host, runs again
and reaches it. A token answers nothing, whatever its scope: neither the question, nor by a rule, a door, or a link to the page of its own."""

import http.server
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import journey


told = []  # to the hook: the title, and what was said


class Site(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told.append((self.headers["Title"], self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the answer is 42\n")

    def log_message(self, *_):
        pass


def zo(*arguments, code=0):
    done = subprocess.run([journey.ZO, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def call(address, token, method, path, body=None):
    request = urllib.request.Request(address + path, None if body is None else json.dumps(body).encode(), method=method)
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"null")


def serve():
    server = subprocess.Popen([journey.ZO, "serve", "--listen", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE)
    return server, journey.first_line(server, "ZoClone is ready").split()[-1]


def asked():
    return lines(zo("approvals", "list", "--json"))


def wait_until(holds, what):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Terminal:
    """`zo` as a person has it: on a terminal, typed to and read from."""

    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(journey.ZO, [journey.ZO, *arguments])
        self.seen = ""

    def until(self, words):
        end = time.monotonic() + 60
        while words not in self.seen:
            assert time.monotonic() < end, f"'{words}' never came: {self.seen[-3000:]}"
            if select.select([self.fd], [], [], 1)[0]:
                self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", os.read(self.fd, 65536).decode(errors="replace"))
        self.seen = self.seen.split(words, 1)[1]
        return self

    def type(self, line):
        os.write(self.fd, line.encode() + b"\r")
        return self

    def ended(self):
        """Its exit code. What it still says is read, or it would not end."""
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:  # the terminal's other end is closed
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def at_a_terminal():
    """`zo ask` and `zo chat` ask in the place where the person types."""
    asking = Terminal("ask", "refuse it").until("Allow?").type("perhaps").until("Allow?").type("no that is enough")
    asking.until("They say: that is enough")
    assert asking.ended() == 0
    assert Terminal("ask", "touch it").until("Allow?").type("y").until("touched").ended() == 0
    chat = Terminal("chat")
    chat.type("touch it").until("/refuse WHY").type("/allow").until("touched")
    chat.type("refuse it").until("/refuse WHY").type("/refuse not like this").until("They say: not like this")
    chat.type("/allow").until("nothing is asked now").type("/quit")
    assert chat.ended() == 0


def main():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{site.server_port}"
    fetch = f"curl -s --noproxy '' http://{host}/"
    rules = [
        {"when": "touch it", "steps": [{"calls": [{"name": "shell", "arguments": {"command": "echo once >> log"}}]}, {"say": "{tool}touched"}]},
        {"when": "fetch it", "steps": [{"calls": [{"name": "shell", "arguments": {"command": fetch}}]}, {"say": "It says: {tool}"}]},
        {"when": "refuse it", "steps": [{"calls": [{"name": "shell", "arguments": {"command": "echo no >> log"}}]}, {"say": "{tool}"}]},
    ]
    with tempfile.TemporaryDirectory() as home, journey.scripted_model(rules) as model:
        os.environ |= {"ZO_HOME": home, "ZO_WORKSPACE": home + "/workspace", "OPENAI_BASE_URL": model + "/v1", "OPENAI_API_KEY": "sk-test-0123456789", "ZO_MODEL": "openai/gpt-x"}
        os.makedirs(home + "/workspace")
        server, address = serve()
        try:
            zo("policy", "set", "shell", "ask")
            assert any(rule["tool"] == "shell" and rule["verdict"] == "ask" for rule in lines(zo("policy", "list", "--json")))

            # It waits, and says so: to the terminal, to /zo/ask, to /v1.
            zo("ask", "touch it", code=4)
            token = zo("token", "create", "--name", "all", "--scope", "all", "--tools", "all", "--models", "all").strip()
            status, answer = call(address, token, "POST", "/zo/ask", {"input": "touch it"})
            assert status == 202 and answer["status"] == "waiting" and answer["approvals"][0]["tool"] == "shell", (status, answer)
            status, answer = call(address, token, "POST", "/v1/chat/completions", {"model": "zo", "messages": [{"role": "user", "content": "touch it"}]})
            assert status == 403 and "allow" in answer["error"]["message"], (status, answer)
            waiting = asked()
            assert len(waiting) == 3 and not os.path.exists(home + "/workspace/log"), waiting

            # A token, whatever its scope, answers nothing and widens nothing.
            one = waiting[-1]
            for method, path, body in [("POST", f"/api/approvals/{one['id']}/allow", {"hash": one["hash"]}), ("POST", f"/api/approvals/{one['id']}/refuse", {"hash": one["hash"]}),
                                       ("PUT", "/api/policies", {"tool": "shell", "verdict": "allow"}), ("POST", "/api/setup-links", {}),
                                       ("POST", "/api/door/rules", {"host": host}), ("PATCH", f"/api/conversations/{one['conversation_id']}", {"egress": "open-public"}),
                                       ("POST", "/api/tokens", {"name": "more", "scope": "chat", "egress": "open-public"})]:
                status, answer = call(address, token, method, path, body)
                assert status == 403, (method, path, status, answer)
            assert len(asked()) == 3

            # kill -9, another server on the same home: it still waits, and goes on after the yes.
            server.send_signal(signal.SIGKILL)
            server.wait()
            server, address = serve()
            assert {question["id"] for question in asked()} == {question["id"] for question in waiting}
            zo("approvals", "allow", one["id"])
            wait_until(lambda: os.path.exists(home + "/workspace/log"), "the call ran after the yes")
            zo("approvals", "allow", one["id"], code=1)  # once
            for other in waiting[:-1]:
                zo("approvals", "refuse", other["id"], "--note", "not now")
            wait_until(lambda: all(run["state"] == "done" for run in lines(zo("runs", "list", "--json"))), "all runs end")
            assert open(home + "/workspace/log").read() == "once\n"
            assert "not now" in zo("runs", "show", waiting[0]["run_id"])

            at_a_terminal()
            assert open(home + "/workspace/log").read() == "once\nonce\nonce\n"

            # Elsewhere one is told: as ntfy takes it, and as JSON; only where the door lets it.
            zo("door", "allow", host)
            for options, title in [(["--ntfy"], "ZoClone asks you"), ([], None)]:
                zo("approvals", "hook", f"http://{host}/topic", *options)
                zo("ask", "touch it", code=4)
                wait_until(lambda: told and told[-1][0] == title, f"the hook is told: {told}")
                (question,) = asked()
                assert question["question"] in told[-1][1] or json.loads(told[-1][1])["approval_id"] == question["id"], told
                zo("approvals", "refuse", question["id"])
            zo("approvals", "hook", "off")
            zo("door", "revoke", host)
            wait_until(lambda: lines(zo("runs", "list", "--json"))[0]["state"] == "done", "the run ends")

            # The network, by host; always is a rule that can be taken back.
            zo("policy", "set", "shell", "allow")
            zo("ask", "fetch it", code=4)
            (question,) = asked()
            assert question["reason"] == "network" and question["destination"] == host, question
            zo("approvals", "allow", question["id"], "--always")
            wait_until(lambda: lines(zo("runs", "list", "--json"))[0]["state"] == "done", "the run ends")
            assert "42" in zo("ask", "fetch it")
            log = lines(zo("door", "log", "--run", question["run_id"], "--json"))
            assert [row["verdict"] for row in log] == ["passed", "refused"], log
            (rule,) = [rule for rule in lines(zo("policy", "list", "--json")) if rule["bound"]]
            assert rule["tool"] == "network" and rule["bound"] == host, rule
            zo("policy", "remove", rule["id"])
            zo("ask", "fetch it", code=4)
            assert len(asked()) == 1

            # A token whose runs do not wait.
            zo("policy", "set", "shell", "ask")
            impatient = zo("token", "create", "--name", "bot", "--scope", "chat", "--tools", "shell", "--asks", "refuse").strip()
            status, answer = call(address, impatient, "POST", "/zo/ask", {"input": "refuse it"})
            assert status == 200 and "cannot be asked" in answer["output"], (status, answer)
            assert open(home + "/workspace/log").read() == "once\nonce\nonce\n"
        finally:
            server.terminate()
            server.wait()
    print("approvals: waited over kill -9, went on after the yes; a token answered nothing")


if __name__ == "__main__":
    main()
