#!/usr/bin/python3
"""Running programs, looked at from outside and at their end: check_server.py CASE HASHTRACK LIBRARY

CASE is python, redis, redis_shrinks or memcached. Servers listen on a Unix socket only. What their
own commands say of their tables must stand in the report. Exit status 77: not installed.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from check_program import SKIPPED, compare, lines_after, run

PATIENCE_S = 20
KEYS = 1_000_000
ITEMS = 300_000


class Tracked:
    """A program under `hashtrack run`."""

    def __init__(self, hashtrack, library, folder, *program):
        self.hashtrack, self.folder = hashtrack, folder
        self.report = folder / "report.json"
        command = [hashtrack, "run", "--preload", library, "--dir", folder, "--json", "--all", "-o",
                   self.report, "--", *program]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, cwd=folder)

    def pid(self):
        """Of the program itself: hashtrack's only child."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(wait_for(lambda: children.read_text().split())[0])

    def look(self):
        """The tables as `hashtrack snapshot PID` sees them now."""
        run([self.hashtrack, "snapshot", "--dir", str(self.folder), "--label", "look",
             str(self.pid())])
        dumps = list(self.folder.glob("*-look.htd"))
        if len(dumps) != 1:
            sys.exit(f"not one dump of the running program: {dumps}")
        report = json.loads(run([self.hashtrack, "report", "--json", "--all", str(dumps[0])]))
        if not report["snapshot"]["complete"]:
            sys.exit(f"the look from outside is not complete: {report['snapshot']}")
        dumps[0].unlink()
        return report["tables"]

    def finish(self, status=0):
        """The tables in the report at the end."""
        self.process.communicate(timeout=PATIENCE_S)
        if self.process.returncode != status:
            sys.exit(f"hashtrack run ended with {self.process.returncode}, not {status}")
        return json.loads(self.report.read_text())["tables"]

    def stop(self):
        """For a test that failed half way."""
        if self.process.poll() is None:
            os.kill(self.pid(), signal.SIGKILL)
            self.process.communicate()


def wait_for(question):
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := question()):
        if time.monotonic() > deadline:
            sys.exit("the server does not come so far")
        time.sleep(0.05)
    return answer


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            print(f"skipped: no {program} here")
            sys.exit(SKIPPED)


def python(start, _):
    """The dicts and sets of a running interpreter, with their list."""
    tracked = start("/usr/bin/python3", Path(__file__).with_name("sweep.py"), "waits")
    output = ""
    while "DECOY" not in output:
        line = tracked.process.stdout.readline()
        if not line:
            return ["python ended before it had printed everything"]
        output += line
    truths = [json.loads(line) for line in lines_after("TRUTH", output)]
    for truth in truths:
        truth["ends_early"] = False  # it has not ended yet
    decoys = [json.loads(line) for line in lines_after("DECOY", output)]
    wrong = list(compare(truths, decoys, tracked.look()))
    tracked.finish()
    return wrong


class Redis:
    def __init__(self, start, folder):
        need("redis-server", "redis-cli")
        version = run(["redis-server", "--version"])
        if " v=7.0." not in version:
            print(f"skipped: hashtrack knows the dict of Redis 7.0, not of {version}")
            sys.exit(SKIPPED)
        self.socket = folder / "socket"
        self.tracked = start("redis-server", "--port", "0", "--unixsocket", self.socket,
                             "--save", "", "--dir", folder, "--logfile", "/dev/null",
                             "--enable-debug-command", "local")
        wait_for(self.socket.exists)
        # DEBUG POPULATE would reserve the buckets in one step.
        self.for_keys(0, "redis.call('set', 'key:' .. i, i)")

    def ask(self, *words):
        return run(["redis-cli", "-s", self.socket, *words]).strip()

    def for_keys(self, first, command):
        self.ask("EVAL", f"for i = {first}, {KEYS - 1} do {command} end", "0")

    def delete_down_to(self, count):
        self.for_keys(count, "redis.call('del', 'key:' .. i)")
        if self.ask("DBSIZE") != str(count):
            sys.exit("the server has another number of keys")

    def at_rest(self):
        """The number of buckets, once it does not move entries to another array."""
        def sizes():
            of_keys = self.ask("DEBUG", "HTSTATS", "0").split("[Expires HT]")[0]
            sizes = re.findall(r"table size: (\d+)", of_keys)
            return sizes if len(sizes) == 1 else None
        return int(wait_for(sizes)[0])

    def truth(self, verdict):
        return {"implementation": "Redis dict", "capacity": self.at_rest(),
                "live": int(self.ask("DBSIZE")), "verdict": verdict}

    def finish(self):
        self.ask("SHUTDOWN", "NOSAVE")
        return self.tracked.finish()


def redis(start, folder):
    """12 % are left: too many for the server to shrink the table by itself."""
    server = Redis(start, folder)
    full = server.truth("ok")
    wrong = list(compare([full], [], server.tracked.look()))
    server.delete_down_to(KEYS * 12 // 100)
    swept = server.truth("hollow")
    if swept["capacity"] != full["capacity"]:
        return ["the server has shrunk its table"]
    wrong += compare([swept], [], server.tracked.look())
    return wrong + list(compare([swept], [], server.finish()))


def redis_shrinks(start, folder):
    """1 % is left: the server shrinks the table, so that nothing is to be found."""
    server = Redis(start, folder)
    server.delete_down_to(KEYS // 100)
    wait_for(lambda: server.at_rest() <= KEYS // 20)
    truth = server.truth("ok")
    wrong = list(compare([truth], [], server.tracked.look()))
    return wrong + list(compare([truth], [], server.finish()))


class Memcached:
    def __init__(self, start, folder):
        need("memcached")
        path = folder / "socket"
        user = ["-u", "root"] if os.getuid() == 0 else []
        self.tracked = start("memcached", *user, "-s", path, "-m", "100")
        wait_for(path.exists)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def statistics(self):
        self.socket.sendall(b"stats\r\n")
        pairs = {}
        while (line := self.lines.readline()) not in (b"END\r\n", b""):
            _, name, value = line.decode().split()
            pairs[name] = value
        return pairs

    def items(self, command, numbers):
        """Without waiting for an answer each: noreply."""
        text = "".join(command.format(number) for number in numbers)
        self.socket.sendall(text.encode())


def memcached(start, folder):
    """Its table grows in a thread of its own and never shrinks."""
    server = Memcached(start, folder)

    def at_rest():  # assoc.c grows it above three entries in two buckets
        now = server.statistics()
        return now["hash_is_expanding"] == "0" and 2 * ITEMS <= 3 << int(now["hash_power_level"])

    def truth(verdict):
        now = server.statistics()
        return {"implementation": "memcached hash table",
                "capacity": 1 << int(now["hash_power_level"]),
                "live": int(now["curr_items"]), "verdict": verdict}

    server.items("set key{} 0 0 5 noreply\r\nvalue\r\n", range(ITEMS))
    wait_for(lambda: server.statistics()["curr_items"] == str(ITEMS))
    wait_for(at_rest)
    wrong = list(compare([truth("ok")], [], server.tracked.look()))
    server.items("delete key{} noreply\r\n", range(ITEMS // 100, ITEMS))
    wait_for(lambda: server.statistics()["curr_items"] == str(ITEMS // 100))
    swept = truth("hollow")
    wrong += compare([swept], [], server.tracked.look())
    os.kill(server.tracked.pid(), signal.SIGTERM)
    return wrong + list(compare([swept], [], server.tracked.finish()))


CASES = {case.__name__: case for case in (python, redis, redis_shrinks, memcached)}


def main(case, hashtrack, library):
    # Programs run in a folder of their own, where relative paths lead nowhere.
    hashtrack, library = os.path.abspath(hashtrack), os.path.abspath(library)
    started = []

    def start(*program):
        started.append(Tracked(hashtrack, library, folder, *program))
        return started[-1]

    with tempfile.TemporaryDirectory(prefix="hashtrack-servers-") as name:
        folder = Path(name)
        try:
            wrong = CASES[case](start, folder)
        finally:
            for tracked in started:
                tracked.stop()
    for sentence in wrong:
        print(f"FAILED {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
