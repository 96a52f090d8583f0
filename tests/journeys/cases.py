#!/usr/bin/env python3
"""Providers as they are: each stream and refusal of tests/cases is answered by a server of its own to a real `zo`, once, and whatever is asked
after that with "done". The first lines of a case say what is right. A case that stands beside this list is played, too: it must end within its
time, and leave a conversation that goes on."""

import http.server
import json
import pathlib
import re
import sys
import threading
import time

import journey

CASES = pathlib.Path(__file__).resolve().parent.parent / "cases"
DONE = b'data: {"choices":[{"index":0,"delta":{"content":"done"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
ASK = "please help"


class Provider(http.server.BaseHTTPRequestHandler):
    """`steps`: what is answered to one question after the other; then DONE for ever. Each is (status, content type, body)."""

    protocol_version = "HTTP/1.1"
    steps = []
    asked = []

    def reply(self, status, kind, body):
        self.send_response(status)
        if kind:
            self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(200, "application/json", b'{"object":"list","data":[{"id":"scripted"}]}')

    def do_POST(self):
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        step = self.steps.pop(0) if self.steps else (200, "text/event-stream", DONE)
        if callable(step):
            return step(self)
        self.reply(*step)

    def log_message(self, *_):
        pass


def case(name):
    raw = (CASES / name).read_bytes()
    if name.endswith(".http"):
        lines = [line for line in raw.split(b"\n") if not line.startswith(b"#")]
        status = int(re.search(rb"HTTP (\d+)", lines[0]).group(1))
        return status, "application/json", b"\n".join(lines[1:])
    head, body = raw.split(b"\n\n", 1)
    kind = re.search(rb"content-type ([^;\n]+)", head).group(1).decode()
    return 200, "" if kind == "(none)" else kind, body


def tool_results(asked):
    return [message["content"] for message in asked[-1]["messages"] if message["role"] == "tool"]


class Case:
    """One question, and one behind it in the same conversation, which must be answered whatever became of the first."""

    def __init__(self, server, *steps, before=()):
        Provider.steps[:] = list(before)
        Provider.asked[:] = []
        self.conversation = server.call("POST", "/api/conversations", {})["id"]
        if before:
            first = server.zo("ask", "--conversation", self.conversation, "first")
            journey.check(first.returncode == 0, f"the question before: {first.stderr}")
        Provider.steps[:] = list(steps)
        Provider.asked[:] = []
        began = time.monotonic()
        done = server.zo("ask", "--conversation", self.conversation, ASK)
        self.took = time.monotonic() - began
        self.out, self.err, self.code, self.asked = done.stdout.strip(), done.stderr, done.returncode, list(Provider.asked)
        Provider.steps[:] = []
        self.run = server.call("GET", f"/api/runs?conversation_id={self.conversation}&limit=1")["items"][0]
        after = server.zo("ask", "--conversation", self.conversation, "and now?")
        self.goes_on = after.returncode == 0 and after.stdout.strip() == "done"

    def __str__(self):
        return f"out {self.out!r} err {self.err!r} code {self.code} state {self.run['state']} asked {json.dumps(self.asked)[:1500]}"


def runs(output):
    """It is a call of the shell, and the model is told what that put out."""
    return lambda c: c.code == 0 and c.out.endswith("done") and any(output in text for text in tool_results(c.asked)) and len(c.asked) == 2


def says(text):
    return lambda c: c.code == 0 and c.out == text


def fails(*words):
    return lambda c: c.code == 1 and c.run["state"] == "failed" and all(word in c.err for word in words)


STREAMS = {
    "arguments_double_encoded.sse": runs("double"),
    "arguments_repeated_at_end.sse": lambda c: runs("once")(c) and len(tool_results(c.asked)) == 1,
    "call_as_text_bare_json.sse": lambda c: runs("bare")(c) and "arguments" not in c.out,
    "call_as_text_tool_call.sse": lambda c: c.code == 0 and len(c.asked) == 2 and "tool_call" not in c.out and len(tool_results(c.asked)) == 1,
    "call_cut_by_length.sse": lambda c: len(c.asked) == 2 and "cut off" in json.dumps(c.asked[-1]),
    "call_without_finish_word.sse": runs("ok"),
    "content_filter.sse": fails("filter"),
    "empty_answer.sse": lambda c: len(c.asked) == 2 and c.out == "done",
    "finish_error.sse": fails("broke off"),
    "finish_error_in_choice.sse": fails("upstream died"),
    "last_event_without_blank_line.sse": says("Hello there"),
    "literal_tag_beside_call.sse": lambda c: runs("hi")(c) and c.out.count("`<tool_call>` tag. I will check") == 1,
    "name_with_channel.sse": runs("suf"),
    "nan_in_chunk.sse": says("Hi"),
    "number_as_text.sse": lambda c: c.code == 0 and len(c.asked) == 2 and not any("needed" in text for text in tool_results(c.asked)),
    "parallel_calls_index0_no_id.sse": lambda c: runs("one")(c) and runs("two")(c) and len(tool_results(c.asked)) == 2,
    "reasoning_only_length.sse": fails("all its tokens for thinking"),
    "single_newline_events.sse": says("Hello there"),
    "sse_labelled_json.sse": says("Hello"),
    "surrogate_halves.sse": says("Hi 😀 bye"),
    "text_cut_by_length.sse": lambda c: c.code == 0 and "cut off" in c.err,
    "think_closing_only.sse": lambda c: c.code == 0 and c.out.endswith("Hello!") and "</think>" not in c.out,
    "thinking_tag.sse": says("Hello!"),
}


def roles(asked):
    return [message["role"] for message in asked["messages"]]


def refusals(server):
    hello = (200, "text/event-stream", b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm","content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    for name in ("no_tools_ollama.http", "no_tools_openrouter.http"):
        c = Case(server, case(name))
        journey.check(c.out == "done" and len(c.asked) == 2 and "tools" in c.asked[0] and "tools" not in c.asked[1], f"{name}: {c}")
        journey.check("takes no tools" in c.err, f"{name} is told: {c.err}")
        shown = server.zo("model", "show", "openai/scripted").stdout
        journey.check("takes no tools" in shown, f"{name}: zo model show: {shown}")
        journey.check(server.zo("model", "forget-quirks", "openai/scripted").returncode == 0 and "nothing was learned" in server.zo("model", "show", "openai/scripted").stdout, name)
    c = Case(server, case("no_system_role.http"))
    journey.check(c.out == "done" and roles(c.asked[1]) == ["user"] and ASK in c.asked[1]["messages"][0]["content"], f"no_system_role: {c}")
    server.zo("model", "forget-quirks", "openai/scripted")
    for name in ("reasoning_unsupported.http", "signature_of_other_model.http"):
        c = Case(server, case(name), before=[hello])
        kept = [any("reasoning_content" in message for message in asked["messages"]) for asked in c.asked]
        journey.check(c.out == "done" and kept == [True, False], f"{name}: {kept} {c}")
        server.zo("model", "forget-quirks", "openai/scripted")
    c = Case(server, case("gemini_429_body.http"))
    journey.check(c.out == "done" and 3.9 < c.took < 9, f"it waits as long as the body asks: {c.took} {c}")
    c = Case(server, case("overloaded_529.http"), case("overloaded_529.http"), case("overloaded_529.http"))
    journey.check(c.out == "done" and len(c.asked) == 4 and c.took > 4, f"it keeps trying: {c.took} {c}")


def heartbeats(handler):
    """The model is done; the server sends heartbeats for ever, and never the end."""
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.end_headers()
    handler.wfile.write(b'data: {"choices":[{"index":0,"delta":{"content":"All of it"},"finish_reason":"stop"}]}\n\n')
    try:
        for _ in range(120):
            handler.wfile.write(b": ping\n\n")
            handler.wfile.flush()
            time.sleep(0.2)
    except OSError:
        pass
    handler.close_connection = True


def main():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    with journey.server(f"http://127.0.0.1:{site.server_port}") as server:
        wrong = []
        for path in sorted(CASES.glob("*.sse")):
            c = Case(server, case(path.name))
            right = STREAMS.get(path.name, lambda c: c.took < 60)
            if not (right(c) and c.goes_on):
                wrong.append(f"{path.name}: goes on: {c.goes_on}; {c}")
        c = Case(server, case("empty_answer.sse"), case("empty_answer.sse"))
        if not fails("answered nothing")(c):
            wrong.append(f"empty twice: {c}")
        c = Case(server, heartbeats)
        if not (c.out == "All of it" and c.took < 5):
            wrong.append(f"heartbeats: {c.took} {c}")
        journey.check(not wrong, "\n".join(wrong))
        refusals(server)
    print(f"{len(list(CASES.iterdir()))} cases behave, and every conversation goes on")


if __name__ == "__main__":
    sys.exit(main())
