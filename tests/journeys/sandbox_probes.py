"""What a command in the sandbox must not be able to do, tried through the real product, as root and as a plain user.

Rows 1 to 78 are the table of attacks that every backend has to stand; then come the layers of every process inside, the attack on
the first of them, set-id bits, and what people's programs must go on being able to do. One line for each row and user: held;
differs, which is allowed for the reason in ALLOWED; or FAILED. An allowed difference that no longer differs fails as well.
The probes that run inside are in inside/; their victims stand outside under the very user as whom commands run.

  sandbox_probes.py [ROW…]   only these rows: a number, or layers, limits, memory, attack, set-id, use
ZO_PROBES_BARE=yes: the probes of inside/ as a plain user without any sandbox, to see that they can fail.
"""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import termios
import threading
import time

import journey
from journey import eventually, scripted_model, server

INSIDE = pathlib.Path(__file__).resolve().parent / "inside"
PYTHON = "/usr/bin/python3"  # the one that is also inside
ROOTS_COMMANDS = 64_087      # as whom commands of a server that runs as root work (os/owner.cc)
PLAIN = 65_431               # a user without a name
BARE = os.environ.get("ZO_PROBES_BARE") == "yes"
TIMED_OUT = 124
OUTPUT_MOST = 64 << 20       # of one command (base/limits.h)
BIG = 8 << 30                # free memory, with which this machine stands a memory bomb that is not stopped
NO_PROXY = "commands have no network at all; the proxy that will open it for chosen hosts is not built"

# row or row/part, for one user as row/part@user → why it may differ.
ALLOWED = {
    "54": NO_PROXY, "74": NO_PROXY, "75": NO_PROXY, "76": NO_PROXY, "77": NO_PROXY, "78": NO_PROXY,
    "68/inodes": "bubblewrap cannot limit the files of a tmpfs; the kernel allows one for every two pages of memory, and only a "
                 "control group counts what they take",
}


class Fell(Exception):
    """A wall did not hold."""


class Skipped(Exception):
    """Cannot be tried here."""


def must(condition, what):
    if not condition:
        raise Fell(what)


class Host:
    """All that stands outside: secrets, a victim, a server, and the workspace of the commands."""

    def __init__(self, folder, zo, user):
        self.folder, self.zo, self.user = pathlib.Path(folder), zo, user
        self.tag = "zo-probe-" + secrets.token_hex(6)
        self.uid = ROOTS_COMMANDS if os.geteuid() == 0 else os.geteuid()
        self.workspace = self.folder / "workspace"
        self.workspace.mkdir(mode=0o755)
        self.own(self.workspace)
        self.environment = {**zo.environment, "OPENAI_API_KEY": self.key}
        self.secret = self.folder / "secret.txt"
        self.secret.write_text("a secret of the host\n")
        self.descriptors = self.open_some()
        self.as_commands = {"user": self.uid, "group": self.uid, "extra_groups": []} if os.geteuid() == 0 else {}

    key = "sk-probe-" + secrets.token_hex(8)

    def open_some(self):
        """Descriptors that a careless launcher would hand on."""
        opened = [os.open(self.secret, os.O_RDONLY), os.open(self.folder, os.O_RDONLY)]
        kept = [os.dup2(opened[n % 2], n) for n in range(40, 65)]
        for descriptor in opened:
            os.close(descriptor)
        return kept

    def own(self, path):
        """Gives a file to whom commands are outside."""
        os.chown(path, self.uid, self.uid)
        return path

    def place(self, name, text):
        path = self.workspace / name
        path.write_text(text)
        return self.own(path)

    def words(self, *command, seconds=60):
        return [journey.ZO, "sandbox", "run", "--workspace", str(self.workspace), "--time", str(seconds), "--", *command]

    def start(self, *command, seconds=60, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, **more}
        return subprocess.Popen(self.words(*command, seconds=seconds), env=self.environment, pass_fds=self.descriptors, **more)

    def run(self, *command, seconds=60):
        """Gives exit code and output."""
        process = self.start(*command, seconds=seconds)
        output = process.communicate(timeout=seconds + 30)[0]
        return process.returncode, output.decode("utf-8", "replace")


def lan_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # nothing is sent
            return probe.getsockname()[0]
        except OSError:
            return ""


def resolvers():
    with contextlib.suppress(OSError), open("/etc/resolv.conf") as file:
        return [words[1] for words in map(str.split, file) if len(words) > 1 and words[0] == "nameserver" and words[1][0].isdigit()]
    return []


@contextlib.contextmanager
def victim(host, lan):
    """Until its number cannot be one of the sandbox's own processes."""
    shutil.copy(INSIDE / "victim.py", host.folder)
    home = host.folder / "victim"
    home.mkdir()
    home.chmod(0o777)
    while newest_pid() < 1000:
        subprocess.run(["true"], check=True)
    process = subprocess.Popen([PYTHON, host.folder / "victim.py", host.secret, host.tag, home / "socket", "/" + host.tag, lan],
                               env={"PATH": os.environ["PATH"], "API_KEY": host.key}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               **host.as_commands)
    try:
        yield process, json.loads(process.stdout.readline()), home / "socket"
    finally:
        process.send_signal(signal.SIGCONT)
        process.stdin.close()
        process.wait(timeout=10)


def newest_pid():
    return int(pathlib.Path("/proc/loadavg").read_text().split()[-1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def owners_repository(host):
    """A repository that was there before any command."""
    script = "git init -q owners && cd owners && mkdir -p .git/hooks && touch .git/hooks/post-commit && touch file"
    subprocess.run(["bash", "-ec", script], cwd=host.workspace, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, check=True,
                   **host.as_commands)


def write_facts(host, told, unix_socket, lan):
    person = host.folder / "person"
    facts = {
        "facts": str(host.workspace / "facts.json"), "folder": str(host.folder), "tag": host.tag, "secret": str(host.secret),
        "person": str(person), "home": str(host.zo.home), "control": str(host.zo.home / "zo.sock"), "socket": str(unix_socket),
        "pid": told["pid"], "port": told["port"], "lan": lan, "lan_port": told["lan_port"], "abstract": host.tag,
        "memory_key": told["memory_key"], "queue_name": "/" + host.tag, "server": host.zo.process.pid, "server_port": host.zo.port,
        "resolvers": resolvers(), "free_port": free_port(), "key_reversed": host.key[::-1], "starter": "starter.pid",
        "version": subprocess.run([journey.ZO, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1],
    }
    host.place("facts.json", json.dumps(facts))
    return facts


def answer_the_listener(host, facts, over):
    """Connects, as the host, to what a probe inside listens on, and tells it how that went."""
    while not over.is_set():
        if (host.workspace / "listening").exists():
            said = "refused"
            for address in ("127.0.0.1", facts["lan"] or "127.0.0.1"):
                with contextlib.suppress(OSError), socket.create_connection((address, facts["free_port"]), timeout=2):
                    said = "accepted at " + address
            host.place("connected.part", said).rename(host.workspace / "connected")
            return
        time.sleep(0.02)


# What the probes of inside/ say.

def parse(output):
    results, rest = [], []
    for line in output.splitlines():
        try:
            result = json.loads(line)
            results.append((result["row"], result["part"], result["what"], result["verdict"], result["detail"]))
        except (ValueError, KeyError, TypeError):
            rest.append(line)
    return results, "\n".join(rest)[-600:]


def inside(host, script, facts, wanted):
    over = threading.Event()
    answering = threading.Thread(target=answer_the_listener, args=(host, facts, over))
    answering.start()
    # The shell tells its own number, which `exec` keeps, to the probe that looks for what started it.
    line = ["bash", "-c", 'echo $$ > "$0" && exec "$@"', str(host.workspace / "starter.pid")]
    words = [PYTHON, f"/workspace/inside/{script}", "/workspace/facts.json", *wanted]
    if BARE:
        words = [PYTHON, f"inside/{script}", "facts.json", *wanted]
    else:
        words = line + host.words(*words, seconds=120)
    process = subprocess.run(words, env=host.environment, pass_fds=host.descriptors, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", timeout=180, cwd=host.workspace)
    over.set()
    answering.join()
    results, rest = parse(process.stdout)
    rest = "".join(line for line in rest.splitlines() if not line.startswith("left something that your own tools may run"))
    if process.returncode != 0 or rest:
        results.append(("0", script, f"the probes of {script} ran to their end", "fell", f"exit code {process.returncode}: {rest}"))
    return results


# What only the host can judge. Each is one part of a row, as inside/.

HOST_PROBES = []


def probe(row, what, part="host"):
    def add(work):
        HOST_PROBES.append((str(row), part, what, work))
        return work
    return add


def running(tag):
    """Processes of the whole machine with this word in their command line."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                if tag.encode() in pathlib.Path(f"/proc/{entry}/cmdline").read_bytes():
                    found.append(int(entry))
    return found


def gone(tag, seconds=2):
    must(eventually(lambda: not running(tag), seconds), f"after {seconds} s there still runs {running(tag)}")


def tree(pid):
    """How many processes descend from it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry)] = int(pathlib.Path(f"/proc/{entry}/stat").read_text().rpartition(") ")[2].split()[1])
    family, before = {pid}, 0
    while len(family) != before:
        before = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    return len(family) - 1


@probe(24, "kill(-1) reaches nobody outside")
def _(host):
    line = "trap '' USR1; sleep 0.5 & kill -USR1 -1; wait; echo sent"
    code, output = host.run("bash", "-c", line)
    must((code, output) == (0, "sent\n"), f"exit code {code}: {output}")
    must(host.victim.poll() is None, "the victim is dead")
    must(host.zo.process.poll() is None and host.zo.call("GET", "/api/health") == {"status": "ok"}, "the server is dead")


@probe(66, "a fork bomb of the shell ends with its command", "bomb")
def _(host):
    tag = host.tag + "-bomb"
    process = host.start("bash", "-c", f": {tag}; b() {{ b | b & }}; b; sleep 60", seconds=2)
    most, slowest = 0, 0
    while process.poll() is None:
        most = max(most, tree(process.pid))
        began = time.monotonic()
        subprocess.run(["true"], check=True)
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)
    must(process.returncode == TIMED_OUT, f"exit code {process.returncode}")
    must(4 < most <= 140, f"{most} processes at once")
    must(slowest < 2, f"another program of the host took {slowest:.1f} s")
    gone(tag)


def memory_is_there():
    free = next(int(line.split()[1]) << 10 for line in open("/proc/meminfo") if line.startswith("MemAvailable"))
    if free < BIG:
        raise Skipped(f"only {free >> 20} MiB of memory are free")


HOLD = """
import mmap, os, sys, time
flags, each, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
children = []
block = b"x" * (4 << 20)
for n in range(count):
    child = os.fork()
    if child == 0:
        page = mmap.mmap(-1, each << 20, flags=flags)
        for _ in range(each // 4):
            page.write(block)
        time.sleep(3)
        os._exit(7)
    children.append(child)
held = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7 for child in children)
print("held", held)
"""


def hold(host, flags, each, count):
    """`count` processes each touch `each` MiB, and keep them for 3 s."""
    memory_is_there()
    code, output = host.run("python3", "-c", HOLD, str(flags), str(each), str(count), seconds=30)
    must(f"held {count}\n" not in output, f"{count} × {each} MiB were held")
    must("held" in output or code != 0, f"exit code {code}: {output}")


@probe(67, "2.6 GiB of shared memory in one process", "shared")
def _(host):
    hold(host, 1, 2_600, 1)  # MAP_SHARED


@probe(67, "2.8 GiB of own memory in two processes", "tree")
def _(host):
    hold(host, 2, 1_400, 2)  # MAP_PRIVATE


@probe(68, "300 MB, where a run may add 64 MB", "quota")
def _(host):
    set_to = host.zo.zo("workspace", "quota", "64MB")
    must(set_to.returncode == 0, f"the quota cannot be set: {set_to.stderr.strip()}")
    answer = host.zo.call("POST", "/zo/ask", {"input": "fill the disk"}, timeout=60)
    must("output" in answer and "filled" not in answer["output"], f"it says {answer}")
    must("MB" in answer["output"] or "MiB" in answer["output"], f"the limit is not told: {answer['output']}")


@probe(70, "1 GB of output is cut")
def _(host):
    process = host.start("head", "-c", "1000000000", "/dev/zero")
    count, began = 0, time.monotonic()
    while chunk := process.stdout.read1(1 << 20):
        count += len(chunk)
    code = process.wait(timeout=20)
    must(count <= OUTPUT_MOST + (2 << 20), f"{count} bytes came")
    must(code not in (0, TIMED_OUT, 125), f"exit code {code}")
    must(time.monotonic() - began < 30, "it took long")


ESCAPES = "printf 'a\\033]0;owned\\007b\\033[31mred\\033[0m\\033[2J\\033]52;c;AAAA\\007\\233end\\n'"


@probe(70, "no escape sequence reaches a terminal", "terminal")
def _(host):
    """The command is started from a terminal, which it must not be able to open either."""
    ours, theirs = pty.openpty()
    line = f"{ESCAPES}; (: < /dev/tty) 2>/dev/null && echo has a terminal"
    words = host.words("bash", "-c", line, seconds=20)
    process = subprocess.Popen(words, env={**host.environment, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs,
                               start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end, as Linux tells it
        while chunk := os.read(ours, 4096):
            shown += chunk
    process.wait(timeout=20)
    os.close(ours)
    must(b"end" in shown and b"red" in shown, f"it shows {shown}")
    must(b"\033" not in shown and b"\007" not in shown and b"\233" not in shown.replace("\ufffd".encode(), b""), f"it shows {shown}")
    must(b"has a terminal" not in shown, "it can open the terminal")


@probe(70, "no escape sequence reaches the page", "page")
def _(host):
    answer = host.zo.call("POST", "/zo/ask", {"input": "colours"}, timeout=60)
    must("red" in answer.get("output", ""), f"it says {answer}")
    must("\033" not in answer["output"] and "\007" not in answer["output"], f"it says {answer['output']!r}")


def daemon(tag):
    """A process that leaves its parent and its session, and says that it is up."""
    return (f"import os, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  os.execvp('bash', ['{tag}', '-c', "
            f"'echo up > {tag}; exec -a {tag} sleep 300'])\n os._exit(0)\nwhile not os.path.exists('{tag}'): time.sleep(0.01)\n")


@probe(71, "a daemon ends with its command")
def _(host):
    tag = host.tag + "-daemon"
    code, output = host.run("python3", "-c", daemon(tag))
    must(code == 0 and (host.workspace / tag).exists(), f"exit code {code}: {output}")
    gone(tag)


@probe(71, "a daemon ends with the time of its command", "time")
def _(host):
    tag = host.tag + "-late-daemon"
    code, output = host.run("python3", "-c", daemon(tag) + "time.sleep(60)", seconds=1)
    must(code == TIMED_OUT and (host.workspace / tag).exists(), f"exit code {code}: {output}")
    gone(tag)


def stopped_in_time(host, name, line):
    tag = f"{host.tag}-{name}"
    began = time.monotonic()
    code, output = host.run("bash", "-c", f": {tag}; {line}", seconds=1)
    must(code == TIMED_OUT, f"exit code {code}: {output}")
    must(time.monotonic() - began < 8, f"it took {time.monotonic() - began:.1f} s")
    gone(tag)


@probe(72, "who ignores all signals is ended")
def _(host):
    stopped_in_time(host, "deaf", "trap '' TERM HUP INT QUIT PIPE USR1; while :; do sleep 1; done")


@probe(72, "who stops itself is ended", "stop")
def _(host):
    stopped_in_time(host, "stopped", "kill -STOP $$; sleep 60")


@probe(72, "who stops all is ended", "stop all")
def _(host):
    stopped_in_time(host, "all-stopped", "sleep 60 & kill -STOP -1; kill -STOP $$; sleep 60")


@probe(73, "a command ends with the program that started it")
def _(host):
    tag = host.tag + "-orphan"
    process = host.start("bash", "-c", f"exec -a {tag} sleep 300")
    must(eventually(lambda: running(tag), 20), "it never ran")
    process.kill()
    process.wait()
    gone(tag)


def server_killed(host):
    """The last of all, since the server is gone afterwards."""
    tag = "zo-probe-sleeper-" + host.user  # as the scripted model calls it
    conversation = host.zo.call("POST", "/api/conversations", {})["id"]
    host.zo.call("POST", f"/api/conversations/{conversation}/messages", {"text": "sleep"})
    must(eventually(lambda: running(tag), 30), "it never ran")
    host.zo.kill()
    gone(tag)


def attacked(host, facts, wanted):
    """The probe ends the sandbox when it succeeds, and then says nothing."""
    results = inside(host, "attack.py", facts, wanted)
    if (host.workspace / "unfiltered").exists():
        return [("attack", "", "overwrite the first process where it waits", "fell", "its code ran a system call that the filter refuses")]
    return results


def left_behind(host):
    for folder, names, files in os.walk(host.folder):
        for name in names + files:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            must(not mode & (stat.S_ISUID | stat.S_ISGID), f"{os.path.join(folder, name)} has mode {mode:o}")


def invisible(host):
    for folder in ("/tmp", "/dev/shm"):
        must(not os.path.exists(f"{folder}/{host.tag}"), f"a file of the sandbox is in the host's {folder}")


def judge(row, part, what, work, *arguments):
    try:
        work(*arguments)
        return row, part, what, "held", ""
    except Skipped as reason:
        return row, part, what, "skipped", str(reason)
    except Fell as problem:
        return row, part, what, "fell", str(problem)
    except Exception as problem:  # a probe that could not be made is no wall
        return row, part, what, "fell", f"could not be tried: {type(problem).__name__}: {problem}"


def try_all(host, facts, wanted):
    results = inside(host, "probes.py", facts, wanted)

    def look(row, what, work, part="host"):
        if not wanted or row in wanted:
            results.append(judge(row, part, what, work, host))
    look("20", "a file of /tmp is not on the host", invisible)
    if BARE:
        return results
    results += attacked(host, facts, wanted) + inside(host, "usable.py", facts, wanted)
    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        chosen = [entry for entry in HOST_PROBES if not wanted or entry[0] in wanted]
        results += workers.map(lambda entry: judge(*entry, host), chosen)
    look("73", "a command ends with its server", server_killed, "server")
    look("set-id", "no file with such a bit is on the host", left_behind)
    return results


def complete(results):
    """Every row of the table, and what ALLOWED names, has been tried."""
    tried = {row for row, *_ in results} | {f"{row}/{part}" for row, part, *_ in results}
    missing = [name for name in [*map(str, range(1, 79)), *(key.partition("@")[0] for key in ALLOWED)] if name not in tried]
    return [("0", "", "every row is tried", "fell", f"missing: {' '.join(missing)}")] if missing else []


# The report.

def combined(results):
    """One entry for each row of the table: the first that fell, else the first. The rows that have a name keep their parts."""
    rows = {}
    for row, part, what, verdict, detail in results:
        rows.setdefault(row if row.isdigit() else f"{row}/{part}", []).append((row, part, what, verdict, detail))
    return sorted(rows.values(), key=lambda parts: (not parts[0][0].isdigit(), int(parts[0][0]) if parts[0][0].isdigit() else 0))


def reason_for(row, part, user):
    names = [f"{row}/{part}", row] if part else [row]
    return next((ALLOWED[key] for name in names for key in (f"{name}@{user}", name) if key in ALLOWED), None)


def report(results, user):
    """Prints a line for each row; gives how many held, differ, failed and were left out."""
    counts = {"held": 0, "differs": 0, "FAILED": 0, "skipped": 0}
    for parts in combined(results):
        row = parts[0][0]
        lines, verdicts = [], set()
        for _, part, about, verdict, detail in parts:
            reason = reason_for(row, part, user)
            if verdict == "fell" and reason is None:
                lines.append(f"{about}: {detail[:500]}")
                verdicts.add("FAILED")
            elif verdict == "held" and reason is not None:
                lines.append(f"{about}: held, though ALLOWED lists it: take the entry out")
                verdicts.add("FAILED")
            elif verdict == "fell":
                lines.append(f"{about}: {detail} (allowed: {reason})")
                verdicts.add("differs")
            else:
                verdicts.add(verdict)
                if verdict == "skipped":
                    lines.append(f"{about}: {detail}")
        verdict = next(name for name in ("FAILED", "differs", "held", "skipped") if name in verdicts)
        counts[verdict] += 1
        print(f"{row:>6}  {user:<5}  {verdict:<7}  {'; '.join(lines) or '; '.join(what for _, _, what, _, _ in parts)}", flush=True)
        if "skipped" in verdicts:
            print(f"skipped: {row} as {user}: {'; '.join(lines)}")
    return counts


def rules(user):
    """What the model has the server's shell do when it is asked for one of these."""
    commands = {"sleep": f"exec -a zo-probe-sleeper-{user} sleep 300", "colours": ESCAPES,
                "fill": "for i in $(seq 300); do head -c 1M /dev/urandom > filler-$i; done; sleep 3; echo filled"}
    return [{"when": word, "steps": [{"call": {"name": "shell", "arguments": {"command": command}}}, {"say": "{tool}"}]}
            for word, command in commands.items()]


def try_as(user, wanted):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="zo-probes-"))
    folder.chmod(0o755)
    person = folder / "person"
    person.mkdir()
    (person / ".bashrc").write_text("# of a person\n")
    os.environ.update(HOME=str(person), TMPDIR=str(folder))
    tempfile.tempdir = str(folder)
    lan = lan_address()
    try:
        with scripted_model(rules(user)) as model, server(model) as zo:
            host = Host(folder, zo, user)
            shutil.copytree(INSIDE, host.workspace / "inside")
            owners_repository(host)
            with victim(host, lan) as (process, told, unix_socket):
                host.victim = process
                results = try_all(host, write_facts(host, told, unix_socket, lan), wanted)
                return report(results if wanted or BARE else results + complete(results), user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    wanted = sys.argv[1:]
    counts = try_as("root" if os.geteuid() == 0 else "plain", wanted)
    print(f"{counts['held']} held, {counts['differs']} differ as allowed, {counts['FAILED']} failed, {counts['skipped']} left out")
    sys.exit(1 if counts["FAILED"] else 0)


def both():
    """Each user in a process of its own, from a copy of these files and programs, since a checkout may be closed to the plain one."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zo-programs-") as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(INSIDE.parent, folder + "/journeys", ignore=shutil.ignore_patterns("__pycache__"))
        variables = {**os.environ, "ZO_PROBES_ONE": "yes", "ZO": shutil.copy(journey.ZO, folder),
                     "ZO_SCRIPTED_MODEL": shutil.copy(journey.SCRIPTED_MODEL, folder)}
        words = [PYTHON, "-B", f"{folder}/journeys/{pathlib.Path(__file__).name}", *sys.argv[1:]]
        sys.stdout.flush()
        codes = [] if BARE else [subprocess.run(words, env=variables, cwd=folder).returncode]  # never root without a sandbox
        codes.append(subprocess.run(words, env=variables, cwd=folder, user=PLAIN, group=PLAIN, extra_groups=[]).returncode)
    print(f"{'nothing' if BARE else 'the sandbox'} was tried as {'a' if BARE else 'root and as a'} plain user, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if any(codes) else 0)


if os.geteuid() == 0 and "ZO_PROBES_ONE" not in os.environ:
    both()
elif os.geteuid() != 0 and "ZO_PROBES_ONE" not in os.environ:
    print("skipped: the sandbox of a server that runs as root, which only root can start")
main()
