"""The burst of workload.h with a dictionary; a snapshot after the sweep, and one after the fix."""

import ctypes

snapshot = ctypes.CDLL(None).hashtrack_snapshot
sessions = {}


def load():
    for number in range(1_000_000):
        sessions[number] = number


load()
for number in range(1_000_000):
    if number % 100_000:
        del sessions[number]
snapshot(b"swept")
sessions = dict(sessions)
snapshot(b"recreated")
