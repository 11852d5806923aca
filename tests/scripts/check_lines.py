#!/usr/bin/python3
"""Runs a script under the tracker: the report must name the lines that the script says it was at.

    check_lines.py --library LIBRARY --hashtrack HASHTRACK PYTHON SCRIPT

The script prints a line "ENTRIES JSON" for each of its dicts: the functions, files and lines, innermost
first, that filled the one with so many entries. Exits with 77 when PYTHON is not there.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

SKIP = 77


def run(arguments, directory):
    environment = dict(os.environ, LD_PRELOAD=arguments.library, HASHTRACK_DIR=directory)
    done = subprocess.run([arguments.python, arguments.script], env=environment, encoding="utf-8",
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"the script ended with {done.returncode}: {done.stderr}")
    truth = {}
    for line in done.stdout.splitlines():
        entries, stack = line.split(" ", 1)
        truth[int(entries)] = json.loads(stack)
    return truth


def report(arguments, directory):
    (dump,) = glob.glob(directory + "/*-lines.htd")
    done = subprocess.run([arguments.hashtrack, "report", "--json", "--all", "--no-symbols", dump],
                          encoding="utf-8", check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def lines_of(frames):
    """Lines have no address; every frame of code has one."""
    return [[frame.get("function"), frame.get("file"), frame.get("line")]
            for frame in frames if "offset" not in frame]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("python")
    parser.add_argument("script")
    arguments = parser.parse_args()
    if not os.access(arguments.python, os.X_OK):
        print(f"no {arguments.python}: skipped")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory() as directory:
        truth = run(arguments, directory)
        document = report(arguments, directory)
    tables = {table.get("live"): table for table in document["tables"]
              if table["implementation"] == "CPython dict"}
    wrong = 0
    for entries, stack in truth.items():
        table = tables.get(entries)
        found = lines_of(table.get("growth", table["birth"])) if table else None
        if found != stack:
            wrong += 1
            print(f"a dict of {entries} entries: {found}, but the script was at {stack}")
    print(f"{len(truth)} dicts, {wrong} wrong")
    if wrong or len(truth) < 200 or document.get("notes"):
        sys.exit(f"wrong, or too few: {document.get('notes')}")


main()
