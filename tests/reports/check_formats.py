#!/usr/bin/python3
"""The outputs of `check` for CI systems are what those systems take.

check_formats.py --render RENDER_GATE FORMAT: every sample of sample_gate.c in that format, against the
schema or the rules of the format; the sample "red" also against gates/red.FORMAT.
After a wanted change: --update writes that file anew.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
SAMPLES = ("red", "green", "empty", "sum", "nasty", "many", "unread")
SUMMARY_BYTES = 1024 * 1024
ANNOTATIONS = 10


class Wrong(Exception):
    """What an output has that its format does not allow, or lacks."""


def expect(condition, words):
    if not condition:
        raise Wrong(words)


def render(arguments, root, sample, output_format, **variables):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("GITHUB_")}
    environment.update(variables)
    done = subprocess.run([arguments.render, sample, root, output_format], capture_output=True,
                          env=environment, check=False)
    expect(done.returncode == 0 and not done.stderr,
           f"exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


# JUnit

def check_junit(arguments, root, sample):
    output = render(arguments, root, sample, "junit")
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(output)
        file.flush()
        done = subprocess.run(["xmllint", "--huge", "--noout", "--nonet", "--schema",
                               HERE / "schemas" / "junit-10.xsd", file.name],
                              capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"xmllint: {done.stderr[:1000]}")
    expect(b"\n::" not in output, "a line that GitHub would take for a command")
    suite = xml.etree.ElementTree.fromstring(output).find("testsuite")
    cases = suite.findall("testcase")
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        expect(int(suite.get(attribute)) == len(suite.findall(f"testcase/{kind}")),
               f"{attribute}={suite.get(attribute)} is another number than that of <{kind}>")
    expect(int(suite.get("tests")) == len(cases), "tests= is another number than that of <testcase>")
    names = {(case.get("classname"), case.get("name")) for case in cases}
    expect(len(names) == len(cases), "two test cases have one name")
    failed = {"red": 3, "green": 0, "empty": 0, "sum": 3, "many": 12501, "unread": 0}
    expect(int(suite.get("failures")) == failed.get(sample, 15), f"failures={suite.get('failures')}")
    return len(cases)


# SARIF

def check_location(location, root):
    physical = location["physicalLocation"]
    artifact = physical["artifactLocation"]
    uri = urllib.parse.urlsplit(artifact["uri"])
    if "uriBaseId" in artifact:
        expect(artifact["uriBaseId"] == "%SRCROOT%" and not uri.scheme and not uri.netloc
               and not uri.query and not uri.fragment, f"{artifact} is no relative path")
        path = urllib.parse.unquote_to_bytes(uri.path)
        expect(path and not path.startswith(b"/") and b".." not in path.split(b"/"),
               f"{path} leads out of the sources")
        return os.path.join(os.fsencode(root), path)
    expect(uri.scheme == "file", f"{artifact} is neither below the sources nor a file")
    return urllib.parse.unquote_to_bytes(uri.path)


def check_sarif_result(result, root, rules, for_github):
    if result.get("baselineState") != "absent":
        expect(rules[result["ruleIndex"]] == result["ruleId"], "ruleIndex is that of another rule")
    for text in re.findall(r"\{+|\}+", result["message"]["text"]):
        expect(len(text) % 2 == 0, f"a brace that is not doubled: {result['message']['text']!r}")
    expect("](" not in result["message"]["text"], "something looks like an embedded link")
    for location in result.get("locations", ()):
        check_location(location, root)
    for flow in result.get("codeFlows", ()):
        steps = flow["threadFlows"][0]["locations"]
        expect(0 < len(steps) <= 1000, f"{len(steps)} steps")
        for step in steps:
            check_location(step["location"], root)
    if for_github:
        expect(len(result["locations"]) == 1, "GitHub wants a location")
        expect(not result["suppressions"], "GitHub would open an alert for a suppressed result")
        expect(result.get("baselineState") != "absent", "GitHub would open an alert for a fixed one")


def check_sarif_log(output, root, for_github, validator):
    log = json.loads(output.decode("ascii"))  # a terminal takes no other character for a command
    for error in validator.iter_errors(log):
        raise Wrong(f"schema: {error.message[:500]} at {list(error.absolute_path)}")
    expect(log["version"] == "2.1.0" and len(log["runs"]) == 1, "one run of SARIF 2.1.0")
    run = log["runs"][0]
    results = run["results"]
    expect(len(results) <= 25000, f"{len(results)} results: GitHub would refuse them")
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for rule in run["tool"]["driver"]["rules"]:
        for key in ("shortDescription", "fullDescription", "help"):
            expect(0 < len(rule[key]["text"]) <= 1024, f"{key} of {rule['id']} is of a wrong length")
    for result in results:
        check_sarif_result(result, root, rules, for_github)
    prints = {result["partialFingerprints"]["primaryLocationLineHash"] for result in results}
    expect(len(prints) == len(results), "two results with one fingerprint")
    states = {("baselineState" in result) for result in results}
    expect(len(states) <= 1, "some results have a baselineState and others have none")
    return run


def check_sarif(arguments, root, sample):
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        print("python3-jsonschema is not installed")
        sys.exit(SKIPPED)
    schema = json.loads((HERE / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    if sample == "many":  # the schema is looked at for a slice of it, or this takes minutes
        output = render(arguments, root, sample, "sarif")
        log = json.loads(output)
        results = log["runs"][0]["results"]
        expect(len(results) == 25000, f"{len(results)} results")
        expect(log["runs"][0]["properties"]["leftOutOverLimit"] == 1, "one does not fit, and it says so")
        expect(sum("codeFlows" in result for result in results) == 5000, "5,000 code flows")
        packed = len(subprocess.run(["gzip", "-c"], input=output, capture_output=True,
                                    check=True).stdout)
        expect(packed < 10_000_000, f"{packed} bytes packed: GitHub takes 10 MB")
        log["runs"][0]["results"] = results[:20] + results[-20:]
        check_sarif_log(json.dumps(log).encode(), root, True, validator)
        return len(results)
    run = check_sarif_log(render(arguments, root, sample, "sarif"), root, False, validator)
    github = check_sarif_log(render(arguments, root, sample, "sarif", GITHUB_ACTIONS="true"), root,
                             True, validator)
    invocation = run["invocations"][0]
    expect(invocation["executionSuccessful"] == (sample != "unread"), "executionSuccessful")
    states = [result.get("baselineState") for result in run["results"]]
    if sample == "red":
        expect(states == ["new", "updated", "unchanged", "unchanged", "new", "absent"], f"{states}")
        expect([bool(result["suppressions"]) for result in run["results"]]
               == [False, False, False, True, True, False], "the suppressed ones")
        expect(github["properties"]["leftOutForGitHub"] == 3, "three are left out for GitHub")
        expect([result["level"] for result in github["results"]] == ["error", "error", "note"],
               "levels")
    if sample == "nasty":
        check_sarif_nasty(run, root)
    return len(run["results"])


def check_sarif_nasty(run, root):
    """Paths come out as they went in; what is not below the sources is not said to be."""
    by_print = {result["partialFingerprints"]["hashtrack/v1"]: result for result in run["results"]}
    root = os.fsencode(root)
    for fingerprint, path in (("0000000000000001", b"src/with space, comma: colon%25.cc"),
                              ("0000000000000002", b"src/not-utf8-\xff.cc"),
                              ("0000000000000003", "src/ärger.cc".encode()),
                              ("0000000000000004", b"src/new\nline.cc"),
                              ("0000000000000005", b"src/#hash?query.cc"),
                              ("e001", b"src/main.cc"), ("e002", b"build/server")):
        found = check_location(by_print[fingerprint]["locations"][0], root)
        expect(found == root + b"/" + path, f"{fingerprint}: {found}")
    expect(by_print["e000"]["locations"] == [], "nothing is known of it")
    expect("region" not in by_print["e002"]["locations"][0]["physicalLocation"], "no line is known")
    expect(by_print["e005-2"]["suppressions"][0]["justification"], "it has a reason")


# GitHub

def unescape(text):
    return re.sub("%(25|0D|0A|3A|2C)", lambda match: chr(int(match[1], 16)), text)


def parse_commands(output):
    """As the runner reads them: a line that begins with ::name."""
    commands = []
    for line in output.decode("utf-8").split("\n")[:-1]:
        match = re.fullmatch(r"::([a-z]+) ((?:[a-zA-Z]+=[^,:]*,?)*)::(.*)", line)
        expect(match, f"no workflow command: {line[:300]!r}")
        properties = dict(item.split("=", 1) for item in match[2].split(","))
        commands.append((match[1], {name: unescape(value) for name, value in properties.items()},
                         unescape(match[3])))
    return commands


def check_summary(summary, sample):
    text = summary.decode("utf-8")
    rows = [line for line in text.split("\n") if line.startswith("|")]
    for row in rows:
        expect(row.count("|") == 7, f"a row of {row.count('|') - 1} cells: {row[:300]}")
        expect("<" not in row.replace("<br>", ""), f"something looks like HTML: {row[:300]}")
    if sample == "many":
        expect(re.search(r"and \d+ more", text), "it does not say how many are left out")
        expect(len(rows) > 1000, f"only {len(rows)} rows")
    elif sample in ("red", "nasty"):
        expect(len(rows) == {"red": 7, "nasty": 18}[sample], f"{len(rows)} rows")


def check_github(arguments, root, sample):
    with tempfile.TemporaryDirectory() as folder:
        summary = pathlib.Path(folder, "summary.md")
        summary.write_bytes(b"of another\n")
        commands = parse_commands(render(arguments, root, sample, "github",
                                         GITHUB_STEP_SUMMARY=str(summary)))
        written = summary.read_bytes()
        expect(written.startswith(b"of another\n"), "what others wrote into the summary is gone")
        expect(len(written) <= SUMMARY_BYTES, f"a summary of {len(written)} bytes is not shown")
        check_summary(written[len(b"of another\n"):], sample)
        summary.write_bytes(b"x" * SUMMARY_BYTES)
        full = parse_commands(render(arguments, root, sample, "github",
                                     GITHUB_STEP_SUMMARY=str(summary)))
        expect(summary.stat().st_size == SUMMARY_BYTES, "a full summary grew")
        expect("is full" in full[-1][2], "it does not say that the summary is full")
    expect(commands == parse_commands(render(arguments, root, sample, "github")),
           "the annotations depend on the summary")
    for kind in ("error", "warning"):
        count = sum(command[0] == kind for command in commands)
        expect(count <= ANNOTATIONS, f"{count} annotations of kind {kind}")
    for _, properties, message in commands:
        path = properties.get("file", "src/x")
        expect(not path.startswith("/") and ".." not in path.split("/"), f"{path} is not relative")
        expect("\x1b" not in message and message, "control characters, or no message")
    if sample == "many":
        expect(commands[9][2].startswith("12492 more"), f"{commands[9][2]}")
    if sample == "nasty":
        check_github_nasty(commands)
    return len(commands)


def check_github_nasty(commands):
    files = [properties.get("file") for kind, properties, _ in commands if kind == "error"]
    expect("src/with space, comma: colon%25.cc" in files and "src/new\nline.cc" in files
           and "src/ärger.cc" in files, f"{files}")
    expect(not any(name and "not-utf8" in name for name in files), "another file's name")
    expect({command[0] for command in commands} <= {"error", "warning"}, "an injected command")


# GitLab

def check_gitlab(arguments, root, sample):
    entries = json.loads(render(arguments, root, sample, "gitlab").decode("ascii"))
    expect(isinstance(entries, list), "no array")
    for entry in entries:
        expect(entry.keys() == {"description", "check_name", "fingerprint", "severity", "location"},
               f"keys: {sorted(entry)}")
        expect(entry["severity"] in ("info", "minor", "major"), entry["severity"])
        expect(entry["location"]["lines"]["begin"] >= 1 and entry["location"]["path"], "no location")
    prints = {entry["fingerprint"] for entry in entries}
    expect(len(prints) == len(entries), "two entries with one fingerprint: GitLab drops one")
    counts = {"red": 3, "green": 1, "empty": 0, "sum": 2, "nasty": 15, "many": 25001, "unread": 0}
    expect(len(entries) == counts[sample], f"{len(entries)} entries")
    if sample == "red":
        places = [(entry["location"]["path"], entry["location"]["lines"]["begin"], entry["severity"])
                  for entry in entries]
        expect(places == [("src/cache.cc", 118, "major"), ("src/index.c", 7, "major"),
                          ("src/cache.cc", 118, "info")], f"{places}")
    return len(entries)


# TAP

def check_tap(arguments, root, sample):
    output = render(arguments, root, sample, "tap").decode("utf-8")
    lines = output.split("\n")
    expect(lines[0] == "TAP version 13", lines[0])
    planned = int(re.fullmatch(r"1\.\.(\d+)", lines[1])[1])
    tests = [line for line in lines if re.match(r"(not )?ok\b", line)]
    expect(len(tests) == planned, f"{planned} are planned, {len(tests)} there")
    for number, line in enumerate(tests, 1):
        match = re.fullmatch(rf"(?:not )?ok {number} - [^#]*(# SKIP (accepted|suppressed))?", line)
        expect(match, f"test {number}: {line[:300]!r}")
    failed = {"red": 3, "green": 0, "empty": 0, "sum": 3, "nasty": 15, "many": 12501, "unread": 1}
    count = sum(line.startswith("not ok") for line in tests)
    expect(count == failed[sample], f"{count} failed")
    if shutil.which("prove") and sample != "many":
        with tempfile.NamedTemporaryFile("w", suffix=".tap", encoding="utf-8") as file:
            file.write(output)
            file.flush()
            done = subprocess.run(["prove", "--exec", "cat", file.name], capture_output=True,
                                  text=True, check=False)
        expect(f"Tests={planned}," in done.stdout, f"prove: {done.stdout} {done.stderr}")
        expect(("Result: PASS" in done.stdout) == (count == 0), f"prove: {done.stdout}")
    return planned


CHECKS = {"junit": check_junit, "sarif": check_sarif, "github": check_github,
          "gitlab": check_gitlab, "tap": check_tap}


def compare_golden(arguments, root):
    output = render(arguments, root, "red", arguments.format)
    output = output.replace(os.fsencode(root), b"/ROOT")
    output = re.sub(rb'"semanticVersion":"[0-9.]+"', b'"semanticVersion":"VERSION"', output)
    golden = HERE / "gates" / f"red.{arguments.format}"
    if arguments.update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(output)
        return
    expect(golden.read_bytes() == output,
           f"{golden} is not what came out; if that is wanted: --update")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--render", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("format", choices=sorted(CHECKS))
    arguments = parser.parse_args()
    if arguments.format == "junit" and not shutil.which("xmllint"):
        print("xmllint is not installed")
        return SKIPPED
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.realpath(folder)
        for sample in SAMPLES:
            try:
                print(f"{sample}: {CHECKS[arguments.format](arguments, root, sample)} entries")
            except Wrong as wrong:
                print(f"{sample}: {wrong}")
                failed = True
        try:
            compare_golden(arguments, root)
        except Wrong as wrong:
            print(wrong)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
