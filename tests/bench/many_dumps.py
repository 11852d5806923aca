#!/usr/bin/python3
"""How long `hashtrack check` takes for the dumps of a large test suite, and how much memory.

many_dumps.py HASHTRACK LIBRARY PROGRAM... [--dumps 200]

Copies the programs until there are as many as dumps, so that each has symbols of its own to read;
runs each under the library; checks the directory with all of them. Memory is the sum of the
proportional set sizes (PSS) of hashtrack and its workers, at its highest of looks every 5 ms. The
issue asks for at most 10 s and 200 MiB.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def processes(pid):
    found = [pid]
    try:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += processes(int(child))
    except OSError:
        pass
    return found


def memory(pid):
    """KiB of a process and its children."""
    total = 0
    for each in processes(pid):
        try:
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def make_dumps(arguments, folder):
    dumps = folder / "dumps"
    dumps.mkdir()
    environment = {**os.environ, "LD_PRELOAD": str(arguments.library), "HASHTRACK_DIR": str(dumps)}
    for number in range(arguments.dumps):
        source = arguments.programs[number % len(arguments.programs)]
        copy = folder / f"{source.name}_{number}"
        shutil.copy(source, copy)
        subprocess.run([copy], env=environment, check=True, stdout=subprocess.DEVNULL)
    return dumps


def measure(arguments, dumps):
    began = time.monotonic()
    process = subprocess.Popen([arguments.hashtrack, "check", "--no-config", dumps],
                               stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(0.005)
    seconds = time.monotonic() - began
    last = process.stdout.read().strip().splitlines()[-1]
    return seconds, most / 1024, process.returncode, last


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hashtrack", type=Path)
    parser.add_argument("library", type=Path)
    parser.add_argument("programs", type=Path, nargs="+")
    parser.add_argument("--dumps", type=int, default=200)
    arguments = parser.parse_args()
    arguments.library = arguments.library.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        dumps = make_dumps(arguments, Path(temporary))
        count = len(list(dumps.glob("*.htd")))
        for _ in range(3):
            seconds, mebibytes, status, last = measure(arguments, dumps)
            print(f"{count} dumps: {seconds:.2f} s, {mebibytes:.0f} MiB, status {status}: {last}")
            if status not in (0, 23):
                sys.exit(1)


if __name__ == "__main__":
    main()
