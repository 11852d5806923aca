#!/usr/bin/python3 -IS
"""Compares what `hashtrack report` says of a program's tables with what the program says of them.

The program runs under libhashtrack.so and prints, besides whatever else, lines of these kinds:

    TRUTH {json}   one table: what a report must say of it
        implementation  the report's name for it, or "unknown"
        alike           it may be called this as well: it lies in memory byte for byte as one of
                        these does
        capacity, live, tombstones (optional), peak (optional: the most entries it ever held)
        verdict         "hollow", "over-reserved", "tombstones", "growing" or "ok"
        snapshot        label of the dump for which this is true
        address         of its array of buckets or slots, or a place inside that block; without it
                        the table is looked for by implementation and capacity
        other_addresses of further arrays of the same table
        freed           the table is gone by then
        saves_bytes     what the first advice saves, measured by following it; the report may be
                        off by 5 %
        capacity_tolerance (0), live_tolerance (0.1)
                        how far off the report may be, as a share: 0.1 permits from 1/1.1 to 1.1
                        times the truth. A live count that was read exactly must be exact unless
                        a tolerance is given. Estimated tombstones
                        may be off by live_tolerance of all entries, erased ones included.
        live_is_upper_bound
                        erased entries leave bytes behind: an estimate may be too high
        may_be_missed   no reader of memory can know: the table may go unmentioned or unflagged.
                        What is said must not be wrong even so.
        missed_because  why not, in words
        may_be_seen_growing
                        by chance: what is "over-reserved" may be called "hollow" then
        may_be_unread   a report may mention it without saying a number
    MANY {json}    tables of one site that are alike, too small for a finding each
        implementation, capacity, live, snapshot
                        as above, of each of them
        tables          how many there are
        verdicts        what each may be called; when that is a finding, all are one group
    DECOY {json}   no table: no finding may stand at "address" ("what" says what lies there) in the
                   dump labelled "snapshot", or without that in any dump

A finding (verdict hollow, over-reserved or tombstones) about an unknown implementation that no
TRUTH or MANY line claims is a false alarm; in a program with decoys every unclaimed finding is. A truth of
"ok" is also met by "growing": neither is a finding.

Exit status: 0 all as it should be, 1 something is not, 77 this machine cannot run the program.

What a program finds in its memory is the same each time: addresses are not laid out by chance, and
what fills fresh memory (MALLOC_PERTURB_, which meson sets at random) goes by the program and its
arguments. A test that fails has then found a fault of the change at hand, not of another day's. With
TRUTH_CHANCE=1 in the environment both are left to chance: `tests/run --chance` goes through many of
those, for an estimate must be right whatever the addresses are.

It is started more than two thousand times in a run of the tests: Python comes up without the
machine's site packages (-I -S), and what only some tests need is imported where they need it. Those
took half of its time.

With ACCURACY_DIR in the environment a file in that directory gets one JSON object for each truth,
decoy and false alarm: what tests/accuracy/write_accuracy.py makes docs/accuracy.md of.
"""

import argparse
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import zlib

SKIPPED = 77
TIMEOUT_S = 120
SAVING_TOLERANCE = 0.05
FINDINGS = ("hollow", "over-reserved", "tombstones")
ADDR_NO_RANDOMIZE = 0x0040000  # <sys/personality.h>


class CannotRun(Exception):
    """This machine or this program does not permit the test."""


class Broken(Exception):
    """The program, the library or the command failed before anything could be compared."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--library", required=True, help="libhashtrack.so")
    parser.add_argument("--hashtrack", required=True, help="the hashtrack command")
    parser.add_argument("--bare", action="store_true",
                        help="also run without the library: output and status must be the same")
    parser.add_argument("--stripped", action="store_true",
                        help="run a copy without symbols: no layout may need them")
    parser.add_argument("--unseen", metavar="LIBRARY",
                        help="preloaded, too: it takes the program's own snapshots away")
    parser.add_argument("--grown-in", metavar="MODULE",
                        help="the stacks of the true tables must have named functions of it")
    parser.add_argument("--min-saving", metavar="BYTES",
                        help="which saving is worth a finding (default: as in a report)")
    parser.add_argument("--summary", action="store_true",
                        help="print a line `SUMMARY {json}` for each truth, decoy and false alarm")
    parser.add_argument("--test", default="", metavar="NAME",
                        help="the name of the test, for ACCURACY_DIR")
    parser.add_argument("--checked", default="", metavar="COMMAND",
                        help="which command tells the version of the implementation, likewise")
    parser.add_argument("--keep", metavar="DIR", help="leave the dumps in this directory")
    return parser.parse_intermixed_args()


def leave_nothing_to_chance(options):
    """For all that is started from here on. Where a container forbids personality() addresses stay
    as they come."""
    libc = ctypes.CDLL(None)
    now = libc.personality(ctypes.c_ulong(0xffffffff))
    if now != -1:
        libc.personality(ctypes.c_ulong(now | ADDR_NO_RANDOMIZE))
    if os.environ.get("MALLOC_PERTURB_") != "0":
        command = " ".join([os.path.basename(options.program), *options.arguments])
        os.environ["MALLOC_PERTURB_"] = str(zlib.crc32(command.encode()) % 256)


def run_program(command, environment):
    """The finished process with its pid: dumps of its children are told apart by that."""
    try:
        process = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise CannotRun(f"cannot run {command[0]}: {error.strerror}") from error
    try:
        output, errors = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as expired:
        process.kill()
        process.communicate()
        raise Broken(f"{command[0]} does not end within {TIMEOUT_S} s") from expired
    return process, output, errors


def describe_end(status):
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"


def read_reports(options, directory, pid):
    """The report of each dump the program wrote, by the dump's label."""
    dumps = sorted(name for name in os.listdir(directory) if name.endswith(".htd"))
    if not dumps:
        return {}
    command = [options.hashtrack, "report", "--json", "--all",
               *(os.path.join(directory, name) for name in dumps)]
    if options.min_saving:
        command += ["--min-saving", options.min_saving]
    result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if result.returncode == SKIPPED:
        raise CannotRun(result.stderr.strip())
    if result.returncode != 0:
        raise Broken(f"{' '.join(command)} {describe_end(result.returncode)}: {result.stderr}")
    # An object a line where there are several dumps.
    texts = result.stdout.splitlines() if len(dumps) > 1 else [result.stdout]
    if len(texts) != len(dumps):
        raise Broken(f"{' '.join(command)} prints {len(texts)} lines for {len(dumps)} dumps")
    reports = {}
    for text in texts:
        try:
            report = json.loads(text)
        except ValueError as error:
            raise Broken(f"{' '.join(command)} prints no JSON: {error}") from error
        if report["pid"] != pid:
            continue
        label = report["snapshot"]["label"]
        if label in reports:
            raise Broken(f"two dumps are labelled {label}")
        reports[label] = report
    return reports


def claims_of(output, keyword):
    prefix = keyword + " "
    return [json.loads(line[len(prefix):]) for line in output.splitlines()
            if line.startswith(prefix)]


def without_addresses(output):
    """What must be the same in every run: the address space is laid out anew in each."""
    return re.sub(r"0x[0-9a-f]+", "0x", output)


def blocks_of(table):
    """(address, bytes) of each of its arrays."""
    blocks = [(int(array["address"], 16), array["bytes"]) for array in table.get("arrays", [])]
    if "address" in table:
        # Of a freed table no array is listed.
        blocks.append((int(table["address"], 16), 1 if blocks else table["bytes"]))
    return blocks


def holds(table, address):
    return any(start <= address < start + max(size, 1) for start, size in blocks_of(table))


def addresses_of(claim):
    texts = [claim[key] for key in ("address",) if key in claim] + claim.get("other_addresses", [])
    return [int(text, 16) for text in texts]


def claims(claim, table):
    """Whether the finding `table` is about what this truth is about."""
    addresses = addresses_of(claim)
    if addresses:
        return any(holds(table, address) for address in addresses)
    return table.get("implementation") == claim["implementation"]


def find_table(truth, tables):
    """The entry of the report that is about this table, or None."""
    tables = [table for table in tables if table.get("freed", False) == truth.get("freed", False)]
    if "address" in truth:
        for address in addresses_of(truth):  # the main array first
            for table in tables:
                if holds(table, address):
                    return table
        return None
    for table in tables:
        if (table.get("implementation") == truth["implementation"]
                and table.get("capacity") == truth["capacity"]):
            return table
    return None


def off_by(reported, true):
    """How far off, as a share of the truth; None when the report is silent."""
    if reported is None:
        return None
    return abs(reported - true) / max(true, 1)


def within(reported, true, tolerance, slack=0.0):
    return true / (1 + tolerance) - slack <= reported <= true * (1 + tolerance) + slack


def capacity_fits(truth, table):
    capacity = table.get("capacity")
    return capacity is not None and within(capacity, truth["capacity"],
                                           truth.get("capacity_tolerance", 0.0))


def live_tolerance(truth, table):
    return truth.get("live_tolerance", 0.0 if table.get("read") == "exact" else 0.1)


def live_fits(truth, table):
    live, true = table.get("live"), truth["live"]
    if live is None:
        return False
    if truth.get("live_is_upper_bound") and live > true:
        return True
    return within(live, true, live_tolerance(truth, table), 2 * table.get("live_error", 0))


def tombstones_fit(truth, table):
    slack = live_tolerance(truth, table) * (truth["live"] + truth["tombstones"])
    return abs(table["tombstones"] - truth["tombstones"]) <= slack


def verdict_fits(truth, table):
    verdict, true = table.get("verdict"), truth["verdict"]
    if true == "ok":
        return verdict in ("ok", "growing")
    if truth.get("may_be_missed") and true in FINDINGS:
        return verdict in (true, "ok", "growing")
    if truth.get("may_be_seen_growing") and true == "over-reserved":
        return verdict in (true, "hollow")
    return verdict == true


def saving_fits(truth, table):
    advice = table.get("advice", [])
    return bool(advice) and within(advice[0]["saves_bytes"], truth["saves_bytes"], SAVING_TOLERANCE)


def is_unread(truth, table):
    return truth.get("may_be_unread", False) and not {"capacity", "live"} & table.keys()


def mismatches(truth, table):
    """Sentences about what the report says wrongly of this table."""
    wrong = []
    if table.get("implementation") not in (truth["implementation"], truth.get("alike")):
        wrong.append(f"implementation is {table.get('implementation')!r}, "
                     f"should be {truth['implementation']!r}")
    if not verdict_fits(truth, table):
        wrong.append(f"verdict is {table.get('verdict')!r}, should be {truth['verdict']!r}")
    if not is_unread(truth, table) and not capacity_fits(truth, table):
        wrong.append(f"capacity is {table.get('capacity')}, should be {truth['capacity']}")
    if not is_unread(truth, table) and not live_fits(truth, table):
        wrong.append(f"live is {table.get('live')} (error {table.get('live_error', 0)}, "
                     f"{table.get('read')}), should be {truth['live']}")
    if "tombstones" in truth and "tombstones" in table and not tombstones_fit(truth, table):
        wrong.append(f"tombstones is {table['tombstones']}, should be {truth['tombstones']}")
    if "saves_bytes" in truth and not saving_fits(truth, table):
        wrong.append(f"advice is {table.get('advice')}, following it saved {truth['saves_bytes']}")
    # What a table "once held at least" is a promise, so it may not be above the true peak, except
    # for estimates, which come from the occupancy at a growth, by what they may be off.
    allowed = truth.get("peak", 0) * (1 + live_tolerance(truth, table))
    if "peak" in truth and table.get("peak_live_at_least", 0) > allowed:
        wrong.append(f"peak_live_at_least is {table['peak_live_at_least']}, "
                     f"but it never held more than {truth['peak']}")
    return wrong


def check_truth(truth, reports):
    """(sentences about what is wrong, line for the summary)"""
    summary = {"kind": "truth", "implementation": truth["implementation"],
               "verdict": truth["verdict"], "capacity": truth["capacity"], "live": truth["live"],
               "tombstones": truth.get("tombstones"), "freed": truth.get("freed", False),
               "may_be_missed": truth.get("may_be_missed", False),
               "missed_because": truth.get("missed_because", ""),
               "live_is_upper_bound": truth.get("live_is_upper_bound", False), "found": False}
    report = reports.get(truth["snapshot"])
    if report is None:
        labels = ", ".join(reports) or "none"
        return [f"there is no dump labelled {truth['snapshot']} (there are: {labels})"], summary
    table = find_table(truth, report["tables"])
    if table is None:
        optional = truth.get("may_be_missed") or (truth.get("freed") and truth["verdict"] == "ok")
        return ([] if optional else ["the report does not mention it"]), summary
    summary.update(found=True, id=table.get("id"), read=table.get("read"),
                   reported_implementation=table.get("implementation"),
                   reported_verdict=table.get("verdict"), verdict_ok=verdict_fits(truth, table),
                   flagged=table.get("verdict") in FINDINGS,
                   reported_capacity=table.get("capacity"),
                   capacity_error=off_by(table.get("capacity"), truth["capacity"]),
                   reported_live=table.get("live"), live_ok=live_fits(truth, table),
                   live_error=off_by(table.get("live"), truth["live"]),
                   reported_tombstones=table.get("tombstones"),
                   confidence=table.get("confidence"))
    return mismatches(truth, table), summary


def is_one_of(many, table):
    return all(table.get(key) == many[key] for key in ("implementation", "capacity", "live"))


def check_many(many, reports):
    """As check_truth(): tables that are alike, and what the report makes of them together."""
    summary = {"kind": "many", "implementation": many["implementation"], "tables": many["tables"]}
    report = reports.get(many["snapshot"])
    if report is None:
        return [f"there is no dump labelled {many['snapshot']}"], summary
    alike = [table for table in report["tables"] if not table.get("freed")
             and is_one_of(many, table)]
    summary["found"] = len(alike)
    wrong = []
    if len(alike) != many["tables"]:
        wrong.append(f"{len(alike)} tables are reported, should be {many['tables']}")
    others = {table.get("verdict") for table in alike} - set(many["verdicts"])
    if others:
        wrong.append(f"verdicts are {sorted(others)}, should be of {many['verdicts']}")
    groups = {table["group"]["first"]: table["group"] for table in alike if "group" in table}
    findings = [table for table in alike if table.get("verdict") in FINDINGS]
    if findings and (len(groups) != 1 or any("group" not in table for table in findings)):
        wrong.append(f"{len(findings)} findings make up {len(groups)} groups, should be one")
    for group in groups.values():
        if group["tables"] != len(alike):
            wrong.append(f"a group has {group['tables']} tables of {len(alike)}")
    return wrong, summary


def has_named_frame(table, module):
    frames = table.get("growth", []) + table.get("birth", [])
    return any(os.path.basename(frame.get("module", "")) == module and frame.get("function")
               for frame in frames)


def check_stacks(truth, reports, module):
    """The stacks of the table have a function of that module in them, by its name."""
    table = find_table(truth, reports.get(truth["snapshot"], {"tables": []})["tables"])
    if table is None or has_named_frame(table, module):
        return []  # what is not reported, check_truth() says
    return [f"no function of {module} is named in {table.get('growth', table.get('birth'))}"]


def concerns(claim, label):
    """Whether what the program says holds for the dump with this label."""
    return claim.get("snapshot", label) == label


def check_decoy(decoy, reports):
    wrong, named = [], []
    for label, report in reports.items():
        for table in report["tables"]:
            if not concerns(decoy, label) or not claims(decoy, table):
                continue
            named.append(table.get("implementation"))
            if table.get("verdict") in FINDINGS:
                wrong.append(f"called {table['verdict']} in the dump {label}: {brief(table)}")
    return wrong, {"kind": "decoy", "what": decoy["what"], "flagged": bool(wrong),
                   "called_a_table": named}


def brief(table):
    return (f"{table.get('implementation')} at {table.get('address')}, {table.get('bytes')} bytes, "
            f"live {table.get('live')} of {table.get('capacity')}")


def false_alarms(truths, decoys, many_alike, reports):
    """Findings that nobody claims, as (labels of the dumps, table): each table once."""
    alarms = {}
    for label, report in reports.items():
        for table in report["tables"]:
            if table.get("verdict") not in FINDINGS:
                continue
            if table.get("implementation") != "unknown" and not decoys:
                continue  # the program's own runtime may well keep a hollow table
            # A truth excuses its table in every dump: what is hollow now was so a while ago.
            known = truths + [decoy for decoy in decoys if concerns(decoy, label)]
            if not (any(claims(claim, table) for claim in known)
                    or any(is_one_of(many, table) for many in many_alike)):
                alarm = alarms.setdefault((table.get("address"), table.get("id")), ([], table))
                alarm[0].append(label)
    return list(alarms.values())


def note_summaries(options, summaries):
    """Into a file of this test's own: tests run side by side."""
    directory = os.environ.get("ACCURACY_DIR")
    if not directory:
        return
    command = [options.program, *options.arguments]
    test = options.test or " ".join([os.path.basename(options.program), *options.arguments])
    path = os.path.join(directory, re.sub(r"[^\w.+-]+", "_", test) + ".jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for summary in summaries:
            file.write(json.dumps({"test": test, "command": command, "checked": options.checked,
                                   **summary}) + "\n")


def compare(options, output, reports):
    """Prints what is wrong; returns how many things are."""
    truths, decoys = claims_of(output, "TRUTH"), claims_of(output, "DECOY")
    many_alike = claims_of(output, "MANY")
    if options.unseen:
        truths = [truth for truth in truths if truth["snapshot"] in reports]
    if not truths and not decoys and not many_alike:
        raise Broken("the program printed neither TRUTH nor MANY nor DECOY")
    results = []
    for truth in truths:
        wrong, summary = check_truth(truth, reports)
        if options.grown_in:
            wrong += check_stacks(truth, reports, options.grown_in)
        results.append((f"{truth['implementation']} ({truth['verdict']}, {truth['snapshot']})",
                        wrong, summary))
    for many in many_alike:
        results.append((f"{many['tables']} of {many['implementation']}",
                        *check_many(many, reports)))
    for decoy in decoys:
        results.append((f"decoy {decoy['what']}", *check_decoy(decoy, reports)))
    for labels, table in false_alarms(truths, decoys, many_alike, reports):
        where = ", ".join(f"{label!r}" for label in labels)
        results.append(("false alarm", [f"{table['verdict']} in the dumps {where}: {brief(table)}"],
                        {"kind": "false alarm", "verdict": table["verdict"], "flagged": True}))
    program = [os.path.basename(options.program), *options.arguments]
    summaries = [{"program": program, **summary, "wrong": wrong} for _, wrong, summary in results]
    for name, wrong, _ in results:
        for sentence in wrong:
            print(f"{' '.join(program)}: {name}: {sentence}")
    if options.summary:
        for summary in summaries:
            print("SUMMARY", json.dumps(summary))
    note_summaries(options, summaries)
    return sum(len(wrong) for _, wrong, _ in results)


def without_symbols(program, directory):
    """A copy of the program that has none."""
    copy = os.path.join(directory, os.path.basename(program))
    result = subprocess.run(["strip", "--strip-all", "-o", copy, program], capture_output=True,
                            text=True)
    if result.returncode != 0:
        raise Broken(f"strip {program}: {result.stderr}")
    return copy


def check(options, directory):
    program = options.program
    if options.stripped:
        program = without_symbols(program, directory)
    command = [program, *options.arguments]
    for file in (options.library, options.hashtrack):
        if not os.path.exists(file):
            raise Broken(f"{file} does not exist")
    environment = dict(os.environ, HASHTRACK_DIR=directory,
                       LD_PRELOAD=":".join(os.path.abspath(library) for library
                                           in (options.unseen, options.library) if library))
    process, output, errors = run_program(command, environment)
    if process.returncode == SKIPPED:
        raise CannotRun(errors.strip() or "the program says it cannot run here")
    if process.returncode != 0:
        raise Broken(f"under the library the program {describe_end(process.returncode)}: {errors}")
    wrong = 0
    if options.bare:
        bare, bare_output, bare_errors = run_program(command, dict(os.environ))
        if bare.returncode != process.returncode:
            print(f"without the library the program {describe_end(bare.returncode)}: {bare_errors}")
            wrong += 1
        # Labels of dumps and snapshots do not show in the output: the lines must agree.
        if without_addresses(bare_output) != without_addresses(output):
            print("the program prints something else without the library")
            wrong += 1
    reports = read_reports(options, directory, process.pid)
    if not reports:
        raise Broken("the program left no dump")
    return wrong + compare(options, output, reports)


def check_in_passing(options):
    """check() in a directory that is gone afterwards. Its name, which stands in the program's
    environment and with that on its stack, is always as long."""
    directory = os.path.join(os.environ.get("TMPDIR") or "/tmp",
                             f"hashtrack-truth-{os.urandom(4).hex()}")
    os.mkdir(directory, 0o700)
    try:
        return 1 if check(options, directory) else 0
    finally:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)


def main():
    options = parse_arguments()
    if not os.environ.get("TRUTH_CHANCE"):
        leave_nothing_to_chance(options)
    try:
        if options.keep:
            directory = os.path.abspath(options.keep)
            os.makedirs(directory, exist_ok=True)
            return 1 if check(options, directory) else 0
        return check_in_passing(options)
    except CannotRun as reason:
        print(f"skipped: {reason}")
        note_summaries(options, [{"kind": "skipped", "reason": str(reason)}])
        return SKIPPED
    except Broken as reason:
        print(f"{os.path.basename(options.program)} {' '.join(options.arguments)}: {reason}")
        note_summaries(options, [{"kind": "broken", "reason": str(reason)}])
        return 1


if __name__ == "__main__":
    sys.exit(main())
