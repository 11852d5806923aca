#!/usr/bin/python3
"""The gate under the test runners of docs/ci.md: check_runner.py RUNNER HASHTRACK.

A small project, copied to a folder of its own, is tested as its users would test it: its test passes,
but a table stays hollow, so the gate has to fail and name the line; with the fix it has to be green.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "ci.md"
SKIPPED = 77


class Wrong(Exception):
    pass


class Project:
    """A copy of the folders of a runner, and commands in it as a user types them."""

    def __init__(self, folder, hashtrack, *parts):
        self.folder = pathlib.Path(folder)
        for part in parts:
            shutil.copytree(HERE / part, self.folder, dirs_exist_ok=True)
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("HASHTRACK_", "GITHUB_", "LD_", "MALLOC_", "CARGO_", "MESON", "FIXED"))}
        self.environment["PATH"] = f"{hashtrack.parent}:{self.environment['PATH']}"

    def run(self, *command, fails=False, **environment):
        done = subprocess.run(command, cwd=self.folder, env={**self.environment, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        if (done.returncode != 0) != fails:
            raise Wrong(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def hollow(self, *command, **environment):
        """Fails at the line that is marked, with what it takes to act on it."""
        output = self.run(*command, fails=True, **environment)
        self.names_the_line(output)
        for words in (r"a fix saves [0-9.]+ MiB", r"^ +fix +", r"^ +accept +hashtrack check --accept [0-9a-f]{16}",
                      r"^SUMMARY: hashtrack: \d+ byte\(s\) hollow in 1 table\(s\) over the limits\.$"):
            if not re.search(words, output, re.MULTILINE):
                raise Wrong(f"no '{words}' in\n{output}")

    def names_the_line(self, output):
        found = re.search(r"^introduced hollow .* from \S+ \((\S+):(\d+)\)", output, re.MULTILINE)
        if not found:
            raise Wrong(f"no finding in\n{output}")
        source = next(self.folder.rglob(found[1]))
        line = source.read_text(encoding="utf-8").split("\n")[int(found[2]) - 1]
        if "GROWS HERE" not in line:
            raise Wrong(f"{found[1]}:{found[2]} is '{line}'")

    def is_documented(self, *command):
        """What docs/ci.md shows of it is what is said today, fingerprint and all."""
        line = re.search("^introduced .*$", self.run(*command, fails=True), re.MULTILINE)
        if not line or f"    {line[0]}\n" not in DOCUMENT.read_text(encoding="utf-8"):
            raise Wrong(f"not in {DOCUMENT}: {line and line[0]}")

    def both(self, *command, **environment):
        self.hollow(*command, **environment)
        self.run(*command, FIXED="1", **environment)


def make(project):
    project.run("make", "check")  # the test itself passes
    project.both("make", "check", "WRAPPER=hashtrack run --check --")
    project.is_documented("make", "check", "WRAPPER=hashtrack run --check --")
    # Formats for a CI system name the file as the repository does.
    project.run("git", "init", "--quiet")
    project.run("hashtrack", "run", "--check", "--format", "sarif=out.sarif", "--format", "junit=out.xml",
                "--", "./test_index", fails=True)
    log = json.loads((project.folder / "out.sarif").read_text(encoding="utf-8"))
    result = log["runs"][0]["results"][0]
    location = result["locations"][0]["physicalLocation"]
    if location["artifactLocation"]["uri"] != "index.c" or result["level"] != "error":
        raise Wrong(f"{result}")
    if '<failure type="hollow"' not in (project.folder / "out.xml").read_text(encoding="utf-8"):
        raise Wrong("no failure in the JUnit report")


def meson(project):
    project.run("meson", "setup", "build")
    project.run("meson", "test", "-C", "build")
    project.both("meson", "test", "-C", "build", "--setup", "hashtrack", "--print-errorlogs")


def shell(project):
    project.run("make", "test_index")
    project.both("./run-tests.sh", "./test_index")


def ctest(project):
    version = re.search(r"(\d+)\.(\d+)", project.run("cmake", "--version"))
    variable = ("CMAKE_TEST_LAUNCHER" if (int(version[1]), int(version[2])) >= (3, 29)
                else "CMAKE_CROSSCOMPILING_EMULATOR")
    project.run("cmake", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                f"-D{variable}=hashtrack;run;--check;--")
    project.run("cmake", "--build", "build")
    project.both("ctest", "--test-dir", "build", "--output-on-failure")
    project.is_documented("ctest", "--test-dir", "build", "--output-on-failure")


def cargo(project):
    project.both("cargo", "test", "--offline",
                 CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="hashtrack run --check --")


def pytest(project):
    include = project.run("python3", "-c", "import sysconfig; print(sysconfig.get_path('include'))").strip()
    project.run("c++", "-shared", "-fPIC", "-g", "-O2", f"-I{include}", "tally.cc", "-o", "tally.so")
    project.both("hashtrack", "run", "--check", "--", "python3", "-m", "pytest", "-q")


# The folders and the commands that each needs.
RUNNERS = {
    "make": (make, ["make"], ["make", "cc", "git"]),
    "meson": (meson, ["make", "meson_project"], ["meson", "ninja"]),
    "shell": (shell, ["make", "shell"], ["make", "cc"]),
    "ctest": (ctest, ["cmake"], ["cmake", "ctest", "c++"]),
    "cargo": (cargo, ["cargo"], ["cargo"]),
    "pytest": (pytest, ["pytest"], ["python3", "c++"]),
}


def missing(runner, commands):
    for command in commands:
        if not shutil.which(command):
            return command
    if runner in ("make", "meson", "shell") and not pathlib.Path("/usr/include/uthash.h").exists():
        return "uthash.h"
    if runner == "cargo" and os.uname().machine != "x86_64":
        return "x86_64"
    if runner == "pytest":
        words = "import pytest, sysconfig, os; assert os.path.exists(sysconfig.get_path('include') + '/Python.h')"
        if subprocess.run(["python3", "-c", words], capture_output=True, check=False).returncode != 0:
            return "pytest or Python.h"
    return None


def main(runner, hashtrack):
    check, parts, commands = RUNNERS[runner]
    lacking = missing(runner, commands)
    if lacking:
        print(f"{lacking} is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(Project(folder, pathlib.Path(hashtrack).resolve(), *parts))
        except Wrong as wrong:
            print(wrong)
            return 1
    print(f"{runner}: fails with the right line, and is green when it is fixed")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
