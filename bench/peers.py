#!/usr/bin/env python3
"""The same turns through other programs, side by side with ours: installs, starts, drives, measures and stops them.

    python3 bench/peers.py MODEL_URL [NAME ...]         MODEL_URL like http://127.0.0.1:PORT/v1

Each comes from its public registry, pinned, into a folder of its own under the cache folder, once. It runs with its own defaults,
told where the model is and not to fetch anything; HOME is in a folder that the caller gives. Every turn is a whole turn of its
agent in a new conversation, and ends the measurement unless it answers "say hello" with "Hello.". Every wait has a bound.
"""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile

from measure import Chat, percentile, rss_mb, tree, tree_cpu_ms

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone/bench"
INSTALL_MAX_S = 900
START_MAX_S = 120
STOP_MAX_S = 10
TURNS_MAX_S = 120
LOAD_S = 10
AT_ONCE = 10
STARTS = 3
KEY = "0123456789abcdef" * 2
TOKENS = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


class Peer:
    """A program with an agent loop behind /v1/chat/completions."""

    name = version = requirement = ""
    headers = {}

    def __init__(self):
        self.folder = CACHE / self.name
        self.home = self.process = self.log = None
        self.port = 0

    # What differs between them.
    def configure(self, model_url):
        """Writes the configuration under self.home; gives the command and its variables."""
        raise NotImplementedError

    def fresh(self):
        """Headers and body fields that begin a new conversation."""
        raise NotImplementedError

    @property
    def pid(self):
        return self.process.pid

    def install(self):
        stamp = self.folder / "installed"
        if stamp.exists() and stamp.read_text() == self.requirement:
            return self
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.place()
        stamp.write_text(self.requirement)
        return self

    def place(self):
        run(sys.executable, "-m", "venv", self.folder)
        self.pip("install", self.requirement)

    def pip(self, verb, *arguments):
        run(self.folder / "bin/python", "-m", "pip", verb, "--quiet", "--disable-pip-version-check", *arguments)

    def installed_mb(self):
        return sum(path.lstat().st_size for path in self.folder.rglob("*")) / 1e6

    def start(self, folder, model_url):
        """Returns when it serves. The same folder again is a restart."""
        self.home, self.port = pathlib.Path(folder) / self.name, free_port()
        (self.home / "tmp").mkdir(parents=True, exist_ok=True)
        command, variables = self.configure(model_url)
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment |= {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), "DO_NOT_TRACK": "1"} | variables
        self.log = self.home / "peer.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        end = time.monotonic() + START_MAX_S
        while not self.serves():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise SystemExit(f"{self.name} {self.version} does not serve:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        return self

    def serves(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        return False

    def stop(self):
        """Ends the process and all that it started."""
        if self.process is None:
            return
        handles = []
        for pid in tree(self.pid):
            with contextlib.suppress(ProcessLookupError):
                handles.append(os.pidfd_open(pid))
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_MAX_S)
        for handle in handles:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def chat(self):
        return Chat(self.port, self.headers, "scripted")

    def turn(self, chat):
        """The milliseconds of a turn in a conversation of its own."""
        headers, fields = self.fresh()
        took = chat.turn(headers=headers, fields=fields)
        said = json.loads(chat.answer)["choices"][0]["message"]["content"]
        if "Hello." not in said:
            raise SystemExit(f"{self.name} answered {said[:300]!r}")
        return took


class Nanobot(Peer):
    """Keeps a conversation as one JSONL file that every turn writes anew, without a sync. The body's session_id names it; without
    one all callers share a conversation, one turn at a time."""

    name, version = "nanobot", "0.3.5"
    requirement = f"nanobot-ai[api]=={version}"

    def configure(self, model_url):
        write_json(self.home / ".nanobot/config.json", {
            "agents": {"defaults": {"provider": "custom", "model": "scripted"}},
            "providers": {"custom": {"apiBase": model_url, "apiKey": "none"}},
        })
        return [self.folder / "bin/nanobot", "serve", "--host", "127.0.0.1", "--port", str(self.port)], {
            "TIKTOKEN_CACHE_DIR": str(self.folder / "tiktoken")}

    def place(self):
        super().place()
        # The table by which it counts tokens. Offline it would look for it every turn, for up to 5 s each. litellm carries a
        # copy, under the name by which tiktoken keeps it; tiktoken checks the hash.
        with tempfile.TemporaryDirectory() as folder:
            self.pip("download", "--no-deps", "--only-binary=:all:", "--dest", folder, "litellm==1.65.0")
            with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as wheel:
                (self.folder / "tiktoken").mkdir()
                (self.folder / "tiktoken" / TOKENS).write_bytes(wheel.read(f"litellm/litellm_core_utils/tokenizers/{TOKENS}"))

    def fresh(self):
        return {}, {"session_id": secrets.token_hex(8)}


class Hermes(Peer):
    """Keeps conversations in SQLite, synchronous=FULL. The header x-hermes-session-id names one; without it the system prompt and
    the first message do, so that callers who begin alike share one. At most 10 turns run at once, the 11th is refused."""

    name, version = "hermes", "0.19.0"
    requirement = f"hermes-agent[sms]=={version}"  # sms brings aiohttp, which its server needs
    headers = {"authorization": f"Bearer {KEY}"}  # it refuses to serve without one

    def configure(self, model_url):
        # Without context_length every turn first asks the model's server for it, in several requests. tirith is a scanner that it
        # would download at the start. JSON is YAML.
        write_json(self.home / ".hermes/config.yaml", {
            "model": {"provider": "custom", "default": "scripted", "base_url": model_url, "api_key": "none",
                      "context_length": 131072},
            "security": {"tirith_enabled": False},
        })
        return [self.folder / "bin/hermes", "gateway", "run"], {
            "HERMES_HOME": str(self.home / ".hermes"),
            "API_SERVER_ENABLED": "true",
            "API_SERVER_HOST": "127.0.0.1",
            "API_SERVER_PORT": str(self.port),
            "API_SERVER_KEY": KEY,
        }

    def fresh(self):
        return {"x-hermes-session-id": secrets.token_hex(8)}, {}


PEERS = [Nanobot, Hermes]


@dataclasses.dataclass
class Figures:
    overhead_p50_ms: float
    overhead_p99_ms: float
    cpu_ms: float  # a turn, all its processes
    turns_per_s: float  # AT_ONCE clients
    start_to_first_answer_ms: float
    idle_rss_mb: float  # started, before the first turn
    after_rss_mb: float  # after `turns` turns
    turns: int
    installed_mb: float  # with the environment's own pip, without Python


def measure(peer, model_url, folder, turns, base_ms):
    """`base_ms` is the median of direct calls to the model. Few turns are measured when `turns` of them take too long."""
    peer.install()
    try:
        peer.start(folder, model_url)  # the first start also makes its home
        peer.turn(peer.chat())
        start = statistics.median([first_answer_ms(peer, folder, model_url) for _ in range(STARTS)])
        peer.stop()
        peer.start(folder, model_url)
        time.sleep(1)
        idle = rss_mb(peer.pid)
        chat = peer.chat()
        peer.turn(chat)  # what it loads only then is in the start to the first answer
        cpu, times, end = tree_cpu_ms(peer.pid), [], time.monotonic() + TURNS_MAX_S
        while len(times) < turns and time.monotonic() < end:
            times.append(peer.turn(chat) - base_ms)
        cpu = (tree_cpu_ms(peer.pid) - cpu) / len(times)
        count, seconds = load(peer)
        after = rss_mb(peer.pid)
    finally:
        peer.stop()
    return Figures(percentile(times, .5), percentile(times, .99), cpu, count / seconds, start, idle, after,
                   1 + len(times) + count, peer.installed_mb())


def first_answer_ms(peer, folder, model_url):
    peer.stop()
    began = time.perf_counter()
    peer.start(folder, model_url)
    peer.turn(peer.chat())
    return (time.perf_counter() - began) * 1000


def load(peer):
    """How many turns AT_ONCE clients had, and the seconds it took."""
    done, failures = [], []
    began = time.monotonic()

    def client():
        try:
            chat = peer.chat()
            while time.monotonic() < began + LOAD_S:
                peer.turn(chat)
                done.append(time.monotonic())
        except (SystemExit, Exception) as failure:  # a thread's own end would go unseen
            failures.append(failure)

    clients = [threading.Thread(target=client) for _ in range(AT_ONCE)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    if failures:
        raise SystemExit(f"{peer.name} with {AT_ONCE} clients: {failures[0]}")
    return len(done), max(done) - began


def run(*command):
    subprocess.run(command, check=True, timeout=INSTALL_MAX_S, stdout=sys.stderr)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def main(model_url, *names):
    direct = Chat(urllib.parse.urlsplit(model_url).port, {}, "scripted")
    base = statistics.median([direct.turn() for _ in range(300)])
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; a direct call to the model {base:.2f} ms")
    for peer in (kind() for kind in PEERS if not names or kind.name in names):
        with tempfile.TemporaryDirectory(prefix="peer-") as folder:
            figures = measure(peer, model_url, folder, 200, base)
        print(peer.name, peer.version)
        for name, value in dataclasses.asdict(figures).items():
            print(f"  {name:<28} {value:>10,.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
