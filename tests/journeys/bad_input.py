"""Bad input of every kind: each a clear error that names the thing and the limit, nothing lost, nothing hung."""

import json
import os
import socket
import subprocess
import tempfile

from journey import Refused, Server, check, eventually, scripted_model, server

RULES = [
    {"when": "hang", "steps": [{"hang": True}]},
    {"when": "die", "steps": [{"call": {"name": "shell", "arguments": {"command": "echo never"}}, "chunk_bytes": 4, "cut_after": 3}]},
    {"when": "long line", "steps": [{"line_bytes": 100_000_000}]},
    {"when": "bad arguments", "steps": [{"call": {"name": "shell", "arguments": {"cmd": 7}}}, {"say": "It said: {tool}"}]},
    {"when": "outside", "steps": [{"call": {"name": "read_file", "arguments": {"path": "../../etc/passwd"}}}, {"say": "It said: {tool}"}]},
    {"when": "wrong key", "steps": [{"fail": {"status": 401, "body": '{"error":{"message":"Incorrect API key"}}'}}]},
]


def refused(work, status, *words):
    try:
        answer = work()
    except Refused as error:
        check(error.status == status, f"{status}, not {error}")
        for word in words:
            check(word in error.body, f"'{word}' in {error.body}")
        return
    raise SystemExit(f"expected {status}, got {answer}")


def ask(zo, text, **more):
    return zo.call("POST", "/zo/ask", {"input": text, **more}, timeout=120)


def errs(answer, *words):
    for word in words:
        check(word in answer.get("error", ""), f"'{word}' in {answer}")


def says(answer, *words):
    for word in words:
        check(word in answer.get("output", ""), f"'{word}' in {answer}")


def raw(zo, text):
    with socket.create_connection(("127.0.0.1", zo.port), timeout=10) as connection:
        connection.sendall(text.encode())
        return connection.recv(4096).decode()


def requests(zo):
    refused(lambda: zo.call("POST", "/zo/ask", [1]), 422, "JSON object")
    refused(lambda: zo.call("POST", "/zo/ask", {"input": "x", "model_name": "opnai/gpt"}), 422, "opnai/gpt")
    refused(lambda: zo.call("GET", "/api/runs/nope"), 404, "nope")
    head = f"POST /zo/ask HTTP/1.1\r\nhost: 127.0.0.1:{zo.port}\r\nauthorization: {zo.token}\r\n"
    check(" 422 " in raw(zo, head + "content-length: 1\r\n\r\n{"), "malformed JSON is 422")
    check(" 400 " in raw(zo, head + "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), "two framings are 400")
    check(" 413 " in raw(zo, head + "content-length: 999999999\r\n\r\n"), "a huge body is 413")
    for line in ("GET /\r\n", "hello\r\n"):
        check(" 400 " in raw(zo, line), f"{line!r} is not HTTP/1, and said to be so at once")
    check(" 403 " in raw(zo, head + f"origin: http://127.0.0.1:{zo.port}\r\norigin: http://evil\r\n\r\n"), "a second origin is 403")
    refused(lambda: zo.call("GET", "/api/files?path=%zz"), 400, "'path'", "percent escape")
    token, zo.token = zo.token, "zo_sk_wrong"
    refused(lambda: zo.call("GET", "/api/runs"), 401, "not known")
    zo.token = token


def providers(zo):
    errs(ask(zo, "wrong key"), "401")
    errs(ask(zo, "die"), "openai")
    errs(ask(zo, "long line"), "line", "4 MiB")
    says(ask(zo, "bad arguments"), "It said:", "command")
    says(ask(zo, "outside"), "It said:", "outside the workspace")
    conversation = zo.call("POST", "/api/conversations", {})["id"]
    run = zo.call("POST", f"/api/conversations/{conversation}/messages", {"text": "hang"})["run"]["id"]
    if os.environ.get("ZO_LONG") == "no":
        print("skipped: a minute of a silent provider; ./test --long waits for it")
    else:
        told = (data["text"] for _, kind, data in zo.events(run, timeout=90) if kind == "model_state")
        check("has said nothing for" in next(told, ""), "the silence of a provider is told")
    check(zo.call("POST", f"/api/runs/{run}/cancel", {})["state"] == "cancelled", "a hanging provider can be stopped")


def clean_stop(zo):
    """Whoever reads when the server stops is told so."""
    conversation = zo.call("POST", "/api/conversations", {})["id"]
    run = zo.call("POST", f"/api/conversations/{conversation}/messages", {"text": "hang"})["run"]["id"]
    events = zo.events(run)
    check(next(events)[1] == "run_started", "the stream has begun")
    check(zo.stop() == 0, "exit code 0")
    last = list(events)[-1]
    check(last[1:] == ("end", {"reason": "server_stopping"}), f"a stream says that the server stops: {last}")


def second_server(zo):
    second = zo.zo("serve", "--listen", "127.0.0.1:0")
    check(second.returncode != 0 and "already" in second.stderr, f"a second server is refused: {second.stderr}")


def no_model():
    with server(None, XDG_CACHE_HOME="/nonexistent") as zo:
        check(zo.call("GET", "/api/examples")["items"] == [], "no example is offered while no model can answer")
        errs(ask(zo, "hello"), "zo model install")


def full_disk(model):
    """A home on a file system of 8 MB; only root can make one."""
    if os.geteuid() != 0:
        print("skipped: a full disk, since mounting needs root")
        return
    with tempfile.TemporaryDirectory(prefix="zo-disk-") as folder:
        os.chmod(folder, 0o755)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "zo-disk", folder], capture_output=True).returncode != 0:
            print("skipped: a full disk, since nothing can be mounted here")
            return
        zo = Server(folder, model)
        try:
            zo.start()
            kept = ask(zo, "before")["conversation_id"]
            filler = open(os.path.join(folder, "filler"), "wb")
            try:
                while True:
                    filler.write(b"x" * 65536)
                    filler.flush()
            except OSError:
                pass
            problem = None
            for n in range(200):
                try:
                    answer = ask(zo, f"fill {n} " + "y" * 20_000, conversation_id=kept)
                    problem = answer.get("error")
                except Refused as error:
                    problem = error.body
                if problem:
                    break
            check(problem and "full" in problem, f"a full disk is said: {problem}")
            check(zo.call("GET", f"/api/conversations/{kept}/messages")["items"], "reading goes on")
            filler.close()
            os.unlink(os.path.join(folder, "filler"))
            check(eventually(lambda: "output" in ask(zo, "after"), 20), "it goes on when there is room again")
            check(eventually(lambda: "output" in ask(zo, "after", conversation_id=kept), 20), "so does the conversation in which it happened")
            zo.stop()
        finally:
            if zo.process and zo.process.poll() is None:
                zo.kill()
            subprocess.run(["umount", "-l", folder], check=True)


def main():
    with scripted_model(RULES) as model, server(model) as zo:
        requests(zo)
        providers(zo)
        second_server(zo)
        check(zo.call("GET", "/api/health") == {"status": "ok"}, "still well")
        clean_stop(zo)
        full_disk(model)
    no_model()
    print("every bad input was refused in words")


main()
