#!/usr/bin/python3
"""Stacks of real programs, symbolised: the first frame shown must be the program's own line.

check_symbols.py CASE SYMBOLIZER RECORDER PROGRAM [SOURCE]
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

case, symbolizer, recorder, program = sys.argv[1:5]
source = Path(sys.argv[5]) if len(sys.argv) > 5 else None


def line_with(word):
    lines = source.read_text().splitlines()
    return next(n for n, text in enumerate(lines, 1) if word in text)


def record(command, directory):
    stacks = directory / 'stacks'
    environment = dict(os.environ, LD_PRELOAD=recorder, STACK_RECORD=str(stacks))
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return stacks


def symbolize(stacks):
    """A list of stacks, each a list of (marks, function, file, line), and the notes."""
    run = subprocess.run([symbolizer, stacks], capture_output=True, text=True,
                         errors='backslashreplace', timeout=120)
    assert run.returncode == 0, f'symbolizer ended with {run.returncode}: {run.stderr}'
    result, notes = [], []
    for line in run.stdout.splitlines():
        if line == 'STACK':
            result.append([])
        elif line.startswith('NOTE '):
            notes.append(line)
        else:
            marks, rest = line.split(' ', 1)
            function, file, number, _ = rest.rsplit('|', 3)
            result[-1].append((marks, function, file, int(number)))
    assert result, 'no stack was recorded'
    return result, notes


def shown(stack):
    return [frame for frame in stack if 'i' not in frame[0]]


def expect(condition, what, stacks):
    if not condition:
        for stack in stacks:
            print('STACK')
            for frame in stack:
                print('   ', *frame)
        sys.exit(f'{case}: {what}')


def own_line(stacks, function, word='GROWS'):
    for stack in stacks:
        frames = shown(stack)
        first = frames[0]
        expect(first[1].endswith(function), f'first frame is {first}, not {function}', [stack])
        expect(Path(first[2]).name == source.name, f'{first[2]} is not {source.name}', [stack])
        expect(first[3] == line_with(word), f'line {first[3]}, not {line_with(word)}', [stack])
        expect('main' in frames[-1][1], f'last frame is {frames[-1]}, not main', [stack])


def copy_of(name, directory):
    copy = directory / name
    shutil.copy(program, copy)
    return copy


def cxx(directory):
    stacks, _ = symbolize(record([program], directory))
    own_line(stacks, '(anonymous namespace)::Cache::remember')
    expect(shown(stacks[0])[1][3] == line_with('CALLS'), 'wrong line of the caller', stacks)
    internal = [frame[1] for frame in stacks[0] if 'i' in frame[0]]
    expect(any(name.startswith('std::unordered_map<std::string, ') for name in internal),
           'operator[] has no scope', stacks)


def rust(directory):
    stacks, _ = symbolize(record([program], directory))
    own_line(stacks, 'Cache::remember' if 'legacy' in program else 'Cache>::remember')
    expect(not any('17h' in frame[1] for stack in stacks for frame in stack), 'hash kept', stacks)


def recursion(directory):
    stacks, _ = symbolize(record([program], directory))
    own_line(stacks, 'descend')
    expect([frame[1] for frame in shown(stacks[0])] == ['descend', 'main'], 'not folded', stacks)
    expect(sum(frame[1] == 'descend' for frame in stacks[0]) == 6, 'frames lost', stacks)


def tail_calls(directory):
    """What left the stack by a jump is put back, where it can be known."""
    stacks, _ = symbolize(record([program], directory))
    straight, either, twice, allocate = stacks
    for stack, functions in ((straight, ['grow', 'relay', 'straight', 'main']),
                             (either, ['grow', 'either', 'main']),
                             (twice, ['grow', 'twice', 'main']),
                             (allocate, ['allocate', 'main'])):
        found = [frame[1] for frame in shown(stack)]
        expect(found == functions, f'{found} are not {functions}', [stack])
    for stack, place, word in ((straight, 1, 'RELAYS'), (straight, 2, 'STRAIGHT'),
                               (allocate, 0, 'ALLOCATES')):
        frame = shown(stack)[place]
        expect(frame[0] == 't', f'{frame} is not marked', [stack])
        expect(frame[3] == line_with(word), f'{frame} is not in line {line_with(word)}', [stack])
    # Not known which of two lines it was: where the function begins, as the compiler counts it.
    line = shown(twice)[1][3]
    expect(0 <= line - line_with('TWICE') <= 1, f'line {line} is not where it begins', [twice])
    expect('t' not in shown(straight)[0][0], 'grow was on the stack', [straight])


def debuglink(directory):
    """Symbols in a file of their own, found by name; gone with it."""
    stripped = copy_of('stripped', directory)
    debug = directory / 'stripped.debug'
    subprocess.run(['objcopy', '--only-keep-debug', stripped, debug], check=True)
    subprocess.run(['strip', stripped], check=True)
    subprocess.run(['objcopy', f'--add-gnu-debuglink={debug}', stripped], check=True)
    recorded = record([stripped], directory)
    own_line(symbolize(recorded)[0], 'Cache::remember')
    debug.unlink()
    stacks, _ = symbolize(recorded)
    unknown = [frame for frame in shown(stacks[0]) if frame[1] == '?']
    expect(unknown, 'names out of nowhere', stacks)


def another_build(directory):
    """A file that was replaced since is not asked."""
    original = copy_of('program', directory)
    recorded = record([original], directory)
    original.unlink()
    shutil.copy('/bin/true', original)
    stacks, notes = symbolize(recorded)
    own = [frame for stack in stacks for frame in stack if frame[1] in ('main', '_start')
           or 'Cache' in frame[1]]
    expect(not own, 'symbols of another build', stacks)
    expect(sum('another build' in note for note in notes) == 1, f'notes: {notes}', stacks)
    original.unlink()
    stacks, notes = symbolize(recorded)
    expect(any('No such file' in note for note in notes), f'notes: {notes}', stacks)


def damaged(directory):
    """Whatever is in the file, the symbolizer ends in good order."""
    copy = copy_of('program', directory)
    recorded = record([copy], directory)
    whole = copy.read_bytes()
    choice = random.Random(20241123)
    for attempt in range(60):
        broken = bytearray(whole)
        if attempt % 4 == 0:
            broken = broken[:choice.randrange(64, len(broken))]
        for _ in range(choice.choice([1, 20, 500])):
            broken[choice.randrange(64, len(broken))] = choice.randrange(256)
        copy.write_bytes(broken)
        symbolize(recorded)


def python(directory):
    """An interpreter: its dict is folded, its main loop is not."""
    script = directory / 'fill.py'
    script.write_text('d = {}\nfor i in range(50000):\n    d[i] = i\n')
    stacks, _ = symbolize(record([program, script], directory))
    grown = [stack for stack in stacks if any('dictresize' in frame[1] for frame in stack)]
    if not grown:
        print('no debug symbols of', program)
        sys.exit(77)
    first = shown(grown[0])[0]
    expect(first[1].startswith('_PyEval_EvalFrameDefault'), f'first frame is {first}', grown)


with tempfile.TemporaryDirectory() as name:
    globals()[case](Path(name))
