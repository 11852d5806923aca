#!/usr/bin/python3
"""A table that only the looks from outside saw hollow keeps its line of Python: `hashtrack run` puts it, with
the line, into the dump that the program wrote.

    check_gone.py HASHTRACK LIBRARY PYTHON SCRIPT
"""
import json
import os
import subprocess
import sys
import tempfile

SKIP = 77
hashtrack, library, python, script = sys.argv[1:]
if not os.access(python, os.X_OK):
    print(f"no {python}: skipped")
    sys.exit(SKIP)


def growing_line():
    with open(script, encoding="utf-8") as text:
        return next(number for number, line in enumerate(text, 1) if "GROWS HERE" in line)


def hollow_tables(interval):
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run([hashtrack, "run", "--preload", library, "--dir", directory, "--json",
                               "--interval", interval, "--", python, script],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return [table for table in json.loads(done.stdout)["tables"] if table["verdict"] == "hollow"]


assert hollow_tables("0") == [], "seen without a look from outside: this proves nothing"
(table,) = hollow_tables("0.5")
stack = table.get("growth", table["birth"])
lines = [(frame["function"], os.path.basename(frame["file"]), frame["line"])
         for frame in stack if "offset" not in frame]
assert lines and lines[0] == ("load", "gone.py", growing_line()), lines
print(lines)
