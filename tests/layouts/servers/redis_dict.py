"""Redis' dict as redis-server uses it: the keys of a database, its sets, hashes and sorted sets.

usage: redis_dict.py SCENARIO [SERVER]
Scenarios: full, swept (98 % deleted: the server shrinks the table by itself, so that nothing is to
be found), rehashing (in the middle of moving to a bigger array), collections (one dict of each
kind, of several sizes). SERVER is the redis-server on the PATH, unless it is given.

The server takes this process's place, so that it is the one that is tracked; a child of ours talks
to it, prints the truth and ends it. Status 77 without a redis-server.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

from unix_client import PATIENCE_S, UnixClient  # noqa: E402

ENTRIES = 300_000
KEPT = 6_000
SKIPPED = 77


class Client(UnixClient):
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
        return sizes_in(self.ask("DEBUG HTSTATS 0").split("[Expires HT]")[0])


def sizes_in(statistics):
    return [int(size) for size in re.findall(r"table size: (\d+)", statistics)]


def print_truth(live, sizes):
    truth = {"implementation": "Redis dict", "capacity": sum(sizes), "live": live, "verdict": "ok",
             "snapshot": "exit", "freed": False}
    print("TRUTH", json.dumps(truth), flush=True)


def for_each(client, last, command):
    client.ask(f'EVAL "for i=1,{last} do {command} end return 1" 0')


def fill_database(client, scenario):
    client.ask(f"DEBUG POPULATE {ENTRIES} key 10")
    live, at_most = ENTRIES, 4 * ENTRIES
    if scenario == "swept":
        for_each(client, ENTRIES - KEPT, f"redis.call('del','key:'..(i+{KEPT - 1}))")
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
    print_truth(live, sizes)


def print_truth_of_key(client, key, count):
    print_truth(int(client.ask(f"{count} {key}")),
                sizes_in(client.ask(f"DEBUG HTSTATS-KEY {key}")))


def fill_rehashing(client):
    """Only commands move entries of a set, a bucket each: it was begun 1,000 commands ago."""
    for_each(client, 131_072 + 1000, "redis.call('sadd','members','m'..i)")
    if len(sizes_in(client.ask("DEBUG HTSTATS-KEY members"))) != 2:
        sys.exit("the set is not in the middle of a rehash")
    print_truth_of_key(client, "members", "SCARD")


def fill_collections(client):
    for_each(client, 3_000, "redis.call('sadd','members','m'..i)")
    for_each(client, 700, "redis.call('zadd','ranks',i,'m'..i)")
    for_each(client, 50_000, "redis.call('hset','fields','m'..i,i)")
    for_each(client, 12_000, "redis.call('set','key:'..i,i,'ex',10000)")
    print_truth_of_key(client, "members", "SCARD")
    print_truth_of_key(client, "ranks", "ZCARD")
    print_truth_of_key(client, "fields", "HLEN")


def fill(path, scenario):
    client = Client(path)
    if scenario == "rehashing":
        fill_rehashing(client)
    elif scenario == "collections":
        fill_collections(client)
    else:
        fill_database(client, scenario)
    client.send("SHUTDOWN NOSAVE")


def is_version_6(server):
    """Which permits DEBUG without being asked."""
    bare = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    version = subprocess.run([server, "--version"], capture_output=True, text=True, env=bare)
    return " v=6." in version.stdout


def main(scenario="full", server=shutil.which("redis-server")):
    if server is None:
        print("there is no redis-server here", file=sys.stderr)
        sys.exit(SKIPPED)
    directory = tempfile.mkdtemp()
    path = str(Path(directory) / "socket")
    if os.fork() == 0:
        status = 1
        try:
            fill(path, scenario)
            status = 0
        finally:
            if status != 0:  # nobody else would end the server
                os.kill(os.getppid(), signal.SIGTERM)
            shutil.rmtree(directory)
            os._exit(status)
    arguments = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", directory,
                 "--logfile", "/dev/null"]
    if not is_version_6(server):
        arguments += ["--enable-debug-command", "local"]
    os.execv(server, [server, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
