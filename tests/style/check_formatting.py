#!/usr/bin/python3
"""Every C source and header is formatted as .clang-format says: check_formatting.py SOURCE_ROOT.

Only clang-format 14 (Debian 12's) is asked; other versions break lines elsewhere.
"""

import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
FOLDERS = ("preload", "analyzer", "examples", "tests")


def main(root):
    formatter = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not formatter:
        print("clang-format is not installed")
        return SKIPPED
    version = subprocess.run([formatter, "--version"], capture_output=True, text=True, check=True)
    if not re.search(r"version 14\.", version.stdout):
        print(f"needs clang-format 14, this is {version.stdout.strip()}")
        return SKIPPED

    sources = sorted(
        path for folder in FOLDERS for path in (root / folder).rglob("*.[ch]") if path.is_file())
    if not sources:
        print(f"no C sources under {root}: wrong folder?")
        return 1
    result = subprocess.run([formatter, "--dry-run", "-Werror", *map(str, sources)],
                            capture_output=True, text=True, check=False)
    complaints = re.findall(r"^(.+?):\d+:\d+: error: ", result.stderr, re.MULTILINE)
    for path in sorted(set(complaints)):
        print(f"{path}: {complaints.count(path)} places; mend them with clang-format -i")
    if result.returncode and not complaints:
        print(result.stderr)
    print(f"{len(sources)} files read, {len(set(complaints))} not formatted")
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
