#!/usr/bin/env python3
"""Writes a shared object for 32-bit x86 in which there is nothing: empty_library.py FILE.

It is what a 32-bit program gets that a tracked one starts (meson.build says how). Written byte by
byte, for where the library is built there need be no 32-bit compiler.
"""
import struct
import sys

HEADER, PROGRAM_HEADER, SYMBOL = 52, 32, 16
PT_LOAD, PT_DYNAMIC, PT_GNU_STACK = 1, 2, 0x6474e551
READ_WRITE = 6  # old loaders write the addresses of the dynamic section over its offsets
DT_NULL, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 0, 4, 5, 6, 10, 11


def library():
    hash_table = struct.pack("<4I", 1, 1, 0, 0)  # one bucket, which is empty, and one symbol
    symbols = bytes(SYMBOL)  # the one of no name that each table begins with
    hash_at = HEADER + 3 * PROGRAM_HEADER
    symbols_at = hash_at + len(hash_table)
    dynamic_at = symbols_at + len(symbols)
    entries = [(DT_HASH, hash_at), (DT_SYMTAB, symbols_at), (DT_STRTAB, symbols_at),
               (DT_STRSZ, 1), (DT_SYMENT, SYMBOL), (DT_NULL, 0)]
    dynamic = b"".join(struct.pack("<2I", tag, value) for tag, value in entries)
    end = dynamic_at + len(dynamic)
    identity = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)  # 32 bits, little-endian, version 1
    header = identity + struct.pack("<2H5I6H", 3, 3, 1, 0, HEADER, 0, 0, HEADER, PROGRAM_HEADER, 3,
                                    40, 0, 0)  # ET_DYN, EM_386
    segments = [(PT_LOAD, 0, 0, 0, end, end, READ_WRITE, 4096),
                (PT_DYNAMIC, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic),
                 READ_WRITE, 4),
                # Without it the loader would make the program's stacks executable.
                (PT_GNU_STACK, 0, 0, 0, 0, 0, READ_WRITE, 16)]
    table = b"".join(struct.pack("<8I", *segment) for segment in segments)
    return header + table + hash_table + symbols + dynamic


with open(sys.argv[1], "wb") as file:
    file.write(library())
