"""A dict and a set that were swept, for check_program.py. A list and a full dict beside them.

usage: sweep.py hollow | fixed | waits (until stdin is closed)
"""

import ctypes
import json
import sys

SESSIONS = 300_000
KEPT_OF = 100
HEADER = 4 * 8  # of a dict and of a set: what precedes ma_keys and mask (3.11, 64 bits)


def word_at(address):
    return ctypes.c_uint64.from_address(address).value


class MallInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split())]


def bytes_in_use():
    """Of malloc: what Python's own allocator takes for small blocks is not in it."""
    libc = ctypes.CDLL("libc.so.6")
    libc.mallinfo2.restype = MallInfo
    info = libc.mallinfo2()
    return info.uordblks + info.hblkhd


def describe(table, verdict):
    """What CPython 3.11 keeps in the object itself: pycore_dict.h, setobject.h."""
    if isinstance(table, dict):
        address = word_at(id(table) + HEADER)
        capacity = 1 << ctypes.c_uint8.from_address(address + 8).value
        name = "CPython dict"
    else:
        address = word_at(id(table) + HEADER + 8)
        capacity = word_at(id(table) + HEADER) + 1
        name = "CPython set"
    print("TRUTH", json.dumps({"implementation": name, "address": hex(address),
                               "capacity": capacity, "live": len(table), "verdict": verdict,
                               "ends_early": True}))


def begin_sessions(table, add):
    for i in range(SESSIONS):
        add(table, i)
    return table


def end_sessions(table, remove):
    for i in range(SESSIONS):
        if i % KEPT_OF:
            remove(table, i)


def fix(name):
    """What the advice says; the old table goes with its last reference."""
    before = bytes_in_use()
    globals()[name] = type(globals()[name])(globals()[name])
    implementation = "CPython " + type(globals()[name]).__name__
    print("GAVE_BACK", implementation, before - bytes_in_use())


if sys.version_info[:2] != (3, 11):
    print("the offsets here are those of Python 3.11")
    sys.exit(77)
users = begin_sessions({}, lambda table, i: table.__setitem__(i, None))
seen = begin_sessions(set(), set.add)
full = {f"name-{i}": i for i in range(170_000)}
numbers = list(range(SESSIONS * 2))
end_sessions(users, dict.__delitem__)
end_sessions(seen, set.remove)
if sys.argv[1] == "fixed":
    fix("users")
    fix("seen")
else:
    describe(users, "hollow")
    describe(seen, "hollow")
    describe(full, "ok")
    items = word_at(id(numbers) + 3 * 8)  # listobject.h: ob_item
    print("DECOY", json.dumps({"what": "a list", "address": hex(items)}), flush=True)
if sys.argv[1] == "waits":
    sys.stdin.read()
