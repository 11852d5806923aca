"""Programs of every day and what they are given to do, for real_programs.py.

Each function marked @program is one program at work: its name is the row in the table, its
docstring says what it does, and it returns a Work. One file for each kind of program; inputs.py
makes what they read.
"""

import shutil
import signal
import subprocess
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

SHARED_CPUS = "2"  # threads asked for where a program takes a number


class NotHere(Exception):
    """This machine does not have the program."""


@dataclass
class Work:
    command: list
    stdin: Path = None
    environment: dict = field(default_factory=dict)
    # Called in a thread of its own once the program runs: drives a server and ends it.
    drive: callable = None
    user: str = None  # run as this user (only when root)
    statuses: tuple = (0, -signal.SIGTERM)  # how it may end
    complaint: str = None  # what it writes where it failed, but ends as if it had not
    version: list = None  # the command that tells the version, if not the program with --version


PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__.replace("_", " ")] = function
    return function


def find(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise NotHere(f"{names[0]} is not installed")


def run(command, **options):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options).stdout


def text_file(folder, name, text):
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return path


# Each file adds its programs, in the order of the table.
from . import interpreters, compilers, servers, tools  # noqa: E402,F401
