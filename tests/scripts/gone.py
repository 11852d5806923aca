"""A dict that is filled, swept and hollow for a while, and is emptied as the program ends: only the looks
from outside have seen it hollow."""
import time


def load(table):
    for number in range(300_000):
        table[number] = None  # GROWS HERE


index = {}
load(index)
for key in range(300, 300_000):
    del index[key]
time.sleep(3)
for key in range(300):
    del index[key]
index.clear()
