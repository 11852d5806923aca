"""The programs that are measured: what each is, how it is started, and how much it does.

A command holds {source} for tests/bench/workloads and {built} for the folder of what meson compiled
there. Each works for about half a second to a few seconds.
"""

import subprocess
import time
from dataclasses import dataclass

PATIENCE_S = 30


@dataclass
class Workload:
    """One program; `drive` talks to a server that is up and ends it, and says how long that took."""

    what: str
    command: list
    drive: object = None
    needs: str = None  # a command that may not be installed
    is_small: bool = False  # little enough for a tool that slows it a hundred times


def redis_cli(socket, *words):
    return subprocess.run(["redis-cli", "-s", socket, *words], capture_output=True, text=True,
                          check=False).stdout.strip()


def drive_redis(folder):
    """The wall-clock time of redis-benchmark against the server that was just started."""
    socket = str(folder / "redis.sock")
    deadline = time.monotonic() + PATIENCE_S
    while redis_cli(socket, "ping") != "PONG":
        if time.monotonic() > deadline:
            raise TimeoutError("redis-server does not answer")
        time.sleep(0.02)
    start = time.monotonic()
    for words in (["-t", "set,get,hset", "-n", "30000"],
                  ["-t", "set,get,hset,lpush", "-n", "300000", "-P", "16"]):
        subprocess.run(["redis-benchmark", "-s", socket, "-q", "-r", "200000", *words],
                       stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - start
    redis_cli(socket, "shutdown", "nosave")
    return seconds


WORKLOADS = {
    "true": Workload("start and exit", ["/bin/true"]),
    "processes": Workload("true, bash, perl and python3, each 15 times, with next to nothing to do",
                          ["/bin/sh", "{source}/processes.sh", "15"]),
    "small-pairs": Workload("malloc and free of 16 to 515 bytes, one thread",
                            ["{built}/small_pairs", "10000000"]),
    "cross-thread": Workload("the same in two threads, each freeing the other's blocks",
                             ["{built}/small_pairs", "2000000", "two"]),
    "uthash": Workload("uthash tables of 50,000 entries, filled and emptied 60 times",
                       ["{built}/uthash_churn", "60"]),
    "uthash-small": Workload("uthash tables of 50,000 entries, filled and emptied twice",
                             ["{built}/uthash_churn", "2"], is_small=True),
    "string-map": Workload("unordered_map<string, string> of 100,000 entries, 10 times",
                           ["{built}/string_map", "10"]),
    "rust-map": Workload("Rust HashMap of 60,000 values of 256 bytes, 20 times",
                         ["{built}/large_values_rust", "20"], needs="rustc"),
    "absl-map": Workload("absl::flat_hash_map of 60,000 values of 256 bytes, 16 times",
                         ["{built}/large_values", "16"]),
    "small-tables": Workload("20,000 absl::flat_hash_map of 100 entries, built and freed, twice",
                             ["{built}/small_tables", "2"]),
    "python": Workload("CPython: dicts under churn, JSON to and fro",
                       ["/usr/bin/python3", "{source}/dicts.py", "10"]),
    "perl": Workload("Perl: hashes under churn, sorting, matching",
                     ["/usr/bin/perl", "{source}/hashes.pl", "10"]),
    "g++": Workload("g++ -O2 of a unit that uses much of the standard library",
                    ["/usr/bin/g++", "-std=c++17", "-O2", "-c", "-o", "{folder}/unit.o",
                     "{source}/standard_library.cc"]),
    "redis": Workload("redis-server under redis-benchmark: set, get, hset; lpush, pipelined",
                      ["/usr/bin/redis-server", "--port", "0", "--unixsocket",
                       "{folder}/redis.sock", "--save", "", "--dir", "{folder}"],
                      drive=drive_redis, needs="redis-benchmark"),
}
