#!/usr/bin/python3
"""What a workload costs under hashtrack and its peers: measure.py WORKLOAD [option...]

Runs the program bare and under each peer, one after the other, so many rounds of that, in a turning
order; those that are there for orientation only take part in the first rounds. Takes the user and system time of the whole process and of what it started, the wall-clock
time, and the largest resident memory. Prints the median ratio to the bare run of the same round,
and the quartiles; with --out also writes every run as a line of JSON. BENCH_PAIRS sets the rounds.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

from workloads import WORKLOADS  # noqa: E402

SKIPPED = 77
PAIRS = 15
ALWAYS = ("bare", "nothing", "hashtrack")
ROUNDS_OF_OTHERS = 3
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")


def peers(hashtrack, nothing, wanted):
    """Name -> (environment, words before the command)."""
    every = {
        "bare": ({}, []),
        "nothing": ({"LD_PRELOAD": nothing}, []),
        "hashtrack": ({"LD_PRELOAD": hashtrack}, []),
        "heaptrack": ({}, ["heaptrack", "-o", "{folder}/heaptrack"]),
        "jemalloc": ({"LD_PRELOAD": str(LIBRARIES / "libjemalloc.so.2")}, []),
        "jemalloc, profiling": ({"LD_PRELOAD": str(LIBRARIES / "libjemalloc.so.2"),
                                 "MALLOC_CONF": "prof:true"}, []),
        "tcmalloc, sampling": ({"LD_PRELOAD": str(LIBRARIES / "libtcmalloc.so.4"),
                                "TCMALLOC_SAMPLE_PARAMETER": "524288"}, []),
        "dhat": ({}, ["valgrind", "--tool=dhat", "--dhat-out-file={folder}/dhat"]),
    }
    here = {}
    for name, (environment, before) in every.items():
        library = environment.get("LD_PRELOAD")
        if (library is None or Path(library).exists()) and \
                (not before or shutil.which(before[0])) and (not wanted or name in wanted):
            here[name] = (environment, before)
    if wanted and set(wanted) - set(here):
        sys.exit(f"not here: {', '.join(sorted(set(wanted) - set(here)))}")
    return here


def run_once(workload, places, environment, before):
    """One run: seconds of CPU, of wall clock, and KiB at the most."""
    with tempfile.TemporaryDirectory() as folder:
        command = [word.format(folder=folder, **places) for word in [*before, *workload.command]]
        path = shutil.which(command[0])
        start = time.monotonic()
        pid = os.posix_spawn(path, command, os.environ | {"HASHTRACK_DIR": folder} | environment,
                             file_actions=[
                                 (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                                 (os.POSIX_SPAWN_OPEN, 2, f"{folder}/errors",
                                  os.O_WRONLY | os.O_CREAT, 0o600)])
        wall = workload.drive(Path(folder)) if workload.drive else None
        _, status, usage = os.wait4(pid, 0)
        wall = wall if wall is not None else time.monotonic() - start
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}:\n"
                     + Path(folder, "errors").read_text(errors="replace")[-2000:])
        if "hashtrack" in environment.get("LD_PRELOAD", "") and not list(Path(folder).glob("*.htd")):
            sys.exit(f"{' '.join(command)} was not tracked")
        return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "kib": usage.ru_maxrss}


def ratios(rounds, peer, what):
    return [one[peer][what] / max(one["bare"][what], 1e-6) for one in rounds if peer in one]


def quartiles(numbers):
    if len(numbers) < 2:
        return numbers[0], numbers[0], numbers[0]
    low, middle, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return low, middle, high


def show(name, rounds):
    for peer in rounds[0]:
        cpu, wall = (quartiles(ratios(rounds, peer, what)) for what in ("cpu", "wall"))
        took_part = [one for one in rounds if peer in one]
        own = statistics.median(one[peer]["cpu"] for one in took_part)
        more = statistics.median(one[peer]["kib"] - one["bare"]["kib"] for one in took_part)
        print(f"{name:12} {peer:20} {own:8.3f} s   cpu x{cpu[1]:.3f} ({cpu[0]:.3f} to {cpu[2]:.3f})"
              f"   wall x{wall[1]:.3f} ({wall[0]:.3f} to {wall[2]:.3f})   {more:+.0f} KiB",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--library", required=True, help="libhashtrack.so")
    parser.add_argument("--nothing", required=True, help="libnothing.so")
    parser.add_argument("--built", required=True, help="folder of the compiled workloads")
    parser.add_argument("--pairs", type=int, default=int(os.environ.get("BENCH_PAIRS", PAIRS)))
    parser.add_argument("--peers", help="only these, separated by commas; bare is always there")
    parser.add_argument("--out", default=os.environ.get("BENCH_DIR"))
    options = parser.parse_args()

    workload = WORKLOADS[options.workload]
    program = workload.command[0].format(built=os.path.abspath(options.built))
    missing = next((name for name in (program, workload.needs)
                    if name and not shutil.which(name)), None)
    if missing:
        print(f"{missing} is not installed, or what it needs to be built is not")
        sys.exit(SKIPPED)
    wanted = ["bare", *options.peers.split(",")] if options.peers else None
    here = peers(os.path.abspath(options.library), os.path.abspath(options.nothing), wanted)
    if not workload.is_small and not wanted:
        here.pop("dhat", None)
    places = {"source": str(Path(__file__).parent / "workloads"),
              "built": os.path.abspath(options.built)}
    rounds, loads = [], []
    order = list(here)
    for number in range(options.pairs + 1):
        # The first warms the caches.
        taking_part = [name for name in order
                       if name in ALWAYS or (0 < number <= ROUNDS_OF_OTHERS) or wanted]
        one = {name: run_once(workload, places, *here[name]) for name in taking_part}
        if number > 0:
            rounds.append({name: one[name] for name in here if name in one})
        order = order[1:] + order[:1]
        loads.append(os.getloadavg()[0])
    show(options.workload, rounds)
    if options.out:
        # A child counts the memory that it shared with this script before it became the program.
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line = {"workload": options.workload, "what": workload.what, "rounds": rounds,
                "loads": loads, "floor_kib": floor}
        Path(options.out, f"{options.workload}.json").write_text(json.dumps(line) + "\n",
                                                                 encoding="utf-8")


if __name__ == "__main__":
    main()
