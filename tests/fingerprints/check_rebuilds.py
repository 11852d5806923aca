#!/usr/bin/python3
"""A program compiled in many ways: each of its tables must have the fingerprint that it has in the
first build, and no two of them the same.

check_rebuilds.py LIBRARY PRINTER SOURCE LANGUAGE COMPILER...
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

library, printer, source, language = sys.argv[1:5]
compilers = sys.argv[5:]
LEVELS = ['-O0', '-O1', '-O2', '-O3', '-Os']
# A table of 20000 entries; what the run-time library keeps is smaller.
BYTES = '30000'
TABLES = {'c': 4, 'c++': 10, 'rust': 6}[language]


def compiled(directory, command, text):
    """The program, or None when the compiler cannot do it here (no plug-in for LTO)."""
    copy = directory / Path(source).name
    copy.write_text(text)
    run = subprocess.run([*command, '-o', 'program', copy.name], cwd=directory, text=True,
                         capture_output=True)
    if run.returncode == 0:
        return directory / 'program'
    if any('lto' in word for word in command):
        return None
    sys.exit(f'{command}: {run.stderr}')


def keep_symbols_apart(program):
    debug = program.with_suffix('.debug')
    subprocess.run(['objcopy', '--only-keep-debug', program, debug], check=True)
    subprocess.run(['strip', program], check=True)
    subprocess.run(['objcopy', f'--add-gnu-debuglink={debug}', program], check=True)


def fingerprints(program):
    environment = dict(os.environ, LD_PRELOAD=library, HASHTRACK_DIR=str(program.parent))
    environment.pop('LD_LIBRARY_PATH', None)
    subprocess.run([program], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120)
    dump, = program.parent.glob('*.htd')
    return sorted(subprocess.run([printer, dump, BYTES], check=True, capture_output=True,
                                 text=True, timeout=120).stdout.splitlines())


def variants():
    """Name, command, text of the source, what is done to the program afterwards."""
    text = Path(source).read_text()
    moved = '\n' * 100 + text.replace('{\n', '{\n\n\n')
    if language == 'rust':
        rustc = [compilers[0], '-g']
        for level in '0123s':
            yield f'opt-level={level}', [*rustc, '-C', f'opt-level={level}'], text, None
        fast = [*rustc, '-C', 'opt-level=3']
        yield 'lines moved', fast, moved, None
        yield 'another type', [*fast, '--cfg', 'wide'], text, None
        yield 'one unit', [*fast, '-C', 'codegen-units=1'], text, None
        yield 'fat LTO', [*fast, '-C', 'lto=fat'], text, None
        yield 'symbols apart', fast, text, keep_symbols_apart
        return
    for compiler in compilers:
        standard = ['-std=c++17'] if language == 'c++' else []
        base = [compiler, '-g', *standard]
        for level in LEVELS:
            yield f'{compiler} {level}', [*base, level], text, None
    # A C++ program takes seconds to compile: what is not about the level, with one compiler.
    for compiler in compilers if language == 'c' else compilers[:1]:
        fast = [compiler, '-g', *standard, '-O2']
        yield f'{compiler} lines moved', fast, moved, None
        yield f'{compiler} another type', [*fast, '-DVALUE=float'], text, None
        yield f'{compiler} fixed addresses', [*fast, '-no-pie', '-fno-pie'], text, None
        yield f'{compiler} exported', [*fast, '-fPIC', '-rdynamic'], text, None
        yield f'{compiler} LTO', [*fast, '-flto'], text, None
        yield f'{compiler} DWARF 4', [*fast, '-gdwarf-4'], text, None
        yield f'{compiler} sections', [*fast, '-ffunction-sections', '-Wl,--gc-sections'], text, None
        yield f'{compiler} symbols apart', fast, text, keep_symbols_apart


first = None
tried = 0
wrong = []
for name, command, text, change in variants():
    with tempfile.TemporaryDirectory() as place:
        program = compiled(Path(place), command, text)
        if program is None:
            print(f'{name}: not possible here')
            continue
        if change:
            change(program)
        found = fingerprints(program)
    tried += 1
    if first is None:
        first = found
        print('\n'.join(first))
        assert len(first) == TABLES, f'{len(first)} tables, not {TABLES}'
        assert len({line.split()[0] for line in first}) == TABLES, 'two tables, one fingerprint'
    if found != first:
        wrong.append(name)
        print(f'{name}:')
        for line in sorted(set(found) ^ set(first)):
            print('   ', 'instead' if line in found else 'missing', line)
print(f'{tried} builds, {len(wrong)} with other fingerprints')
sys.exit(1 if wrong else 0)
