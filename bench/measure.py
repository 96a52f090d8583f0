"""What the benchmarks share: figures of a process and its descendants, and a client that measures turns."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import socket
import time

CHAT = "/v1/chat/completions"


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def children(pid):
    """One that ends while we look is left out."""
    found = []
    for file in glob.glob(f"/proc/{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in pathlib.Path(file).read_text().split()]
    return found


def tree(pid):
    """The process and its descendants."""
    pids, found = [pid], []
    while pids:
        found.append(pids.pop())
        pids += children(found[-1])
    return found


def rss_mb(pid):
    pages = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            pages += int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_ms(pid, fields=(11, 12)):
    """User and system time of one process; children are not in it."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(stat[i]) for i in fields) * 1000 / os.sysconf("SC_CLK_TCK")


def tree_cpu_ms(pid):
    """User and system time of the process, its descendants and the children they have waited for."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            total += cpu_ms(one, (11, 12, 13, 14))
    return total


class Chat:
    """A keep-alive client."""

    def __init__(self, port, headers, model):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers, self.model = {"content-type": "application/json", **headers}, model
        self.answer = b""

    def turn(self, text="say hello", headers=None, fields=None):
        """The milliseconds of a turn, whose answer is kept. Headers and fields of the body are for this turn only."""
        body = json.dumps({"model": self.model, "messages": [{"role": "user", "content": text}], **(fields or {})})
        headers = {**self.headers, **(headers or {})}
        began = time.perf_counter()
        self.connection.request("POST", CHAT, body, headers)
        response = self.connection.getresponse()
        self.answer = response.read()
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            raise SystemExit(f"{response.status}: {self.answer[:300]}")
        return took

    def close(self):
        self.connection.close()
