"""What starts automations besides time, and where their results go: a web hook and a mail server of this test's own, and a server that is killed
with -9 eight times (forty with ./test --long) while it tells them.

Every result arrives, and whoever is told twice is told with the same key; a link starts one, and the same call none twice; a file starts one; the end of
one starts another; the password of the mail server is nowhere in the home. Then the commands, and what they say of wrong input.
"""

import base64
import collections
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import socketserver
import sqlite3
import threading
import time

from journey import check, eventually, scripted_model, server

KILLS = int(os.environ.get("ZO_KILLS", "40" if os.environ.get("ZO_LONG") == "yes" else "8"))
SEED = int(os.environ.get("ZO_SEED", str(random.randrange(2**32))))
PASSWORD = "correct horse battery 7"
LOGIN = base64.b64encode(f"\0me\0{PASSWORD}".encode()).decode()


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes what comes, and fails one time in four."""

    seen = []
    dice = random.Random(1)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        good = Hook.dice.random() > 0.25
        if good:
            Hook.seen.append((self.headers["idempotency-key"], body))
        self.send_response(200 if good else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """SMTP that wants AUTH PLAIN."""

    seen = []

    def handle(self):
        def say(text):
            self.wfile.write(text.encode() + b"\r\n")

        known, message = False, []
        say("220 mail.test ESMTP")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "EHLO":
                say("250-mail.test\r\n250 AUTH PLAIN")
            elif word == "AUTH":
                given = line[len("AUTH PLAIN") :].strip()
                if not given:
                    say("334 ")
                    given = self.rfile.readline().decode().strip()
                known = given == LOGIN
                say("235 welcome" if known else "535 who are you")
            elif word == "DATA":
                say("354 go on")
                while (part := self.rfile.readline()) != b".\r\n":
                    message.append(part.decode())
                Mail.seen.append("".join(message))
                message = []
                say("250 taken")
            elif word == "QUIT":
                return say("221 bye")
            else:
                say("250 ok" if known or word not in ("MAIL", "RCPT") else "530 sign in first")


def serving(kind, handler):
    made = kind(("127.0.0.1", 0), handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made.server_address[1]


def make(zo, *arguments):
    made = zo.zo("automation", "add", *arguments, "--json")
    check(made.returncode == 0, made.stderr)
    return json.loads(made.stdout)


def rows(zo, sql, *values):
    with sqlite3.connect(str(zo.home / "zo.db")) as database:
        return database.execute(sql, values).fetchall()


def settled(zo):
    return lambda: rows(zo, "SELECT COUNT(*) FROM occurrences WHERE state = 'begun'")[0][0] == 0 and rows(zo, "SELECT COUNT(*) FROM jobs WHERE queue IN ('automations', 'deliveries') AND state <> 'blocked'")[0][0] == 0


def kills(zo, dice, hook, mail):
    zo.zo("door", "allow", f"127.0.0.1:{hook}", "--private")
    address = f"http://127.0.0.1:{hook}/told"
    set_up = zo.zo("mail", "set", "--server", f"smtp://127.0.0.1:{mail}", "--user", "me", "--from", "zo@example.org", "--stdin", input=PASSWORD + "\n")
    check(set_up.returncode == 0 and PASSWORD not in set_up.stdout + set_up.stderr, set_up.stderr)
    check(zo.zo("mail", "test", "me@example.org").returncode == 0, "a test of the mail server")
    one = make(zo, "--name", "often", "--every", "every 1s", "--prompt", "count", "--overlap", "allow", "--catch-up", "all", "--deliver", f"web_hook={address}", "--deliver", "email=me@example.org")
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.2, 1.5))
        zo.kill()
        zo.start()
    zo.zo("automation", "pause", "often")
    # What was refused waits for a quarter of a minute, or longer.
    check(eventually(settled(zo), 240), "all is told in the end")
    ended = rows(zo, "SELECT at, undelivered FROM occurrences WHERE automation_id = ? AND state = 'succeeded'", one["id"])
    check({row[1] for row in ended} == {""}, "nothing is undelivered")
    keys = collections.defaultdict(set)
    for key, body in Hook.seen:
        keys[body["at"]].add(key)
    check(len(keys) == len(ended), f"each of {len(ended)} results came: {len(keys)}")
    check(all(len(of) == 1 for of in keys.values()) and len(set.union(*keys.values())) == len(keys), "each with a key of its own, and always that")
    ids = [line for message in Mail.seen for line in message.splitlines() if line.startswith("Message-ID:") and "test-" not in line]
    check(len(set(ids)) == len(ended), f"each came by mail: {len(set(ids))} of {len(ended)}")
    home = b"".join(path.read_bytes() for path in zo.home.rglob("*") if path.is_file())
    check(PASSWORD.encode() not in home and LOGIN.encode() not in home, "the password is nowhere in the home")
    print(f"{len(ended)} results over {KILLS} kills: all told, {len(Hook.seen) - len(ended)} of them more than once by hook, {len(ids) - len(ended)} by mail, each with its one key")


def triggers(zo):
    zo.zo("automation", "remove", "often")
    linked = make(zo, "--name", "linked", "--prompt", "look", "--on-hook", "yes")
    text = zo.zo("automation", "show", "linked").stdout
    link = next(line.split()[-1] for line in text.splitlines() if "/hooks/" in line)
    path = link[link.index("/hooks/") :]

    def post(path, body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", zo.port)
        connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    check(post(path, "hello", webhook_id="1")[0] == 202, "a call of the link")
    check(eventually(settled(zo)), "and its run ends")
    check(post(path, "hello", webhook_id="1")[0] == 202 and len(rows(zo, "SELECT 1 FROM occurrences WHERE automation_id = ?", linked["id"])) == 1, "the same call starts nothing twice")
    short, secret = path.rsplit("/", 1)
    signed = "sha256=" + hmac.new(secret.encode(), b"signed", hashlib.sha256).hexdigest()
    check(post(short, "signed", X_Hub_Signature_256=signed)[0] == 202, "a body that is signed")
    check(eventually(settled(zo)), "and its run ends")
    check(post(short, "other", X_Hub_Signature_256=signed)[0] == 404 and post(short + "/wrong", "x")[0] == 404, "nobody else")
    check(secret not in json.dumps(zo.call("GET", "/api/automations")), "a token is not told the link")
    make(zo, "--name", "told", "--prompt", "look", "--deliver", "web_hook=https://hooks.example.org/services/A-SECRET-PATH")
    check("A-SECRET-PATH" not in json.dumps(zo.call("GET", "/api/automations")), "nor whole addresses")
    check("A-SECRET-PATH" in zo.zo("automation", "show", "told").stdout, "as a person is")
    make(zo, "--name", "inbox", "--prompt", "file", "--on-file", "inbox/*.txt")
    make(zo, "--name", "behind", "--prompt", "behind", "--after", "inbox", "--after-outcome", "succeeded")
    time.sleep(4)
    (zo.workspace / "inbox").mkdir(exist_ok=True)
    (zo.workspace / "inbox" / "a.txt").write_text("one")
    check(eventually(lambda: "succeeded" in zo.zo("automation", "history", "behind").stdout, 40), "a file starts one, and its end another")
    check("inbox/a.txt" in zo.zo("automation", "history", "inbox", "--json").stdout, "which says for which file")


def commands(zo):
    for arguments, wanted in (
        (("automation", "add", "--name", "x", "--prompt", "y", "--deliver", "pigeon=home"), "email=me@example.org"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--deliver", "email=nobody"), "no address of mail"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--deliver", "web_hook=ftp://x/"), "http"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--on-file", "../x"), "inbox/*.pdf"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--on-hook", "perhaps"), "yes nor no"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--after", "nobody"), "nobody"),
        (("automation", "add", "--name", "x", "--prompt", "y", "--after", "inbox", "--after-outcome", "odd"), "any, succeeded, failed"),
        (("mail", "set", "--server", "http://x", "--from", "a@b.c"), "smtp"),
        (("mail", "set", "--server", "smtp://x", "--from", "nobody"), "me@example.org"),
        (("mail", "test", "nobody"), "me@example.org"),
    ):
        refused = zo.zo(*arguments)
        check(refused.returncode != 0 and wanted in refused.stderr, f"{arguments}: {refused.stderr}")
    check("smtp://127.0.0.1" in zo.zo("mail", "show").stdout, "the server is shown")
    zo.zo("mail", "remove")
    check("no mail server" in zo.zo("mail", "show").stderr, "and removed")


def main():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    hook = serving(http.server.ThreadingHTTPServer, Hook)
    mail = serving(socketserver.ThreadingTCPServer, Mail)
    with scripted_model() as model, server(model) as zo:
        kills(zo, dice, hook, mail)
        triggers(zo)
        commands(zo)


if __name__ == "__main__":
    main()
