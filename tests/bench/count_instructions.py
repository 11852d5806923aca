#!/usr/bin/python3
"""Instructions of a call, counted by callgrind: count_instructions.py FAST_PATH LIBRARY NOTHING

The program runs with a thousand calls and with eleven thousand, bare and under each library: a
tenth of the thousandth of the difference is what one call costs. Repeatable to the instruction. With
BENCH_DIR set, also writes them there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
KINDS = {"malloc": "malloc(64) and free", "calloc": "calloc(4, 16) and free",
         "realloc": "realloc from 56 bytes to 64 and back",
         "tracked": "malloc(1024) and free: a tracked block"}


def instructions(program, calls, kind, library):
    with tempfile.TemporaryDirectory() as folder:
        preload = [f"LD_PRELOAD={library}"] if library else []
        command = ["valgrind", "--tool=callgrind", "--trace-children=yes",
                   "--callgrind-out-file=/dev/null", "/usr/bin/env", f"HASHTRACK_DIR={folder}",
                   *preload, program, str(calls), kind]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        counts = re.findall(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not counts:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return int(counts[-1])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        sys.exit(SKIPPED)
    program, library, nothing = (os.path.abspath(path) for path in sys.argv[1:])
    rows = []
    for kind, what in KINDS.items():
        row = {"what": what}
        for name, preload in (("bare", None), ("nothing", nothing), ("hashtrack", library)):
            few, many = (instructions(program, calls, kind, preload) for calls in (1000, 11000))
            row[name] = (many - few) / 10000
        rows.append(row)
        print(f"{what:40} bare {row['bare']:.1f}   nothing {row['nothing']:.1f}"
              f"   hashtrack {row['hashtrack']:.1f}", flush=True)
    if os.environ.get("BENCH_DIR"):
        Path(os.environ["BENCH_DIR"], "instructions").write_text(json.dumps(rows),
                                                                 encoding="utf-8")


if __name__ == "__main__":
    main()
