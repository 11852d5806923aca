"""What a fixture was checked against: the real library with its version, or a builder of our own.

A compiled fixture is asked through its compiler: the Debian packages of the headers it included
are what it was built from. A script is run by its interpreter's package. A fixture whose source is
called faithful_* lays its table out as the library does, without being it. Where none of this shows
what matters (a server that a script starts, a compiler that leaves no list), the fixture says in
its meson entry which command tells the version: 'checked': 'redis-server --version'.
"""

import os
import re
import shlex
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

# Headers that every program has. Only where there are no others do they tell.
EVERYBODYS = re.compile(
    r"libc6-dev|linux-libc-dev|libcrypt-dev|libgcc-.*|lib(std)?c\+\+.*|clang.*|gcc.*")
BUILDER = "a builder of our own"


def output_of(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout or result.stderr


def packages_of(paths):
    """The Debian packages of these files."""
    owners = set()
    for line in output_of(["dpkg-query", "--search", *sorted(paths)]).splitlines():
        owner, separator, _ = line.partition(": ")
        if separator and not owner.startswith(("diversion", "dpkg-query")):
            owners.update(re.sub(r":\w+$", "", name) for name in owner.split(", "))
    return owners


@lru_cache(maxsize=None)
def version_of(package):
    version = output_of(["dpkg-query", "--show", "--showformat=${Version}", package])
    return re.sub(r"^\d+:|[-+](dfsg|ds|really|\d).*$", "", version)


@lru_cache(maxsize=None)
def included_headers(build):
    """The system headers of each object file in the build folder, as its compiler noted them."""
    headers, current = {}, None
    for line in output_of(["ninja", "-C", str(build), "-t", "deps"]).splitlines():
        if line.startswith(" "):
            path = os.path.normpath(os.path.join(build, line.strip()))
            if path.startswith("/usr/"):
                headers[current].add(path)
        elif ": #deps" in line:
            current = line.split(": #deps")[0]
            headers[current] = set()
    return headers


def name_packages(packages):
    particular = {package for package in packages if not EVERYBODYS.fullmatch(package)}
    if not particular:
        particular = {package for package in packages if "c++" in package} or {
            package for package in packages if package == "libc6-dev"}
    return ", ".join(f"{package} {version_of(package)}" for package in sorted(particular))


def of_compiled(program, build):
    prefix = os.path.relpath(program, build) + ".p/"
    paths = {path for target, found in included_headers(build).items()
             if target.startswith(prefix) for path in found}
    return name_packages(packages_of(paths)) if paths else None


def of_script(command):
    for word in command:
        path = shutil.which(word)
        if path and Path(path).name != "env":
            owners = packages_of([os.path.realpath(path)])
            return ", ".join(f"{owner} {version_of(owner)}" for owner in sorted(owners)) or None
    return None


def checked_against(command, declared, build):
    """`command` is what the test ran, `declared` what the fixture's entry says."""
    if any(Path(word).name.startswith("faithful_") for word in command):
        return BUILDER
    if declared:
        line = (output_of(shlex.split(declared)).strip().splitlines() or ["unknown"])[0]
        found = re.search(r"\d+(\.\d+)+", line)
        return f"{Path(shlex.split(declared)[0]).name} {found.group(0) if found else line}"
    program = Path(build, command[0]).resolve()  # tests run in the build folder
    if program.is_relative_to(Path(build).resolve()):
        return of_compiled(program, build) or "the real library, version unknown"
    return of_script(command) or "the real library, version unknown"
