"""Strangers flood the server with everything they have: uploads of 64 MiB, idle connections, heads that never end, wrong secrets.
It costs little memory, and meanwhile the owner's command line, a token, a stream and a setup link work as ever."""

import contextlib
import http.client
import json
import multiprocessing
import os
import re
import resource
import socket
import statistics
import time

from journey import Refused, check, eventually, scripted_model, server

MB = 1_000_000
GROWTH_MB = 20
ANSWER_MS = 50
TRIES = 60
FLOOD_S = 8
GUESSES = 160  # more than sixty of each kind in a minute
IDLE = 3_000
UPLOAD = 64 * 1024 * 1024
RULES = [{"when": "hang", "steps": [{"hang": True}]}]


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def request(port, line, headers="", body=b""):
    """Sends it, and gives the status of the answer."""
    with connect(port) as peer:
        peer.sendall(f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\r\n".encode() + body)
        return status_in(peer.recv(4096))


def status_in(answer):
    if not answer:
        raise ConnectionError("closed without an answer")
    return int(answer.split()[1])


# --- what strangers do, each in a process of its own, until they are stopped ---------------------------------------------------


def forever(work):
    def flood(port, count, odd):
        os.nice(19)  # what is measured is what the server is made to do, not who gets the processors
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        state = {}
        while True:
            try:
                work(port, count, odd, state)
            except OSError:  # gave way to another stranger
                time.sleep(0.001)

    return flood


@forever
def upload(port, count, odd, state):
    """64 MiB to the route that takes so much, without a token and with a wrong one."""
    token = "Authorization: Bearer zo_sk_wrong\r\n" if count.value % 2 else ""
    with connect(port) as peer:
        peer.sendall(f"PUT /api/files/content?path=a HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{token}Content-Length: {UPLOAD}\r\n\r\n".encode())
        chunk, left = bytes(256 * 1024), UPLOAD
        peer.settimeout(0.5)
        with contextlib.suppress(OSError):
            while left > 0:
                left -= peer.send(chunk)
        count.value += 1
        odd.value += status_in(peer.recv(4096)) != 401


@forever
def stay(port, count, odd, state):
    """Thousands of connections that say nothing, or begin a head of 30 KB and stop; each that is closed is opened again."""
    held = state.setdefault("held", [])
    while len(held) < IDLE:
        peer = connect(port)
        if count.value % 2:
            peer.sendall(b"GET /api/computer HTTP/1.1\r\nA: " + b"x" * 30_000)
        peer.setblocking(False)
        held.append(peer)
        count.value += 1
    for peer in held[:]:
        try:
            gone = peer.recv(1) == b""
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            peer.close()
            held.remove(peer)


@forever
def drip(port, count, odd, state):
    """Bodies where no token is needed: too large, in chunks without an end, a byte at a time."""
    with connect(port) as peer:
        head = f"POST /api/setup HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        if count.value % 2:
            peer.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n4000\r\n".encode() + b"x" * 0x4000)
        else:
            peer.sendall(f"{head}Content-Length: 16384\r\n\r\n".encode() + b"x" * 16_000)
        held = state.setdefault("held", [])
        held.append(peer.dup())
        count.value += 1
        if len(held) > 100:
            held.pop(0).close()
    time.sleep(0.01)


@forever
def browse(port, count, odd, state):
    """The largest files that need no token, over and over, hardly read."""
    with connect(port) as peer:
        pages = state.setdefault("pages", largest_pages(port))
        asked = f"GET {pages[count.value % len(pages)]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        peer.sendall(asked * 200)
        count.value += 200
        held = state.setdefault("held", [])
        held.append(peer.dup())
        if len(held) > 40:
            held.pop(0).close()
        for other in held:
            other.recv(4096)


def largest_pages(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    return ["/openapi.json", "/docs", *re.findall(r'"(/assets/[^"]+)"', page)]


@forever
def guess(port, count, odd, state):
    count.value += 1
    if count.value % 2:
        body = json.dumps({"secret": f"7k3m-{count.value:016}"}).encode()
        odd.value += request(port, "POST /api/setup", f"Content-Length: {len(body)}\r\n", body) != 403
    else:
        odd.value += request(port, "GET /api/computer", f"Authorization: Bearer zo_sk_{count.value:032}\r\n") != 401


FLOODS = {"uploads": (upload, 6), "idle connections": (stay, 1), "open bodies": (drip, 1), "pages": (browse, 2), "wrong secrets": (guess, 4)}


class Flood:
    def __init__(self, name, port):
        work, processes = FLOODS[name]
        self.name = name
        self.count, self.odd = multiprocessing.Value("q", 0), multiprocessing.Value("q", 0)
        self.processes = [multiprocessing.Process(target=work, args=(port, self.count, self.odd), daemon=True) for _ in range(processes)]
        for process in self.processes:
            process.start()

    def stop(self):
        for process in self.processes:
            process.kill()
            process.join()


# --- what must go on meanwhile --------------------------------------------------------------------------------------------------


def memory(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field + ":"))


def timed(work):
    began = time.monotonic()
    work()
    return (time.monotonic() - began) * 1000


def over_socket(zo):
    class Local(http.client.HTTPConnection):
        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(zo.home / "zo.sock"))

    connection = Local("zo", timeout=30)
    try:
        connection.request("GET", "/api/tokens")
        check(connection.getresponse().status == 200, "the unix socket answers")
    finally:
        connection.close()


def command(zo):
    listed = zo.zo("token", "list")
    check(listed.returncode == 0 and "journey" in listed.stdout, f"zo token list: {listed.stderr}")


def new_secret(zo):
    return zo.zo("setup-link").stdout.partition("#")[2].split()[0]


def trade(zo, secret):
    zo.call("POST", "/api/setup", {"secret": secret})


def told(name, values):
    print(f"{name}: median {statistics.median(values):.1f} ms, longest {max(values):.1f} ms, of {len(values)}")


def meanwhile(zo, guesses):
    """The owner's work during the flood; gives how long each piece took."""
    times = {"zo token list": [], "a request over the unix socket": [], "a request with a token": [], "a setup link": []}
    end = time.monotonic() + FLOOD_S
    while time.monotonic() < end or len(times["zo token list"]) < TRIES or guesses.value < GUESSES:
        times["zo token list"].append(timed(lambda: command(zo)))
        times["a request over the unix socket"].append(timed(lambda: over_socket(zo)))
        times["a request with a token"].append(timed(lambda: zo.call("GET", "/api/runs")))
        if len(times["zo token list"]) % 10 == 0:
            secret = new_secret(zo)
            times["a setup link"].append(timed(lambda: trade(zo, secret)))
    return times


def sockets_of(pid):
    sockets = 0
    if os.geteuid() != 0:
        print("skipped: counting the server's sockets, which only root sees")
        return sockets
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            sockets += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
    return sockets


def refuses(zo, secret):
    try:
        trade(zo, secret)
    except Refused as error:
        return error.status == 403
    return False


def main():
    with scripted_model(RULES) as model, server(model) as zo:
        conversation = zo.call("POST", "/api/conversations", {})["id"]
        run = zo.call("POST", f"/api/conversations/{conversation}/messages", {"text": "hang"})["run"]["id"]
        events = zo.events(run)
        check(next(events)[1] == "run_started", "a stream has begun")
        for _ in range(20):
            command(zo)
            trade(zo, new_secret(zo))
        calm = [timed(lambda: command(zo)) for _ in range(TRIES)]
        told("zo token list before the flood", calm)
        pid = zo.process.pid
        before = memory(pid, "VmRSS")
        floods = [Flood(name, zo.port) for name in FLOODS]
        try:
            check(eventually(lambda: all(flood.count.value > 10 for flood in floods)), "the flood has begun")
            times = meanwhile(zo, floods[-1].count)
            held = sockets_of(pid)
            grown = (memory(pid, "VmHWM") - before) / MB
        finally:
            for flood in floods:
                flood.stop()
        for flood in floods:
            print(f"{flood.name}: {flood.count.value:,}")
            check(flood.odd.value == 0, f"{flood.name} are refused as they should be; {flood.odd.value} were not")
        for name, values in times.items():
            told(name, values)
        print(f"resident memory: {before / MB:.1f} MB before, at most {grown:.1f} MB more during the flood")
        print(f"sockets that the server held at its end: {held or 'not counted'}")
        check(grown <= GROWTH_MB, f"the flood cost {grown:.1f} MB, at most {GROWTH_MB}")
        check(held < 500, f"{held} sockets are few")
        for name in ("zo token list", "a request over the unix socket"):
            check(statistics.median(times[name]) <= ANSWER_MS, f"{name} is answered within {ANSWER_MS} ms")
        check(refuses(zo, "7k3m-wrong"), "a wrong secret is told so")
        check(zo.call("POST", f"/api/runs/{run}/cancel", {})["state"] == "cancelled", "the run can be stopped")
        check(list(events)[-1][1] == "end", "the stream that was open all the time ends as it should")
        check(zo.stop() == 0, "exit code 0")


main()
