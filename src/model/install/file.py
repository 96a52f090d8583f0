"""Any other model: a GGUF file of this machine, or its address."""

import pathlib
import urllib.error
import urllib.request

from fetch import CHUNK_BYTES, DISK_RESERVE_BYTES, Failure, Interrupted, Passing, keep, locked, require_room, sha256_of, stop, with_retries

SOCKET_WAIT_MAX_S = 60
FILE_BYTES_MAX = 200_000_000_000


def require_gguf(path):
    """GGUF: the magic, then the version as 32 bits [ggml-org/ggml:docs/gguf.md]."""
    with open(path, "rb") as file:
        head = file.read(8)
    if head[:4] != b"GGUF" or not 2 <= int.from_bytes(head[4:8], "little") <= 3:
        raise Failure(f"{path} is not a GGUF file of version 2 or 3",
                      "give the file of a model in llama.cpp's format, usually named *.gguf")


def install_file(cache, options, names_taken, report):
    folder = cache / "models"
    final = folder / f"{options.name}.gguf"
    partial = folder / f"{options.name}.gguf.partial"
    if options.name in names_taken:
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
    return final


def copy_file(source, partial, report):
    """A copy, never a link: the original may be changed in place."""
    total = source.stat().st_size
    require_room(partial.parent, total + DISK_RESERVE_BYTES, f"installing {source}")
    done = 0
    with open(source, "rb") as original, open(partial, "wb") as copy:
        while block := original.read(CHUNK_BYTES):
            if stop.is_set():
                raise Interrupted
            copy.write(block)
            done += len(block)
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
