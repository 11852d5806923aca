#!/usr/bin/python3
"""Does a program notice when the tracker's own system calls fail?

    check_faults.py --library L --hashtrack H --injector I TASK [--every N] PROGRAM [ARG...]

Runs the program bare, then under the tracker once for each system call that the tracker makes, with that
one gone wrong (fault_injector.c). TASK is what goes wrong:

    memory    mmap, mremap, munmap, mprotect, prctl fail: each once, then all from that one on
    files     open, read, write, rename ... fail: each once, then all from that one on
    writes    each write takes one byte only
    kill      the program is killed at each call that has to do with a file
    reads     looks at the program's memory fail: all of them, then every Nth once
    meet      one thread ends the program while another one's last snapshot is being written

Each time the program must do what it does bare, and each dump must load. A dump that claims to be
complete and without a note must list the same tables as that of a run in which nothing fails.

Exit status: 0 all went well, 1 not, 77 no ptrace here.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
MEMORY = {"mmap", "mremap", "munmap", "mprotect", "prctl"}
SECONDS = 60


class Outcome:
    def __init__(self, status, stdout, stderr, dumps, strays):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.dumps = dumps  # name -> path
        self.strays = strays


class Checker:
    def __init__(self, options, top):
        self.options = options
        self.top = top
        self.runs = 0
        self.dumps = 0
        self.partial = 0
        self.wrong = []
        self.bare = self.run([], tracked=False)
        self.reference = {}

    def run(self, injector, tracked=True):
        base = os.path.join(self.top, "run")
        shutil.rmtree(base, ignore_errors=True)
        os.makedirs(f"{base}/dumps")
        os.makedirs(f"{base}/work")
        environment = dict(os.environ, LC_ALL="C", TZ="UTC", HASHTRACK_DIR=f"{base}/dumps")
        for name in ("LD_PRELOAD", "MALLOC_PERTURB_"):
            environment.pop(name, None)
        command = [self.options.program] + self.options.arguments
        if tracked:
            command = [self.options.injector, self.options.library] + injector + command
        try:
            process = subprocess.run(command, cwd=f"{base}/work", env=environment, timeout=SECONDS,
                                     stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            # The injector was killed, and what it traces with it.
            return Outcome(f"no end within {SECONDS} s", b"", b"", {}, [])
        dumps, strays = {}, []
        for name in sorted(os.listdir(f"{base}/dumps")):
            if name.endswith(".htd") and not name.startswith("."):
                # Where the tracker could not find out the program's name it says "unknown".
                plain = name.replace(".unknown.", f".{os.path.basename(self.options.program)}.")
                dumps[re.sub(r"\.\d+", "", plain, count=1)] = f"{base}/dumps/{name}"
            else:
                strays.append(name)
        strays += os.listdir(f"{base}/work")
        return Outcome(process.returncode, process.stdout, process.stderr, dumps, strays)

    def report(self, path):
        """What a dump says: (is it complete and without a note, its tables)."""
        report = subprocess.run(
            [self.options.hashtrack, "report", "--no-symbols", "--all", "--json", path],
            capture_output=True, timeout=SECONDS, check=False)
        if report.returncode != 0:
            raise ValueError(f"status {report.returncode}: {report.stderr.decode()}")
        document = json.loads(report.stdout)
        text = subprocess.run([self.options.hashtrack, "report", "--no-symbols", path],
                              capture_output=True, timeout=SECONDS, check=False)
        is_whole = document["snapshot"]["complete"] and b"\nnote: " not in text.stdout
        tables = sorted([table.get(key) for key in ("implementation", "bytes", "capacity", "live",
                                                    "verdict", "growths", "freed")]
                        for table in document["tables"])
        return is_whole, tables

    def check(self, what, outcome, killed=False):
        self.runs += 1
        if not killed:
            for field in ("status", "stdout", "stderr"):
                if getattr(outcome, field) != getattr(self.bare, field):
                    self.wrong.append(f"{what}: {field} differs: {getattr(outcome, field)!r}")
            # Where removing a file fails, too, what was written of it stays.
            strays = [name for name in outcome.strays
                      if not (what.startswith("fail-from") and name.endswith(".tmp"))]
            if strays:
                self.wrong.append(f"{what}: left {strays}")
        elif outcome.status != -9:
            self.wrong.append(f"{what}: status {outcome.status} instead of -9")
        for name, path in outcome.dumps.items():
            self.dumps += 1
            try:
                is_whole, tables = self.report(path)
            except ValueError as error:
                self.wrong.append(f"{what}: {name} does not load: {error}")
                continue
            self.partial += not is_whole
            if is_whole and tables != self.reference[name]:
                self.wrong.append(f"{what}: {name} claims to be whole and has other tables: "
                                  f"{tables} instead of {self.reference[name]}")

    def list_calls(self):
        path = os.path.join(self.top, "list")
        outcome = self.run(["list", path])
        if outcome.status == SKIP:
            print(outcome.stderr.decode())
            sys.exit(SKIP)
        for name, dump in outcome.dumps.items():
            is_whole, self.reference[name] = self.report(dump)
            if not is_whole or not self.reference[name]:
                self.wrong.append(f"{name} is not whole although nothing failed")
        if len(self.reference) != 2:
            self.wrong.append(f"two dumps were to be expected, not {self.reference}")
        self.check("nothing fails", outcome)
        with open(path, encoding="ascii") as file:
            return [(int(number), name) for number, name in map(str.split, file)]

    def check_calls(self, is_wanted, tasks, killed=False):
        calls = [call for call in self.list_calls() if is_wanted(call[1])]
        for task in tasks:
            for number, name in calls[::self.options.every]:
                self.check(f"{task} {number} ({name})", self.run([task, str(number)]), killed)
        return len(calls)

    def check_reads(self):
        self.list_calls()
        self.check("no reads", self.run(["no-reads", "1"]))
        # Beyond the last one nothing fails any more; how many there are depends on the machine.
        for number in range(1, 30 * self.options.every, self.options.every):
            self.check(f"fail-read {number}", self.run(["fail-read", str(number)]))

    def check_meeting(self):
        path = os.path.join(self.top, "met")
        outcome = self.run(["meet", path])
        if outcome.status == SKIP:
            sys.exit(SKIP)
        with open(path, encoding="ascii") as file:
            answer = file.read()
        if answer != "met\n":
            self.wrong.append(f"the two threads {answer!r}")
        if list(outcome.dumps) != ["hashtrack.faults.htd"]:
            self.wrong.append(f"dumps: {outcome.dumps}")
        for path in outcome.dumps.values():
            is_whole, tables = self.report(path)
            if not is_whole or not tables:
                self.wrong.append(f"{path} is not whole: {tables}")
        if outcome.status != 7:
            self.wrong.append(f"status {outcome.status}")
        self.runs += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("--injector", required=True)
    parser.add_argument("--every", type=int, default=1, help="only each Nth of the calls")
    parser.add_argument("task", choices=["memory", "files", "writes", "kill", "reads", "meet"])
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    for field in ("library", "hashtrack", "injector", "program"):
        setattr(options, field, os.path.abspath(getattr(options, field)))
    options.arguments = [os.path.abspath(word) if os.path.exists(word) else word
                         for word in options.arguments]
    top = tempfile.mkdtemp(prefix="faults-")
    try:
        if options.task == "meet":
            # Bare, nobody sends the signal: there is nothing to compare with.
            checker = Checker.__new__(Checker)
            checker.options, checker.top = options, top
            checker.runs = checker.dumps = checker.partial = 0
            checker.wrong, checker.reference = [], {}
            checker.check_meeting()
        else:
            checker = Checker(options, top)
            if options.task == "memory":
                checker.check_calls(lambda name: name in MEMORY, ["fail", "fail-from"])
            elif options.task == "files":
                checker.check_calls(lambda name: name not in MEMORY, ["fail", "fail-from"])
            elif options.task == "writes":
                checker.check_calls(lambda name: name == "write", ["shorten"])
            elif options.task == "kill":
                checker.check_calls(lambda name: name not in MEMORY | {"sigaltstack"}, ["kill"],
                                    killed=True)
            else:
                checker.check_reads()
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{checker.runs} runs, {checker.dumps} dumps, {checker.partial} of them partial")
    for sentence in checker.wrong[:20]:
        print("DIFFERENT: " + sentence[:3000])
    return 1 if checker.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
