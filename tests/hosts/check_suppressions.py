#!/usr/bin/python3
"""What a program's own __lsan_default_suppressions() returns must stand in its dump.

check_suppressions.py LIBRARY EXPORTING_PROGRAM HIDING_PROGRAM
"""
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

library, exporting, hiding = sys.argv[1:]
LINES = 'hollow:Cache::remember\nleak:libthird.so\n'
STRINGS, SUPPRESSIONS = 2, 13
CUT = 1


def text_in_dump(program, kind):
    """Text and flags of the SUPPRESSIONS record by the words of docs/dump-format.md, None for none."""
    with tempfile.TemporaryDirectory() as place:
        environment = dict(os.environ, LD_PRELOAD=library, HASHTRACK_DIR=place)
        subprocess.run([program, kind], env=environment, check=True, stdout=subprocess.DEVNULL,
                       timeout=60)
        dump, = Path(place).glob('*.htd')
        data = dump.read_bytes()
    header_bytes, _, count = struct.unpack_from('<IQI', data, 12)
    sections = {}
    for i in range(count):
        section, record_bytes, offset, records = struct.unpack_from('<IIQQ', data,
                                                                    header_bytes + 32 * i)
        sections[section] = data[offset:offset + record_bytes * records]
    if SUPPRESSIONS not in sections:
        return None
    start, flags = struct.unpack('<II', sections[SUPPRESSIONS])
    return sections[STRINGS][start:].split(b'\0')[0].decode(), flags


def expect(found, expected, what):
    if found != expected:
        sys.exit(f'{what}: {found!r:.200} instead of {expected!r:.200}')


expect(text_in_dump(exporting, 'lines'), (LINES, 0), 'lines')
expect(text_in_dump(exporting, 'empty'), ('', 0), 'an empty text')
expect(text_in_dump(exporting, 'none'), ('', 0), 'no text')
expect(text_in_dump(exporting, 'wild'), None, 'a pointer to nothing')
expect(text_in_dump(hiding, 'lines'), None, 'a function that is not exported')
long_text, flags = text_in_dump(exporting, 'long')
expect(flags, CUT, 'flags of a text that is too long')
expect(len(long_text) in range(65536 - len(LINES), 65536), True, 'its length')
expect(set(long_text.splitlines()), set(LINES.splitlines()), 'its lines')
expect(long_text[-1], '\n', 'its last line')
