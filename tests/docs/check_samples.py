#!/usr/bin/python3
"""The reports in the documents are what hashtrack says today.

check_samples.py SOURCE_ROOT HASHTRACK LIBRARY EXAMPLES

A sample is an indented block that begins with a report's head ("hashtrack 0.1.0  PROGRAM (pid ...") on one
of the examples. It is compared with a report made now, word by word; what differs from run to run
(process numbers, times, ids, the folder of the sources, where lines are broken) may differ.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

DOCUMENTS = ("README.md", "docs/reading-a-report.md", "examples/README.md")
# Its table is freed before the end, or at the end, depending on how fast the machine is.
DEPENDS_ON_TIME = {"inline_recreated"}
HEAD = re.compile(r"^    hashtrack [0-9.]+  (\w+) \(pid \d+\)")
CHANGES = (
    (r"hashtrack [0-9.]+  ", "hashtrack VERSION  "),
    (r"\(pid \d+\)", "(pid N)"),
    (r"\b(\d+\.\d s|\d\d s|\d+m\d\ds)(?!\w)", "N s"),
    (r"\bid +[0-9a-f]{16}\b", "id ID"),
    (r"\S*/(\w+\.[ch]:\d+)", r"\1"),  # the folder of the sources
)


def samples(document):
    """Pairs of an example's name and the report on it, with the number of its first line."""
    lines = document.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        head = HEAD.match(line)
        if not head or head[1] in DEPENDS_ON_TIME:
            continue
        end = number
        while end < len(lines) and (not lines[end] or lines[end].startswith("    ")):
            end += 1
        yield head[1], number + 1, "\n".join(lines[number:end])


def words_of(report):
    for pattern, replacement in CHANGES:
        report = re.sub(pattern, replacement, report)
    return report.split()


def report_on(program, hashtrack, library, examples):
    environment = {name: value for name, value in os.environ.items()
                   if name != "MALLOC_PERTURB_" and not name.startswith("HASHTRACK_")}
    environment |= {"LC_ALL": "C.UTF-8", "COLUMNS": "104"}
    with tempfile.TemporaryDirectory() as dumps:
        subprocess.run([hashtrack, "run", "--quiet", "--interval", "0", "--preload", library, "--dir", dumps,
                        "--", str(examples / program)],
                       env=environment, stdout=subprocess.DEVNULL, check=True)
        return subprocess.run([hashtrack, "report", dumps], env=environment, capture_output=True,
                              check=True, encoding="utf-8").stdout


def main(root, hashtrack, library, examples):
    reports, compared, failures = {}, 0, 0
    for name in DOCUMENTS:
        for program, line, sample in samples(root / name):
            compared += 1
            if program not in reports:
                reports[program] = report_on(program, hashtrack, library, examples)
            expected, actual = words_of(sample), words_of(reports[program])
            if expected == actual:
                continue
            failures += 1
            print(f"{name}:{line}: the report on {program} is another one today:")
            for word in difflib.unified_diff(expected, actual, lineterm="", n=4):
                print("   ", word)
            print(reports[program])
    print(f"{compared} samples compared, {failures} differ")
    return 1 if failures or not compared else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])))
