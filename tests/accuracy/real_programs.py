#!/usr/bin/python3
"""Counts wrong hits in real programs at real work.

Each program of programs/ runs twice under the library: with a threshold of 4 KiB (8 KiB where there
are many blocks), which gives the number of blocks of that size that were looked at, and with the
default one, which adds the smaller tables. Snapshots are taken from outside while it works; the one
with the most blocks and the dump of its end are judged by residents.py, which says what truly lives
in each program.

Exit status: 1 when a program could not be judged, when there is more than one wrong hit in 1,000 of
the blocks of all, or when a user would read of one: a finding about what is no table.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

import code_sites  # noqa: E402
import programs  # noqa: E402
import residents  # noqa: E402

TIMEOUT_S = 300
CANNOT_TRACK = 77
LARGE_BLOCKS = 4096
# With more blocks than that a snapshot asks about those of 8 KiB or more only: LEAST_BYTES_OF_MANY
# in preload/snapshot/snapshot_tables.c.
MANY_BLOCKS = 1000
BLOCKS_ASKED_ABOUT_OF_MANY = 8192
DEFAULT_THRESHOLD = 1024
FINDINGS = ("hollow", "over-reserved", "tombstones")
BLOCKS_FOR_A_WRONG_HIT = 1000
FIRST_LOOK_S = 0.15
BETWEEN_LOOKS = 1.4  # each look waits longer than the one before


class Broken(Exception):
    """Nothing could be counted."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", nargs="*", help="only these (default: all)")
    parser.add_argument("--library", required=True, help="libhashtrack.so")
    parser.add_argument("--hashtrack", required=True, help="the hashtrack command")
    parser.add_argument("--out", help="append one JSON object a program to this file")
    parser.add_argument("--keep", metavar="DIR", help="leave inputs and dumps in this directory")
    return parser.parse_args()


def loaded_files(log):
    """The programs that the process ran, and the libraries of each, as the dynamic loader's log of
    it says. Whoever looks from outside may come too late: some end within a look's time."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return set(re.findall(r"\t(?:calling init|initialize program): (.+)", text))


def take_snapshots(hashtrack, process, directory):
    """From outside, rarer and rarer, until the process ends."""
    wait, number = FIRST_LOOK_S, 0
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            process.wait(wait)
            return
        except subprocess.TimeoutExpired:
            pass
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise Broken(f"does not end within {TIMEOUT_S} s")
        # It may end meanwhile: then this look fails, and there are others.
        subprocess.run([hashtrack, "snapshot", "--dir", str(directory), "--label", f"look{number}",
                        str(process.pid)], capture_output=True, timeout=TIMEOUT_S, check=False)
        number += 1
        wait *= BETWEEN_LOOKS


def run_under_library(options, work, directory, threshold):
    """Leaves the dumps in `directory`; returns the pid of the program and what it had loaded."""
    directory.mkdir()
    directory.chmod(0o777)  # a program may run as another user
    loader_log = directory / "loaded"
    environment = {**os.environ, **work.environment, "HASHTRACK_DIR": str(directory),
                   "HASHTRACK_THRESHOLD": str(threshold), "LD_PRELOAD": str(options.library),
                   "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(loader_log)}
    errors = directory / "errors.txt"
    with open(work.stdin or os.devnull, "rb") as stdin, errors.open("wb") as stderr:
        process = subprocess.Popen(work.command, stdin=stdin, stdout=subprocess.DEVNULL,
                                   stderr=stderr, env=environment, cwd="/", user=work.user)
    failures = []

    def drive():
        try:
            work.drive(process)
        except Exception as error:  # whatever it is, the program must not be left running
            failures.append(error)
            process.kill()

    driver = threading.Thread(target=drive) if work.drive else None
    if driver:
        driver.start()
    take_snapshots(options.hashtrack, process, directory)
    if driver:
        driver.join()
    if failures:
        raise Broken(f"its client failed: {failures[0]!r}")
    words = errors.read_text(errors="replace").strip().splitlines()
    if process.returncode not in work.statuses:
        raise Broken(f"ended with {process.returncode}: {words[-1] if words else 'no words'}")
    complaints = [line for line in words if work.complaint and work.complaint in line]
    if complaints:
        raise Broken(f"failed in a part of its work: {complaints[0]}")
    return process.pid, loaded_files(loader_log.with_suffix(f".{process.pid}"))


def read_report(options, dump):
    result = subprocess.run([options.hashtrack, "report", "--json", "--all", str(dump)],
                            capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if result.returncode == CANNOT_TRACK:
        raise programs.NotHere("cannot be tracked: it has an allocator of its own, or is static")
    if result.returncode != 0:
        raise Broken(f"report ends with {result.returncode}: {result.stderr.strip()}")
    return json.loads(result.stdout)


def count_blocks(options, dump):
    """Live tracked blocks, as the head of the report says."""
    result = subprocess.run([options.hashtrack, "report", "--no-symbols", str(dump)],
                            capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    found = re.search(r"in ([\d,]+)\s+blocks?\s+of", result.stdout)
    return int(found.group(1).replace(",", "")) if found else 0


def judged_dumps(options, directory, pid):
    """(the blocks in the fullest dump, that dump and the one of the end)."""
    dumps = sorted(directory.glob(f"hashtrack.*.{pid}.*htd"), key=lambda dump: dump.stat().st_mtime)
    if not dumps:
        raise Broken("it cannot be tracked: it left no dump")
    counts = {dump: count_blocks(options, dump) for dump in dumps}
    fullest = max(dumps, key=counts.get)
    return counts[fullest], list(dict.fromkeys([fullest, dumps[-1]]))


def frames_of(table):
    """The frames of its last growth, or of its first array, innermost first."""
    return table.get("growth") or table.get("birth") or []


def functions_of(table):
    return [frame.get("function") or f"{Path(frame.get('module', '?')).name}+{frame.get('offset')}"
            for frame in frames_of(table)]


def describe(table):
    """What a reader needs in order to judge it by hand."""
    return {key: table[key] for key in
            ("implementation", "address", "bytes", "capacity", "live", "slot_bytes", "verdict",
             "confidence", "growths", "read", "freed") if key in table} | {
                 "arrays": [f"{array['role']} {array['bytes']}" for array in table["arrays"]],
                 "functions": functions_of(table)[:12]}


def observe(options, name, work, folder, threshold):
    """One run: how many blocks, and which tables, each once, judged."""
    directory = folder / f"dumps-{name.replace(' ', '-')}-{threshold}"
    shutil.rmtree(directory, ignore_errors=True)
    pid, loaded = run_under_library(options, work, directory, threshold)
    blocks, dumps = judged_dumps(options, directory, pid)
    tables = {}
    for dump in dumps:
        for table in read_report(options, dump)["tables"]:
            tables[table["address"], table["implementation"], table.get("bytes")] = table
    return blocks, judge(name, list(tables.values()), loaded)


def version_of(command):
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            check=False)
    lines = [line.strip() for line in (result.stdout + result.stderr).splitlines()]
    found = re.search(r"\d+(\.\d+)+|\b\d{5}\b", " ".join(lines[:4]))
    return found.group(0) if found else "unknown"


def count(tables, key):
    counts = {}
    for table in tables:
        counts[key(table)] = counts.get(key(table), 0) + 1
    return counts


def judge(name, tables, loaded):
    named = [table for table in tables if table["implementation"] != "unknown"]
    unknown = [table for table in tables if table["implementation"] == "unknown"]
    wrong, unjudged = [], []
    for table in named:
        modules = {frame["module"] for frame in frames_of(table) if "module" in frame}
        if not residents.may_live_in(name, table["implementation"], loaded, modules):
            wrong.append(table)
    for table in unknown:
        sizes = [array["bytes"] for array in table["arrays"]]
        if residents.is_collected_table(name, table):
            continue
        verdict = (residents.judge_unknown(name, functions_of(table), sizes) or
                   code_sites.judge(frames_of(table)))
        if verdict == "wrong":
            wrong.append(table)
        elif verdict is None:
            unjudged.append(table)
    return {"named": count(named, lambda table: table["implementation"]),
            "unknown": len(unknown),
            "findings": [describe(table) for table in tables if table["verdict"] in FINDINGS],
            "wrong": [describe(table) for table in wrong],
            "unjudged": [describe(table) for table in unjudged]}


def try_program(options, name, folder):
    function = programs.PROGRAMS[name]
    line = {"kind": "program", "name": name, "work": function.__doc__}
    try:
        work = function(folder)
        line["version"] = version_of(work.version or [work.command[0], "--version"])
        line["least"] = LARGE_BLOCKS
        line["blocks"], line["large"] = observe(options, name, work, folder, LARGE_BLOCKS)
        if line["blocks"] > MANY_BLOCKS:
            line["least"] = BLOCKS_ASKED_ABOUT_OF_MANY
            line["blocks"], line["large"] = observe(options, name, work, folder, line["least"])
        line["small_blocks"], line["small"] = observe(options, name, work, folder,
                                                      DEFAULT_THRESHOLD)
    except programs.NotHere as reason:
        line["skipped"] = str(reason)
    except (Broken, OSError, subprocess.SubprocessError) as reason:
        line["broken"] = str(reason)
    return line


def show(line):
    name = line["name"]
    if "skipped" in line or "broken" in line:
        print(f"{name}: {line.get('skipped') or line['broken']}", flush=True)
        return
    for threshold, blocks, part in ((line["least"], line["blocks"], line["large"]),
                                    (DEFAULT_THRESHOLD, line["small_blocks"], line["small"])):
        named = ", ".join(f"{count} {what}" for what, count in sorted(part["named"].items()))
        print(f"{name} {line['version']}, {threshold}: {blocks} blocks; {named or 'none named'}; "
              f"{part['unknown']} unknown; {len(part['findings'])} findings; "
              f"{len(part['wrong'])} wrong; {len(part['unjudged'])} not judged", flush=True)
        for kind in ("wrong", "unjudged"):
            for table in part[kind]:
                print(f"    {kind}: {json.dumps(table)}", flush=True)


def is_good_enough(lines):
    counted = [line for line in lines if "small" in line]
    wrong = sum(len(line["large"]["wrong"]) for line in counted)
    return (not any("broken" in line for line in lines) and
            wrong * BLOCKS_FOR_A_WRONG_HIT <= sum(line["blocks"] for line in counted) and
            not any(table["verdict"] in FINDINGS for line in counted
                    for part in ("large", "small") for table in line[part]["wrong"]))


def main():
    options = parse_arguments()
    options.library = Path(options.library).absolute()
    options.hashtrack = Path(options.hashtrack).absolute()
    lines = []
    folder = Path(options.keep or tempfile.mkdtemp(prefix="hashtrack-programs-")).absolute()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    try:
        for name in options.programs or programs.PROGRAMS:
            line = try_program(options, name, folder)
            show(line)
            lines.append(line)
            if options.out:
                with open(options.out, "a", encoding="utf-8") as out:
                    out.write(json.dumps(line) + "\n")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_good_enough(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
