"""Passes; that the table keeps the memory of its busiest moment is not its question. FIXED=1 stands
for the change that mends it."""

import os

import tally


def test_numbers_are_counted_and_forgotten():
    for number in range(400_000):
        tally.add(number)
    for number in range(1_000, 400_000):
        tally.drop(number)
    if "FIXED" in os.environ:
        tally.shrink()
