"""A dict that is filled and swept; with the argument "fixed" it is copied into a small one and the
program works on for a second; with "late" fewer entries are left and the program ends."""
import sys
import time

index = {}
began = time.monotonic()


def load():
    for key in range(200_000):
        index[key] = None  # GROWS HERE


def sweep():
    for key in range(10 if "late" in sys.argv else 100, 200_000):
        del index[key]


load()
sweep()
if "fixed" in sys.argv or "late" in sys.argv:
    index = dict(index)
if "fixed" in sys.argv:
    time.sleep(1 + (time.monotonic() - began) / 8)  # the end of a run is a share of it
