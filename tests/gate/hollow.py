"""A dict that is filled and swept; with the argument "fixed" it is copied into a small one."""
import sys

index = {}


def load():
    for key in range(200_000):
        index[key] = None


def sweep():
    for key in range(100, 200_000):
        del index[key]


load()
sweep()
if "fixed" in sys.argv:
    index = dict(index)
