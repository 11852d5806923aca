#!/usr/bin/python3
"""The manual page and the command agree: check_manual.py SOURCE_ROOT HASHTRACK.

man(1) renders the page without a warning; every long option of a verb's --help and of
preload/interpose/options.h stands in the page, and every long option of the page is one of those.
Help that cannot be written is an error.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
LONG_OPTION = re.compile(r"--([a-z][a-z-]*[a-z])")
# A help text's lines about options begin with one; the examples in it have options of other programs.
OPTION_LINE = re.compile(r"^  -.*", re.MULTILINE)


def options_of_command(root, hashtrack):
    overview = subprocess.run([hashtrack, "--help"], capture_output=True, text=True, check=True)
    verbs = re.findall(r"^  ([a-z]+) {2,}", overview.stdout, re.MULTILINE)
    if len(verbs) < 3:
        raise ValueError(f"hashtrack --help lists {verbs}; its form must have changed")
    options = {"help", "version"}
    for verb in verbs:
        words = subprocess.run([hashtrack, verb, "--help"], capture_output=True, text=True, check=True)
        for line in OPTION_LINE.findall(words.stdout):
            options |= set(LONG_OPTION.findall(line))
    table = (root / "preload" / "interpose" / "options.h").read_text(encoding="utf-8")
    options |= set(re.findall(r'^OPTION\(\w+, "([a-z-]+)"', table, re.MULTILINE))
    return verbs, options


def silent_on_a_full_disk(verbs, hashtrack):
    """The words that ended with 0 though nobody can have read what they print."""
    silent = []
    for words in [["--version"], ["--help"]] + [[verb, "--help"] for verb in verbs]:
        with open("/dev/full", "w", encoding="utf-8") as full:
            ended = subprocess.run([hashtrack, *words], stdout=full, stderr=subprocess.PIPE,
                                   text=True, check=False)
        if ended.returncode != 2 or "cannot be written" not in ended.stderr:
            silent.append(" ".join(words))
    return silent


def main(root, hashtrack):
    if not shutil.which("man"):
        print("man is not installed")
        return SKIPPED
    page = root / "docs" / "hashtrack.1"
    rendered = subprocess.run(
        ["man", "--warnings", "--local-file", str(page)], capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANPAGER": "cat", "MANROFFSEQ": ""})
    if rendered.returncode != 0 or rendered.stderr.strip():
        print(f"man complains:\n{rendered.stderr}")
        return 1

    verbs, wanted = options_of_command(root, hashtrack)
    source = re.sub(r'^\.\\".*', "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    documented = set(LONG_OPTION.findall(source.replace("\\-", "-")))
    failed = False
    for words in silent_on_a_full_disk(verbs, hashtrack):
        print(f"`hashtrack {words}` does not fail when the disk is full")
        failed = True
    for verb in verbs:
        if not re.search(rf"hashtrack {verb}\b", rendered.stdout):
            print(f"the page does not speak of `hashtrack {verb}`")
            failed = True
    for name in sorted(wanted - documented):
        print(f"the page does not speak of --{name}")
        failed = True
    for name in sorted(documented - wanted):
        print(f"the page speaks of --{name}, which no --help knows")
        failed = True
    if not failed:
        print(f"{len(verbs)} verbs and {len(wanted)} options agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
