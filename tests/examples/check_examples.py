#!/usr/bin/python3
"""The examples give back what hashtrack predicts: check_examples.py HASHTRACK LIBRARY EXAMPLES [--uthash]

Runs each example under the library, and compares the saving that the report promises for the hollow
program with the memory that the fixed program really uses, as both print it themselves.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MIB = 1 << 20
# A promise may miss what malloc gave back by this share: the examples print tenths of a MiB.
TOLERANCE = 0.05
failures = 0


def complain(text):
    global failures
    failures += 1
    print(f"FAILED {text}")


class Run:
    """One example: what it printed of its memory, and the report on it."""

    def __init__(self, name, hashtrack, library, examples):
        self.name = name
        with tempfile.TemporaryDirectory() as dumps:
            environment = {**os.environ, "LD_PRELOAD": library, "HASHTRACK_DIR": dumps}
            done = subprocess.run([examples / name], env=environment, capture_output=True, text=True,
                                  check=True)
            in_use = re.findall(r"([0-9.]+) MiB in use", done.stdout)
            self.in_use = [float(number) * MIB for number in in_use]
            report = subprocess.run([hashtrack, "report", "--json", "--all", dumps],
                                    capture_output=True, text=True, check=True)
        self.tables = json.loads(report.stdout)["tables"]

    def biggest(self):
        return max((table for table in self.tables if not table.get("freed")),
                   key=lambda table: table["bytes"], default=None)

    def findings(self):
        return [table for table in self.tables
                if table["verdict"] in ("hollow", "over-reserved", "tombstones")
                and not table.get("freed")]

    def saving(self, *actions):
        for advice in self.biggest()["advice"]:
            if advice["action"] in actions:
                return advice["saves_bytes"]
        return None


def expect_hollow(run, implementation, capacity):
    table = run.biggest()
    if table is None or table["verdict"] != "hollow":
        complain(f"{run.name}: the big table is not called hollow: {table}")
        return False
    if table["implementation"] != implementation or table.get("capacity") != capacity:
        complain(f"{run.name}: {table['implementation']} with {table.get('capacity')} slots, "
                 f"not {implementation} with {capacity}")
    if abs(table["live"] - 10) > 2 * table.get("live_error", 0):
        complain(f"{run.name}: {table['live']} live, not 10, error {table.get('live_error', 0)}")
    return True


def expect_saving(what, promised, given_back, tolerance):
    if promised is None:
        complain(f"{what}: no such advice")
        return
    off = abs(promised - given_back) / given_back
    print(f"{what}: promised {promised / MIB:.1f} MiB, gave back {given_back / MIB:.1f} MiB")
    if off > tolerance:
        complain(f"{what}: the promise is off by {off:.1%}")


def expect_no_findings(run):
    for table in run.findings():
        complain(f"{run.name}: reported {table['verdict']}: {table}")


def check_inline(run_of):
    hollow, recreated, boxed = map(run_of, ("inline_hollow", "inline_recreated", "inline_boxed"))
    if expect_hollow(hollow, "unknown", 1 << 21):
        expect_saving("inline, recreate", hollow.saving("recreate", "shrink"),
                      recreated.in_use[-2] - recreated.in_use[-1], TOLERANCE)
        expect_saving("inline, box", hollow.saving("box"), hollow.in_use[-1] - boxed.in_use[-1],
                      TOLERANCE)
    expect_no_findings(recreated)


def check_uthash(run_of):
    hollow, recreated, boxed = map(run_of, ("uthash_hollow", "uthash_recreated", "uthash_boxed"))
    if expect_hollow(hollow, "uthash", 1 << 20):
        expect_saving("uthash, recreate", hollow.saving("recreate", "shrink"),
                      recreated.in_use[-2] - recreated.in_use[-1], TOLERANCE)
        if hollow.saving("box") is not None:
            complain("uthash_hollow: boxing is advised, for entries that are blocks of their own")
    expect_no_findings(recreated)
    expect_hollow(boxed, "uthash", 1 << 20)


def main(hashtrack, library, examples, *options):
    def run_of(name):
        return Run(name, hashtrack, library, pathlib.Path(examples))

    check_inline(run_of)
    if "--uthash" in options:
        check_uthash(run_of)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
