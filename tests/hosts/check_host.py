#!/usr/bin/python3
"""Does a program behave the same with the tracker preloaded as without it?

    check_host.py --library L [--hashtrack H] [options] PROGRAM [ARG...]

Runs the program twice, bare and under LD_PRELOAD=L, each in a fresh directory with HASHTRACK_DIR in
another one, and compares exit status, stdout, stderr and the files left behind. Every dump must
load with `H report --json`. A host prints what it can see of itself (descriptors, signal dispositions,
threads: host.c), so that those are compared as text.

Exit status: 0 the same, 1 not, 77 the host says (by exiting with 77 itself) that this machine
cannot run it. The bare run is checked first: a host that fails on its own proves nothing.
"""

import argparse
import ctypes
import difflib
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from dump_places import PLACES, SKIP, unmount_tiny

DUMP_NAME = re.compile(r"hashtrack\.(?P<program>.+)\.(?P<pid>\d+)(?P<snapshot>\.\d+-.*)?\.htd")
PR_SET_CHILD_SUBREAPER = 36


class Run:
    """What one run of the program left behind."""

    def __init__(self, pid, status, stdout, stderr, files, seconds):
        self.pid = pid
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.files = files
        self.seconds = seconds


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True, help="libhashtrack.so")
    parser.add_argument("--hashtrack", help="the analyzer; every dump must load with it")
    parser.add_argument("--timeout", type=float, default=30, help="seconds for each run")
    parser.add_argument("--status", type=int, default=0, help="exit status, or minus the signal")
    parser.add_argument("--dump", action="store_true", help="the first process must leave a dump")
    parser.add_argument("--no-dump", action="store_true", help="no process may leave a dump")
    parser.add_argument("--label", help="the first process's final dump carries this label")
    parser.add_argument("--complete", action="store_true",
                        help="that dump lost nothing: complete, without dropped records")
    parser.add_argument("--table", type=int, metavar="BYTES",
                        help="that dump lists a table of at least so many bytes: its capacity, "
                             "where it came from and where it grew")
    parser.add_argument("--dumps", type=int, default=0, metavar="N",
                        help="all processes together leave at least so many dumps")
    parser.add_argument("--most-dumps", type=int, default=0, metavar="N",
                        help="and at most so many")
    parser.add_argument("--tables-from", metavar="N-PLACES",
                        help="that dump lists at least N tables, from at most so many places")
    parser.add_argument("--frames", action="append", default=[], metavar="FUNCTION@MODULE:N",
                        help="N tables grew in that function of the module of that name")
    parser.add_argument("--most-tracked", type=int, metavar="BYTES",
                        help="at most so many bytes were tracked in the end")
    parser.add_argument("--secret", action="append", default=[],
                        help="a text that no dump may contain")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--preload", help="another library preloaded in both runs")
    parser.add_argument("--preload-first", action="store_true", help="that one before the tracker")
    parser.add_argument("--report-status", type=int, default=0,
                        help="exit status of `hashtrack report` for every dump")
    parser.add_argument("--names-only", action="store_true",
                        help="compare names and kinds of the files left behind, not contents")
    parser.add_argument("--dump-place", default="plain", choices=sorted(PLACES),
                        help="what HASHTRACK_DIR points at")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def prctl(option, value):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def describe_files(top, names_only):
    """One line for every file below top, dumps left out."""
    lines = []
    for directory, _, names in os.walk(top):
        for name in sorted(names + [""]):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            what = stat.filemode(status.st_mode)
            if DUMP_NAME.fullmatch(name) and stat.S_ISREG(status.st_mode):
                continue
            if stat.S_ISREG(status.st_mode) and not names_only:
                with open(path, "rb") as file:
                    what += " " + hashlib.sha256(file.read()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                what += " -> " + os.readlink(path).replace(os.path.dirname(top), "")
            lines.append(os.path.relpath(path, top) + " " + what)
    return sorted(DUMP_NAME.sub("hashtrack.PROGRAM.PID.htd", line) for line in lines)


def reap_descendants(deadline):
    """Waits for what the program left running (we are its subreaper); false when it stays."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)


def kill_descendants():
    """Ends the children of this process, one by one, until none is left."""
    while True:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
        if not children:
            return
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def run(options, base, preload):
    """One run. base holds cwd (work/) and the dumps (dumps/)."""
    work = f"{base}/work"
    os.makedirs(work)
    environment = dict(os.environ)
    for name in ("LD_PRELOAD", "HASHTRACK_DIR"):
        environment.pop(name, None)
    environment.update({"HOME": work, "TMPDIR": work, "LC_ALL": "C", "TZ": "UTC"})
    environment.update(pair.split("=", 1) for pair in options.env)
    dumps = PLACES[options.dump_place](base)
    if dumps is not None:
        environment["HASHTRACK_DIR"] = dumps
    if preload:
        # LD_PRELOAD only for the program, not for whatever runs it.
        environment["LD_PRELOAD"] = ":".join(preload)
    started = time.monotonic()
    deadline = started + options.timeout
    process = subprocess.Popen([options.program] + options.arguments, cwd=work, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    status = None
    try:
        stdout, stderr = process.communicate(timeout=options.timeout)
        status = process.returncode
        if not reap_descendants(deadline):
            raise subprocess.TimeoutExpired(options.program, options.timeout)
    except subprocess.TimeoutExpired:
        name = "tracked" if options.library in preload else "bare"
        print(f"the {name} run did not end within {options.timeout} s (status {status}); "
              f"its threads wait in: {waiting_in(process.pid)}")
        kill_descendants()
        if status is None:
            print_stream("stdout", process.stdout.read())
            print_stream("stderr", process.stderr.read())
        sys.exit(1)
    seconds = time.monotonic() - started
    return Run(process.pid, status, stdout, stderr, describe_files(work, options.names_only),
               seconds)


def waiting_in(pid):
    """The system calls in which a process that hangs stands: the first question about a hang."""
    try:
        waiting = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/wchan", encoding="ascii") as file:
                waiting.append(file.read())
        return ", ".join(waiting)
    except OSError:
        return "unknown"


def print_stream(name, data):
    text = data.decode("utf-8", "replace")
    print(f"--- {name} ({len(data)} bytes)\n{text[-4000:]}")


def print_difference(name, before, after):
    texts = [data.decode("utf-8", "replace").splitlines() for data in (before, after)]
    for line in list(difflib.unified_diff(*texts, f"bare {name}", f"tracked {name}", n=1,
                                          lineterm=""))[:60]:
        print(line)


ELAPSED = re.compile(rb"^elapsed: .*\n", re.MULTILINE)


def compare(bare, tracked, base_names):
    """The differences, as sentences. Lines "elapsed: ..." are printed instead of compared."""
    for name, stdout in (("bare", bare.stdout), ("tracked", tracked.stdout)):
        for line in ELAPSED.findall(stdout):
            print(f"{name} {line.decode().strip()}")

    def neutral(data):
        data = ELAPSED.sub(b"", data)
        for name in base_names:
            data = data.replace(name.encode(), b"BASE")
        return data

    wrong = []
    if bare.status != tracked.status:
        wrong.append(f"exit status {bare.status} became {tracked.status}")
    for stream in ("stdout", "stderr"):
        before, after = neutral(getattr(bare, stream)), neutral(getattr(tracked, stream))
        if before != after:
            wrong.append(f"{stream} differs")
            print_difference(stream, before, after)
    if bare.files != tracked.files:
        wrong.append("files differ: only bare " + str(sorted(set(bare.files) - set(tracked.files)))
                     + ", only tracked " + str(sorted(set(tracked.files) - set(bare.files))))
    return wrong


def find_library(name):
    """The path of a library that the loader knows, as ldconfig lists it, or None."""
    if "/" in name:
        return os.path.abspath(name)
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    match = re.search(rf"^\t{re.escape(name)} .* => (/.*)$", listing.stdout, re.MULTILINE)
    return match[1] if match else None


def find_dumps(base):
    """Dumps by (pid, is final), and the names of files that have no business there."""
    dumps, strays = [], []
    for directory in (f"{base}/dumps", f"{base}/work"):
        for name in sorted(os.listdir(directory)):
            match = DUMP_NAME.fullmatch(name)
            path = os.path.join(directory, name)
            status = os.lstat(path)
            # A host may have planted something under a dump's name: links to its own files.
            if match and stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                dumps.append((int(match["pid"]), match["snapshot"] is None, path))
            elif not match and directory.endswith("dumps") and name != "filler":
                strays.append(name)
    return dumps, strays


def check_dump(options, path):
    """A dump loads, and holds no secret. Returns the report and what is wrong."""
    wrong = []
    with open(path, "rb") as file:
        data = file.read()
    for secret in options.secret:
        if secret.encode() in data:
            wrong.append(f"{os.path.basename(path)} contains the secret {secret!r}")
    if os.lstat(path).st_mode & 0o077:
        wrong.append(f"{os.path.basename(path)} can be read by others")
    if not options.hashtrack:
        return {}, wrong
    report = subprocess.run([options.hashtrack, "report", "--json", "--all", path],
                            capture_output=True, timeout=30, check=False)
    if report.returncode != options.report_status:
        wrong.append(f"hashtrack report: status {report.returncode}: {report.stderr.decode()}")
        return {}, wrong
    if report.returncode != 0:
        return {}, wrong  # as expected, and with nothing to read
    try:
        document = json.loads(report.stdout)
    except ValueError as error:
        wrong.append(f"hashtrack report --json: {error}")
        return {}, wrong
    for table in document.get("tables", []):
        for frame in table.get("birth", []) + table.get("growth", []):
            if frame.get("offset") and int(frame["offset"], 16) == 0:
                wrong.append(f"a call stack with an empty frame: {table}")
    if document.get("schema") != "hashtrack-report/1":
        wrong.append("hashtrack report --json: no schema")
    return document, wrong


def check_final(options, final):
    """What the first process's last dump must say."""
    wrong = []
    snapshot, totals = final.get("snapshot", {}), final.get("totals", {})
    tables = final.get("tables", [])
    if options.label and snapshot.get("label") != options.label:
        wrong.append(f"label {snapshot.get('label')!r} instead of {options.label!r}")
    if options.table and not any(
            table.get("bytes", 0) >= options.table and table.get("capacity")
            and table.get("birth") and table.get("growth") for table in tables):
        wrong.append(f"no table of {options.table} bytes among {tables}")
    if options.complete and (not snapshot.get("complete") or totals.get("dropped_records")):
        wrong.append(f"the dump is not complete: {snapshot} {totals}")
    if options.most_tracked is not None and totals["tracked_bytes"] > options.most_tracked:
        wrong.append(f"{totals['tracked_bytes']} bytes were tracked")
    for wanted in options.frames:
        place, _, count = wanted.rpartition(":")
        function, _, module = place.partition("@")
        found = [table for table in tables if any(
            frame.get("function") == function and frame.get("module", "").endswith(module)
            for frame in table.get("growth", []))]
        if len(found) != int(count):
            wrong.append(f"{len(found)} tables grew in {place}; all grew in "
                         f"{[table.get('growth') for table in tables]}")
    if options.tables_from:
        least, most = map(int, options.tables_from.split("-"))
        places = {json.dumps(table.get("birth")) for table in tables}
        if len(tables) < least or len(places) > most:
            wrong.append(f"{len(tables)} tables from {len(places)} places")
    return wrong


def check_dumps(options, base, tracked):
    dumps, strays = find_dumps(base)
    wrong = [f"stray file {name!r} beside the dumps" for name in strays]
    if options.no_dump and dumps:
        wrong.append(f"a dump where none should be: {dumps}")
    if options.most_dumps and len(dumps) > options.most_dumps:
        wrong.append(f"{len(dumps)} dumps, of at most {options.most_dumps}")
    if len(dumps) < options.dumps:
        wrong.append(f"{len(dumps)} dumps instead of {options.dumps}: {dumps}")
    final = None
    for pid, is_final, path in dumps:
        document, complaints = check_dump(options, path)
        wrong += complaints
        if pid == tracked.pid and is_final:
            final = document
    must_be_there = (options.dump or options.label or options.complete or options.table
                     or options.tables_from or options.frames or options.most_tracked is not None)
    if must_be_there and final is None:
        wrong.append("the first process left no dump")
    elif final is not None and options.hashtrack:
        wrong += check_final(options, final)
    return wrong, len(dumps)


def main():
    options = parse_arguments()
    # The runs have directories of their own: what is named by a path from here must be found there.
    options.library = os.path.abspath(options.library)
    options.program, *options.arguments = (
        os.path.abspath(word) if "/" in word and os.path.exists(word) else word
        for word in [options.program] + options.arguments)
    if options.hashtrack:
        options.hashtrack = os.path.abspath(options.hashtrack)
    if not os.path.exists(options.library):
        print(f"no such library: {options.library}")
        return 1
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    other = []
    if options.preload:
        other.append(find_library(options.preload))
        if other[0] is None:
            print(f"skipped: {options.preload} is not installed")
            return SKIP
    top = tempfile.mkdtemp(prefix="host-")
    # A host that drops root must still reach its directories.
    os.chmod(top, 0o755)
    try:
        bare = run(options, f"{top}/a", other)
        if bare.status == SKIP:
            print("skipped by the host: " + bare.stdout.decode("utf-8", "replace"))
            return SKIP
        if bare.status != options.status:
            print(f"the host itself fails: status {bare.status} instead of {options.status}")
            print_stream("stdout", bare.stdout)
            print_stream("stderr", bare.stderr)
            return 1
        with_tracker = (other + [options.library] if options.preload_first
                        else [options.library] + other)
        tracked = run(options, f"{top}/b", with_tracker)
        wrong = compare(bare, tracked, (f"{top}/a", f"{top}/b"))
        complaints, dump_count = check_dumps(options, f"{top}/b", tracked)
        wrong += complaints
        print(f"bare {bare.seconds:.3f} s, tracked {tracked.seconds:.3f} s "
              f"(x{tracked.seconds / bare.seconds:.2f}), {dump_count} dumps")
        for sentence in wrong:
            print("DIFFERENT: " + sentence)
        return 1 if wrong else 0
    finally:
        if options.dump_place == "full":
            unmount_tiny(f"{top}/a/dumps")
            unmount_tiny(f"{top}/b/dumps")
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
