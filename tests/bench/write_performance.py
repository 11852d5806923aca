#!/usr/bin/python3
"""Puts what was measured into docs/performance.md: write_performance.py MEASURED DOCUMENT

MEASURED is a directory of what measure.py and count_instructions.py wrote. It takes the place of
what stands in the document between the lines BEGIN and END; the rest was written by hand.
"""

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

from measure import ROUNDS_OF_OTHERS, quartiles, ratios  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

BEGIN = "<!-- from here on written by tests/run --bench -->\n"
END = "<!-- up to here -->\n"

INTRODUCTION = """\
## Programs under the library

Measured by `./tests/run --bench` on {date}, on {machine}.
{load}

Each program runs bare and under each peer, one after the other in a turning order, {rounds} rounds of
that ([measure.py](../tests/bench/measure.py), [workloads](../tests/bench/workloads.py)). A figure is
the median, over the rounds, of the ratio to the bare run of the same round; in brackets the
quartiles. Time is that of the whole process and of what it started, start-up, snapshot and dump at
the end included. Other machines and other programs give other figures.

- `nothing`: an interposer that passes every call on and does nothing else
  ([nothing.c](../tests/bench/nothing.c)): what any preloaded wrapper costs.
- `heaptrack`: records, and interprets what it recorded while the program runs; both are counted.
  It leaves the programs that its program starts alone: of g++ and of the many short programs it
  has seen the driver or the shell only.
- Those that follow are there for orientation and take part in the first {others} rounds.
- `jemalloc` and `tcmalloc` are allocators: programs may get faster. With profiling, jemalloc samples
  a stack for each 512 KiB; so does tcmalloc here.
- `dhat` is valgrind's; it is measured on the small program only.
"""

PACKAGES = ["libc6", "libunwind8", "gcc", "python3", "perl", "redis-server", "libabsl-dev",
            "uthash-dev", "heaptrack", "libjemalloc2", "libgoogle-perftools4", "valgrind"]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in
                  Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), "an unknown processor")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
    return (f"{os.cpu_count()} processors ({model}), {memory} GiB, Linux {platform.release()}")


def versions():
    found = []
    for package in PACKAGES:
        done = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout:
            found.append(f"{package} {done.stdout}")
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False)
    if rustc.returncode == 0:
        found.append(" ".join(rustc.stdout.split()[:2]))
    return "Versions: " + ", ".join(found) + ".\n"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        lines.append("| " + " | ".join(str(cell) for cell in row) + " |")
    return "\n".join(lines) + "\n"


def cell(rounds, peer, what):
    if not any(peer in one for one in rounds):
        return ""
    low, middle, high = quartiles(ratios(rounds, peer, what))
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def section(title, measured, peers, what):
    unit = {"cpu": "s of CPU time", "wall": "s"}[what]
    rows = []
    for line in measured:
        bare = statistics.median(one["bare"][what] for one in line["rounds"])
        rows.append([line["what"], f"{bare:.3g}",
                     *(cell(line["rounds"], peer, what) for peer in peers)])
    return f"\n### {title}\n\n" + table(["program", f"bare, {unit}", *peers], rows)


def memory_section(measured):
    rows = []
    for line in measured:
        bare = statistics.median(one["bare"]["kib"] for one in line["rounds"])
        more = statistics.median(one["hashtrack"]["kib"] - one["bare"]["kib"]
                                 for one in line["rounds"])
        if bare <= 1.05 * line["floor_kib"]:
            continue
        rows.append([line["what"], f"{bare / 1024:.1f}", f"{more / 1024:+.1f}"])
    return ("\n### Memory\n\nThe largest resident memory of any process of the program, MiB; "
            "the median of the differences. Programs smaller than the script that measures are left\n"
            "out: their memory cannot be told from its own.\n\n" +
            table(["program", "bare", "with hashtrack"], rows))


def instructions_section(rows):
    if not rows:
        return ""
    return ("\n### Instructions\n\nOf one pair of calls, counted by callgrind\n"
            "([count_instructions.py](../tests/bench/count_instructions.py)); the allocator's own\n"
            "and the loop's are in them. These are repeatable.\n\n" +
            table(["calls", "bare", "nothing", "hashtrack"],
                  [[row["what"], *(f"{row[name]:.0f}" for name in ("bare", "nothing", "hashtrack"))]
                   for row in rows]))


def scaling_section(found):
    if not found:
        return ""
    names = ("bare", "nothing", "hashtrack")
    text = ("\n### As the work grows\n\nNanoseconds of processor time to replace one block of 1 to 4 KiB"
            " by another, which is tracked\n([arrays.c](../tests/bench/workloads/arrays.c)); the"
            f" median of {found['rounds']} runs. Where it does not vary, 1,000 blocks are\nlive, in one"
            " thread, 10 calls deep.\n\n" +
            table(["", *names, "hashtrack more than bare"],
                  [[f"{row['value']:,} {row['what']}", *(f"{row[name]:.0f}" for name in names),
                    f"{row['hashtrack'] - row['bare']:+.0f}"] for row in found["rows"]]))
    if "snapshot" in found:
        snapshot = found["snapshot"]
        text += ("\n### A snapshot of 1 GiB of tables\n\nHalf of them `std::unordered_map`, half of a"
                 " kind that hashtrack does not know\n"
                 "([large_tables.cc](../tests/bench/workloads/large_tables.cc)): "
                 f"**{snapshot['snapshot']:.2f} s**, {snapshot['processor']:.2f} s of them processor"
                 " time. From\n`_exit` to the end of the process: " +
                 ", ".join(f"{name} {seconds:.2f} s" for name, seconds in snapshot["ends"].items()) +
                 ", with a\nsecond snapshot in the last.\n")
    return text


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, document = Path(sys.argv[1]), Path(sys.argv[2])
    measured = [json.loads(path.read_text(encoding="utf-8"))
                for name in WORKLOADS if (path := folder / f"{name}.json").exists()]
    if not measured:
        sys.exit(f"nothing was measured in {folder}")
    before, begin, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{document}: one of the lines is missing that say where the figures stand")
    peers = list(dict.fromkeys(peer for line in measured for one in line["rounds"]
                               for peer in one if peer != "bare"))
    loads = [load for line in measured for load in line["loads"]]
    introduction = INTRODUCTION.format(
        date=datetime.date.today().isoformat(), machine=machine(),
        rounds=min(len(line["rounds"]) for line in measured), others=ROUNDS_OF_OTHERS,
        load=f"Its load average was {min(loads):.1f} to {max(loads):.1f}: where it is far above 1, "
             "other work has\ndisturbed the measurement.")
    text = "\n".join([introduction, versions()]) + \
        section("CPU time", measured, peers, "cpu") + \
        section("Wall-clock time", measured, peers, "wall") + memory_section(measured) + \
        scaling_section(read_json(folder / "scaling")) + \
        instructions_section(read_json(folder / "instructions"))
    document.write_text(before + BEGIN + text + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
