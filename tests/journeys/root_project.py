"""A project of root's own, as it is usual on a server or in a container, is worked in by the agent: 2,000 files are edited, by commands in
the sandbox and by the file tools; it is built with make and npm, and committed. Afterwards everything is still root's, and as it
should be; what belongs to another user is as it was. Exit code 77: skipped, with the reason on the last line."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import journey
from journey import check, scripted_model, server

FILES = [f"src/part_{part:02}/module_{module}/file_{number:02}.txt" for part in range(20) for module in range(5) for number in range(20)]
BY_TOOLS = FILES[::7]  # edited by the file tools, the others by commands
NEW = [f"notes/day_{n:02}/note.txt" for n in range(30)]
CALLS_IN_A_STEP = 30
PRIVATE, PROGRAM = FILES[3], FILES[14]  # with modes of their own, one by each way
SOMEBODY = 12_345
AUTHOR = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Root"), ("EMAIL", "root@localhost"))}

OPEN_TREE_CLONE, OPEN_TREE = 1, 428
MOUNT_SETATTR, MOUNT_ATTR_IDMAP = 442, 0x100000
AT_EMPTY_PATH = 0x1000
CLONE_NEWUSER = 0x10000000

MAKEFILE = """CC ?= cc
build/program: build/main.o build/greet.o
\t$(CC) -o $@ $^
build/%.o: c/%.c c/greet.h
\tmkdir -p build
\t$(CC) -O1 -Wall -Werror -c -o $@ $<
"""
SMALL = {
    "Makefile": MAKEFILE,
    ".gitignore": "build/\nnode_modules/\ndist/\n",
    "c/greet.h": "const char *greet(void);\n",
    "c/greet.c": '#include "greet.h"\nconst char *greet(void) { return "version 1"; }\n',
    "c/main.c": '#include <stdio.h>\n#include "greet.h"\nint main(void) { puts(greet()); return 0; }\n',
    "package.json": '{"name": "project", "version": "1.0.0", "private": true, "scripts": {"build": "node build.js"},\n'
                    ' "dependencies": {"greeting": "file:packages/greeting"}}\n',
    "packages/greeting/package.json": '{"name": "greeting", "version": "1.0.0", "main": "index.js"}\n',
    "packages/greeting/index.js": 'module.exports = "version 1";\n',
    "build.js": 'const fs = require("fs");\nfs.mkdirSync("dist", {recursive: true});\n'
                'fs.writeFileSync("dist/bundle.js", `// ${require("greeting")}\\n`);\n',
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def map_of_a_user_namespace():
    """A descriptor of a user namespace in which root of here is somebody else."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ready = ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0
        os.write(writing, b"y" if ready else b"n")
        signal.pause()
    try:
        if os.read(reading, 1) != b"y":
            skip("no user namespace can be made")
        for name in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{child}/{name}").write_text("0 64087 1\n")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    except OSError as problem:
        skip(f"a user namespace cannot be given a mapping: {problem.strerror}")
    finally:
        os.close(reading)
        os.close(writing)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def need_mapped_mounts(folder):
    """Asks the kernel, not the product."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    tree = libc.syscall(OPEN_TREE, -100, os.fsencode(folder), OPEN_TREE_CLONE | os.O_CLOEXEC)
    if tree < 0:
        skip(f"mounts cannot be cloned here: {os.strerror(ctypes.get_errno())}")
    namespace = map_of_a_user_namespace()
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_IDMAP, 0, 0, namespace)
    failed = libc.syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, attributes, ctypes.sizeof(attributes)) != 0
    reason = os.strerror(ctypes.get_errno())
    os.close(tree)
    os.close(namespace)
    if failed:
        skip(f"the file system of {folder} knows no mounts with mapped owners: {reason}")


def text_of(path, version):
    return f"file {path}\nversion = {version}\nend\n"


def root_runs(project, *words):
    done = subprocess.run(words, cwd=project, env={**os.environ, **AUTHOR}, capture_output=True, text=True)
    check(done.returncode == 0, f"root's own {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def make_project(project):
    for path, text in [*SMALL.items(), *((path, text_of(path, 1)) for path in FILES)]:
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (project / PRIVATE).chmod(0o600)
    (project / PROGRAM).chmod(0o755)
    (project / "src/part_01").chmod(0o700)
    root_runs(project, "git", "init", "-q")
    root_runs(project, "git", "config", "user.name", "Root")
    root_runs(project, "git", "config", "user.email", "root@localhost")
    root_runs(project, "git", "add", "-A")
    root_runs(project, "git", "commit", "-qm", "one")
    others = project / "build-of-somebody.log"
    others.write_text("somebody's\n")
    os.chown(others, SOMEBODY, SOMEBODY)
    (project / ".git/info/exclude").write_text(others.name + "\n")


def inside(project, command):
    done = subprocess.run([journey.ZO, "sandbox", "run", "--workspace", project, "--", "bash", "-ec", command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
    check(done.returncode == 0, f"in the sandbox: {command[:100]}: exit code {done.returncode}: {done.stdout[-600:]}")
    return done.stdout.strip()


def compiler():
    return next((name for name in ("cc", "gcc", "clang", "clang-19") if shutil.which(name, path="/usr/bin:/bin")), None)


def edited_by_commands(project):
    check(inside(project, "find . ! -user zo ! -name build-of-somebody.log | head -3") == "", "all that is root's is the command's own")
    (project / "edit.list").write_text("\n".join(sorted(set(FILES) - set(BY_TOOLS))))
    inside(project, "xargs -a edit.list sed -i 's/^version = 1$/version = 2/' && rm edit.list")
    inside(project, "sed -i 's/version 1/version 2/' c/greet.c packages/greeting/index.js")
    inside(project, "mkdir moved && mv src/part_19 moved/ && mv moved/part_19 src/ && rmdir moved")
    tried = inside(project, "(echo more >> build-of-somebody.log) 2>/dev/null && echo written || echo refused")
    check(tried == "refused", "what belongs to another user stays his")


def call(name, **arguments):
    return {"name": name, "arguments": arguments}


def rules():
    calls = [call("edit_file", path=path, old="version = 1", new="version = 3") for path in BY_TOOLS]
    calls += [call("write_file", path=path, content=text_of(path, 1)) for path in NEW]
    steps = [{"calls": calls[n:n + CALLS_IN_A_STEP], "prompt_tokens": 10} for n in range(0, len(calls), CALLS_IN_A_STEP)]
    count = "grep -rlx 'version = 3' src | wc -l; grep -rlx 'version = 1' notes | wc -l"
    steps += [{"call": call("shell", command=count), "prompt_tokens": 10}, {"say": "{tool}", "prompt_tokens": 10}]
    return [{"when": "edit", "steps": steps}]


def edited_by_tools(project):
    with scripted_model(rules()) as model, server(model, ZO_WORKSPACE=str(project)) as zo:
        answer = zo.call("POST", "/zo/ask", {"input": "edit them"}, timeout=180)
        check(answer.get("output", "").split() == [str(len(BY_TOOLS)), str(len(NEW))], f"the file tools have edited all: {answer}")
        check(zo.stop() == 0, "the server ends well")


def built(project):
    cc = compiler()
    if cc is None:
        print("skipped: make, since there is no C compiler")
    else:
        check(inside(project, f"make -s -j2 CC={cc} && build/program") == "version 2", "make builds what was edited")
    if shutil.which("npm", path="/usr/bin:/bin") is None:
        print("skipped: npm, which is not in /usr/bin")
    else:
        inside(project, "npm --cache /tmp/npm --offline --no-audit --no-fund --silent install && npm --cache /tmp/npm run --silent build")
        check((project / "dist/bundle.js").read_text() == "// version 2\n", "npm builds what was edited")


def committed(project):
    author = " ".join(f"{name}={value}" for name, value in AUTHOR.items())
    inside(project, f"export {author}; git checkout -qb work && git add -A && git commit -qm two && git gc -q")
    check(root_runs(project, "git", "log", "--format=%s") == "two\none\n", "both commits are there")
    check(root_runs(project, "git", "status", "--porcelain") == "", "nothing is left uncommitted")
    root_runs(project, "git", "fsck", "--strict")
    changed = root_runs(project, "git", "diff", "--name-only", "HEAD~1").split()
    check(set(FILES) <= set(changed) and set(NEW) <= set(changed), "every file is in the commit")


def still_roots(project):
    count = 0
    for folder, names, files in os.walk(project):
        for path in [os.path.join(folder, name) for name in names + files]:
            status = os.lstat(path)
            check(not status.st_mode & (stat.S_ISUID | stat.S_ISGID), f"{path} has mode {status.st_mode:o}")
            if not path.endswith("build-of-somebody.log"):
                check((status.st_uid, status.st_gid) == (0, 0), f"{path} belongs to {status.st_uid}:{status.st_gid}")
                count += 1
    check((os.stat(project).st_uid, os.stat(project).st_gid) == (0, 0), "the folder itself is root's")
    somebodys = os.stat(project / "build-of-somebody.log")
    check((somebodys.st_uid, (project / "build-of-somebody.log").read_text()) == (SOMEBODY, "somebody's\n"), "another's file is as it was")
    return count


def as_it_should_be(project):
    tools = set(BY_TOOLS)
    for path in FILES:
        check((project / path).read_text() == text_of(path, 3 if path in tools else 2), f"{path} is right")
    for path in NEW:
        check((project / path).read_text() == text_of(path, 1), f"{path} is right")
    modes = [stat.S_IMODE((project / path).stat().st_mode) for path in (PRIVATE, PROGRAM, "src/part_01")]
    check(modes == [0o600, 0o755, 0o700], f"modes are kept: {[oct(mode) for mode in modes]}")


@contextlib.contextmanager
def project_of_root():
    with tempfile.TemporaryDirectory(prefix="zo-project-") as folder:
        yield pathlib.Path(folder)  # 0700, root's


def main():
    if os.geteuid() != 0:
        skip("a project of root's, which only root can make")
    began = time.monotonic()
    with project_of_root() as project:
        need_mapped_mounts(project)
        make_project(project)
        edited_by_commands(project)
        edited_by_tools(project)
        built(project)
        committed(project)
        as_it_should_be(project)
        count = still_roots(project)
    print(f"{len(FILES)} files of root's edited, {len(BY_TOOLS)} of them by the file tools, built and committed: "
          f"{count} files and folders, all still root's, in {time.monotonic() - began:.0f} s")


main()
