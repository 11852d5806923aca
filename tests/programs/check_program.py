#!/usr/bin/python3
"""From `hashtrack run` to the fix: check_program.py HASHTRACK LIBRARY [--fixed] PROGRAM...

Runs `PROGRAM hollow` under hashtrack. The program prints what its tables' own interface says:

    TRUTH {json}  implementation, live, verdict; and where it knows them capacity, address of the
                  array, grown_in: the function that made it grow, in a line marked GROWS HERE
                  ends_early: it is freed before the end, when a full one needs no mention
    DECOY {json}  what, address: an array that is no table

Each truth must be in the report, every finding must be one of the truths, and the headline must
name the marked line. With --fixed `PROGRAM fixed` then applies the advice, without hashtrack, and
prints `GAVE_BACK IMPLEMENTATION BYTES`, which the promise must not miss by more than TOLERANCE.

Exit status: 0 all as it should be, 1 something is not, 77 this machine cannot run the program.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TIMEOUT_S = 60
TOLERANCE = 0.05
FINDINGS = ("hollow", "over-reserved", "tombstones")
SOURCES = Path(__file__).resolve().parent


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=TIMEOUT_S, **options)
    if done.returncode == SKIPPED:
        print(f"skipped: {done.stdout}{done.stderr}")
        sys.exit(SKIPPED)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def lines_after(keyword, output):
    return [line[len(keyword) + 1:] for line in output.splitlines()
            if line.startswith(keyword + " ")]


def is_there(table):
    """At the end of the program, or until its last moments, when interpreters tidy up."""
    return not table["freed"] or table.get("freed_at_end", False)


def holds(table, address):
    blocks = [(int(table["address"], 16), table["bytes"])]
    blocks += [(int(array["address"], 16), array["bytes"]) for array in table["arrays"]]
    return any(start <= address < start + size for start, size in blocks)


def is_about(truth, table):
    if "address" in truth:
        return holds(table, int(truth["address"], 16))
    key = "capacity" if "capacity" in truth else "live"
    return (table["implementation"] == truth["implementation"] and table.get(key) == truth[key])


def mismatches(truth, table):
    if table["implementation"] != truth["implementation"]:
        yield f"is called {table['implementation']}"
    if "capacity" in truth and table.get("capacity") != truth["capacity"]:
        yield f"has capacity {table.get('capacity')}"
    # An estimate comes with its standard error.
    if "live" not in table or abs(table["live"] - truth["live"]) > 3 * table["live_error"]:
        yield f"has {table.get('live')} live (error {table.get('live_error')})"
    if table["verdict"] != truth["verdict"] and not (
            truth["verdict"] == "ok" and table["verdict"] == "growing"):
        yield f"has verdict {table['verdict']}"


def compare(truths, decoys, tables):
    """Sentences about what is wrong in the report."""
    tables = [table for table in tables if is_there(table)]
    for truth in truths:
        found = [table for table in tables if is_about(truth, table)]
        if len(found) != 1 and not (truth.get("ends_early") and truth["verdict"] == "ok"):
            yield f"{truth} is {len(found)} times in the report"
        for table in found:
            yield from (f"{truth} {wrong}" for wrong in mismatches(truth, table))
    for table in tables:
        claimed = any(truth["verdict"] == table["verdict"] and is_about(truth, table)
                      for truth in truths)
        if table["verdict"] in FINDINGS and not claimed:
            yield f"false alarm: {table}"
        for decoy in decoys:
            if holds(table, int(decoy["address"], 16)):
                yield f"{decoy['what']} is taken for a table: {table}"


def marked_line(source):
    lines = source.read_text().splitlines()
    marked = [number for number, line in enumerate(lines, 1) if "GROWS HERE" in line]
    if len(marked) != 1:
        sys.exit(f"{source}: {len(marked)} lines are marked")
    return marked[0]


def check_headline(truth, text, source):
    """'... grown in begin_sessions (tests/programs/sweep.cc:21) keeps ...' """
    place = f"{source.name}:{marked_line(source)}"
    pattern = rf"^#\d+ HOLLOW .* grown in \S*{truth['grown_in']} \(\S*{re.escape(place)}\)"
    if not re.search(pattern, text, re.MULTILINE):
        yield f"no headline names {truth['grown_in']} and {place}:\n{text}"


def check_saving(tables, given_back):
    for line in given_back:
        implementation, bytes_back = line.rsplit(" ", 1)
        promises = [advice["saves_bytes"] for table in tables
                    if table["implementation"] == implementation and table["verdict"] in FINDINGS
                    for advice in table["advice"] if advice["action"] in ("recreate", "shrink")]
        off = [abs(promise - int(bytes_back)) / int(bytes_back) for promise in promises]
        print(f"{implementation}: promised {promises}, gave back {bytes_back}: "
              f"off by {', '.join(f'{share:.2%}' for share in off)}")
        if len(promises) != 1 or off[0] > TOLERANCE:
            yield f"the promise for {implementation} was not kept"


def main(hashtrack, library, *arguments):
    is_fixed = arguments[0] == "--fixed"
    program = [str(argument) for argument in arguments[is_fixed:]]
    with tempfile.TemporaryDirectory(prefix="hashtrack-programs-") as folder:
        report = Path(folder, "report.json")
        output = run([hashtrack, "run", "--preload", library, "--dir", folder, "--json", "--all",
                      "-o", report, "--", *program, "hollow"])
        tables = json.loads(report.read_text())["tables"]
        text = run([hashtrack, "report", folder], env={**os.environ, "COLUMNS": "400"})
    truths = [json.loads(line) for line in lines_after("TRUTH", output)]
    decoys = [json.loads(line) for line in lines_after("DECOY", output)]
    if not truths:
        sys.exit(f"{program} printed no truth: {output}")
    wrong = list(compare(truths, decoys, tables))
    for truth in truths:
        if "grown_in" in truth:
            wrong += check_headline(truth, text, SOURCES / truth["source"])
    if is_fixed:
        given_back = lines_after("GAVE_BACK", run([*program, "fixed"]))
        if not given_back:
            wrong.append("the fixed program gave nothing back")
        wrong += check_saving(tables, given_back)
    for sentence in wrong:
        print(f"FAILED {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
