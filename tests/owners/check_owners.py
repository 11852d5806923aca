#!/usr/bin/python3
"""Runs a program whose tables' owners are known; the report must name each rightly or not at all.

    check_owners.py [--mode MODE] --library LIBRARY --hashtrack HASHTRACK PROGRAM [ARGUMENT...]

The program prints a line "CAPACITY NAME" for each of its tables; NAME "-" is that of a table whose
owner nobody can tell. MODE says what the program lets one know:
    debug      all names (the default)
    optimized  some variables are in registers only: their tables may have no owner
    symbols    no debugging information: a name begins with the variable's, and what is behind two
               pointers has none
    stripped   no names at all
    outside    the snapshot is made by `hashtrack snapshot`, when the program says "ready"
    damaged    the program's file is damaged in many ways: whatever the report says, it ends well
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

NAMELESS = ("a heap block of ", "a local of ", "on a thread's stack")


def run(arguments, directory):
    environment = dict(os.environ, LD_PRELOAD=arguments.library, HASHTRACK_DIR=directory)
    result = subprocess.run(arguments.command, env=environment, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode != 0 or result.stderr:
        sys.exit(f"the program ended with {result.returncode}: {result.stderr}")
    return result.stdout.splitlines()


def snapshot_from_outside(arguments, directory):
    environment = dict(os.environ, LD_PRELOAD=arguments.library, HASHTRACK_DIR="/nonexistent")
    lines = []
    with subprocess.Popen(arguments.command, env=environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        for line in program.stdout:
            if line == "ready\n":
                break
            lines.append(line.rstrip("\n"))
        subprocess.run([arguments.hashtrack, "snapshot", "--dir", directory, str(program.pid)],
                       check=True, stdout=subprocess.DEVNULL)
        program.stdin.close()
    return lines


def damage(arguments, directory):
    """Reports on one dump, again and again, while the file with the names is damaged."""
    program = os.path.join(directory, "program")
    shutil.copy(arguments.command[0], program)
    arguments.command[0] = program
    run(arguments, directory)
    dump = glob.glob(directory + "/*.htd")[0]
    with open(program, "rb") as file:
        whole = file.read()
    choice = random.Random(20241123)
    for attempt in range(40):
        broken = bytearray(whole)
        for _ in range(choice.choice([1, 20, 500, 5000])):
            broken[choice.randrange(1024, len(broken))] = choice.randrange(256)
        if attempt % 8 == 0:
            broken = broken[:choice.randrange(1024, len(broken))]
        with open(program, "wb") as file:
            file.write(broken)
        report = subprocess.run([arguments.hashtrack, "report", "--all", "--json", dump],
                                check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, errors="backslashreplace", timeout=100)
        if report.returncode != 0:
            sys.exit(f"attempt {attempt}: the report ended with {report.returncode}: "
                     f"{report.stderr}")
        json.loads(report.stdout)


def root(name):
    """The variable at the beginning of a path: "app::instance_" of "app::instance_.sessions"."""
    return re.split(r"[.\[]|->", name.removeprefix("in *"))[0]


def is_right(mode, expected, owner):
    if owner is None:
        return mode != "debug" and mode != "outside" or expected == "-"
    if mode == "stripped":
        return owner.startswith(NAMELESS)
    if mode == "symbols":
        return root(expected) in owner or owner.startswith(NAMELESS)
    return owner == expected


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", default="debug")
    parser.add_argument("--library", required=True)
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if arguments.mode == "damaged":
            damage(arguments, directory)
            return
        take = snapshot_from_outside if arguments.mode == "outside" else run
        truth = [line.split(" ", 1) for line in take(arguments, directory)]
        dumps = glob.glob(directory + "/*.htd")
        assert len(dumps) == 1, dumps
        report = json.loads(subprocess.run(
            [arguments.hashtrack, "report", "--all", "--json", dumps[0]],
            check=True, stdout=subprocess.PIPE).stdout)
    tables = {}
    for table in report["tables"]:
        tables.setdefault(table.get("capacity"), []).append(table)
    assert truth, "the program told of no table"
    wrong = named = 0
    nameable = sum(expected != "-" for _, expected in truth)
    for capacity, expected in truth:
        found = tables.get(int(capacity), [])
        if len(found) != 1:
            sys.exit(f"{len(found)} tables of capacity {capacity} ({expected}) in the report")
        owner = found[0].get("owner")
        if not is_right(arguments.mode, expected, owner):
            print(f"{expected}: the report says {owner}")
            wrong += 1
        named += owner is not None
    print(f"{len(truth)} tables, {named} with an owner, {wrong} wrong")
    if arguments.mode != "stripped" and named < nameable / 2:
        sys.exit("too few have an owner")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
