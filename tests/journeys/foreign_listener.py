"""A listener on another loopback port records all that a real Chromium sends it while the page is set up and used, while a link
in an answer leads to it, and while its own pages try to call ZoClone. It learns nothing that opens a route."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

from journey import check, scripted_model, server

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone"
PLAYWRIGHT = ROOT / "web/node_modules/playwright-core/index.mjs"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
REFUSED = (401, 403, 421)
SECRETS_TRIED = 200


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers with a page of ours, and keeps every request."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("latin-1")
        self.server.recorded.append({"method": self.command, "path": self.path, "headers": self.headers.items(), "body": body})
        page = self.server.pages.get(self.path.partition("?")[0], b"<!doctype html><title>foreign</title>nothing here")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Set-Cookie", "planted=here; Path=/")  # cookies know no ports: ZoClone must not take this for anything
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_PUT = do_OPTIONS = answer

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def listener():
    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    foreign.daemon_threads = True
    foreign.recorded, foreign.pages = [], {}
    foreign.url = f"http://127.0.0.1:{foreign.server_port}"
    thread = threading.Thread(target=foreign.serve_forever)
    thread.start()
    try:
        yield foreign
    finally:
        foreign.shutdown()
        thread.join()
        foreign.server_close()


def answer_with(url):
    text = f"Read [the foreign page]({url}/linked?from=answer). ![a picture]({url}/picture.png) <img src=\"{url}/raw.png\">"
    return [{"when": "link", "steps": [{"say": text, "chunk_bytes": 7}]}]


def browse(zo, foreign, setup_url):
    node = shutil.which("node") or str(CACHE / "node/node_modules/.bin/node")
    environment = {**os.environ, "ZO_URL": zo.address, "ZO_SETUP_URL": setup_url, "FOREIGN_URL": foreign.url,
                   "PLAYWRIGHT": str(PLAYWRIGHT), "CHROMIUM": CHROMIUM}
    done = subprocess.run([node, str(pathlib.Path(__file__).with_suffix(".mjs"))], env=environment, stdout=subprocess.PIPE, text=True, timeout=300)
    check(done.returncode == 0, "the browser's part")
    return json.loads(done.stdout.strip().splitlines()[-1])


def status_of(zo, method, path, headers, body):
    connection = zo.connect()
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode("latin-1") or None)
        return connection.getresponse().status
    finally:
        connection.close()


def guarded(zo):
    """Every method and path that needs a token."""
    for pattern, operations in zo.call("GET", "/openapi.json")["paths"].items():
        path = re.sub(r"{[^}]*}", "01ARZ3NDEKTSV4RRFFQ69G5FAV", pattern)
        for method, operation in operations.items():
            if operation.get("security"):
                yield method.upper(), path


def replay(zo, recorded):
    """What was recorded, sent to every route: as it is, and as if it had been meant for ZoClone."""
    own = f"127.0.0.1:{zo.port}"
    kinds = {}
    for request in recorded:
        headers = [(name, value) for name, value in request["headers"] if name.lower() not in ("content-length", "connection")]
        kinds.setdefault(tuple(sorted(headers)), (headers, request["body"]))
    routes = list(guarded(zo))
    check(len(routes) > 30, "the description has the routes")
    for headers, body in kinds.values():
        meant = [(name, own if name.lower() == "host" else value) for name, value in headers]
        for method, path in routes:
            for sent in (headers, meant):
                status = status_of(zo, method, path, sent, body)
                check(status in REFUSED, f"{method} {path} with {sent} is refused, not {status}")


def try_as_secrets(zo, recorded):
    """Every word that was recorded, as a token and as the secret of a setup link."""
    words = set()
    for request in recorded:
        for text in (request["path"], request["body"], *(value for _, value in request["headers"])):
            words.update(word for word in re.split(r"[^\w-]+", text) if len(word) >= 8)
    check(len(words) < SECRETS_TRIED, f"{len(words)} words are few enough to try")
    own = ("Host", f"127.0.0.1:{zo.port}")
    for word in sorted(words):
        status = status_of(zo, "GET", "/api/computer", [own, ("Authorization", f"Bearer {word}")], "")
        check(status in REFUSED, f"'{word}' is no token, but gave {status}")
        status = status_of(zo, "POST", "/api/setup", [own], json.dumps({"secret": word}))
        check(status in REFUSED, f"'{word}' is no setup secret, but gave {status}")


def main():
    if not PLAYWRIGHT.exists() or not os.path.exists(CHROMIUM):
        print(f"there is no {PLAYWRIGHT if os.path.exists(CHROMIUM) else CHROMIUM}; ./test installs it")
        sys.exit(77)
    with listener() as foreign, scripted_model(answer_with(foreign.url)) as model, server(model) as zo:
        setup_url = zo.process.stdout.readline().decode().strip()
        attack = pathlib.Path(__file__).with_name("foreign_listener.html").read_text()
        foreign.pages["/attack"] = attack.replace("ZO_URL", zo.address).encode()
        seen = browse(zo, foreign, setup_url)
        recorded = list(foreign.recorded)
        check(any(request["path"].startswith("/linked") for request in recorded), "the link was followed")
        check(not any("png" in request["path"] for request in recorded), "no picture of an answer was fetched")
        told = json.dumps(recorded)
        for name, secret in {"the session": seen["session"], "the setup secret": setup_url.partition("#")[2], "a token": zo.token}.items():
            check(len(secret) > 8 and secret not in told, f"{name} did not reach the listener")
        for request in recorded:
            headers = {name.lower(): value for name, value in request["headers"]}
            check(headers.get("cookie", "planted=here") == "planted=here", f"no cookie but its own reached it: {headers.get('cookie')}")
            check(not headers.get("referer", "").startswith(zo.address), f"no referrer of the page reached it: {headers.get('referer')}")
            check("authorization" not in headers, "no authorization reached it")
        conversations = zo.call("GET", "/api/conversations")["items"]
        check(len(conversations) == 1, f"the listener's pages began nothing: {conversations}")
        replay(zo, recorded)
        try_as_secrets(zo, recorded)
        check(zo.stop() == 0, "exit code 0")
    print(f"{len(recorded)} requests reached the listener; none of them opens anything")


main()
