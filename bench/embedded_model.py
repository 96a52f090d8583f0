#!/usr/bin/env python3
"""What the embedded model does for a person: forty things that people ask, checked by their effects.

    python3 bench/embedded_model.py [--only NAME,…] [--verbose] [--markdown docs/embedded-model.md]

Starts the built program on a home of its own, asks it one question after the other over HTTP and looks at the answer and at what became
of the workspace: what was asked for is there, and nothing else has changed. Needs build/release (`./test unit` builds it) and the
installed model (`zo model install`). Times are those of this machine as busy as it is now.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/journeys"))
os.environ.setdefault("ZO", str(ROOT / "build/release/zo"))
import journey  # noqa: E402

SECONDS_MAX = 120
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone"
MARK = "<!-- figures: written by bench/embedded_model.py -->"

NOTES = "Meeting with Anna on Thursday.\nThe budget is 4200 euros.\nRing the plumber.\n"
FILES = {
    "notes.txt": NOTES,
    "sales.csv": "month,amount\n" + "".join(f"{m},{a}\n" for m, a in zip("Jan Feb Mar Apr May Jun".split(), (120, 95, 143, 170, 88, 132))),
    "todo.md": "# To do\n- Call the dentist\n- Water the plants\n- Pay the rent\n",
    "config.ini": "[server]\nhost = localhost\nport = 8080\n",
    "numbers.txt": "17\n25\n8\n41\n",
    "src/main.py": 'print("The answer is", 6 * 7)\n',
    "letters/march.txt": "Dear Tom,\nthe budget meeting moved to Friday. Please bring the plans of the new kitchen.\n",
    "letters/May plan.txt": "one\ntwo\nthree\nfour\nfive\n",
    "members.json": json.dumps([{"name": "Ada", "town": "Bath", "paid": 20}, {"name": "Max", "town": "Kiel", "paid": 5}, {"name": "Lea", "town": "Bath", "paid": 12}]),
    "guests.txt": "Nora\nEmil\nNora\nAnton\n",
}


def says(*words):
    return lambda case: all(re.search(word, case.answer, re.I) for word in words)


def holds(name, pattern, *kept):
    return lambda case: re.search(pattern, case.text(name)) is not None and all(case.text(one) == FILES[one] for one in kept)


def rows(name, *wanted):
    return lambda case: [line.replace('"', "") for line in case.text(name).split()] == list(wanted)


# The question, what must be true at the end, which files may differ from before.
CASES = [
    ("hash", "What is the sha256 of notes.txt?", says(hashlib.sha256(NOTES.encode()).hexdigest()), ""),
    ("lines", "How many lines are in sales.csv?", says(r"\b7\b"), ""),
    ("listing", "What files are here?", says("notes.txt", "sales.csv"), ""),
    ("first-item", "Read todo.md and tell me what is first on the list.", says("dentist"), ""),
    ("create", "Create a file hello.txt with the text: Hello from Zo", holds("hello.txt", "^Hello from Zo"), "hello.txt"),
    ("setting", "In config.ini change the port from 8080 to 9090.", holds("config.ini", r"host = localhost\nport = 9090\n"), "config.ini"),
    ("mention", "Which files mention the word budget?", says("notes.txt", "march.txt"), ""),
    ("clock", "What time is it?", says(r"\d\d?:\d\d"), ""),
    ("disk", "How much disk space is free?", says(r"\d ?([GMT%]|KB)"), ""),
    ("sum-lines", "What is the sum of the numbers in numbers.txt?", says(r"\b91\b"), ""),
    ("run", "Run src/main.py and tell me what it prints.", says("42"), ""),
    ("kernel", "What Linux kernel is this?", says(re.escape(os.uname().release.split("-")[0])), ""),
    ("folder", "Make a folder called reports.", lambda case: (case.folder / "reports").is_dir(), ""),
    ("append", "Add the line 'buy milk' to the end of todo.md", holds("todo.md", r"(?s)^# To do\n- Call.*rent\n-? ?buy milk\s*$"), "todo.md"),
    ("sum-column", "What do the amounts in sales.csv add up to?", says(r"\b748\b"), ""),
    ("best-month", "Which month had the largest amount in sales.csv?", says("Apr"), ""),
    ("filter", "Make high.csv with only the months of sales.csv above 130.", rows("high.csv", "month,amount", "Mar,143", "Apr,170", "Jun,132"), "high.csv"),
    ("by-town", "From members.json write towns.csv with the sum of paid for each town, columns town,paid.", rows("towns.csv", "town,paid", "Bath,32", "Kiel,5"), "towns.csv"),
    ("to-csv", "Convert members.json to members.csv with the columns name,town.", rows("members.csv", "name,town", "Ada,Bath", "Max,Kiel", "Lea,Bath"), "members.csv"),
    ("unique", "Write the different names of guests.txt, sorted, into names.txt.", rows("names.txt", "Anton", "Emil", "Nora"), "names.txt"),
    ("spaces", "How many lines has letters/May plan.txt?", says(r"\b5\b|five"), ""),
    ("biggest", "What is the biggest file here, folders included?", says(r"members\.json|march\.txt"), ""),
    ("summary", "Say in one sentence what letters/march.txt is about.", says("meeting|kitchen"), ""),
    ("script", "Write squares.py that prints the squares of 1 to 5, and run it.", lambda case: case.runs("squares.py", ["1", "4", "9", "16", "25"]) and says(r"\b25\b")(case), "squares.py"),
    ("rename", "Rename notes.txt to diary.txt.", lambda case: case.text("diary.txt") == NOTES and not case.text("notes.txt"), "notes.txt diary.txt"),
    ("move", "Move all .txt files of this folder into a folder texts.", lambda case: case.text("texts/notes.txt") == NOTES and case.text("texts/guests.txt") == FILES["guests.txt"],
     "notes.txt numbers.txt guests.txt texts/notes.txt texts/numbers.txt texts/guests.txt"),
    ("delete", "Delete numbers.txt.", lambda case: "numbers.txt" not in case.now, "numbers.txt"),
    ("archive", "Pack the folder letters into letters.zip or letters.tar.gz.", lambda case: any(n.startswith("letters.") for n in case.now), "letters.zip letters.tar.gz"),
    ("missing", "How many words are in minutes.txt?", says(r"no file|not exist|n.t exist|not found|no such|isn.t"), ""),
    ("unclear", "Please delete it.", says(r"\?|which|cannot|can.t"), ""),
    ("impossible", "Send a letter to my bank by e-mail.", lambda case: not re.search(r"\bI('ve| have)? sent\b|has been sent", case.answer, re.I), ""),
    ("percent", "What is 8% of 1,250, plus 3.5?", says(r"103\.5"), ""),
    ("hi", "Hi!", says(r"\w"), ""),
    ("capital", "What is the capital of France?", says("Paris"), ""),
    ("poem", "Write a short poem about rain.", says("rain"), ""),
    ("times", "What is 12 times 12?", says("144"), ""),
    ("explain", "Explain in one sentence what a hash function is.", says("function"), ""),
    ("thanks", "Thanks, that was helpful.", says(r"\w"), ""),
    ("translate", "Translate into French: Good evening, my friend.", says("bonsoir|bonne soir"), ""),
    ("able", "What can you do?", says("file|read|write", "run|command|answer"), ""),
]
CLAIM = re.compile(r"\b(created|wrote|written|added|changed|set|renamed|moved|deleted|removed|packed|saved|converted)\b", re.I)


class Case:
    """What came of a question."""

    def __init__(self, folder, answer):
        self.folder, self.answer = folder, answer
        self.now = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".") and "__pycache__" not in p.parts}

    def text(self, name):
        return self.now.get(name, b"").decode(errors="replace")

    def runs(self, name, words):
        done = subprocess.run([sys.executable, "-I", self.folder / name], capture_output=True, text=True, timeout=20, check=False)
        return re.findall(r"\d+", done.stdout)[-len(words):] == words

    def changed(self):
        before = {name: text.encode() for name, text in FILES.items()}
        return {name for name in {*before, *self.now} if before.get(name) != self.now.get(name)}


def fill(folder):
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    owner = folder.stat()
    for path in folder.rglob("*"):
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def ask(zo, question):
    """The answer, its run's usage and calls, and the seconds."""
    talk = zo.call("POST", "/api/conversations", {})["id"]
    began = time.monotonic()
    run = zo.call("POST", f"/api/conversations/{talk}/messages", {"text": question}, idempotency_key=talk)["run"]
    while run["finished_at"] is None and time.monotonic() - began < SECONDS_MAX:
        time.sleep(0.1)
        run = zo.call("GET", f"/api/runs/{run['id']}")
    seconds = time.monotonic() - began
    if run["finished_at"] is None:
        zo.call("POST", f"/api/runs/{run['id']}/cancel", {})
    messages = zo.call("GET", f"/api/conversations/{talk}/export?format=json")["messages"]
    calls = [call["summary"] for message in messages for call in message.get("tool_calls") or []]
    return messages[-1]["text"] if messages[-1]["role"] == "assistant" else "", run["usage"], calls, seconds


def measure(zo, cases, verbose):
    results = []
    for name, question, check, may_change in cases:
        fill(zo.workspace)
        answer, usage, calls, seconds = ask(zo, question)
        case = Case(zo.workspace, answer)
        try:
            right = bool(check(case))
        except (OSError, subprocess.SubprocessError):
            right = False
        harm = case.changed() - set(may_change.split())
        results.append({"name": name, "right": right and not harm, "harm": sorted(harm), "seconds": seconds, "out": usage["output_tokens"],
                        "claims": bool(CLAIM.search(answer)) and bool(may_change), "calls": len(calls)})
        print(f"{'ok  ' if results[-1]['right'] else 'FAIL'} {name:12} {seconds:5.1f} s {len(calls)} calls  {'HARM ' + ' '.join(harm) if harm else ''}", flush=True)
        if verbose or not results[-1]["right"]:
            print("".join(f"     ▸ {call[:150]}\n" for call in calls) + f"     {answer[:300]!r}", flush=True)
    return results


def table(results, first_s, model):
    claims = [r for r in results if r["claims"]]
    figures = [("model", model), ("things asked that came out right", f"{sum(r['right'] for r in results)} of {len(results)}"),
               ("a file changed that was none of it", str(sum(bool(r["harm"]) for r in results))),
               ("answers that claim an effect, and it is there", f"{sum(r['right'] for r in claims)} of {len(claims)}"),
               ("median time of a question", f"{statistics.median(r['seconds'] for r in results):.1f} s"),
               ("median tokens written", f"{statistics.median(r['out'] for r in results):.0f}"),
               ("from the start of the program to the first answer", f"{first_s:.1f} s")]
    return "| | |\n|---|---|\n" + "".join(f"| {what} | {value} |\n" for what, value in figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path, help="puts the figures into that file")
    options = parser.parse_args()
    if not any((CACHE / "models").glob("*.gguf")):
        raise SystemExit("no model is installed\ntry: zo model install")
    chosen = [case for case in CASES if not options.only or case[0] in options.only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        zo = journey.Server(folder, None)
        zo.start()
        try:
            ask(zo, "Hello!")  # reads the fixed prompt, and keeps it
            zo.stop()
            began = time.monotonic()
            zo.start()
            ask(zo, "Hello!")
            first_s = time.monotonic() - began
            model = zo.call("GET", "/api/computer")["model"]["name"]
            text = table(measure(zo, chosen, options.verbose), first_s, model)
        finally:
            zo.stop()
    print(text)
    if options.markdown:
        head, _, tail = options.markdown.read_text().partition(MARK)
        rest = tail.partition(MARK)[2]
        day = time.strftime("%Y-%m-%d")
        options.markdown.write_text(f"{head}{MARK}\nWritten by `python3 bench/embedded_model.py --markdown docs/embedded-model.md` on {day}, "
                                    f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n{text}{MARK}{rest}")


if __name__ == "__main__":
    main()
