#!/usr/bin/python3
"""How the cost grows with the work: scaling.py --arrays PROGRAM --tables PROGRAM --library L --nothing N

First what replacing a tracked block costs, of more and more live ones, in more and more threads, below
deeper and deeper stacks, bare and under each library. Then how long a snapshot of a gibibyte of tables
takes, and how long the program's end. BENCH_PAIRS sets the rounds; with BENCH_DIR set, also
writes the figures there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPLACEMENTS = 200000
LIVE, THREADS, DEPTH = 1000, 1, 10  # what does not vary
POINTS = [("tracked blocks", [(live, 1, DEPTH) for live in (1000, 10000, 100000)]),
          ("threads", [(LIVE, threads, DEPTH) for threads in (1, 2, 4, 16, 64)]),
          ("calls deep", [(LIVE, 1, depth) for depth in (10, 50, 100, 200)])]
MOST_ROUNDS = 5


def run(command, library):
    """The lines that it prints, and when it had ended by the monotonic clock."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"HASHTRACK_DIR": folder}
        if library:
            environment["LD_PRELOAD"] = library
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env=environment)
        ended = time.monotonic()
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return done.stdout.splitlines(), ended


def replacements(program, libraries, rounds):
    """Nanoseconds of processor time for each replacement, at each point."""
    rows = []
    for what, points in POINTS:
        for live, threads, depth in points:
            command = [program, str(live), str(threads), str(depth), str(REPLACEMENTS)]
            times = {name: [] for name in libraries}
            for _ in range(rounds):
                for name, library in libraries.items():
                    times[name].append(float(run(command, library)[0][0]))
            value = {"tracked blocks": live, "threads": threads, "calls deep": depth}[what]
            rows.append({"what": what.rstrip("s") if value == 1 else what, "value": value,
                         **{name: statistics.median(seen) for name, seen in times.items()}})
            print(f"{value:7} {what:16}" + "".join(
                f"   {name} {rows[-1][name]:.0f} ns" for name in libraries), flush=True)
    return rows


def snapshots(program, libraries, rounds):
    """Seconds of a snapshot, of wall clock and of the processor, and those of the program's end."""
    seen = {"snapshot": [], "processor": [], "ends": {name: [] for name in libraries}}
    for _ in range(rounds):
        for name, library in libraries.items():
            lines, ended = run([program], library)
            said = {words[0]: [float(word) for word in words[1:]]
                    for words in map(str.split, lines)}
            seen["ends"][name].append(ended - said["end"][0])
            if "snapshot" in said:
                seen["snapshot"].append(said["snapshot"][0])
                seen["processor"].append(said["snapshot"][1])
    if not seen["snapshot"]:
        sys.exit(f"{program}: no snapshot was made")
    found = {"snapshot": statistics.median(seen["snapshot"]),
             "processor": statistics.median(seen["processor"]),
             "ends": {name: statistics.median(times) for name, times in seen["ends"].items()}}
    print(f"a snapshot of 1 GiB of tables: {found['snapshot']:.2f} s,"
          f" {found['processor']:.2f} s of processor time; the program's end: "
          + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in found["ends"].items()))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--arrays", required=True)
    parser.add_argument("--tables", help="large_tables; without it no snapshot is timed")
    parser.add_argument("--library", required=True, help="libhashtrack.so")
    parser.add_argument("--nothing", required=True, help="libnothing.so")
    options = parser.parse_args()
    libraries = {"bare": None, "nothing": os.path.abspath(options.nothing),
                 "hashtrack": os.path.abspath(options.library)}
    rounds = min(int(os.environ.get("BENCH_PAIRS", MOST_ROUNDS)), MOST_ROUNDS)
    found = {"rounds": rounds, "rows": replacements(options.arrays, libraries, rounds)}
    if options.tables:
        found["snapshot"] = snapshots(options.tables, libraries, min(rounds, 3))
    if os.environ.get("BENCH_DIR"):
        Path(os.environ["BENCH_DIR"], "scaling").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
