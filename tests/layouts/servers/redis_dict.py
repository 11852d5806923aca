"""Redis' dict as redis-server uses it: the keys of a database.

usage: redis_dict.py SCENARIO
Scenarios: full, swept (98 % deleted: the server shrinks the table by itself, so that nothing is to
be found).

The server takes this process's place, so that it is the one that is tracked; a child of ours talks
to it, prints the truth and ends it. Status 77 without a redis-server of version 7.0: other versions
lay out their dict differently.
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

ENTRIES = 300_000
KEPT = 6_000
PATIENCE_S = 60
SKIPPED = 77


class Client:
    def __init__(self, path):
        deadline = time.monotonic() + PATIENCE_S
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.lines = self.socket.makefile("rb")

    def send(self, command):
        self.socket.sendall(command.encode() + b"\r\n")

    def ask(self, command):
        """One inline command; the reply is a status, a number or a bulk string."""
        self.send(command)
        head = self.lines.readline().decode().rstrip()
        if head[:1] == "$":
            body = self.lines.read(int(head[1:]) + 2)
            return body[:-2].decode()
        if head[:1] not in "+:" or not head:
            sys.exit(f"redis-server says {head!r} to {command!r}")
        return head[1:]

    def table_sizes(self):
        statistics = self.ask("DEBUG HTSTATS 0").split("[Expires HT]")[0]
        return [int(size) for size in re.findall(r"table size: (\d+)", statistics)]


def print_truth(path, scenario):
    client = Client(path)
    client.ask(f"DEBUG POPULATE {ENTRIES} key 10")
    live, at_most = ENTRIES, 4 * ENTRIES
    if scenario == "swept":
        sweep = f"for i={KEPT},{ENTRIES - 1} do redis.call('del','key:'..i) end"
        client.ask(f'EVAL "{sweep} return 1" 0')
        live, at_most = KEPT, 4 * KEPT
    deadline = time.monotonic() + PATIENCE_S
    sizes = client.table_sizes()
    while len(sizes) != 1 or sizes[0] > at_most:  # two while it rehashes
        if time.monotonic() > deadline:
            sys.exit(f"the table does not come to rest: {sizes}")
        time.sleep(0.1)
        sizes = client.table_sizes()
    if int(client.ask("DBSIZE")) != live:
        sys.exit("the server has another number of keys")
    truth = {"implementation": "Redis dict", "capacity": sizes[0], "live": live, "verdict": "ok",
             "snapshot": "exit", "freed": False}
    print("TRUTH", json.dumps(truth), flush=True)
    client.send("SHUTDOWN NOSAVE")


def main(scenario):
    server = shutil.which("redis-server")
    if server is None:
        print("there is no redis-server here", file=sys.stderr)
        sys.exit(SKIPPED)
    bare = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    version = subprocess.run([server, "--version"], capture_output=True, text=True, env=bare).stdout
    if " v=7.0." not in version:
        print(f"not Redis 7.0: {version}", file=sys.stderr)
        sys.exit(SKIPPED)
    directory = tempfile.mkdtemp()
    path = str(Path(directory) / "socket")
    if os.fork() == 0:
        status = 1
        try:
            print_truth(path, scenario)
            status = 0
        finally:
            if status != 0:  # nobody else would end the server
                os.kill(os.getppid(), signal.SIGTERM)
            shutil.rmtree(directory)
            os._exit(status)
    arguments = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", directory,
                 "--enable-debug-command", "local", "--logfile", "/dev/null"]
    os.execv(server, [server, *arguments])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "full")
