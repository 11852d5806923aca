#!/usr/bin/python3
"""Prints docs/accuracy.md: write_accuracy.py LINES BUILD

LINES is a directory of files with one JSON object a line: one file for each test from
tests/layouts/check_truth.py, and real_programs.jsonl from real_programs.py. BUILD is the folder
whose tests ran.
"""

import datetime
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

from checked_against import checked_against  # noqa: E402
from figures import Truths, percent, show_errors, wilson  # noqa: E402

INTRODUCTION = """\
# Accuracy

Written by `./tests/run --accuracy` on {date}. Each figure is a count over programs of this
repository that say themselves what their tables hold, or over programs of every day at work.
Programs that you have are others: the intervals say how uncertain counts like these are if the
programs were a random sample, which they are not. On unknown tables that were written without a
look at these, many more were missed: [unseen programs](unseen-programs.md) has those figures.
"""

HOW = """\
## How each figure is computed

- A fixture fills tables and prints what the implementation's own interface says of them
  ([check_truth.py](../tests/layouts/check_truth.py)). `tables` counts these statements: one for
  each table and moment.
- `mentioned`: the report has an entry for it. Tables that were freed and fine are not asked for.
- `named`: that entry has the implementation's name.
- `findings`: of the tables that are hollow, over-reserved or full of tombstones, how many have
  exactly that verdict. All of them together are the recall.
- `false alarms`: findings about a table that deserves none, or another one. With those about decoys
  and those that no statement claims they are what is missing from the precision.
- `capacity`, `live`: how far off the number is, as a share of the truth; the median, then the
  largest. `exact`: every one is the true number. Where erased slots keep their bytes, the count of
  an unknown table is an upper bound and left out here.
- A decoy `called a table` stands in the full list of tables (`--all`) only; `findings` are what a
  user would read.
- `tombstones`: how many of the counts were exact.
- `checked against`: the Debian packages whose headers the fixture was compiled from, or whose
  interpreter or server ran it, with their versions. Where Debian does not package a library, a
  *builder of our own* lays the table out as the library does; the layout's file names the version
  that was read.
- Real programs ([programs](../tests/accuracy/programs)) run twice under the library, and snapshots
  are taken from outside while they work. The one with the most blocks and the dump of the end are
  judged. `blocks`: live tracked blocks of 4 KiB or more in the fullest snapshot; of 8 KiB or more
  (marked *) where there are more than 1,000, because a snapshot then asks about those only.
- `wrong`: tables named as an implementation that neither the program contains nor a library that
  the dynamic loader brought it and whose code allocated the array, and tables of unknown kind that
  are none.
  [residents.py](../tests/accuracy/residents.py) lists what lives where. `not judged`: unknown
  tables whose growth nobody has looked up yet.
- Intervals are Wilson's, at 95 %.
"""


def read_lines(directory):
    for path in sorted(Path(directory).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


def share(right, of):
    low, high = wilson(right, of)
    return [f"{right:,} of {of:,}", percent(right / of) if of else "none",
            f"{percent(low)} to {percent(high)}"]


def of(part, whole):
    return f"{len(part)} of {len(whole)}" if len(part) != len(whole) else f"{len(part)}"


def figures_of(truths):
    exact, told = truths.tombstones()
    return [of(truths.mentioned(), truths.to_mention()),
            of(truths.right_findings(), truths.due()), len(truths.false_findings()),
            show_errors(truths.errors("capacity")), show_errors(truths.errors("live")),
            f"{exact} of {told}" if told else ""]


def grouped(lines, key):
    groups = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return {name: groups[name] for name in sorted(groups, key=str.lower)}


def known_section(lines, build):
    rows, scenarios = [], []
    for name, group in grouped(lines, lambda line: line["implementation"]).items():
        checked = sorted({checked_against(line["command"], line["checked"], build)
                          for line in group})
        truths = Truths(group)
        mentioned, *rest = figures_of(truths)
        rows.append([name, "; ".join(checked), len(group), mentioned,
                     of(truths.named(), truths.mentioned()), *rest])
        counts = grouped(group, lambda line: line["test"].split()[1])
        scenarios.append([name, ", ".join(f"{scenario} {len(some)}"
                                          for scenario, some in counts.items())])
    header = ["implementation", "checked against", "tables", "mentioned", "named", "findings",
              "false alarms", "capacity", "live", "tombstones"]
    return ("## Known implementations\n\n" + table(header, rows) +
            "\nWhat was done to these tables, and how many of them there were:\n\n" +
            table(["implementation", "scenarios"], scenarios))


def private_section(lines):
    rows = []
    for name, group in grouped(lines, lambda line: line["program"][0]).items():
        rows.append([name, len(group), *figures_of(Truths(group))[:-1]])
    rows.append(["all", len(lines), *figures_of(Truths(lines))[:-1]])
    return ("## Tables of no known implementation\n\n"
            "Private tables, as other teams would write them\n"
            "([tests/layouts/private](../tests/layouts/private)): only their growths show that\n"
            "they are tables, and live is what their own object counts, or estimated.\n\n" +
            table(["table", "tables", "mentioned", "findings", "false alarms", "capacity", "live"],
                  rows))


def decoy_section(lines, unclaimed):
    # A program that runs all its cases says which is which by the words alone.
    cases = {line["what"]: line["program"][1] for line in lines if len(line["program"]) > 1}
    rows = []
    for case, group in grouped(lines, lambda line: cases.get(line["what"], line["what"])).items():
        rows.append([case, len(group), sum(bool(line["called_a_table"]) for line in group),
                     sum(line["flagged"] for line in group)])
    rows.append(["anything else that no fixture tells of", "", "", len(unclaimed)])
    return ("## Decoys\n\nStructures that grow as hash tables do and are none\n"
            "([tests/layouts/decoys](../tests/layouts/decoys)), looked at full, sparse and\n"
            "emptied.\n\n" + table(["decoy", "looks", "called a table", "findings"], rows))


def program_row(line):
    if "broken" in line or "skipped" in line:
        reason = line.get("skipped") or line["broken"]
        return [line["name"], line.get("version", ""), "", reason, "", "", "", ""]
    part = line["large"]
    named = ", ".join(f"{count} {name}" for name, count in sorted(part["named"].items()))
    blocks = f"{line['blocks']:,}" + ("*" if line["least"] > 4096 else "")
    return [line["name"], line["version"], blocks, named, part["unknown"], len(part["findings"]),
            len(part["wrong"]), len(part["unjudged"]) or ""]


def hit_counts(lines):
    """(blocks looked at, wrong hits among them)."""
    judged = [line for line in lines if "large" in line]
    return (sum(line["blocks"] for line in judged),
            sum(len(line["large"]["wrong"]) for line in judged))


def in_thousand(wrong, blocks):
    return f"{1000 * wrong / max(blocks, 1):.2f} in 1,000"


def describe_wrong(line, table_line):
    site = next((name for name in table_line["functions"] if "+0x" not in name),
                table_line["functions"][0] if table_line["functions"] else "?")
    return [line["name"], table_line["implementation"], table_line["bytes"], f"`{site}`",
            table_line["verdict"]]


def program_section(lines):
    judged = [line for line in lines if "large" in line]
    blocks, wrong = hit_counts(lines)
    small = sum(len(line["small"]["wrong"]) for line in judged)
    wrong_rows = [describe_wrong(line, hit) for line in judged
                  for part in ("large", "small") for hit in line[part]["wrong"]]
    findings = [describe_wrong(line, hit) for line in judged
                for part in ("large", "small") for hit in line[part]["findings"]]
    largest = max(judged, key=lambda line: line["blocks"])
    other_blocks, other_wrong = hit_counts([line for line in judged if line is not largest])
    text = ("## Real programs\n\n"
            f"{blocks:,} blocks, {wrong} wrong hits: {in_thousand(wrong, blocks)}.\n"
            f"Without {largest['name']}, which has the most blocks: "
            f"{in_thousand(other_wrong, other_blocks)}.\n"
            f"With the default threshold of 1 KiB: {small} wrong hits.\n\n" +
            table(["program", "version", "blocks", "named", "unknown", "findings", "wrong",
                   "not judged"], [program_row(line) for line in lines]))
    header = ["program", "called", "bytes", "grown in", "verdict"]
    if wrong_rows:
        text += "\nThe wrong hits of both runs:\n\n" + table(header, wrong_rows)
    if findings:
        text += "\nThe findings of both runs:\n\n" + table(header, findings)
    return text + "\nWhat they did:\n\n" + "".join(
        f"- {line['name']}: {line['work']}\n" for line in lines)


def missed_section(truths):
    missed = truths.where(lambda line: line not in truths.right_findings().lines).due()
    unseen = truths.to_mention().where(lambda line: not line["found"]
                                       and line not in missed.lines)
    rows = [[" ".join(line["program"]), line["verdict"] + (", freed" if line["freed"] else ""),
             ("called " + line["reported_verdict"]) if line["found"] else "not mentioned",
             line["missed_because"]] for line in missed.lines + unseen.lines]
    excused = truths.where(lambda line: line["may_be_missed"]).due()
    return ("## What is missed, and why\n\n"
            f"Of some tables memory does not tell enough. {len(excused)} findings are due about\n"
            f"such tables, and {len(excused.right_findings())} are made all the same. What was "
            "missed:\n\n" +
            table(["table", "deserves", "the report", "why"], rows))


def summary_section(truths, decoys, unclaimed, programs):
    right, due = truths.right_findings(), truths.due()
    knowable = due.where(lambda line: not line["may_be_missed"])
    flagged_decoys = sum(line["flagged"] for line in decoys)
    false = len(truths.false_findings()) + flagged_decoys + len(unclaimed)
    known = truths.where(lambda line: line["implementation"] != "unknown")
    unknown = truths.where(lambda line: line["implementation"] == "unknown")
    rows = [
        ["findings that are right (precision)", *share(len(right), len(right) + false)],
        ["findings due that are made (recall)", *share(len(right), len(due))],
        ["the same, without tables of which memory does not tell enough",
         *share(len(knowable.right_findings()), len(knowable))],
        ["tables of known implementations that are named",
         *share(len(known.named()), len(known.to_mention()))],
        ["tables of unknown implementations that are found",
         *share(len(unknown.mentioned()), len(unknown.to_mention()))],
        ["looks at decoys without a finding",
         *share(len(decoys) - flagged_decoys, len(decoys))],
    ]
    if programs:
        blocks, wrong = hit_counts(programs)
        rows.append(["blocks of real programs without a wrong hit", *share(blocks - wrong, blocks)])
    return table(["", "count", "share", "95 % interval"], rows)


def problems_section(lines):
    rows = [[line["test"], line["kind"], line["reason"]] for line in lines
            if line["kind"] in ("skipped", "broken")]
    rows += [[line["test"], "wrong", sentence] for line in lines
             for sentence in line.get("wrong", [])]
    if not rows:
        return ""
    return "## What went wrong, or could not run\n\n" + table(["test", "", "why"], rows)


def main(directory, build):
    lines = list(read_lines(directory))
    truths = [line for line in lines if line["kind"] == "truth"]
    decoys = [line for line in lines if line["kind"] == "decoy"]
    unclaimed = [line for line in lines if line["kind"] == "false alarm"]
    programs = [line for line in lines if line["kind"] == "program"]
    known = [line for line in truths if line["implementation"] != "unknown"]
    unknown = [line for line in truths if line["implementation"] == "unknown"]
    sections = [
        INTRODUCTION.format(date=datetime.date.today().isoformat()),
        summary_section(Truths(truths), decoys, unclaimed, programs),
        known_section(known, build),
        private_section(unknown),
        decoy_section(decoys, unclaimed),
        program_section(programs) if any("large" in line for line in programs) else "",
        missed_section(Truths(truths)),
        problems_section(lines),
        HOW,
    ]
    print("\n".join(section for section in sections if section).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
