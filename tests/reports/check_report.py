#!/usr/bin/python3
"""Golden reports: builds a dump with make_dump, reports it, compares with the file in expected/.

    check_report.py --hashtrack H --make-dump M CASE...     compare
    check_report.py --hashtrack H --make-dump M --update    write expected/ anew, then read the diff

The first line of a golden file is the command line after "hashtrack", with @CASE@ for a dump; then
its exit status; then stdout, and stderr if there was any.
"""
import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile

EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected")


def run(command, hashtrack, make_dump):
    """What `hashtrack COMMAND` says, as a golden file has it."""
    with tempfile.TemporaryDirectory() as directory:
        for case in set(re.findall(r"@([a-z-]+)@", command)):
            subprocess.run([make_dump, case, os.path.join(directory, case + ".htd")], check=True)
        words = re.sub(r"@([a-z-]+)@", r"\1.htd", command).split()
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        while "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            environment[name] = value
        # LeakSanitizer and friends are told what to do through the environment, and so is the
        # tracker, under which our own gate runs these tests.
        environment.update({k: v for k, v in os.environ.items()
                            if k.endswith("SAN_OPTIONS") or k == "LD_PRELOAD" or
                            k.startswith("HASHTRACK_")})
        result = subprocess.run([hashtrack] + words, cwd=directory, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                encoding="utf-8")
    if "--json" in words and result.returncode == 0:
        for line in result.stdout.splitlines() if result.stdout.count("\n}\n") != 1 else [result.stdout]:
            json.loads(line)
    text = f"{command}\nstatus {result.returncode}\n\n{result.stdout}"
    if result.stderr:
        text += "--- stderr\n" + result.stderr
    # The version changes with every release, the reports do not.
    return re.sub(r"hashtrack \d+\.\d+\.\d+", "hashtrack VERSION", text)


def check(name, arguments):
    path = os.path.join(EXPECTED, name)
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    command = expected.split("\n", 1)[0]
    actual = run(command, arguments.hashtrack, arguments.make_dump)
    if arguments.update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(actual)
        return True
    if actual == expected:
        return True
    print("".join(difflib.unified_diff(expected.splitlines(True), actual.splitlines(True),
                                       "expected/" + name, "hashtrack " + command)))
    return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("--make-dump", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    arguments.hashtrack = os.path.abspath(arguments.hashtrack)
    arguments.make_dump = os.path.abspath(arguments.make_dump)
    names = arguments.names or sorted(os.listdir(EXPECTED))
    if not names:
        sys.exit("no golden files in " + EXPECTED)
    results = [check(name, arguments) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
