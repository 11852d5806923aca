#!/usr/bin/python3
"""A real dump with one byte changed, or cut: check_corruption.py LIBRARY HASHTRACK CORRUPT PROGRAM COUNT.

Makes a dump of PROGRAM (tests/hosts/faults), lets CORRUPT (corrupt_dump.c) change COUNT bytes, and asks
the command itself about some more: `hashtrack report` must end with 3, never with 0, and never by a signal.
"""

import glob
import os
import random
import subprocess
import sys
import tempfile

BAD_DUMP = 3


def main(library, hashtrack, corrupt, program, plugin, count):
    with tempfile.TemporaryDirectory(prefix="corruption-") as top:
        environment = dict(os.environ, LD_PRELOAD=os.path.abspath(library), HASHTRACK_DIR=top)
        subprocess.run([os.path.abspath(program), "everything", os.path.abspath(plugin)],
                       env=environment, stdout=subprocess.DEVNULL, timeout=60, check=False)
        dump = max(glob.glob(f"{top}/*.htd"), key=os.path.getsize)
        many = subprocess.run([corrupt, dump, count], capture_output=True, text=True, check=False)
        print(many.stdout, many.stderr[-2000:])
        if many.returncode != 0:
            return 1
        with open(dump, "rb") as file:
            sound = file.read()
        numbers = random.Random(1)
        for i in range(60):
            data = bytearray(sound)
            if i % 3 == 0:
                del data[numbers.randrange(len(data)):]
            else:
                data[numbers.randrange(len(data))] ^= numbers.randrange(1, 256)
            damaged = f"{top}/damaged.htd"
            with open(damaged, "wb") as file:
                file.write(data)
            report = subprocess.run([hashtrack, "report", damaged], capture_output=True, text=True,
                                    timeout=60, check=False)
            if report.returncode != BAD_DUMP or report.stdout:
                print(f"damaged dump {i}: status {report.returncode}: {report.stdout[:500]}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
