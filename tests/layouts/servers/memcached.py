"""memcached's hash table.

usage: memcached.py SCENARIO
Scenarios: full, hollow (98 % deleted), emptied (all of them), fresh (no item yet, in a table that
was made large by -o hashpower). The server takes this process's place, so that it is the one that
is tracked; a child of ours talks to it, prints what its own statistics say and ends it. Status 77
without a memcached.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

from unix_client import PATIENCE_S, UnixClient  # noqa: E402

ITEMS = 300_000
KEPT = 6_000
SKIPPED = 77


class Client(UnixClient):
    def statistics(self):
        self.socket.sendall(b"stats\r\n")
        pairs = {}
        while (line := self.lines.readline()) not in (b"END\r\n", b""):
            _, name, value = line.decode().split()
            pairs[name] = int(value) if value.isdigit() else value
        return pairs

    def send(self, command, numbers):
        """Without waiting for an answer each: noreply."""
        self.socket.sendall("".join(command.format(number) for number in numbers).encode())

    def at_rest(self, items):
        """The statistics, once all is done and the table does not grow; it grows above three
        entries in two buckets."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now = self.statistics()
            if (now["curr_items"] == items and now["hash_is_expanding"] == 0
                    and 2 * items <= 3 << now["hash_power_level"]):
                return now
            if time.monotonic() > deadline:
                sys.exit(f"the server does not come to rest: {now}")
            time.sleep(0.05)


def fill(path, scenario):
    client = Client(path)
    left = {"full": ITEMS, "hollow": KEPT, "emptied": 0, "fresh": 0}[scenario]
    if scenario != "fresh":
        client.send("set key{} 0 0 5 noreply\r\nvalue\r\n", range(ITEMS))
        client.at_rest(ITEMS)
        client.send("delete key{} noreply\r\n", range(left, ITEMS))
    now = client.at_rest(left)
    verdict = {"full": "ok", "fresh": "over-reserved"}.get(scenario, "hollow")
    truth = {"implementation": "memcached hash table", "capacity": 1 << now["hash_power_level"],
             "live": now["curr_items"], "verdict": verdict, "snapshot": "main-returned", "freed": False}
    print("TRUTH", json.dumps(truth), flush=True)


def main(scenario="full"):
    server = shutil.which("memcached")
    if server is None:
        print("there is no memcached here", file=sys.stderr)
        sys.exit(SKIPPED)
    directory = tempfile.mkdtemp()
    path = str(Path(directory) / "socket")
    if os.fork() == 0:
        try:
            fill(path, scenario)
        finally:
            os.kill(os.getppid(), signal.SIGTERM)
            shutil.rmtree(directory)
    else:
        user = ["-u", "root"] if os.getuid() == 0 else []
        power = ["-o", "hashpower=20"] if scenario == "fresh" else []
        os.execv(server, [server, *user, *power, "-s", path, "-m", "100"])


if __name__ == "__main__":
    main(*sys.argv[1:])
