#!/usr/bin/python3
"""Runs soak.c for a time, bare for a little, then with the tracker, and watches it from outside.

At each quiet moment of the program (see soak.c):

- the bytes and blocks that the tracker counts are those that the program holds, and what libc and
  the start of the program keep besides, which is as much as in the beginning: no drift;
- the anonymous memory beside the heap is that of the bare program and the tracker's own: it stays
  under a bound, and after the first third of the time it grows no more than records account for;
- descriptors and threads are as many as in the bare program;
- every dump loads, is complete, and nothing was dropped or missed.

Prints the figures. Exits with 1 when one of these does not hold.
"""

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

KIB, MIB = 1024, 1024 * 1024
# What the tracker may have mapped: 4 MiB, which any program's may be, and as much again for the
# records of tables that are gone and of call stacks, which come over time.
MOST_OWN_BYTES = 8 * MIB
# After the first third, beside what the dump accounts for: working memory of three more threads that
# happened to be in the tracker at a time. Two came late in a run of six seconds on a busy machine.
MOST_UNACCOUNTED_BYTES = 3 * 264 * KIB
BARE_ROUNDS = 10
WARM_UP_ROUNDS = 3  # libc's first thread, first dlopen, first fork keep something

HEADER = struct.Struct("<8sIIQII")  # dump_format.h
SECTION = struct.Struct("<IIQQII")
INFO = struct.Struct("<IIIIQQQQQQIIIIQ")
SECTION_INFO, SECTION_STRINGS, SECTION_COUNTERS = 1, 2, 3
INFO_COMPLETE = 1
# Not losses: what a program may do, and soak.c does.
EXPECTED_COUNTERS = {"mappings no longer tracked because a part of them was unmapped"}


class Dump:
    """What the information and the counters of a dump say."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        _, _, header_bytes, _, section_count, _ = HEADER.unpack_from(data)
        sections = {}
        for i in range(section_count):
            kind, record, offset, count, _, _ = SECTION.unpack_from(data,
                                                                    header_bytes + i * SECTION.size)
            sections[kind] = (offset, record, count)
        info = INFO.unpack_from(data, sections[SECTION_INFO][0])
        self.complete = bool(info[2] & INFO_COMPLETE)
        self.tracked = info[7], info[8]
        self.own_bytes = info[14]
        self.counters = {}
        strings = sections[SECTION_STRINGS][0]
        offset, record, count = sections.get(SECTION_COUNTERS, (0, 0, 0))
        for i in range(count):
            name, _, value = struct.unpack_from("<IIQ", data, offset + i * record)
            text = data[strings + name:data.index(b"\0", strings + name)].decode()
            self.counters[text] = value


def anonymous_bytes(pid):
    """Private writable memory without a name: mapped and resident bytes."""
    mapped = resident = 0
    counts = False
    with open(f"/proc/{pid}/smaps", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", words[0]):
                counts = words[1].startswith("rw") and words[5:] in ([], ["[anon:hashtrack]"])
            elif counts and words[0] == "Size:":
                mapped += int(words[1]) * KIB
            elif counts and words[0] == "Rss:":
                resident += int(words[1]) * KIB
    return mapped, resident


class Moment:
    """One quiet moment, seen from outside."""

    def __init__(self, process, line):
        words = line.split()
        self.round, bytes_held, blocks_held, in_mappings = map(int, words[1:])
        self.held = bytes_held, blocks_held
        mapped, resident = anonymous_bytes(process.pid)
        self.mapped, self.resident = mapped - in_mappings, resident - in_mappings
        self.descriptors = len(os.listdir(f"/proc/{process.pid}/fd"))
        self.threads = len(os.listdir(f"/proc/{process.pid}/task"))
        self.dump = None


class Soak:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.dumps = 0
        self.wrong = []

    def complain(self, sentence):
        if len(self.wrong) < 20:
            print("WRONG: " + sentence, flush=True)
        self.wrong.append(sentence)

    def run(self, seconds, tracked, most_rounds=None):
        """Yields the quiet moments; the program goes on when the next one is asked for."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("HASHTRACK_", "MALLOC_", "LD_PRELOAD"))}
        if tracked:
            environment["LD_PRELOAD"] = self.options.library
            environment["HASHTRACK_DIR"] = self.directory
        process = subprocess.Popen([self.options.soak, str(seconds), self.options.plugin],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env=environment, bufsize=1)
        for line in process.stdout:
            if not line.startswith("quiet "):
                break
            moment = Moment(process, line)
            yield moment
            if most_rounds is not None and moment.round + 1 >= most_rounds:
                process.kill()
                process.wait()
                return
            process.stdin.write("go\n")
        status = process.wait()
        if status != 0:
            self.complain(f"the program ended with status {status}")

    def load_dumps(self):
        """Loads and removes what has been written; the dump of the last quiet moment."""
        paths = sorted(os.path.join(self.directory, name) for name in os.listdir(self.directory)
                       if name.endswith(".htd"))
        quiet = [path for path in paths if path.endswith("-quiet.htd")]
        self.dumps += len(paths)
        if paths:
            report = subprocess.run([self.options.hashtrack, "report", "--no-symbols", *paths],
                                    capture_output=True, text=True, check=False)
            if report.returncode != 0:
                self.complain(f"hashtrack report: {report.returncode}: {report.stderr[-500:]}")
        if len(quiet) > 1:
            self.complain(f"more than one dump of a quiet moment: {quiet}")
        dump = Dump(quiet[0]) if quiet else None
        for path in paths:
            os.remove(path)
        return dump

    def check(self, moment, first, bare):
        dump = moment.dump
        name = f"round {moment.round}"
        if not dump:
            self.complain(f"{name}: no dump")
            return
        extra = tuple(counted - held for counted, held in zip(dump.tracked, moment.held))
        wanted = tuple(counted - held for counted, held in zip(first.dump.tracked, first.held))
        if extra != wanted:
            self.complain(f"{name}: the count of bytes and blocks is off by {extra}, not {wanted}")
        losses = {text: value for text, value in dump.counters.items()
                  if text not in EXPECTED_COUNTERS}
        if losses or not dump.complete:
            self.complain(f"{name}: complete {dump.complete}, lost {losses}")
        if moment.mapped - bare.mapped > MOST_OWN_BYTES:
            self.complain(f"{name}: the tracker has mapped {moment.mapped - bare.mapped} bytes")
        if (moment.descriptors, moment.threads) != (bare.descriptors, bare.threads):
            self.complain(f"{name}: {moment.descriptors} descriptors, {moment.threads} threads")


def show(moment, bare, started):
    dump = moment.dump
    print(f"{(time.monotonic() - started) / 60:7.1f} min  round {moment.round:6}  "
          f"holds {moment.held[0]:9}  tracked {dump.tracked[0] if dump else 0:9}  own KiB: "
          f"mapped {(moment.mapped - bare.mapped) / KIB:6.0f}, "
          f"resident {(moment.resident - bare.resident) / KIB:6.0f}, "
          f"by the dump {dump.own_bytes / KIB if dump else 0:6.0f}", flush=True)


def watch(soak, options):
    bare = None
    for moment in soak.run(3600, False, BARE_ROUNDS):
        if moment.round == WARM_UP_ROUNDS:
            bare = moment
        elif bare and (moment.mapped, moment.descriptors, moment.threads) != (
                bare.mapped, bare.descriptors, bare.threads):
            # Else the difference would not be the tracker's.
            soak.complain(f"the bare program is not as it was: {moment.mapped} bytes, "
                          f"{moment.descriptors} descriptors, {moment.threads} threads")
    first = third = last = None
    started = time.monotonic()
    shown = 0
    for moment in soak.run(options.seconds, True):
        moment.dump = soak.load_dumps()
        last = moment
        if moment.round < WARM_UP_ROUNDS or not moment.dump:
            continue
        elapsed = time.monotonic() - started
        first = first or moment
        if not third and elapsed >= options.seconds / 3:
            third = moment
        soak.check(moment, first, bare)
        if elapsed >= shown:
            show(moment, bare, started)
            shown = elapsed + max(options.seconds / 20, 1)
    soak.load_dumps()
    if not third or last is third:
        soak.complain("it ended too early to say anything")
        return
    show(last, bare, started)
    growth = last.mapped - third.mapped
    accounted = last.dump.own_bytes - third.dump.own_bytes
    if growth - accounted > MOST_UNACCOUNTED_BYTES:
        soak.complain(f"{growth} bytes more than after a third of the time, {accounted} in records")
    print(f"{soak.dumps} dumps, {last.round + 1} rounds in {(time.monotonic() - started) / 60:.1f} "
          f"minutes; since a third of the time the tracker's memory grew by {growth} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--hashtrack", required=True)
    parser.add_argument("soak")
    parser.add_argument("plugin")
    parser.add_argument("seconds", type=int)
    options = parser.parse_args()
    for name in ("library", "hashtrack", "soak", "plugin"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    directory = tempfile.mkdtemp(prefix="soak-")
    try:
        soak = Soak(options, directory)
        watch(soak, options)
        return 1 if soak.wrong else 0
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
