#!/usr/bin/python3
"""A program with more rights than its user writes no dump: check_secure.py PROGRAM LIBRARY.

PROGRAM is linked with LIBRARY. A copy of it runs as it is, and must leave a dump; then as a set-user-id
program of another user's, and must leave none, though the directory that HASHTRACK_DIR names could be
written by anybody. Exit status 77 where nobody may make such a program.
"""

import os
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
OWNER, USER = 1, 65534
PLACE = b"/filled-in-by-check_secure.py/"  # where the program looks for its library


def run(program, dumps, user):
    for name in os.listdir(dumps):
        os.unlink(f"{dumps}/{name}")
    process = subprocess.run([program], user=user, group=user, extra_groups=[], cwd="/",
                             env={"HASHTRACK_DIR": dumps}, capture_output=True, timeout=60,
                             check=False)
    return process, os.listdir(dumps)


def main(program, library):
    if os.geteuid() != 0:
        print("skipped: only root can make a program of another user's")
        return SKIP
    top = tempfile.mkdtemp(prefix="secure-")
    try:
        os.chmod(top, 0o755)
        dumps, copy = f"{top}/dumps", f"{top}/secure_host"
        os.mkdir(dumps)
        os.chmod(dumps, 0o1777)
        shutil.copy(program, copy)
        shutil.copy(library, f"{top}/{os.path.basename(library)}")
        with open(copy, "rb") as file:
            data = file.read()
        start = data.index(PLACE)
        length = data.index(b"\0", start) - start
        if len(top) > length:
            print(f"{top} is too long a name")
            return 1
        with open(copy, "wb") as file:
            file.write(data[:start] + top.encode().ljust(length, b"\0") + data[start + length:])
        os.chmod(copy, 0o755)
        plain, left = run(copy, dumps, USER)
        if plain.returncode != 0 or plain.stdout != b"secure: 0\n" or len(left) != 1:
            print(f"as a plain program: {plain}, dumps {left}")
            return 1
        os.chown(copy, OWNER, OWNER)
        os.chmod(copy, 0o4755)
        secure, left = run(copy, dumps, USER)
        if secure.stdout == b"secure: 0\n":
            print("skipped: set-user-id means nothing on this file system")
            return SKIP
        if secure.returncode != 0 or secure.stdout != b"secure: 1\n" or left:
            print(f"with other rights: {secure}, dumps {left}")
            return 1
        return 0
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
