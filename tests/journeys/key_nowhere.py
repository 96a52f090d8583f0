#!/usr/bin/env python3
"""A key that was piped into `zo key add` answers a chat in each dialect, and is nowhere afterwards: not in the home, the log, the list of
processes, an export or an event, nor in anything that a sandboxed command can read; raw, reversed, in base64 at any alignment, or in hex."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile

import journey

KEY = "sk-nowhere-Zq8Kp2Vx7Lm4Tn9Rb3Wc"


def forms(secret):
    raw = secret.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode())
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        # What the secret alone decides.
        yield coded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]


FORMS = list(forms(KEY))


def look(where, data):
    for form in FORMS:
        assert form not in data, f"{form.decode()} stands in {where}"


def zo(*arguments, text=None):
    done = subprocess.run([journey.ZO, *arguments], input=text, capture_output=True, text=True, timeout=120)
    look(f"what zo {arguments[0]} {arguments[1]} said", (done.stdout + done.stderr).encode())
    assert done.returncode == 0, done.stderr
    return done.stdout


def processes():
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        for name in ("cmdline", "environ"):
            try:
                yield f"{entry}/{name}", (entry / name).read_bytes()
            except OSError:
                pass


def main():
    rules = [{"when": "say it", "steps": [{"say": f"Your key is {KEY}.", "calls": [{"name": "shell", "arguments": {"command": f"echo {KEY} | base64; env"}}]}, {"say": "done"}]},
             {"when": "hello", "steps": [{"say": "Hello."}]}]
    with tempfile.TemporaryDirectory() as home, journey.scripted_model(rules) as model:
        os.environ |= {"ZO_HOME": home, "ZO_WORKSPACE": home + "/workspace"}
        os.environ.pop("ZO_MODEL", None)
        os.makedirs(home + "/workspace")
        server = subprocess.Popen([journey.ZO, "serve", "--listen", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE)
        try:
            journey.first_line(server, "ZoClone is ready")
            zo("key", "add", "work", "--provider", "openai", "--base-url", model + "/v1", "--stdin", text=KEY)
            zo("key", "add", "claude", "--provider", "anthropic", "--base-url", model, "--stdin", text=KEY + "\n")
            zo("key", "test", "work")
            for name in ("openai/gpt-x", "anthropic/claude-x"):
                assert zo("ask", "--model", name, "hello").strip() == "Hello."
                zo("ask", "--model", name, "say it")
            keys = zo("key", "list", "--json")
            assert [json.loads(line)["hint"] for line in keys.splitlines()] == ["b3Wc"[-4:]] * 2, keys
            for conversation in (json.loads(line) for line in zo("conversations", "--json").splitlines()):
                zo("ask", "--conversation", conversation["id"], "--model", "openai/gpt-x", "hello")
            for where, data in processes():
                look(where, data)
            limits = pathlib.Path(f"/proc/{server.pid}/limits").read_text()
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            assert core.split()[4] == "0", core
            # Inside, with the files that a command can read at all; the needle is put together there.
            half = len(KEY) // 2
            hunt = f'needle="{KEY[:half]}""{KEY[half:]}"; env | grep -c -- "$needle"; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -ac -- "{KEY[:half]}[{KEY[half]}]{KEY[half + 1:]}"; grep -rIl -- "$needle" /workspace /tmp /run /etc /var 2>/dev/null | wc -l'
            found = subprocess.run([journey.ZO, "sandbox", "run", "--", "sh", "-c", hunt], capture_output=True, text=True, timeout=120)
            assert found.stdout.split() == ["0", "0", "0"], found.stdout + found.stderr
        finally:
            server.terminate()
            server.wait()
        for path in pathlib.Path(home).rglob("*"):
            if path.is_file():
                look(path, path.read_bytes())
        print("key_nowhere: answered in both dialects, and stands nowhere")


if __name__ == "__main__":
    main()
