"""What every part of the installer needs: ends that a person can act on, progress, the disk under a lock, pip."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
import zlib

TRIES_MAX = 4
PART_WAIT_MAX_S = 3600
LOCK_WAIT_MAX_S = 2 * 3600
DISK_RESERVE_BYTES = 64_000_000
CHUNK_BYTES = 1 << 20

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
    """Tells on standard error how far the work is: a bar on a terminal, a line per tenth in a log."""

    def __init__(self):
        self.bar = sys.stderr.isatty()
        self.highest = 0
        self.last_tenth = -1
        self.last_at = 0.0

    def note(self, text):
        print(text, file=sys.stderr, flush=True)

    def progress(self, what, done, total):
        self.highest = done = max(done, self.highest)  # a part that is being unpacked is not seen for a moment
        now = time.monotonic()
        if done < total and now - self.last_at < 0.2:
            return
        self.last_at = now
        tenth = done * 10 // total
        size = f"{done // 1_000_000:,} of {total // 1_000_000:,} MB"
        if self.bar:
            filled = done * 30 // total
            end = "\n" if done == total else ""
            print(f"\r  {'█' * filled}{'░' * (30 - filled)}  {size} ", end=end, file=sys.stderr, flush=True)
        elif tenth != self.last_tenth:
            print(f"{what}: {size}", file=sys.stderr, flush=True)
        self.last_tenth = tenth

    def failed(self, failure):
        print(("\n" if self.bar else "") + f"zo: {failure}", file=sys.stderr)
        if failure.advice:
            print(f"try: {failure.advice}", file=sys.stderr)


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
