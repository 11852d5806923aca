#!/usr/bin/python3
"""Counts the results of tests/run: its own outcomes and meson's logs, one JSON object a line.

Prints what the failed tests wrote, why others were skipped, and the line `N passed, N failed`.
Exits with 1 when anything failed or when nothing ran.
"""

import json
import os
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}
OUTPUT_LINES = 120  # of a failed test; the whole stands in meson-logs/testlog.txt


def last_lines(text, count):
    lines = text.rstrip().splitlines()
    if len(lines) > count:
        lines = [f"... {len(lines) - count} lines before these"] + lines[-count:]
    return "\n".join("    " + line for line in lines)


def ending(test):
    """How a failed test ended. meson notes a signal as a negative status, as Python does."""
    status = test["returncode"]
    if test["result"] != "FAIL":
        return test["result"].lower()
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def main(outcomes_path, log_paths):
    passed = failed = 0
    skipped = []

    with open(outcomes_path, encoding="utf-8") as outcomes:
        for line in outcomes:
            name, outcome = line.rstrip("\n").split("\t")
            if outcome == "passed":
                passed += 1
            else:
                failed += 1
                print(f"FAILED {name}")

    for path in log_paths:
        build = path.split("/", 1)[0]
        if path.endswith("testlog-hashtrack.json"):
            build += " under hashtrack"
        if not os.path.exists(path):
            continue  # not compiled, or nothing ran: counted as failed where that was noticed
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                output = test.get("stdout", "") + test.get("stderr", "")
                if test["result"] in PASSED:
                    passed += 1
                elif test["result"] in SKIPPED:
                    why = output.strip().splitlines()
                    skipped.append(f"{build}: {test['name']}: {why[-1] if why else 'no reason given'}")
                else:
                    failed += 1
                    print(f"FAILED {build}: {test['name']} ({ending(test)}, "
                          f"{test['duration']:.1f} s)")
                    if output.strip():
                        print(last_lines(output, OUTPUT_LINES))

    for line in skipped:
        print(f"skipped {line}")
    tail = f", {len(skipped)} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
