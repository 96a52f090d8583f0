"""What people's programs do every day, and what the sandbox must therefore let through."""

import asyncio
import fcntl
import multiprocessing
import os
import pty
import shutil
import socket
import sqlite3
import ssl
import stat
import subprocess
import tarfile
import threading
import time
import zipfile

import harness
from harness import Skipped, must, probe

SET_ID = stat.S_ISUID | stat.S_ISGID
LOOKUP_MS = 1_000  # on a busy machine; probe 53 is stricter


def usable(what):
    return probe("use", what, what)


def sh(command, **more):
    done = subprocess.run(["bash", "-ec", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=25, **more)
    must(done.returncode == 0, f"exit code {done.returncode}: {done.stdout.strip()[-300:]}")
    return done.stdout.strip()


def needs(program):
    if shutil.which(program) is None:
        raise Skipped(f"{program} is not installed")


def room(name):
    os.makedirs(name)
    os.chdir(name)


@usable("threads")
def _(facts):
    found = []
    workers = [threading.Thread(target=found.append, args=(n,)) for n in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    must(sorted(found) == list(range(20)), "a thread is missing")


@usable("subprocess")
def _(facts):
    must(sh("seq 100 | awk '{ sum += $1 } END { print sum }'") == "5050", "a pipeline gives its result")


@usable("mkfifo")
def _(facts):
    must(sh("mkfifo pipe && (echo through > pipe & cat pipe)") == "through", "nothing came through")


def square(number):
    return number * number


@usable("multiprocessing")
def _(facts):
    with multiprocessing.Pool(4) as pool:
        must(pool.map(square, range(10)) == [n * n for n in range(10)], "a wrong result")


def talk(server, address):
    """An echo between two sockets."""
    server.listen()
    with socket.socket(server.family) as client:
        client.connect(address)
        client.sendall(b"hello")
        connection, _ = server.accept()
        must(connection.recv(5) == b"hello", "nothing arrived")
        connection.close()


@usable("unix sockets in /tmp")
def _(facts):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("/tmp/zo-socket")
        talk(server, "/tmp/zo-socket")


@usable("TCP on the own loopback")
def _(facts):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        talk(server, server.getsockname())


@usable("a look-up of a name that fails at once")
def _(facts):
    began = time.monotonic()
    try:
        socket.getaddrinfo("example.com", 443)
    except socket.gaierror:
        pass
    must((time.monotonic() - began) * 1000 < LOOKUP_MS, "it was waited for")


@usable("children of asyncio")
def _(facts):
    async def both():
        made = [await asyncio.create_subprocess_exec("echo", str(n), stdout=subprocess.PIPE) for n in range(2)]
        return [(await process.communicate())[0] for process in made]
    must(asyncio.run(both()) == [b"0\n", b"1\n"], "a wrong output")


@usable("SQLite with a write-ahead log")
def _(facts):
    room("sqlite")
    one = sqlite3.connect("data.db")
    must(one.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",), "no write-ahead log")
    one.execute("CREATE TABLE t (n)")
    one.execute("INSERT INTO t VALUES (7)")
    one.commit()
    must(sqlite3.connect("data.db").execute("SELECT n FROM t").fetchone() == (7,), "the row is not seen")


@usable("programs of the workspace")
def _(facts):
    must(sh("printf '#!/bin/sh\\necho ran\\n' > program && chmod 755 program && ./program") == "ran", "it did not run")


@usable("symlinks")
def _(facts):
    must(sh("echo x > target && ln -s target link && cat link && readlink link") == "x\ntarget", "it leads elsewhere")


@usable("renaming from folder to folder")
def _(facts):
    must(sh("mkdir from to && echo x > from/file && mv from/file to/ && cat to/file") == "x", "the file is lost")


@usable("git init, commit, branch, gc")
def _(facts):
    needs("git")
    room("git")
    os.environ.update(GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="A", GIT_COMMITTER_EMAIL="a@b")
    sh("git init -q . && git config user.name A && echo x > file && git add . && git commit -qm one")
    sh("git checkout -qb two && echo y >> file && git commit -qam two && git gc -q")
    must(sh("git log --format=%s") == "two\none", "a commit is missing")



@usable("gcc")
def _(facts):
    needs("gcc")
    room("gcc")
    with open("hello.c", "w") as file:
        file.write('#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
    must(sh("gcc -O1 -o hello hello.c && ./hello") == "hello", "it says something else")


@usable("TLS of Python")
def _(facts):
    must(ssl.create_default_context().protocol == ssl.PROTOCOL_TLS_CLIENT, "no context")


@usable("a terminal of one's own")
def _(facts):
    child, terminal = pty.fork()
    if child == 0:
        os.execlp("sh", "sh", "-c", "test -t 0 && echo terminal")
    said = os.read(terminal, 100)
    os.waitpid(child, 0)
    must(said == b"terminal\r\n", f"it said {said}")


@usable("node and its children")
def _(facts):
    needs("node")
    must(sh("node -e 'process.stdout.write(require(\"child_process\").execSync(\"echo out\"))'") == "out", "a wrong output")


@usable("tar")
def _(facts):
    must(sh("mkdir t && echo x > t/file && tar czf t.tgz t && rm -r t && tar xzf t.tgz && cat t/file") == "x", "the file is lost")


@usable("flock")
def _(facts):
    with open("lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        must(subprocess.run(["flock", "-n", "lock", "true"]).returncode == 1, "two have the lock")
    sh("flock -n lock true")


@usable("timeout")
def _(facts):
    must(subprocess.run(["timeout", "0.1", "sleep", "5"]).returncode == 124, "it did not end the command")


# Programs that set modes go on where a set-id bit is refused.

def set_id_program():
    for folder, _, names in os.walk("/usr/bin"):
        for name in names:
            path = os.path.join(folder, name)
            if os.lstat(path).st_mode & SET_ID and stat.S_ISREG(os.lstat(path).st_mode) and os.access(path, os.R_OK):
                return path
    raise Skipped("there is no set-user-ID program below /usr/bin")


@usable("cp -p of a set-user-ID program")
def _(facts):
    room("cp")
    program = set_id_program()
    sh(f"cp -p {program} copy && cmp {program} copy")
    must(not os.stat("copy").st_mode & SET_ID, "the copy has the bit")


@usable("cp -a and install of a folder")
def _(facts):
    room("cp-a")
    sh("mkdir -p a/b && echo x > a/b/c && chmod 750 a/b && cp -a a z && cmp a/b/c z/b/c && install -m 755 a/b/c installed")
    must(stat.S_IMODE(os.stat("z/b").st_mode) == 0o750, "the mode is lost")


def archive_with_set_ids():
    os.mkdir("in")
    for name, mode in (("program", 0o4755), ("group-program", 0o2755), ("plain", 0o640)):
        with open(f"in/{name}", "w") as file:
            file.write(name)

    def change(member):
        member.mode = 0o2755 if member.isdir() else {"in/program": 0o4755, "in/group-program": 0o6755}.get(member.name, 0o640)
        return member
    with tarfile.open("set-id.tar", "w") as archive:
        archive.add("in", filter=change)
    shutil.rmtree("in")


def all_there():
    for name in ("program", "group-program", "plain"):
        with open(f"in/{name}") as file:
            must(file.read() == name, f"{name} is not whole")
        must(not os.stat(f"in/{name}").st_mode & SET_ID, f"{name} has the bit")
    must(os.stat("in/program").st_mode & 0o755 == 0o755, "the program cannot be run")


@usable("tar x of an archive with set-user-ID members")
def _(facts):
    room("tar-x")
    archive_with_set_ids()
    sh("tar xf set-id.tar")
    all_there()


@usable("tar xp of one, which asks for all bits, extracts every member")
def _(facts):
    room("tar-xp")
    archive_with_set_ids()
    sh("tar xpf set-id.tar || [ $? = 2 ]")
    for name in ("program", "group-program", "plain"):
        with open(f"in/{name}") as file:
            must(file.read() == name, f"{name} is not whole")


@usable("Python's tarfile with such an archive")
def _(facts):
    room("tarfile")
    archive_with_set_ids()
    with tarfile.open("set-id.tar") as archive:
        archive.extractall()
    for name in ("program", "group-program", "plain"):
        must(os.path.getsize(f"in/{name}") == len(name), f"{name} is not whole")


def wheel(name):
    path = f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "def greet():\n    return 'hello'\n")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: journey\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/entry_points.txt", f"[console_scripts]\ngreet = {name}:greet\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


@usable("pip install of a wheel")
def _(facts):
    if subprocess.run(["python3", "-m", "pip", "--version"], capture_output=True).returncode != 0:
        raise Skipped("pip is not installed")
    room("pip")
    sh(f"python3 -m pip install -q --no-index --no-deps --disable-pip-version-check --target=lib {wheel('zo_greets')}")
    must(sh("PYTHONPATH=lib python3 -c 'import zo_greets; print(zo_greets.greet())'") == "hello", "it is not there")
    must(os.access("lib/bin/greet", os.X_OK), "its command cannot be run")


@usable("rm of what was made")
def _(facts):
    sh("mkdir -p deep/er && touch deep/er/file && chmod -R u+rwX,go-w deep && rm -r deep")


if __name__ == "__main__":
    harness.run()
