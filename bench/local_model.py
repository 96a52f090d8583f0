#!/usr/bin/env python3
"""Measures the embedded model: right first choice, right end, tokens, speed, step time and memory.

    python3 bench/local_model.py [--model NAME …] [--verbose]

Sends what `zo` sends (tests/golden/local_turn.json, which the C++ tests keep true) to the server that `zo` starts
(src/model/install/serve.py, in bubblewrap), runs the tools in a temporary folder, commands in bubblewrap without network.
The models must be installed: `zo model install`. Timings are those of this machine as busy as it is now.
"""

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone"
TURN = json.loads((ROOT / "tests/golden/local_turn.json").read_text())
STEPS_MAX = 5
START_WAIT_MAX_S = 60
SANDBOX = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
           "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
           "--symlink", "usr/bin", "/bin", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
           "--setenv", "LANG", "C.UTF-8", "--setenv", "OMP_WAIT_POLICY", "passive"]

NOTES = "Meeting with Anna on Thursday.\nThe budget is 4200 euros.\nRing the plumber.\n"
MONTHS = zip("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov".split(),
             (120, 95, 143, 170, 88, 132, 160, 141, 99, 175, 110))
FILES = {
    "notes.txt": NOTES,
    "sales.csv": "month,amount\n" + "".join(f"{month},{amount}\n" for month, amount in MONTHS),
    "todo.md": "# To do\n- Call the dentist\n- Water the plants\n- Pay the rent\n",
    "config.ini": "[server]\nhost = localhost\nport = 8080\n",
    "numbers.txt": "17\n25\n8\n41\n",
    "src/main.py": 'print("The answer is", 6 * 7)\n',
    "letters/march.txt": "Dear Tom,\nthe budget meeting moved to Friday.\n",
}


def says(*words):
    return lambda text, folder: all(word.lower() in text.lower() for word in words)


def matches(pattern):
    return lambda text, folder: re.search(pattern, text, re.IGNORECASE) is not None


def holds(name, pattern):
    return lambda text, folder: (folder / name).exists() and re.search(pattern, (folder / name).read_text())


# The question, what is a right first choice, and what must be true at the end.
CASES = (
    ("What is the sha256 of notes.txt?", "shell", says(hashlib.sha256(NOTES.encode()).hexdigest())),
    ("How many lines are in sales.csv?", "shell read_file", says("12")),
    ("What files are here?", "list_files shell", says("notes.txt", "sales.csv")),
    ("Read todo.md and tell me what is first on the list.", "read_file shell", says("dentist")),
    ("Create a file hello.txt with the text: Hello from Zo", "write_file shell", holds("hello.txt", "Hello from Zo")),
    ("In config.ini change the port from 8080 to 9090.", "edit_file shell read_file",
     holds("config.ini", r"host = localhost\nport = 9090")),
    ("Which files mention the word budget?", "search_files shell", says("notes.txt", "march.txt")),
    ("What time is it?", "shell", matches(r"\d\d?:\d\d")),
    ("How much disk space is free?", "shell", matches(r"\d ?([GMT%]|KB)")),
    ("What is the sum of the numbers in numbers.txt?", "shell read_file", says("91")),
    ("Run src/main.py and tell me what it prints.", "shell", says("42")),
    ("What Linux kernel is this?", "shell", says(os.uname().release.split("-")[0])),
    ("Make a folder called reports.", "shell", lambda text, folder: (folder / "reports").is_dir()),
    ("Add the line 'buy milk' to the end of todo.md", "shell edit_file read_file",
     holds("todo.md", r"(?s)^# To do\n- Call.*rent\n-? ?buy milk\s*$")),
    ("Hi!", "reply", says()),
    ("What is the capital of France?", "reply", says("Paris")),
    ("Write a short poem about rain.", "reply", says("rain")),
    ("What is 12 times 12?", "reply shell", says("144")),
    ("Explain in one sentence what a hash function is.", "reply", says("function")),
    ("Thanks, that was helpful.", "reply", says()),
)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("local", timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def call(path, method, target, body=None):
    connection = UnixConnection(path)
    connection.request(method, target, body and json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    if response.status != 200:
        raise OSError(f"{target} answered {response.status}: {answer}")
    return answer


class Model:
    """A running server, and the little we say to it."""

    def __init__(self, name, path, process):
        self.name, self.path, self.process = name, path, process

    def turn(self, messages, grammar):
        body = {"messages": messages, "grammar": grammar, "temperature": 0, "max_tokens": 400, "cache_prompt": True}
        started = time.monotonic()
        answer = call(self.path, "POST", "/v1/chat/completions", body)
        return answer["choices"][0]["message"]["content"], {**answer["timings"], "wall_s": time.monotonic() - started}

    def prompt_tokens(self):
        prompt = call(self.path, "POST", "/apply-template", {"messages": TURN["messages"]})["prompt"]
        return len(call(self.path, "POST", "/tokenize", {"content": prompt, "parse_special": True})["tokens"])

    def memory_mb(self):
        """Proportional set size of the sandbox's processes, and the part that is not the mapped file."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        for child in [*children]:
            children += subprocess.run(["pgrep", "-P", child], capture_output=True, text=True).stdout.split()
        maps = "".join(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in children)
        total = lambda key: sum(int(kb) for kb in re.findall(rf"^{key}:\s+(\d+)", maps, re.MULTILINE)) // 1000
        return total("Pss"), total("Anonymous")


@contextlib.contextmanager
def serve(name):
    weights = CACHE / f"models/{name}.gguf"
    runtime = CACHE / "runtime"
    if not weights.exists() or not runtime.exists():
        raise SystemExit(f"{name} is not installed\ntry: zo model install")
    mounts = [str(runtime), os.path.realpath((runtime / "base").read_text())]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.sock"
        command = [*SANDBOX, *(word for mount in mounts if mount != "/usr" for word in ("--ro-bind", mount, mount)),
                   "--ro-bind", str(weights), "/model.gguf", "--bind", folder, "/run/model", "--",
                   str(runtime / "bin/python"), "-I", "-c", (ROOT / "src/model/install/serve.py").read_text(),
                   "/run/model/m.sock", "/model.gguf", "8192", str(len(os.sched_getaffinity(0)))]
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            if process.stdout.readline() != b"ready\n":
                raise SystemExit(f"the server of {name} ended before it was ready")
            yield Model(name, path, process), time.monotonic() - started
        finally:
            process.stdin.close()
            process.wait()


def run_shell(folder, command):
    shown = (word for path in ("/etc/os-release", "/etc/alternatives") for word in ("--ro-bind-try", path, path))
    result = subprocess.run([*SANDBOX, *shown, "--bind", str(folder), "/zo", "--chdir", "/zo", "--setenv",
                             "PATH", "/usr/bin", "--", "bash", "-c", command],
                            capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    code = f"exit code {result.returncode}\n" if result.returncode else ""
    return code + ((result.stdout + result.stderr).strip() or "(no output)")


def run_tool(folder, name, given):
    path = (folder / given.get("path", ".").removeprefix("~/").lstrip("/")).resolve()
    if not path.is_relative_to(folder.resolve()):
        return f"{given['path']} is outside the workspace"
    try:
        if name == "shell":
            return run_shell(folder, given["command"])
        if name == "read_file":
            return path.read_text()
        if name == "write_file":
            path.parent.mkdir(parents=True, exist_ok=True)
            return f"wrote {path.write_text(given['content'])} bytes"
        if name == "edit_file":
            before = path.read_text()
            if before.count(given["old"]) != 1:
                return f"the old text is there {before.count(given['old'])} times, it must be there once"
            path.write_text(before.replace(given["old"], given["new"]))
            return "edited"
        if name == "list_files":
            return "\n".join(sorted(entry.name + "/" * entry.is_dir() for entry in path.iterdir()))
        return run_shell(folder, f"grep -rn -e {json.dumps(given['pattern'])} *")
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)


def run_case(model, question, folder):
    """One run as the agent does it; gives the calls, the reply and each step's timings."""
    messages = [*TURN["messages"], {"role": "user", "content": question}]
    grammar, calls, steps = TURN["grammar"], [], []
    while True:
        said, timings = model.turn(messages, TURN["reply_grammar"] if len(steps) == STEPS_MAX else grammar)
        steps.append(timings)
        try:
            (name, given), = json.loads(said).items()
        except ValueError:
            return calls, f"(cut off) {said}", steps
        if name == "reply":
            return calls, given, steps
        if calls and said == calls[-1]:  # the same call again: now it may only reply
            grammar = TURN["reply_grammar"]
            continue
        calls.append(said)
        result = run_tool(folder, name, given)[:6000]
        messages += [{"role": "assistant", "content": said}, {"role": "tool", "content": result}]


def measure(model, load_s, verbose):
    first_right = end_right = 0
    steps = []
    for question, tools, check in CASES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name, text in FILES.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(text)
            os.chmod(folder, 0o777)
            calls, reply, timings = run_case(model, question, folder)
            right = (next(iter(json.loads(calls[0]))) if calls else "reply") in tools.split()
            ended = bool(check(reply, folder))
        first_right += right
        end_right += ended
        steps += timings
        if verbose:
            print(f"{'.✓'[right]}{'.✓'[ended]} {question}  {' '.join(calls)[:160]}  {reply[:120]!r}  "
                  + " ".join(f"{step['wall_s']:.1f}s" for step in timings), flush=True)
    rate = lambda tokens, ms: sum(step[tokens] for step in steps) * 1000 / sum(step[ms] for step in steps)
    walls = sorted(step["wall_s"] for step in steps[1:])  # the first one also reads the fixed prompt
    memory, own = model.memory_mb()
    return (model.name, f"{first_right}/{len(CASES)}", f"{end_right}/{len(CASES)}", f"{load_s:.1f} s",
            str(model.prompt_tokens()), f"{steps[0]['wall_s']:.1f} s", f"{rate('prompt_n', 'prompt_ms'):.0f}/s",
            f"{rate('predicted_n', 'predicted_ms'):.0f}/s", f"{statistics.median(walls):.1f} s",
            f"{walls[len(walls) * 9 // 10]:.1f} s", f"{memory:,} MB", f"{own:,} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", action="append")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    rows = [("model", "first choice", "right end", "load", "fixed prompt", "first step", "prefill", "generation",
             "step p50", "step p90", "memory", "of it not the file")]
    for name in options.model or ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"]:
        with serve(name) as (model, load_s):
            rows.append(measure(model, load_s, options.verbose))
    for column in zip(*rows):
        print(f"{column[0]:20}" + "".join(f"{value:>20}" for value in column[1:]))


if __name__ == "__main__":
    main()
