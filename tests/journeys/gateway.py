#!/usr/bin/env python3
"""Secrets are used by curl, by `git push` and by Python inside the sandbox, at servers of this machine that speak TLS and want them, and
stand nowhere inside: not in the environment, the files, /proc or what is put out; raw, in base64 at any alignment, or in hex."""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading

import journey
from key_nowhere import forms

API = "tok-api-Zq8Kp2Vx7Lm4Tn9Rb3Wc"
GIT = "tok-git-Hd5Ys1Qf6Jg8Ub2Xe7Ka"
FORMS = [form for value in (API, GIT) for form in forms(value)]
BACKEND = "/usr/lib/git-core/git-http-backend"


def look(where, data):
    for form in FORMS:
        assert form not in data, f"{form.decode()} stands in {where}: {data[:2000]!r}"


class Host(http.server.BaseHTTPRequestHandler):
    """Wants its token, and says it back in every way; below /git/ it is git's."""

    protocol_version = "HTTP/1.1"
    root = None
    chunked = 0

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Host.chunked += 1
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.body()
        told = self.headers.get("Authorization", "")
        if self.path.startswith("/git/"):
            return self.git(told, body)
        if told != "Bearer " + API:
            return self.answer(401, [], f"who are you, {told}?".encode())
        if self.path == "/moved":
            return self.answer(302, [("Location", f"https://localhost:{self.server.server_port}/here")], b"")
        coded = base64.b64encode(told.encode()).decode()
        said = {"path": self.path, "method": self.command, "length": len(body), "told": told, "coded": coded, "hex": told.encode().hex()}
        self.answer(200, [("Content-Type", "application/json"), ("X-Told", told)], json.dumps(said).encode())

    do_GET = do_POST = do_PUT = serve

    def git(self, told, body):
        if told != "Basic " + base64.b64encode(f"x-access-token:{GIT}".encode()).decode():
            return self.answer(401, [("WWW-Authenticate", "Basic")], b"no")
        path, _, query = self.path.removeprefix("/git").partition("?")
        variables = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": Host.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                     "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)), "REMOTE_USER": "ada", "REMOTE_ADDR": "127.0.0.1",
                     "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        done = subprocess.run([BACKEND], input=body, env=variables, capture_output=True, check=True)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.answer(status, [pair for pair in headers if pair[0] != "Status"], rest)


@contextlib.contextmanager
def tls_host(folder):
    key, certificate = folder + "/tls.key", folder + "/ca.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["SSL_CERT_FILE"] = certificate
    try:
        yield server.server_port
    finally:
        server.shutdown()


def zo(*arguments, text=None, code=0):
    done = subprocess.run([journey.ZO, *arguments], input=text, capture_output=True, text=True, timeout=120)
    look(f"what zo {' '.join(arguments)[:60]} said", (done.stdout + done.stderr).encode())
    assert done.returncode == code, f"{arguments}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + (done.stderr if code else "")


def inside(script, code=0):
    return zo("sandbox", "run", "--egress", "allowlist", "--", "bash", "-ec", script, code=code)


def with_curl():
    said = json.loads(inside("curl -sS -H 'Authorization: mine' -d x=1 http://secret.zo/api/v1/things?q=1"))
    assert (said["path"], said["method"], said["length"]) == ("/v1/things?q=1", "POST", 3), said
    assert said["told"] == "Bearer ‹key api›", said
    assert "‹key api›" in inside("curl -sSi http://secret.zo/api/ | grep -i x-told")
    assert inside("curl -sSi http://secret.zo/api/moved | grep -i location").strip().endswith("http://secret.zo/api/here")
    for url, words in (("none/", "there is no secret named 'none'"), ("api/../x", "dot segment"), ("api/%2e%2e/x", "encoded dot"), ("ap%69/", "percent-encoded")):
        assert words in inside(f"curl -sS --path-as-is http://secret.zo/{url}"), url
    assert inside("head -c 30000000 /dev/zero | curl -sS -T - -H 'Expect:' http://secret.zo/api/up | grep -o '\"length\": [0-9]*'").strip() == '"length": 30000000'


def with_git(folder):
    Host.root = folder + "/repositories"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", Host.root + "/thing.git"], check=True)
    before = Host.chunked
    inside("cd /workspace && git clone -q http://secret.zo/push/git/thing.git && cd thing && head -c 5000000 /dev/urandom > large && echo hello > file && git add . && "
           "git -c user.name=a -c user.email=a@b commit -qm first && git push -q origin HEAD:main")
    assert Host.chunked > before, "a pack of 5 MB goes out in chunks"
    shown = subprocess.run(["git", "-C", Host.root + "/thing.git", "-c", "safe.directory=*", "show", "main:file"], capture_output=True, text=True, check=True)
    assert shown.stdout == "hello\n"
    assert inside("cd /workspace && git clone -q http://secret.zo/push/git/thing.git again && cmp thing/large again/large && cat again/file") == "hello\n"


def with_python():
    script = ("import json, urllib.request\nrequest = urllib.request.Request('http://secret.zo/api/v1/models', headers={'Authorization': 'Bearer none'})\n"
              "print(json.load(urllib.request.urlopen(request))['path'])")
    assert inside(f'python3 -c "{script}"').strip() == "/v1/models"


def hunt():
    """With what a command can read at all; the needles are put together there, so that looking does not make them."""
    for value in (API, GIT):
        half = len(value) // 2
        needle = f'needle="{value[:half]}""{value[half:]}"; coded=$(printf %s "$needle" | base64 | cut -c1-32); hex=$(printf %s "$needle" | od -An -tx1 | tr -d " \\n"); '
        pattern = f"{value[:half]}[{value[half]}]{value[half + 1:]}"
        found = inside(needle + 'for n in "$needle" "$coded" "$hex"; do env | grep -c -- "$n" || true; '
                       'grep -rIl -- "$n" /workspace /tmp /run /etc /var 2>/dev/null | wc -l; done; '
                       f'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n" | grep -ac -- "{pattern}" || true')
        assert found.split() == ["0"] * 7, found


def journeys(folder):
    with_curl()
    with_git(folder)
    with_python()
    hunt()


def main():
    with tempfile.TemporaryDirectory() as folder, tls_host(folder) as port, journey.scripted_model() as model:
        os.environ |= {"ZO_HOME": folder + "/home", "ZO_WORKSPACE": folder + "/workspace", "OPENAI_BASE_URL": model + "/v1", "ZO_MODEL": "openai/scripted"}
        os.chmod(folder, 0o755)
        os.makedirs(folder + "/workspace")
        host = f"localhost:{port}"
        # Without a server.
        zo("secret", "set", "api", "--host", host, "--stdin", text="of-another-time-0123456789")
        zo("secret", "set", "api", "--host", host, "--stdin", text=API + "\n")
        zo("secret", "set", "push", "--host", host, "--header", "Authorization: Basic x-access-token:{}", "--stdin", text=GIT)
        assert [json.loads(line)["hint"] for line in zo("secret", "list", "--json").splitlines()] == [API[-4:], GIT[-4:]]
        assert "{}" in zo("secret", "set", "x", "--host", host, "--header", "X-Key: none", "--stdin", text=API, code=2)
        journeys(folder)
        # With one.
        server = subprocess.Popen([journey.ZO, "serve", "--listen", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE)
        try:
            journey.first_line(server, "ZoClone is ready")
            zo("secret", "remove", "api")
            assert "there is no secret named 'api'" in zo("secret", "remove", "api", code=1)
            zo("secret", "set", "api", "--host", host, "--stdin", text=API)
            assert host in zo("secret", "list")
            with_curl()
            hunt()
            log = zo("door", "log", "--json")
            assert '"sandbox"' in log and "localhost" in log, log
        finally:
            server.terminate()
            server.wait()
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file():
                look(path, path.read_bytes())
        print("gateway: curl, git push and Python have used secrets that stand nowhere inside")


if __name__ == "__main__":
    main()
