"""CPython's dict and set as a program uses them.

usage: cpython.py SCENARIO [dict|strings|mixed|defaultdict|ordered|set]
Scenarios: full, hollow, popitem, churn, copied, threads, many, freed, capacity. Clearing frees the
array, and there is no way to reserve. __sizeof__() gives the bytes; the slots are read from the object itself, laid out as
in Include/internal/pycore_dict.h and Include/cpython/setobject.h.
"""

import collections
import ctypes
import json
import sys
import threading

ENTRIES = 300_000
KEPT_OF = 50

WORD = ctypes.sizeof(ctypes.c_void_p)
DICT_KEYS = 4 * WORD  # refcnt, type, ma_used, ma_version_tag, ma_keys
SET_MASK = 4 * WORD  # refcnt, type, fill, used, mask, table
SET_FILL = 2 * WORD


def word_at(address):
    return ctypes.c_uint64.from_address(address).value


def describe_dict(table):
    keys = word_at(id(table) + DICT_KEYS)
    if sys.version_info >= (3, 11):
        capacity = 1 << ctypes.c_uint8.from_address(keys + 8).value
        usable = word_at(keys + 16)
    else:
        capacity = word_at(keys + 8)
        usable = word_at(keys + 24)
    return {
        "implementation": "CPython dict",
        "address": hex(keys),
        "capacity": capacity,
        "live": len(table),
        "tombstones": capacity * 2 // 3 - usable - len(table),
    }


def describe_set(table):
    return {
        "implementation": "CPython set",
        "address": hex(word_at(id(table) + SET_MASK + WORD)),
        "capacity": word_at(id(table) + SET_MASK) + 1,
        "live": len(table),
        "tombstones": word_at(id(table) + SET_FILL) - len(table),
    }


class Dict:
    describe = staticmethod(describe_dict)
    recreate = dict
    new = dict

    @classmethod
    def array_bytes(cls, table):
        return table.__sizeof__() - cls.new().__sizeof__()

    @staticmethod
    def key(i):
        return i

    @classmethod
    def insert(cls, table, i):
        table[cls.key(i)] = i

    @classmethod
    def erase(cls, table, i):
        del table[cls.key(i)]


class Strings(Dict):
    @staticmethod
    def key(i):
        return f"session-{i}"


class Mixed(Dict):
    """One key that is no string gives all entries room for their hash."""

    @staticmethod
    def key(i):
        return f"session-{i}" if i else 0


class DefaultDict(Dict):
    @staticmethod
    def new():
        return collections.defaultdict(int)


class Ordered(Strings):
    NODE_BYTES = 4 * WORD  # _ODictNode, Objects/odictobject.c: a block of its own for each entry
    recreate = collections.OrderedDict
    new = collections.OrderedDict

    @staticmethod
    def describe(table):
        return dict(describe_dict(table), implementation="CPython OrderedDict")

    @classmethod
    def array_bytes(cls, table):
        return super().array_bytes(table) - cls.NODE_BYTES * len(table)


class Set:
    describe = staticmethod(describe_set)
    recreate = set
    new = set

    @staticmethod
    def array_bytes(table):
        return table.__sizeof__() - set().__sizeof__()

    @staticmethod
    def insert(table, i):
        table.add(i)

    @staticmethod
    def erase(table, i):
        table.remove(i)


KINDS = {
    "dict": Dict,
    "strings": Strings,
    "mixed": Mixed,
    "defaultdict": DefaultDict,
    "ordered": Ordered,
    "set": Set,
}


def snapshot(label):
    try:
        take = ctypes.CDLL(None).hashtrack_snapshot
    except AttributeError:  # not preloaded
        return
    take(label.encode())


def print_truth(truth, verdict, label, freed=False):
    line = dict(truth, peak=ENTRIES, verdict=verdict, snapshot=label, freed=freed)
    print("TRUTH", json.dumps(line), flush=True)


def fill(kind):
    table = kind.new()
    for i in range(ENTRIES):
        kind.insert(table, i)
    return table


def print_capacities(kind):
    for live in (1000, 6000, 10922, 10923, 20000, 54321):
        table = fill(kind)
        for i in range(live, ENTRIES):
            kind.erase(table, i)
        before = kind.describe(table)["capacity"]
        bytes_before = kind.array_bytes(table)
        table = kind.recreate(table)
        print(
            "CAPACITY",
            live,
            before,
            bytes_before,
            kind.describe(table)["capacity"],
            kind.array_bytes(table),
            kind.describe(table)["implementation"],
        )


def sweep(kind, table):
    for i in range(ENTRIES):
        if i % KEPT_OF:
            kind.erase(table, i)


def run_copied(kind):
    """A copy has no more slots than it needs."""
    table = fill(kind)
    sweep(kind, table)
    copy = table.copy()
    truths = kind.describe(table), kind.describe(copy)
    snapshot("end")
    for truth, verdict in zip(truths, ("hollow", "ok")):
        print_truth(truth, verdict, "end")


def run_threads(kind):
    tables = [kind.new() for _ in range(4)]

    def fill_and_sweep(table):
        for i in range(ENTRIES):
            kind.insert(table, i)
        sweep(kind, table)

    threads = [threading.Thread(target=fill_and_sweep, args=(table,)) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    truths = [kind.describe(table) for table in tables]
    snapshot("end")
    for truth in truths:
        print_truth(truth, "hollow", "end")


def run_many(kind):
    """Of two entries each that were 200."""
    tables = [kind.new() for _ in range(3000)]
    for table in tables:
        for i in range(200):
            kind.insert(table, i)
        for i in range(2, 200):
            kind.erase(table, i)
    truth = kind.describe(tables[0])
    snapshot("end")
    line = {key: truth[key] for key in ("implementation", "capacity", "live")}
    print("MANY", json.dumps(dict(line, tables=len(tables), verdicts=["hollow"], snapshot="end")))


OTHER_SCENARIOS = {
    "capacity": print_capacities,
    "copied": run_copied,
    "threads": run_threads,
    "many": run_many,
}


def main(scenario, kind):
    if scenario in OTHER_SCENARIOS:
        OTHER_SCENARIOS[scenario](kind)
        return
    table = fill(kind)
    verdict = "ok"
    if scenario in ("hollow", "freed"):
        sweep(kind, table)
        verdict = "hollow"
    elif scenario == "popitem":
        while len(table) > ENTRIES // KEPT_OF:
            table.pop() if kind is Set else table.popitem()
        verdict = "hollow"
    elif scenario == "churn":
        for i in range(ENTRIES):
            kind.erase(table, i)
            kind.insert(table, i + ENTRIES)
    elif scenario != "full":
        sys.exit(f"no such scenario: {scenario}")
    truth = kind.describe(table)
    snapshot("end")
    print_truth(truth, verdict, "end")
    del table
    if scenario in ("freed", "full"):
        print_truth(truth, verdict, "main-returned", freed=True)


if __name__ == "__main__":
    arguments = sys.argv[1:] + ["hollow", "dict"][len(sys.argv) - 1:]
    main(arguments[0], KINDS[arguments[1]])
