"""What the Python journeys share: a server of their own on a home of its own, a model that follows a script, a few requests."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

ZO = os.environ.get("ZO", "build/release/zo")
SCRIPTED_MODEL = os.environ.get("ZO_SCRIPTED_MODEL", "build/release/zo-scripted-model")


class Refused(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


def first_line(process, start):
    line = process.stdout.readline().decode()
    if not line.startswith(start):
        raise SystemExit(f"expected a line that begins with '{start}', got '{line.strip()}'")
    return line.strip().split(" ")[-1]


@contextlib.contextmanager
def scripted_model(rules=None, instant="It is noon."):
    """A model in a process of its own; `rules` as in src/testing/scripted_model.h, or always the same answer. Gives its address."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        arguments = ["--instant", instant]
        if rules is not None:
            json.dump(rules, script)
            script.flush()
            arguments = ["--script", script.name]
        process = subprocess.Popen([SCRIPTED_MODEL, *arguments], stdout=subprocess.PIPE)
        try:
            yield first_line(process, "ready ")
        finally:
            process.kill()
            process.wait()


class Server:
    """A `zo serve`. Restarts keep home and port."""

    def __init__(self, folder, model_url, **variables):
        self.home = pathlib.Path(folder) / "home"
        self.workspace = self.home / "workspace"
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "XDG_CACHE_HOME") if name in os.environ}
        self.environment = {**keep, "ZO_HOME": str(self.home), **variables}
        if model_url:
            self.environment.update(OPENAI_BASE_URL=model_url + "/v1", ZO_MODEL="openai/scripted")
        self.port = 0
        self.process = None
        self.address = None
        self.token = None

    def start(self):
        log = open(self.home.parent / "serve.err", "ab")
        self.process = subprocess.Popen([ZO, "serve", "--listen", f"127.0.0.1:{self.port}"], env=self.environment,
                                        stdout=subprocess.PIPE, stderr=log)
        log.close()
        self.address = first_line(self.process, "ZoClone is ready at ")
        self.port = int(self.address.rsplit(":", 1)[1])
        if self.token is None:
            made = self.zo("token", "create", "--name", "journey", "--scope", "all", "--json")
            self.token = json.loads(made.stdout)["token"]
        return self

    def zo(self, *arguments, **options):
        return subprocess.run([ZO, *arguments], env=self.environment, capture_output=True, text=True, timeout=120, **options)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """A clean end; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def connect(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, path, body=None, timeout=30, **headers):
        connection = self.connect(timeout)
        try:
            sent = {"authorization": self.token, "content-type": "application/json"}
            sent.update({name.replace("_", "-"): value for name, value in headers.items()})
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status >= 300:
            raise Refused(response.status, text)
        return json.loads(text) if text else None

    def events(self, run, after=0, timeout=60):
        """Yields (number, kind, data) until the end of the stream, which is (None, "end", {...})."""
        connection = self.connect(timeout)
        try:
            connection.request("GET", f"/api/runs/{run}/events?after={after}", headers={"authorization": self.token})
            response = connection.getresponse()
            if response.status != 200:
                raise Refused(response.status, response.read().decode())
            number, kind = None, "message"
            for raw in response:
                line = raw.decode().rstrip("\n")
                if line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    yield number, kind, json.loads(line[6:])
                    number, kind = None, "message"
        finally:
            connection.close()


@contextlib.contextmanager
def server(model_url, **variables):
    with tempfile.TemporaryDirectory(prefix="zo-journey-") as folder:
        os.chmod(folder, 0o755)
        running = Server(folder, model_url, **variables).start()
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.kill()


def eventually(holds, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def check(condition, text):
    if not condition:
        raise SystemExit(f"does not hold: {text}")
