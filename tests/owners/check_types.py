#!/usr/bin/python3
"""Runs a program whose tables' types are known; the report must tell each rightly or not at all.

    check_types.py [--some] --library LIBRARY --hashtrack HASHTRACK PROGRAM

The program prints a line "CAPACITY TYPE" for each of its tables. Without --some, for which there
need be no debugging information, every type must be told.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("--some", action="store_true")
    parser.add_argument("program")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        environment = dict(os.environ, LD_PRELOAD=arguments.library, HASHTRACK_DIR=directory)
        output = subprocess.run([arguments.program], env=environment, text=True, check=True,
                                stdout=subprocess.PIPE).stdout
        dump = glob.glob(directory + "/*.htd")[0]
        report = subprocess.run([arguments.hashtrack, "report", "--json", "--all", dump], text=True,
                                check=True, stdout=subprocess.PIPE).stdout
    expected = dict(line.split(" ", 1) for line in output.splitlines())
    told, wrong = {}, []
    for table in json.loads(report)["tables"]:
        capacity = str(table.get("capacity"))
        if capacity not in expected:
            continue
        told[capacity] = table.get("type")
        if told[capacity] not in (expected[capacity], None):
            wrong.append(f"{capacity}: {told[capacity]} instead of {expected[capacity]}")
    missing = [f"{capacity}: {type} is not told" for capacity, type in expected.items()
               if not told.get(capacity)]
    if set(told) != set(expected):
        missing.append("tables were not found")
    if len(missing) == len(expected) or not arguments.some:
        wrong += missing
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{sum(map(bool, told.values()))} of {len(expected)} types told")


if __name__ == "__main__":
    main()
