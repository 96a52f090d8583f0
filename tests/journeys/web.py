#!/usr/bin/env python3
"""fetch_url on some fifty pages of all kinds, from an article to a bomb: readable text, in bounded time and memory, and nowhere that the door
does not lead. web_search with each of the three providers; without one there is no such tool."""

import codecs
import contextlib
import gzip
import http.server
import json
import pathlib
import re
import subprocess
import threading
import time
import zlib

import journey
from journey import check

PAGES = pathlib.Path(__file__).parent.parent / "pages"
SLOW_S = 30  # limits::kFetchMs
KEY = "search-key-Zq8Kp2Vx7Lm4"


def pdf(words):
    stream = f"BT /F1 24 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, item)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table


def bomb(megabytes):
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    return pack.compress(b"<p>bomb") + b"".join(pack.compress(bytes(b"a" * (1 << 20))) for _ in range(megabytes)) + pack.flush()


def html(words, charset=""):
    told = f'<meta charset="{charset}">' if charset else ""
    return f"<html><head>{told}<title>{words}</title></head><body><h1>{words}</h1><p>{words}.</p></body></html>"


def made():
    """Path: (body, type, other headers)."""
    article = (PAGES / "article.html").read_bytes()
    raw_deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    rows = "".join(f"<tr><td>{i}</td><td>value {i}</td><td><a href='/r/{i}'>row</a></td></tr>" for i in range(60_000))
    pages = {
        "cyrillic": (html("Привет, мир", "windows-1251").encode("cp1251"), "text/html", {}),
        "japanese": (html("東京の天気").encode("cp932"), "text/html; charset=Shift_JIS", {}),
        "chinese": (html("北京 天气 㐀", "gb18030").encode("gb18030"), "text/html", {}),
        "utf16": (codecs.BOM_UTF16_LE + html("Łódź").encode("utf-16-le"), "text/html", {}),
        "marked": (codecs.BOM_UTF8 + "naïve — “quoted”".encode(), "text/plain; charset=iso-8859-1", {}),
        "latin": (html("Crème brûlée").encode("latin-1"), "text/html", {}),
        "gzip": (gzip.compress(article), "text/html", {"Content-Encoding": "gzip"}),
        "deflate": (zlib.compress(article), "text/html", {"Content-Encoding": "deflate"}),
        "raw-deflate": (raw_deflate.compress(article) + raw_deflate.flush(), "text/html", {"Content-Encoding": "deflate"}),
        "bomb": (bomb(200), "text/html", {"Content-Encoding": "gzip"}),
        "small-bomb": (bomb(20), "text/html", {"Content-Encoding": "gzip"}),
        "double-bomb": (gzip.compress(bomb(400)), "text/html", {"Content-Encoding": "gzip, gzip"}),
        "broken-gzip": (gzip.compress(article * 20, 0)[:20_000], "text/html", {"Content-Encoding": "gzip"}),
        "brotli": (b"\x1b\x00\x00", "text/html", {"Content-Encoding": "br"}),
        "huge": (f"<html><title>Huge</title><h1>Rows</h1><table>{rows}</table>".encode(), "text/html", {}),
        "tags": (b"<b><i>" * 1_500_000, "text/html", {}),
        "deep": (b"<div>" * 50_000 + b"at the bottom", "text/html", {}),
        "attributes": (b"<a " + b"x=y " * 500_000 + b">words</a>", "text/html", {}),
        "long-line": (b"word " * 1_000_000, "text/plain", {}),
        "pdf": (pdf("Tides of the year"), "application/pdf", {}),
        "pdf-unnamed": (pdf("Tides of the year"), "application/octet-stream", {}),
        "pdf-broken": (b"%PDF-1.4\n" + b"\xff" * 500, "application/pdf", {}),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(2_000), "image/png", {}),
        "picture-as-html": (b"\x89PNG\r\n\x1a\n" + bytes(2_000), "text/html", {}),
        "zip": (b"PK\x03\x04" + bytes(100), "application/zip", {}),
        "html-as-text": (article, "text/plain", {}),
        "json-as-html": (b'{"a": [1, 2]}', "text/html", {}),
        "json-deep": (b"[" * 200_000, "application/json", {}),
        "untyped": (article, "", {}),
        "empty": (b"", "text/html", {}),
        "control": ("<p>\x1b[31mred\x1b[0m \u202eturned\u202c \x07bell".encode(), "text/html; charset=utf-8", {}),
    }
    types = {".html": "text/html", ".rss": "application/rss+xml", ".xml": "application/atom+xml", ".json": "application/json", ".csv": "text/csv", ".md": "text/markdown"}
    for file in PAGES.iterdir():
        pages[file.stem] = (file.read_bytes(), types[file.suffix], {})
    return pages


class Web(http.server.BaseHTTPRequestHandler):
    pages = made()
    asked = []
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", kind="text/html", **headers):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, chunk, pause):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(chunk)
                self.wfile.flush()
                time.sleep(pause)

    def do_GET(self):
        Web.asked.append((self.path, dict(self.headers)))
        name = self.path.lstrip("/")
        moves = {"moved": "/wiki", "loop": "/loop", "to-metadata": "http://169.254.169.254/latest/", "to-port": "http://127.0.0.1:1/", "to-file": "file:///etc/passwd",
                 "to-user": "http://u:p@127.0.0.1/", "to-other": f"http://localhost:{self.server.server_port}/article", "to-decimal": "http://2130706433/"}
        if name in moves:
            self.send(302, Location=moves[name])
        elif name == "drip":
            self.stream(b"<p>drop ", 0.2)
        elif name == "endless":
            self.stream(b"<p>more and more</p>" * 5_000, 0)
        elif name == "silent":
            time.sleep(SLOW_S + 10)
        elif name in Web.pages:
            body, kind, headers = Web.pages[name]
            self.send(200, body, kind, **headers)
        else:
            self.search_or_nothing()

    def search_or_nothing(self):
        hit = {"title": "Tide <b>tables</b> &amp; more", "url": "https://tides.example.org/today", "description": "High at <strong>six</strong>.", "content": "High at six."}
        bad = {"title": "x", "url": "javascript:alert(1)", "content": ""}
        key = self.headers.get("X-Subscription-Token") or (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.path.startswith("/res/v1/web/search?"):
            self.send(200, json.dumps({"web": {"results": [bad, hit]}}).encode(), "application/json") if key == KEY else self.send(401, b"{}")
        elif self.command == "POST" and self.path == "/search":
            wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            check(wanted["query"] == "tides today" or wanted["query"] == "weather", f"the query is sent: {wanted}")
            self.send(200, json.dumps({"results": [hit, bad]}).encode(), "application/json") if key == KEY else self.send(429, b"{}")
        elif self.path.startswith("/search?") and "format=json" in self.path:
            self.send(200, json.dumps({"results": [hit] * 30}).encode(), "application/json")
        else:
            self.send(404, b"<title>Not here</title><p>There is no such page.", "text/html")

    do_POST = search_or_nothing


# Path: what must stand in the result, and what must not. With another format where it is given.
GONE = ("cookies", "tracker", "newsletter", "All rights reserved", "You may also like")
EXPECTED = [
    ("article", "text", ("Why bridges hum\n", "sheds vortices [1], first", "## The note of a cable", "Links:\n[1] ", "/wiki/Vortex", "2. Count the beats.", "> It sang", "dampers?type=stockbridge&n=2"), GONE),
    ("article", "markdown", ("[vortices](http://", "**ten centimetres**", "## The note"), GONE),
    ("article", "raw", ("<!doctype html>", "<strong>ten"), ()),
    ("docs", "markdown", ("```\nwith open(\"notes.txt\") as file:\n    for line in file:\n        print(line)\n```", "| Mode | Meaning |", "| `w` | write, and cut |", "- Raises `OSError`\n  - when the file"), ("modules", "Made with")),
    ("docs", "text", ("    with open(\"notes.txt\") as file:\n        for line", "Mode | Meaning"), ("Made with",)),
    ("table", "markdown", ("Longest first", "| Amazon | 6400 | Atlantic |", "East China \\| Pacific"), ()),
    ("list", "text", ("A small compiler in a weekend [", "120 points by ann", "https://example.net/b"), ()),
    ("forum", "text", ("does not rise in winter", "26 °C", "Twice the height", "    time = 90 min", "oven_fan"), ("Log in",)),
    ("script_only", "text", ("made by scripts", "Chairs and tables made to measure", "enable JavaScript"), ()),
    ("malformed", "text", ("Broken & mended", "First paragraph never closed", "Third with < and &", "cell one | cell two", "After the end"), ()),
    ("frames", "text", ("made of frames", "/toc.html"), ()),
    ("hidden", "text", ("three crowns", "seven to noon"), ("Ignore", "secret", "icon words", "comment", "template")),
    ("product", "text", ("Boils a litre", "Power\n  2400 W"), ("Sale!", "red", "Buy")),
    ("wiki", "text", ("Lighthouse\n", "is a tower with a lamp [", "## History", "Stevenson"), ("Main page", "licence")),
    ("feed", "text", ("Harbour news\n", "1. New crane (Mon, 02 Nov", "https://example.org/crane", "forty tons & more", "2. Low tide"), ("<p>",)),
    ("atom", "text", ("Release notes\n", "1. Version 2 (2026", "/v2", "Faster start"), ()),
    ("bomb", "text", ("unpacked it is more than 10.5 MB",), ()), ("small-bomb", "text", ("more than 100 times as large",), ()),
    ("double-bomb", "text", ("unpacked",), ()),
    ("entities", "text", ("still here",), ("root:", "aaaaaaaaaaaaaaaaaaaa")),
    ("data", "text", ('{\n  "city": "Zürich"',), ()), ("data", "raw", ('{"city":"Zürich"',), ()), ("numbers", "text", ("apples,3\npears,5",), ()),
    ("readme", "text", ("# Title\n\nSome *text*",), ()),
    ("cyrillic", "text", ("Привет, мир",), ()), ("japanese", "text", ("東京の天気",), ()), ("chinese", "text", ("北京 天气 㐀",), ()), ("utf16", "text", ("Łódź",), ()),
    ("marked", "text", ("naïve — “quoted”",), ()), ("latin", "text", ("Crème brûlée",), ()),
    ("gzip", "text", ("sheds vortices",), GONE), ("deflate", "text", ("sheds vortices",), GONE), ("raw-deflate", "text", ("sheds vortices",), GONE),
    ("broken-gzip", "text", ("Why bridges hum", "broken or was cut"), ()), ("brotli", "text", ("packed as 'br'",), ()),
    ("huge", "text", ("Huge\n", "2 | value 2 | row [", "cut: "), ()), ("tags", "text", ("only the first",), ()), ("deep", "text", ("at the bottom",), ()),
    ("attributes", "text", ("words",), ()), ("long-line", "text", ("word word", "of 5,000,000 characters"), ()),
    ("pdf", "text", ("Tides of the year",), ()), ("pdf-unnamed", "text", ("Tides of the year",), ()), ("pdf-broken", "text", ("broken or locked",), ()),
    ("picture", "text", ("a picture (PNG), 2", "Only text"), ()), ("picture-as-html", "text", ("a picture (PNG)",), ()), ("zip", "raw", ("an archive (zip)",), ()),
    ("html-as-text", "text", ("sheds vortices",), GONE), ("json-as-html", "text", ('"a": [\n    1,',), ()), ("json-deep", "text", ("[[[[", "cut: "), ()), ("untyped", "text", ("sheds vortices",), GONE),
    ("empty", "text", ("no text in it",), ()), ("control", "text", ("red", "turned"), ("\x1b", "\u202e", "\x07")),
    ("nowhere", "text", ("the server answered 404", "no such page"), ()),
    ("moved", "text", ("/wiki\n", "is a tower"), ()), ("loop", "text", ("more than 5 redirects",), ()),
    ("to-metadata", "text", ("169.254.169.254",), ()), ("to-port", "text", ("127.0.0.1:1",), ()), ("to-file", "text", ("not go",), ()), ("to-user", "text", ("name or a password",), ("u:p@",)),
    ("to-other", "text", ("localhost",), ("vortices",)), ("to-decimal", "text", ("not",), ()),
    ("endless", "text", ("more and more", "larger than"), ()), ("drip", "text", ("drop", f"after {SLOW_S} s"), ()), ("silent", "text", (f"within {SLOW_S} s",), ()),
]
ELSEWHERE = [("http://127.0.0.1:22/", "127.0.0.1:22"), ("file:///etc/passwd", "not an http or https address"), ("http://u:p@example.org/", "name or a password"),
             ("http://0x7f.1/", ""), ("http://[::ffff:10.0.0.1]/", ""), ("http://192.168.0.1/", "private"), ("javascript:alert(1)", "not an http"), ("http://1.1.1.1:25/", "port 25")]


def peak_kb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def rules(base):
    made_rules = [{"when": f"read {name} as {form}.", "steps": [{"call": {"name": "fetch_url", "arguments": {"url": f"{base}/{name}", "format": form}}}, {"say": "{tool}"}]} for name, form, _, _ in EXPECTED]
    made_rules += [{"when": f"elsewhere {number}.", "steps": [{"call": {"name": "fetch_url", "arguments": {"url": url}}}, {"say": "{tool}"}]} for number, (url, _) in enumerate(ELSEWHERE)]
    made_rules += [{"when": "short.", "steps": [{"call": {"name": "fetch_url", "arguments": {"url": f"{base}/article", "max_chars": 300}}}, {"say": "{tool}"}]},
                   {"when": "search.", "steps": [{"call": {"name": "web_search", "arguments": {"query": "tides today", "count": 3}}}, {"say": "{tool}"}]}]
    return made_rules


def fetches(zo):
    slowest, before = ("", 0), peak_kb(zo.process.pid)
    for name, form, has, has_not in EXPECTED:
        began = time.monotonic()
        text = zo.call("POST", "/zo/ask", {"input": f"read {name} as {form}."}, timeout=120)["output"]
        took = time.monotonic() - began
        for words in has:
            check(words in text, f"'{words}' stands in {name} as {form}:\n{text[:3_000]}")
        for words in has_not:
            check(words not in text, f"'{words}' does not stand in {name} as {form}:\n{text[:3_000]}")
        check(len(text.encode()) <= 16 * 1024, f"{name} is short enough: {len(text.encode())}")
        check(took < (SLOW_S + 15 if name in ("drip", "silent") else 25), f"{name} took {took:.1f} s")
        if took > slowest[1] and name not in ("drip", "silent"):
            slowest = (name, took)
    short = zo.call("POST", "/zo/ask", {"input": "short."}, timeout=60)["output"]
    check("cut: " in short and len(short) < 700, f"max_chars is kept: {short}")
    for number, (url, words) in enumerate(ELSEWHERE):
        text = zo.call("POST", "/zo/ask", {"input": f"elsewhere {number}."}, timeout=60)["output"]
        check(words in text and "root:" not in text and "\n\n" not in text, f"{url} is not read: {text[:500]}")
    grown = (peak_kb(zo.process.pid) - before) / 1024
    check(grown < 150, f"the server's memory grew by {grown:.0f} MB")
    for path, headers in Web.asked:
        check("Cookie" not in headers and "Authorization" not in headers and "Referer" not in headers, f"nothing of a person is sent to {path}")
    return f"{len(EXPECTED)} pages, the slowest ({slowest[0]}) in {slowest[1]:.1f} s, the server's peak {grown:.0f} MB higher"


def searches(zo, base):
    ask = lambda: zo.call("POST", "/zo/ask", {"input": "search."}, timeout=60)["output"]
    check("not set up" in ask(), "without a provider there is no search")
    for provider, label in (("brave", "Brave Search"), ("tavily", "Tavily"), ("searxng", "SearXNG")):
        options = ["--base-url", base] + (["--stdin"] if provider != "searxng" else [])
        added = zo.zo("key", "add", f"my-{provider}", "--provider", provider, *options, input=KEY if provider != "searxng" else None)
        check(added.returncode == 0, added.stderr)
        tested = zo.zo("key", "test", f"my-{provider}")
        check(tested.returncode == 0, tested.stdout + tested.stderr)
        check(zo.zo("key", "use", f"my-{provider}").returncode == 0, "it is put in use")
        text = ask()
        check(text.startswith(f"{label} found for: tides today\n\n1. Tide tables & more — tides.example.org\n   https://tides.example.org/today\n   High at six."), text)
        check(text.count("https://") == (3 if provider == "searxng" else 1), f"as many as were asked for: {text}")
    listed = zo.zo("key", "list").stdout
    check("searxng" in listed and "tavily" in listed, listed)
    check("brave" not in zo.zo("model", "list").stdout, "a search provider has no models")
    zo.zo("key", "remove", "my-brave")
    check(zo.zo("key", "add", "my-brave", "--provider", "brave", "--base-url", base, "--stdin", input="wrong-key-123456").returncode == 0, "another key")
    zo.zo("key", "use", "my-brave")
    check("does not take the key" in ask(), "a bad key is said in words")
    wrong = zo.zo("key", "add", "x", "--provider", "searxng")
    check(wrong.returncode != 0 and "--base-url" in wrong.stderr, "SearXNG has an address: " + wrong.stderr)


def main():
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    web.daemon_threads = True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{web.server_port}"
    with journey.scripted_model(rules(base)) as model, journey.server(model) as zo:
        zo.zo("policy", "set", "fetch_url", "allow")
        zo.zo("policy", "set", "web_search", "allow")
        refused = zo.call("POST", "/zo/ask", {"input": "read article as text."}, timeout=60)["output"]
        check("zo door allow 127.0.0.1" in refused, f"this machine is not reached before it is allowed: {refused}")
        allowed = zo.zo("door", "allow", f"127.0.0.1:{web.server_port}")
        check(allowed.returncode == 0, allowed.stderr)
        said = fetches(zo)
        searches(zo, base)
        left = list((zo.home / "run" / "reader").iterdir())
        check(not left, f"no parser leaves anything: {left}")
        print(f"web: {said}; three search providers answer")
    web.shutdown()


if __name__ == "__main__":
    main()
