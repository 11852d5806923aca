#!/usr/bin/python3
"""Programs of every day at their usual work keep no hollow table of a MiB or more, and none may be
reported: check_daily.py CASE HASHTRACK LIBRARY

CASE is git, compiler, sqlite or tar. Exit status 77: not installed.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from check_program import FINDINGS, SKIPPED, run

FILES = 3000

UNIT = """
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <unordered_map>
int main()
{
    std::unordered_map<std::string, std::map<int, int>> counts;
    for (int i = 0; i < 1000; i++)
        counts[std::regex_replace(std::to_string(i), std::regex("1"), "one")][i]++;
    std::cout << counts.size();
}
"""

NUMBERS = """
create table numbers (n integer primary key, word text);
with recursive up (n) as (select 1 union all select n + 1 from up where n < 200000)
insert into numbers select n, 'word ' || (n % 1000) from up;
create index words on numbers (word);
select count(distinct word) from numbers;
"""


def program(name):
    path = shutil.which(name)
    if path is None:
        print(f"skipped: no {name} here")
        sys.exit(SKIPPED)
    return path


def make_files(folder):
    folder.mkdir()
    for number in range(FILES):
        (folder / f"file-{number}").write_text(f"line {number}\n" * (number % 50))


def git(folder):
    command = [program("git"), "-C", str(folder / "tree"), "-c", "user.name=a",
               "-c", "user.email=a@example.org"]
    make_files(folder / "tree")
    run([*command, "init", "-q"])
    return [[*command, "add", "."], [*command, "commit", "-q", "-m", "files"],
            [*command, "log", "--stat"], [*command, "repack", "-a", "-d", "-q"],
            [*command, "fsck", "--no-progress"]]


def compiler(folder):
    # The driver starts cc1plus, which does the work.
    cc1plus = run([program("g++"), "-print-prog-name=cc1plus"]).strip()
    triplet = run(["g++", "-print-multiarch"]).strip()
    (folder / "unit.cc").write_text(UNIT)
    return [[cc1plus, "-quiet", "-O1", "-D_GNU_SOURCE", "-imultiarch", triplet,
             str(folder / "unit.cc"), "-o", str(folder / "unit.s")]]


def sqlite(folder):
    return [[program("sqlite3"), str(folder / "numbers.db"), NUMBERS]]


def tar(folder):
    make_files(folder / "tree")
    archive = str(folder / "tree.tar")
    return [[program("tar"), "-cf", archive, "-C", str(folder), "tree"],
            [program("tar"), "-tf", archive]]


CASES = {case.__name__: case for case in (git, compiler, sqlite, tar)}


def main(case, hashtrack, library):
    wrong = []
    with tempfile.TemporaryDirectory(prefix="hashtrack-daily-") as name:
        folder = Path(name)
        report = folder / "report.json"
        for command in CASES[case](folder):
            run([hashtrack, "run", "--preload", library, "--dir", name, "--json", "--all", "-o",
                 report, "--", *command])
            tables = json.loads(report.read_text())["tables"]
            print(f"{' '.join(command)[:100]}: {len(tables)} tables")
            wrong += [table for table in tables if table["verdict"] in FINDINGS]
    for table in wrong:
        print(f"FAILED false alarm: {table}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
