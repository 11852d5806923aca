#!/usr/bin/python3
"""Draws examples/savings.svg from what the examples print: draw_savings.py BUILD/examples > savings.svg

For each kind of table what is in use with a million entries, with ten, and after the fix.
"""

import pathlib
import re
import subprocess
import sys

# Title; the program whose first two numbers are drawn; the one whose last is, and what it did.
TABLES = (
    ("C table, values of 128 bytes in its slots", "inline_hollow", "inline_recreated", "recreated"),
    ("the same, pointers to values in its slots", "inline_boxed", None, None),
    ("uthash, entries in blocks of their own", "uthash_hollow", "uthash_recreated", "recreated"),
)
WIDTH, LEFT, SCALE_TO = 760, 130, 480
BAR, GAP, TITLE = 16, 4, 26
# Both read well on white and on black.
GREY, RED, GREEN, TEXT = "#8c959f", "#d1242f", "#2da44e", "#6e7781"


def in_use(examples, program):
    """MiB in use at each moment that the program prints."""
    printed = subprocess.run([examples / program], capture_output=True, text=True, check=True).stdout
    return [float(number) for number in re.findall(r"([0-9.]+) MiB in use", printed)]


def text(x, y, words, anchor="start", weight="normal"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="{TEXT}">'
            f"{words}</text>")


def bars(top, rows, most):
    lines = []
    for label, mib, colour in rows:
        width = max(1.0, mib / most * SCALE_TO)
        middle = top + BAR - 4
        lines += [
            text(LEFT - 8, middle, label, "end"),
            f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>',
            text(LEFT + width + 6, middle, f"{mib:.1f} MiB"),
        ]
        top += BAR + GAP
    return lines, top


def main(examples):
    drawings = []
    for title, hollow, fixed, how in TABLES:
        million, ten = in_use(examples, hollow)[:2]
        rows = [("a million entries", million, GREY), ("ten entries", ten, RED)]
        if fixed:
            rows.append((how, in_use(examples, fixed)[-1], GREEN))
        drawings.append((title, rows))
    most = max(mib for _, rows in drawings for _, mib, _ in rows)
    lines, top = [], 0
    for title, rows in drawings:
        lines.append(text(LEFT, top + TITLE - 8, title, weight="bold"))
        drawn, top = bars(top + TITLE, rows, most)
        lines += drawn
        top += GAP
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
          f'viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="13" role="img">')
    print("<title>Memory in use by three hash tables: with a million entries, with ten left, and after"
          " the fix</title>")
    print("\n".join(lines))
    print("</svg>")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
