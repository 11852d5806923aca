"""Grows a dict in every way that a line of Python can, and says which lines those were.

Each dict has a number of entries of its own. For each a line "ENTRIES JSON": the functions, files and
lines that were being executed, innermost first, as Python itself has them.
"""
import asyncio
import ctypes
import functools
import json
import sys
import threading

MOST_LINES = 6
MOST_LOOKED = 64  # preload/stack/python_frames.c
kept = []
seen = []


def stack_of(frame):
    lines = []
    for _ in range(MOST_LOOKED):
        if frame is None or len(lines) == MOST_LINES:
            break
        code = frame.f_code
        line = [getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno]
        if not lines or lines[-1] != line:
            lines.append(line)
        frame = frame.f_back
    return lines


def say(entries):
    print(entries, json.dumps(seen))


def note(number, count):
    """None, for the line of the caller that puts it into a dict."""
    if number == count - 1:
        seen[:] = stack_of(sys._getframe(1))


class Store:
    def __init__(self):
        self.table = {}

    def fill(self, count):
        for number in range(count):
            self.table[number] = note(number, count)
        return self.table


def method(count):
    return Store().fill(count)


def generator(count):
    def numbers(table):
        for number in range(count):
            table[number] = note(number, count)
            yield number
    table = {}
    for _ in numbers(table):
        pass
    return table


def coroutine(count):
    async def fill():
        for number in range(count):
            table[number] = note(number, count)
            if number % 1000 == 0:
                await asyncio.sleep(0)
    table = {}
    loop = asyncio.new_event_loop()
    loop.run_until_complete(fill())
    loop.close()
    return table


def anonymous(count):
    table = {}
    insert = lambda number: table.__setitem__(number, note(number, count))
    for number in range(count):
        insert(number)
    return table


def decorated(count):
    def passes_on(function):
        @functools.wraps(function)
        def wrapper(*arguments):
            return function(*arguments)
        return wrapper

    @passes_on
    def fill(table):
        for number in range(count):
            table[number] = note(number, count)
    table = {}
    fill(table)
    return table


def recursion(count, depth=120):
    if depth > 0:
        return recursion(count, depth - 1)
    table = {}
    for number in range(count):
        table[number] = note(number, count)
    return table


def größe_名前(count):
    table = {}
    for number in range(count):
        table[number] = note(number, count)
    return table


def in_thread(count):
    table = {}

    def fill():
        for number in range(count):
            table[number] = note(number, count)
    thread = threading.Thread(target=fill)
    thread.start()
    thread.join()
    return table


def from_c(count):
    """Python calls C, which calls Python back."""
    table = {}

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def compare(_a, _b):
        if not table:
            for number in range(count):
                table[number] = note(number, count)
            return 0
    numbers = (ctypes.c_int * 2)(2, 1)
    ctypes.CDLL(None).qsort(numbers, 2, 4, compare)
    return table


def made(number, table, count):
    text = "\n" * (number % 20) + (
        f"def made_{number:03}(table, count):\n"
        " for i in range(count):\n"
        "  table[i] = note(i, count)\n")
    names = {"note": note}
    exec(compile(text, f"/nowhere/made_{number:03}.py", "exec"), names)
    names[f"made_{number:03}"](table, count)
    say(len(table))
    seen.clear()
    names.clear()  # which the function keeps, and they keep it


def compiled(count):
    """Functions that come and go: each is compiled into the memory of the one before it. For that their
    dicts are there before."""
    kept.extend({} for _ in range(200))
    for number, table in enumerate(kept[-200:]):
        made(number, table, count + number)


WAYS = [method, generator, coroutine, anonymous, decorated, recursion, größe_名前, in_thread, from_c,
        compiled]

sys.stdout.reconfigure(encoding="utf-8")
for index, way in enumerate(WAYS):
    table = way(3000 + 200 * index)
    if table:
        kept.append(table)
        say(len(table))
if ctypes.CDLL(None).hashtrack_snapshot(b"lines") != 0:
    sys.exit("no snapshot")
