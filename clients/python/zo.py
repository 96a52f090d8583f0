"""Talk to ZoClone from Python: one file, standard library only.

    import zo
    answer = zo.ask(conversation=None, message="What is the sha256 of notes.txt?")
    print(answer, answer.conversation)
    zo.ask(answer.conversation, "Which month is the best?", files=["sales.csv"])  # files of this machine

    computer = zo.Zo("http://127.0.0.1:8787", token="zo_sk_…")
    conversation = computer.conversation()
    for text in computer.stream(conversation, "Write a haiku about rain."):
        print(text, end="", flush=True)

Without a URL, ZO_URL and ZO_TOKEN are used; without those, the ZoClone of this machine by its unix socket in $ZO_HOME
(~/.zo), which needs no token. A run is the server's: a script that stops reading stops nothing; `cancel` does.
"""

import contextlib
import http.client
import json
import os
import socket
import time
import urllib.parse
import uuid

__all__ = ["Answer", "Zo", "ZoError", "ask", "stream"]

UPLOAD_BYTES = 64 * 1024 * 1024  # of one file; the server's own limit
FILES = 32  # of one message; likewise

CONNECT_S = 10
ANSWER_S = 120  # a model under test may have to be loaded
SILENCE_S = 60  # the server sends a comment every 15 s
RECONNECTS = 15  # in a row without a new event; about a minute


class ZoError(Exception):
    """What ZoClone said against it: `code` is its word (not_found, denied, …), `advice` what to do."""

    def __init__(self, code, message, advice=""):
        super().__init__(f"{message} (try: {advice})" if advice else message)
        self.code = code
        self.message = message
        self.advice = advice


class Answer(str):
    """The answer's text, which knows its conversation and its run."""

    conversation = ""
    run = ""

    @classmethod
    def of(cls, text, conversation, run):
        answer = cls(text)
        answer.conversation = conversation
        answer.run = run
        return answer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("zo", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Zo:
    """One ZoClone. Connections are made for each call, so an object may be shared between threads."""

    def __init__(self, url=None, token=None):
        self.url = (url or os.environ.get("ZO_URL") or "").rstrip("/")
        if self.url and "://" not in self.url:
            self.url = "http://" + self.url
        self.token = token or os.environ.get("ZO_TOKEN") or ""
        home = os.path.expanduser(os.environ.get("ZO_HOME") or "~/.zo")
        self.socket = os.path.join(os.path.abspath(home), "zo.sock")

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def conversation(self, title=None, model=None):
        """A new conversation; returns its id."""
        wanted = {name: value for name, value in (("title", title), ("model", model)) if value}
        return self.call("POST", "/api/conversations", wanted)["id"]

    def ask(self, conversation, message, files=(), model=None):
        """Asks in a conversation (None: a new one), waits for the run to end and returns its Answer. `files` are paths on this
        machine, up to FILES of them and UPLOAD_BYTES each: they are brought into the workspace and attached."""
        run = self.start(conversation, message, files, model)
        text = ""
        for kind, data in self._events_of(run):
            if kind == "message" and data["message"]["role"] == "assistant":
                text = data["message"]["text"]
            if kind == "run_finished":
                _raise_unless_done(data["run"])
        return Answer.of(text, run["conversation_id"], run["id"])

    def stream(self, conversation, message, files=(), model=None):
        """The same, as a generator of the pieces of text that the model says, while it says them."""
        run = self.start(conversation, message, files, model)
        told = ""
        for kind, data in self._events_of(run):
            if kind == "text":
                told += data["text"]
                yield data["text"]
            elif kind in ("message", "message_partial"):
                whole = data["message"]["text"] if kind == "message" else data["text"]
                if kind == "message" and data["message"]["role"] != "assistant":
                    continue
                rest = whole[len(told):] if whole.startswith(told) else "\n" + whole
                if rest:
                    yield rest
                told = whole if kind == "message_partial" else ""
                if kind == "message" and whole and data["message"].get("tool_calls"):
                    yield "\n"
            elif kind == "step_restarted" and told:
                yield "\n"
                told = ""
            elif kind == "run_finished":
                _raise_unless_done(data["run"])

    def start(self, conversation, message, files=(), model=None):
        """Says something and does not wait; returns the run that answers. `queued` in it is the message's id when a run
        worked there already and takes it in."""
        attached = self.attach(files)
        conversation = conversation or self.conversation()
        body = {"text": message}
        if attached:
            body["files"] = attached
        if model:
            body["model"] = model
        path = f"/api/conversations/{urllib.parse.quote(conversation, safe='')}/messages"
        accepted = self.call("POST", path, body)
        run = accepted["run"]
        run["queued"] = accepted["message"]["id"] if accepted["message"]["state"] == "queued" else None
        return run

    def attach(self, files):
        """Brings files of this machine into the workspace; returns their paths there. One that lies in it already is named where
        it is. All are looked at before the first is sent."""
        paths = [os.fspath(file) for file in ([files] if isinstance(files, (str, os.PathLike)) else files)]
        if len(paths) > FILES:
            raise ZoError("exhausted", f"{len(paths)} files are attached, limit {FILES}", "put them into one folder of the workspace and name it")
        for path in paths:
            _check_attachment(path)
        workspace = os.path.realpath(self.call("GET", "/api/computer")["workspace"]) if paths and not self.url else None
        return [self._place(path, workspace) for path in paths]

    def upload(self, path):
        """Puts a file of this machine into the workspace, beside what is there; returns its path there."""
        _check_attachment(path)
        with open(path, "rb") as file:
            content = file.read(UPLOAD_BYTES + 1)
        if len(content) > UPLOAD_BYTES:
            raise _too_large(path, len(content))
        name = urllib.parse.quote(os.path.basename(path), safe="")
        return self.call("PUT", f"/api/files/content?path={name}", content)["path"]

    def events(self, run_id, after=0):
        """The events of a run as (kind, data), up to its end. A connection that is cut is resumed after the last number."""
        cuts = 0
        while cuts < RECONNECTS:
            before = after
            try:
                for kind, data in self._read_events(run_id, after):
                    if kind == "end" and data.get("reason") != "server_stopping":
                        return
                    if kind != "end":
                        after = max(after, data.get("number", 0))
                        yield kind, data
            except (OSError, http.client.HTTPException):
                pass  # cut: tried again below
            cuts = 0 if after > before else cuts + 1
            time.sleep(min(5.0, 0.2 * 2**cuts))
        raise ZoError("unavailable", f"lost the connection to {self._name()}; the run {run_id} is not stopped by that")

    def cancel(self, run_id):
        return self.call("POST", f"/api/runs/{run_id}/cancel", {})

    # ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, method, path, body=None):
        """Any route of the API (see /openapi.json): JSON in, JSON out. A body of bytes goes out as it is."""
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body)
        headers = self._headers()
        if payload is not None:
            headers["content-type"] = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        if method != "GET":
            headers["idempotency-key"] = uuid.uuid4().hex
        try:
            with contextlib.closing(self._connection(timeout=ANSWER_S)) as connection:
                connection.request(method, path, payload, headers)
                response = connection.getresponse()
                text = response.read()
        except (OSError, http.client.HTTPException) as problem:
            raise ZoError("unavailable", f"cannot reach {self._name()}: {problem}", "zo serve") from None
        if response.status >= 400:
            raise _error_of(response.status, text)
        return json.loads(text) if text else None

    def _place(self, path, workspace):
        real = os.path.realpath(path)
        if workspace and os.path.commonpath([real, workspace]) == workspace:
            return os.path.relpath(real, workspace)
        return self.upload(path)

    def _events_of(self, run):
        """The events of a run from our own message on."""
        awaited = run["queued"]
        for kind, data in self.events(run["id"], run["last_event"] if awaited else 0):
            if awaited and kind == "message_placed" and data["message"]["id"] == awaited:
                awaited = None
            if not awaited or kind == "run_finished":
                yield kind, data

    def _read_events(self, run_id, after):
        with contextlib.closing(self._connection(timeout=SILENCE_S)) as connection:
            connection.request("GET", f"/api/runs/{run_id}/events?after={after}", headers=self._headers())
            response = connection.getresponse()
            if response.status in (429, 502, 503, 504):
                return
            if response.status >= 400:
                raise _error_of(response.status, response.read())
            kind, data = "message", []
            for raw in response:
                line = raw.decode("utf-8").rstrip("\r\n")
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif not line:
                    if data:
                        yield kind, json.loads("\n".join(data))
                    kind, data = "message", []

    def _connection(self, timeout):
        if not self.url:
            return _UnixConnection(self.socket, timeout)
        parts = urllib.parse.urlsplit(self.url)
        secure = parts.scheme == "https"
        made = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(parts.netloc, timeout=CONNECT_S)
        made.connect()
        made.sock.settimeout(timeout)
        return made

    def _headers(self):
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def _name(self):
        return self.url or self.socket


def _check_attachment(path):
    try:
        size = os.stat(path).st_size
    except OSError as problem:
        raise ZoError("not_found", f"cannot attach {path}: {problem.strerror}") from None
    if not os.path.isfile(path):
        raise ZoError("invalid", f"cannot attach {path}: it is not a file", "name a folder in the text, or attach its files")
    if not os.access(path, os.R_OK):
        raise ZoError("denied", f"cannot attach {path}: it may not be read")
    if size > UPLOAD_BYTES:
        raise _too_large(path, size)


def _too_large(path, size):
    return ZoError("exhausted", f"cannot attach {path}: it has {size:,} bytes, limit {UPLOAD_BYTES:,}", "copy it into the workspace and name it in the text")


def _error_of(status, text):
    try:
        error = json.loads(text)["error"]
        return ZoError(error.get("code", "internal"), error["message"], error.get("try", ""))
    except (ValueError, KeyError, TypeError):
        return ZoError("internal", f"the server answered {status}")


def _raise_unless_done(run):
    if run["state"] == "done":
        return
    error = run.get("error") or {"code": run["state"], "message": f"the run {run['id']} ended as {run['state']}"}
    raise ZoError(error["code"], error["message"], error.get("try", ""))


def ask(conversation, message, files=()):
    """Asks the ZoClone of the environment; returns the answer's text. `conversation` None begins a new one, whose id is
    the answer's `.conversation`."""
    return Zo().ask(conversation, message, files)


def stream(conversation, message, files=()):
    """The same, as a generator of pieces of text."""
    return Zo().stream(conversation, message, files)
