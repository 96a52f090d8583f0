#!/usr/bin/env python3
"""What `zo sandbox run` reaches, in the real sandbox, with a server on the same home that writes all the while: an allowed site answers, every
other host, private address, odd spelling, IPv6 literal, redirect to a private address, raw TCP and UDP is refused in words, and each request
through the proxy is a row of `zo door log`."""

import base64
import concurrent.futures
import http.server
import json
import threading

import journey

PRIVATE = "http://169.254.169.254/latest"


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", PRIVATE)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_):
        pass


def inside(server, script, *options, code=0):
    done = server.zo("sandbox", "run", *options, script)
    if code is not None:
        journey.check(done.returncode == code, f"{script}: {done.returncode} {done.stdout} {done.stderr}")
    return done


def log_of(server):
    return [json.loads(line) for line in server.zo("door", "log", "--json").stdout.splitlines()]


def check_hostile(server, site):
    """Each way out, the words that its refusal must hold, and the host of its row in the log; None: it never gets as far as the proxy."""
    through = [
        ("http://other.example/", "other.example is not allowed for this command", "other.example"),
        ("http://10.0.0.1/", "10.0.0.1 is not allowed", "10.0.0.1"),
        (PRIVATE, "169.254.169.254 is not allowed", "169.254.169.254"),
        ("http://[2001:db8::1]/", "2001:db8::1 is not allowed", "2001:db8::1"),
        ("http://[::ffff:127.0.0.1]/", "is not allowed", "::ffff:127.0.0.1"),
        ("http://localhost.:1/", "is not allowed", "localhost"),
    ]
    for url, words, host in through:
        done = inside(server, f"curl -s --noproxy '' '{url}'", "--allow", site)
        journey.check(words in done.stdout and words in done.stderr, f"{url}: {done.stdout} {done.stderr}")
        row = log_of(server)[0]
        journey.check(row["host"] == host and row["verdict"] == "refused" and words in row["reason"], f"{url} in the log: {row}")
    # curl would rewrite these before it asks: said to the proxy as they stand.
    for host in ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "ann:hunter2@example.org", "127.0.0.1%2f"]:
        say = f"exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET http://{host.replace('%', '%%')}/ HTTP/1.1\\r\\n\\r\\n' >&3; head -1 <&3"
        done = inside(server, say, "--allow", site)
        journey.check(done.stdout.startswith("HTTP/1.1 400 Bad Request (zo: "), f"{host}: {done.stdout}")
        journey.check("refused: " in done.stderr and "hunter2" not in done.stderr, f"{host}: {done.stderr}")
        row = log_of(server)[0]
        journey.check(row["host"] == host.split("@")[-1] and row["verdict"] == "refused" and row["reason"], f"{host} in the log: {row}")
        journey.check("hunter2" not in json.dumps(row), f"a password in the log: {row}")
    before = len(log_of(server))
    raw = ["exec 3<>/dev/tcp/1.1.1.1/80", "exec 3<>/dev/udp/1.1.1.1/53 && echo x >&3", "getent hosts example.org",
           "python3 -c 'import socket; socket.create_connection((\"2001:db8::1\", 80))'"]
    for way in raw:
        inside(server, f"({way}) >/dev/null 2>&1 && echo worked; true", "--allow", site)
        journey.check("worked" not in inside(server, f"({way}) >/dev/null 2>&1 && echo worked; true", "--allow", site).stdout, way)
    journey.check(len(log_of(server)) == before, "what has no route is no request")
    done = inside(server, f"curl -sL --noproxy '' http://{site}/moved", "--allow", site)
    journey.check("169.254.169.254 is not allowed" in done.stdout, f"a redirect: {done.stdout}")
    rows = log_of(server)[:2]
    journey.check([row["verdict"] for row in rows] == ["refused", "passed"], f"a redirect in the log: {rows}")
    done = inside(server, f"curl -s --noproxy '' {PRIVATE}", "--egress", "open-public")
    journey.check("a cloud answers its own machines there" in done.stdout, done.stdout)


def check_beside_a_server(server, site):
    """Both write the same database at the same time; nobody is told that it is busy, and no row is lost."""
    before = len(log_of(server))

    def command(_):
        return inside(server, f"for i in 1 2 3 4 5; do curl -s --noproxy '' http://{site}/; done", "--allow", site).stdout

    def write(number):
        server.call("POST", "/api/conversations", {"title": f"while commands run {number}"})

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        commands = [pool.submit(command, number) for number in range(6)]
        writes = [pool.submit(write, number) for number in range(200)]
        for done in commands:
            journey.check(done.result() == "hello\n" * 5, "an allowed site beside a server that writes")
        for done in writes:
            done.result()
    journey.check(len(log_of(server)) == before + 30, f"{len(log_of(server)) - before} of 30 rows are in the log")


class Upstream(http.server.BaseHTTPRequestHandler):
    """The owner's own proxy. It wants a password; behind it stands a web server of its own, and nobody who speaks TLS."""

    protocol_version = "HTTP/1.1"
    asked = []

    def answer(self, code, body):
        self.asked.append((self.command, self.path, self.headers["Proxy-Authorization"]))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"by the proxy\n")

    def do_CONNECT(self):
        if self.path.endswith(":443"):
            return self.answer(503, b"")
        self.asked.append((self.command, self.path, self.headers["Proxy-Authorization"]))
        self.send_response(200)
        self.end_headers()
        self.close_connection = False  # what follows is a request to the web server

    def log_message(self, *_):
        pass


def check_upstream(server):
    """The owner's proxy is what is dialled, with its password, which the command never sees; what may not be reached is not asked of it."""
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    url = f"http://ann:pa%20ss@127.0.0.1:{proxy.server_port}"
    own = dict(server.environment)
    server.environment |= {name: url for name in ("http_proxy", "https_proxy", "HTTPS_PROXY")}
    basic = "Basic " + base64.b64encode(b"ann:pa ss").decode()
    try:
        done = inside(server, "curl -s http://named.example/page", "--allow", "named.example")
        journey.check(done.stdout == "by the proxy\n", f"through the owner's proxy: {done.stdout} {done.stderr}")
        inside(server, "curl -s https://named.example/", "--allow", "named.example", code=None)
        for path in ("/page", "/latest"):
            inside(server, f"curl -s http://other.example{path}; curl -s {PRIVATE}", "--allow", "named.example", code=None)
        inside(server, f"curl -s {PRIVATE}", "--egress", "open-public", code=None)
        wanted = [("CONNECT", "named.example:80", basic), ("GET", "/page", None), ("CONNECT", "named.example:443", basic)]
        journey.check(Upstream.asked == wanted, f"the proxy was asked {Upstream.asked}")
        seen = inside(server, "env; cat /proc/*/environ 2>/dev/null; true", "--allow", "named.example").stdout
        journey.check("pa%20ss" not in seen and "pa ss" not in seen, "the proxy's password stays outside")
    finally:
        server.environment = own
        proxy.shutdown()


def main():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{site.server_port}"
    with journey.server(None) as server:
        probe = server.zo("sandbox", "run", "true")
        if probe.returncode == 125:
            print("no sandbox can be had here")
            raise SystemExit(77)
        done = inside(server, f"curl -s --noproxy '' http://{address}/", "--allow", address)
        journey.check(done.stdout == "hello\n", f"an allowed site: {done.stdout} {done.stderr}")
        row = log_of(server)[0]
        journey.check((row["host"], row["port"], row["verdict"], row["purpose"]) == ("127.0.0.1", site.server_port, "passed", "sandbox"), f"{row}")
        journey.check(row["received_bytes"] > 6, f"how it ended is in the log: {row}")
        check_hostile(server, address)
        check_upstream(server)
        check_beside_a_server(server, address)
    print("what a command reaches is what it may reach, and all of it is in the log")


main()
