"""The program that runs a model: llama-server from PATH if it will do, else a wheel in a virtual environment of its own.

Which one it is stands in DIR/program.json: {"kind": "llama-server" | "python", "path", "folders": what it needs beside /usr}.
"""

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys

from fetch import DISK_RESERVE_BYTES, Failure, find_pip, locked, require_room, run_pip, scratch, with_retries


def llama_server():
    """llama-server from PATH, if it is new enough to listen on a unix socket and to do without its web page."""
    program = shutil.which("llama-server")
    if not program:
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        usage = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20).stdout
        if "UNIX socket" in usage and "--cache-ram" in usage:
            return program
    return None


def outside_usr(folder):
    """What the sandbox must show beside /usr so that a program under `folder` starts."""
    real = os.path.realpath(folder)
    return [] if real == "/usr" or real.startswith("/usr/") else [real]


def choose(cache, kind, path, folders):
    """The decision, for all who start or look for the program; replaced whole."""
    new = cache / "program.json.new"
    new.write_text(json.dumps({"kind": kind, "path": str(path), "folders": [str(folder) for folder in folders]}) + "\n")
    os.replace(new, cache / "program.json")


def require_libraries():
    for library, package in (("libgomp.so.1", "libgomp1"), ("libstdc++.so.6", "libstdc++6")):
        try:
            ctypes.CDLL(library)
        except OSError:
            raise Failure(f"the library {library} is missing", f"apt-get install {package}") from None


def python_for_runtime():
    """The system's Python if it will do, because the sandbox shows /usr already; else the one that runs this."""
    probe = "import sys, venv; sys.version_info >= (3, 10) or sys.exit(1); print(sys.base_prefix)"
    for python in ("/usr/bin/python3", sys.executable):
        with contextlib.suppress(OSError):
            found = subprocess.run([python, "-I", "-c", probe], capture_output=True, text=True)
            if found.returncode == 0:
                return python, found.stdout.strip()
    raise Failure("Python 3.10 or newer with its module venv is missing", "apt-get install python3 python3-venv")


def install_runtime(cache, spec, report):
    """`spec` is "runtime" in pinned.json."""
    with locked(cache, "runtime", report):
        if program := llama_server():
            path = os.path.realpath(program)
            own = os.path.dirname(path)  # its libraries stand beside a bin/; of one that lies elsewhere only its own folder is shown
            choose(cache, "llama-server", path, outside_usr(os.path.dirname(own) if os.path.basename(own) == "bin" else own))
            report.note(f"{program} runs the model")
            return
        home = cache / "runtime"
        stamp = f"{spec['package']}-{spec['version']}"
        if not ((home / stamp).exists() and (home / "bin/python").exists()):
            fetch_runtime(cache, home, spec, stamp, report)
        choose(cache, "python", home / "bin/python", [home, *outside_usr((home / "base").read_text())])


def fetch_runtime(cache, home, spec, stamp, report):
    package, version = spec["package"], spec["version"]
    require_room(cache, spec["unpacked_bytes"] + DISK_RESERVE_BYTES, f"installing {package}")
    require_libraries()
    python, base = python_for_runtime()
    pip = find_pip()
    report.note(f"Fetching {package} {version} ({spec['bytes'] // 1_000_000} MB, MIT)")
    with scratch(cache, "runtime") as work:
        wanted = work / "requirements.txt"
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in spec["sha256"].values())
        wanted.write_text(f"{package}=={version} {hashes}")
        new = build_runtime(python, pip, wanted, work)
        (new / "base").write_text(base)
        (new / stamp).touch()
        shutil.rmtree(home, ignore_errors=True)
        os.rename(new, home)


def build_runtime(python, pip, wanted, work):
    """A virtual environment without a pip of its own: it needs no python3-venv, and 25 MB less."""
    new = work / "runtime"
    subprocess.run([python, "-I", "-m", "venv", "--without-pip", str(new)], check=True, capture_output=True)
    packages, = new.glob("lib/python3*/site-packages")
    fetch = work / "pip"

    def install():
        shutil.rmtree(fetch, ignore_errors=True)
        fetch.mkdir()
        run_pip(pip, ["install", "--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile", "--upgrade",
                      "--target", str(packages), "-r", str(wanted)], fetch)

    with_retries(wanted.read_text().split()[0], install)
    for folder in (new, *new.rglob("*")):
        if not folder.is_symlink():
            folder.chmod(folder.stat().st_mode | 0o444 | (0o111 if folder.is_dir() else 0))  # read as another user
    return new
