"""npm's openai client, unchanged, against a real server: models, chat whole and streamed, a bare model's tools, errors with its own retries on."""

import os
import pathlib
import shutil
import subprocess
import sys

from journey import check, scripted_model, server

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zoclone"
CLIENT = CACHE / "openai"
RULES = [
    {"when": "weather", "steps": [{"call": {"name": "get_weather", "arguments": {"city": "Paris"}}}, {"say": "It is {tool} there."}]},
    {"when": "slowly", "chunk_bytes": 1, "chunks_ms": 500, "steps": [{"say": "This takes a minute or so, one letter after the other, if one lets it."}]},
    {"when": "broke", "steps": [{"fail": {"status": 402, "body": ""}}]},
    {"when": "list", "steps": [{"call": {"name": "list_files", "arguments": {}}}, {"say": "That is all there is.", "chunk_bytes": 4}]},
]


def main():
    node = shutil.which("node") or str(CACHE / "node/node_modules/.bin/node")
    if not (CLIENT / "node_modules/openai").exists():
        installed = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(CLIENT), "openai@7.57.0"])
        if installed.returncode != 0:
            print("npm could not fetch the openai client")
            sys.exit(77)
    with scripted_model(RULES) as model, server(model) as zo:
        environment = {**os.environ, "ZO_URL": zo.address, "ZO_TOKEN": zo.token,
                       "OPENAI_CLIENT": str(next((CLIENT / "node_modules/openai").glob("index.mjs")))}
        script = pathlib.Path(__file__).with_suffix(".mjs")
        done = subprocess.run([node, str(script)], env=environment, timeout=120)
        check(done.returncode == 0, "the openai client is content")


main()
