#!/usr/bin/python3
"""The gate end to end: `hashtrack run --check` on programs with a deliberately hollow table.

check_gate.py CASE HASHTRACK LIBRARY PROGRAMS
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

case, hashtrack, library, programs = sys.argv[1:5]
hashtrack = Path(hashtrack).resolve()
library = Path(library).resolve()
programs = Path(programs).resolve()
SOURCES = Path(__file__).resolve().parent
TIMEOUT = 120
SKIP = 77
BASELINE = 'hashtrack.baseline.json'


class Done:
    """One finished command."""

    def __init__(self, folder, command, environment=None):
        self.command = [str(word) for word in command]
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(('HASHTRACK_', 'LD_', 'MALLOC_'))}
        done = subprocess.run(self.command, cwd=folder, env={**clean, **(environment or {})},
                              capture_output=True, text=True, timeout=TIMEOUT)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.text = self.out + self.err

    def check(self, condition, what):
        if not condition:
            sys.exit(f'{case}: {what}\n$ {" ".join(self.command)}\nstatus {self.status}\n'
                     f'--- stdout\n{self.out}--- stderr\n{self.err}')
        return self

    def ended(self, status, *words):
        self.check(self.status == status, f'status {self.status}, not {status}')
        for word in words:
            self.check(word in self.text, f'does not say {word!r}')
        return self


def run(folder, *words, environment=None):
    """run --check [OPTION...] -- PROGRAM [ARGUMENT...]"""
    return Done(folder, [hashtrack, 'run', '--check', '--preload', library, *words], environment)


def check(folder, *words):
    return Done(folder, [hashtrack, 'check', *words])


def program(language):
    if language == 'python':
        return [shutil.which('python3', path='/usr/bin:/bin') or sys.executable,
                str(SOURCES / 'hollow.py')]
    return [str(programs / f'hollow_{language}')]


def dumps(folder):
    return sorted(folder.glob('*.htd'))


def entries(folder, name=BASELINE):
    """The lines of a baseline behind its first."""
    lines = (folder / name).read_text().splitlines()
    assert json.loads(lines[0])['schema'] == 'hashtrack-baseline/1', lines[0]
    return [json.loads(line) for line in lines[1:]]


def growing_line(name):
    for number, line in enumerate((SOURCES / name).read_text().splitlines(), 1):
        if 'GROWS HERE' in line:
            return f'{name}:{number}'
    raise AssertionError(f'{name} has no line that grows the table')


def id_of(done):
    return re.search(r'\[([0-9a-f]{16})\]', done.text).group(1)


# --- every language: red, known, fixed, pruned, red again ---

def whole_life(folder, language, *words):
    command = program(language)
    red = run(folder, '--', *command).ended(23, 'FAILED: 1 introduced', 'introduced hollow', *words)
    red.check(re.search(r'\nSUMMARY: hashtrack: \d+ byte\(s\) hollow in 1 table\(s\) over the limits\.\n$',
                        red.err), 'the last line is no summary')
    red.check(f'reproduce: {hashtrack.name} run --check' in red.text, 'no command to reproduce it')
    red.check(red.out == '', 'something on stdout, which is the program\'s')
    red.check(len(dumps(folder)) == 1, 'the dump is gone')

    # The command that the message has is one that works.
    accept = re.search(r'accept +hashtrack (check --accept \S+) --reason "\.\.\." (\S+)', red.text)
    Done(folder, [hashtrack, *accept.group(1).split(), '--reason', 'it is a test',
                  accept.group(2)]).ended(0, '1 accepted', 'it is a test')
    (folder / BASELINE).unlink()

    for old in dumps(folder):
        old.unlink()
    run(folder, '--update-baseline', '--', *command).ended(0, '1 preexisting', f'wrote {BASELINE}: 1 entry')
    (entry,) = entries(folder)
    assert entry['fingerprint'] == id_of(red) and entry['rule'] == 'hollow', entry
    assert list(entry) == sorted(entry), f'keys are not sorted: {entry}'
    assert str(SOURCES) not in json.dumps(entry), f'a path in the baseline: {entry}'
    run(folder, '--', *command).ended(0, '1 preexisting')

    fixed = run(folder, '--', *command, 'fixed').ended(0, '1 fixed', '--prune-baseline', id_of(red))
    fixed.check(dumps(folder) == [], 'the dumps of a green gate are left')
    run(folder, '--prune-baseline', '--', *command, 'fixed').ended(0, f'wrote {BASELINE}: 0 entries, 1 dropped')
    assert entries(folder) == []
    run(folder, '--', *command).ended(23, 'FAILED: 1 introduced')


def language_c(folder):
    whole_life(folder, 'c', 'uthash g_sessions from open_session', growing_line('hollow.c'),
               'owner     g_sessions', 'HASH_ADD to a new one')


def language_cxx(folder):
    whole_life(folder, 'cxx', 'std::unordered_map g_cache.entries from Cache::insert',
               growing_line('hollow.cc'), 'owner     g_cache.entries', 'm.rehash(0);')


def language_rust(folder):
    if not (programs / 'hollow_rust').exists():
        print('there is no rustc: skipped')
        sys.exit(SKIP)
    whole_life(folder, 'rust', 'Rust HashMap (hashbrown) from hollow::register',
               growing_line('hollow.rs'), 'map.shrink_to_fit();')


def language_python(folder):
    whole_life(folder, 'python', 'CPython dict from load', growing_line('hollow.py'), 'd = dict(d)')


# --- the baseline ---

def accepts(folder):
    red = run(folder, '--', *program('c')).ended(23)
    (dump,) = dumps(folder)
    check(folder, '--accept', id_of(red), dump).ended(2, '--reason')
    check(folder, '--accept', '0000', '--reason', 'x', dump).ended(2, 'no finding has the id 0000')
    check(folder, '--accept', '0000', '--reason', 'x').ended(2, 'name the dump')
    check(folder, '--accept', id_of(red), '--reason', 'x', '--expires', '2020-01-01',
          dump).ended(2, 'over already')
    assert not (folder / BASELINE).exists(), 'written by a command that failed'
    done = check(folder, '--accept', id_of(red)[:6], '--reason', 'holds tomorrow\'s "users"',
                 '--expires', '2999-12-31', dump)
    done.ended(0, '1 accepted', 'holds tomorrow\'s "users", until 2999-12-31')
    (entry,) = entries(folder)
    assert entry['accepted'] is True and entry['expires'] == '2999-12-31', entry
    # An update is no acceptance, and takes none back.
    run(folder, '--update-baseline', '--', *program('c')).ended(0, '1 accepted')
    assert entries(folder) == [entry]
    # Without a dump: an entry that is there already.
    check(folder, '--accept', id_of(red), '--reason', 'for ever').ended(0, f'wrote {BASELINE}')
    (entry,) = entries(folder)
    assert entry['reason'] == 'for ever' and 'expires' not in entry, entry
    run(folder, '--', *program('c')).ended(0, '1 accepted', 'for ever')


def expires(folder):
    run(folder, '--update-baseline', '--', *program('c')).ended(0)
    (entry,) = entries(folder)
    entry.update(accepted=True, reason='until the new cache is there', expires='2020-02-29')
    (folder / BASELINE).write_text('{"schema": "hashtrack-baseline/1"}\n' + json.dumps(entry) + '\n')
    run(folder, '--', *program('c')).ended(23, '1 introduced', 'ended on 2020-02-29',
                                           'until the new cache is there', f'{BASELINE}:2')
    # Only a person can accept it again.
    run(folder, '--update-baseline', '--', *program('c')).ended(23, 'ended on 2020-02-29')


def worsens(folder):
    run(folder, '--update-baseline', '--', *program('c')).ended(0)
    before = entries(folder)[0]['bytes']
    run(folder, '--', *program('c'), 'grown').ended(23, '1 worsened', 'worsened hollow uthash',
                                                    f'{BASELINE} has it with')
    run(folder, '--fail-on-increase', '500', '--', *program('c'), 'grown').ended(0, '1 preexisting')
    run(folder, '--max-hollow', '100M', '--', *program('c'), 'grown').ended(0, '1 worsened')
    run(folder, '--max-hollow', '100M', '--fail-on-increase', '5%', '--', *program('c'), 'grown').ended(
        23, 'hollow in all, the baseline has')
    run(folder, '--update-baseline', '--', *program('c'), 'grown').ended(0, '1 preexisting')
    assert entries(folder)[0]['bytes'] > 3 * before
    # It gets better again: the baseline follows when it is told to.
    run(folder, '--update-baseline', '--', *program('c')).ended(0)
    assert entries(folder)[0]['bytes'] == before


def warns_of_stale_entries(folder):
    run(folder, '--update-baseline', '--', *program('c')).ended(0)
    run(folder, '--', *program('c'), 'fixed').ended(0, '1 fixed', 'Fixed: grew as before')
    run(folder, '--strict-baseline', '--', *program('c'), 'fixed').ended(23, '--prune-baseline')
    # A program of the suite without an entry is none of another project.
    run(folder, '--', 'true').ended(0, 'no hollow table')
    if (programs / 'hollow_cxx').exists():
        run(folder, '--', *program('cxx')).ended(23, f'{BASELINE}:2: no entry', 'hollow_cxx')
        run(folder, '--update-baseline', '--', *program('cxx')).ended(0, '2 entries')
        run(folder, '--', *program('c')).ended(0, '1 preexisting')
    # What another program has is not fixed only because it was not looked at.
    shutil.copy(program('c')[0], folder / 'other')
    run(folder, '--update-baseline', '--', folder / 'other').ended(0)
    assert len([e for e in entries(folder) if e['family'] == 'uthash']) == 1, 'the same place in another program is the same finding'


def fixed_only_where_it_grew(folder):
    """A filter leaves tests out: their entries are not fixed, and are never dropped for it."""
    if not (programs / 'places').exists():
        sys.exit(SKIP)
    places = str(programs / 'places')
    run(folder, '--update-baseline', '--', places, 'towns', 'lakes').ended(0, '2 entries')
    before = entries(folder)
    assert sorted(entry.get('tables', 1) for entry in before) == [1, 5], before
    for tests in [['towns'], ['towns', 'pond'], ['lakes'], []]:
        done = run(folder, '--prune-baseline', '--', places, *tests).ended(0, 'not seen in this run')
        done.check('fixed' not in done.text and 'Fixed' not in done.text, 'calls it fixed')
        assert entries(folder) == before, f'{tests}: dropped what was not run'
        run(folder, '--update-baseline', '--', places, *tests).ended(0)
        assert entries(folder) == before, f'{tests}: dropped what was not run'
        run(folder, '--strict-baseline', '--', places, *tests).ended(0)
    report = json.loads(run(folder, '--format', 'json', '--', places, 'towns').ended(0).out)
    (absent,) = report['not_seen']
    assert report['fixed'] == [] and absent['site'].startswith('fill_and_sweep < test_lakes'), report
    # The same burst and nothing hollow after it: that is fixed, and may be dropped.
    run(folder, '--strict-baseline', '--', places, 'towns', 'mended').ended(23, '1 entry of', 'fixed')
    # Unless another process of the program was not looked at: it may be the one.
    script = f'{places} towns mended; {places} lakes killed; true'
    silent = run(folder, '--allow-missing', 'places', '--', 'sh', '-c', script).ended(0)
    silent.check('1 fixed' not in silent.text, 'fixed although one was not looked at')
    run(folder, '--prune-baseline', '--', places, 'towns', 'mended').ended(0, '1 entry, 1 dropped')
    assert len(entries(folder)) == 1 and entries(folder)[0]['tables'] == 5, entries(folder)


def names_all_owners(folder):
    if not (programs / 'places').exists():
        sys.exit(SKIP)
    done = run(folder, '--format', 'text', '--format', 'json', '--', str(programs / 'places'),
               'towns', 'lakes').ended(
        23, 'std::unordered_map g_names and 4 more from fill_and_sweep',
        'owners    g_names, g_ages, g_towns, g_streets and 1 more', 'owner     g_lakes')
    (five, one) = json.loads(done.out)['findings']
    assert five['other_owners'] == ['g_ages', 'g_towns', 'g_streets', 'g_rivers'], five
    assert 'other_owners' not in one, one


# --- limits ---

def obeys_limits(folder):
    run(folder, '--max-hollow', '100M', '--', *program('c')).ended(0, '1 introduced')
    run(folder, '--max-hollow', '1M', '--', *program('c')).ended(
        23, 'failed: ', '1.00 MiB of --max-hollow')
    run(folder, '--max-per-site', '1M', '--', *program('c')).ended(
        23, f'open_session ({growing_line("hollow.c")})', '1.00 MiB of --max-per-site')
    run(folder, '--max-per-site', '100M', '--', *program('c')).ended(0)
    # Two tables of one place are one finding, and count together.
    run(folder, '--max-per-site', '5M', '--', *program('c'), 'twice').ended(23, '2 tables of it')
    run(folder, '--min-saving', '100M', '--', *program('c')).ended(0, 'no hollow table')
    run(folder, '--min-fill', '0.0000001', '--', *program('c')).ended(0, 'no hollow table')
    run(folder, '--error-exitcode', '9', '--', *program('c')).ended(9, 'SUMMARY')


def obeys_the_file(folder):
    below = folder / 'a' / 'b'
    below.mkdir(parents=True)
    (folder / '.hashtrack').write_text('# limits of this project\n[check]\nmax-hollow = 1M\n'
                                       'baseline = known.json\nerror-exitcode = 9\n')
    (folder / 'known.json').write_text('{"schema": "hashtrack-baseline/1"}\n')
    run(below, '--', *program('c')).ended(9, f'{folder}/.hashtrack:3: max-hollow', f'{folder}/known.json')
    run(below, '--max-hollow', '100M', '--', *program('c')).ended(0)
    run(below, '--no-config', '--', *program('c')).ended(23)
    (below / '.hashtrack').write_text('[check]\nmax-hollow = 100M\n')
    run(below, '--', *program('c')).ended(0)
    run(below, '--config', folder / '.hashtrack', '--', *program('c')).ended(9)
    # What is usual lies beside the file.
    run(below, '--update-baseline', '--', *program('c')).ended(0, f'wrote {below}/{BASELINE}')


def suppresses(folder):
    (folder / 'lines').write_text('# known\nhollow:^open_session$\n')
    run(folder, '--suppressions', 'lines', '--', *program('c')).ended(
        0, 'Suppressions used:', 'hollow:^open_session$', 'lines:2', '1 suppressed')
    done = run(folder, '--gen-suppressions', '--', *program('c')).ended(23, 'Lines for a file')
    (line,) = re.findall(r'^hollow:\S+$', done.text, re.M)
    (folder / 'made').write_text(line + '\n')
    run(folder, '--suppressions', 'made', '--', *program('c')).ended(0, '1 suppressed')


# --- running ---

def checks_children(folder):
    script = f'{program("c")[0]}; true'
    run(folder, '--', 'sh', '-c', script).ended(23, 'uthash g_sessions', '1 introduced', ' of 2 dumps')
    # Dumps of another run that lie there are not of this one.
    run(folder, '--', 'sh', '-c', 'true').ended(0, 'of 1 dump')


def complains_before_it_runs(folder):
    """What is wrong with a file of the gate is said before the program runs for an hour."""
    (folder / 'damaged').write_text('{"schema": "hashtrack-baseline/1"}\n{"bytes":\n')
    (folder / 'bad').write_text('# a line that is none\nhollow\n')
    (folder / '.hashtrack').write_text('[check]\nbaseline = none.json\n')
    touch = ['sh', '-c', 'touch ran']
    for status, options, words in [
            (2, [], '.hashtrack:2: baseline: '),
            (2, ['--baseline', 'none.json'], '--baseline: none.json: there is no such file'),
            (3, ['--baseline', 'damaged'], 'damaged:2: '),
            (2, ['--no-config', '--suppressions', 'bad'], 'bad:2: '),
            (2, ['--no-config', '--suppressions', 'none'], 'none: No such file'),
            (2, ['--baseline', 'new.json', '--accept', '1', '--reason', 'x', '--expires', '2020-01-01'],
             'is over already')]:
        run(folder, *options, '--', *touch).ended(status, words)
        assert not (folder / 'ran').exists(), f'{options}: the program ran all the same'
    run(folder, '--baseline', 'new.json', '--update-baseline', '--', *touch).ended(0)
    assert (folder / 'ran').exists() and (folder / 'new.json').exists()


def lets_the_program_fail_first(folder):
    run(folder, '--', *program('c'), 'fails').ended(5, 'introduced hollow')
    run(folder, '--update-baseline', '--', *program('c'), 'fails').ended(
        5, f'{BASELINE} was not written', 'introduced hollow')  # by no baseline, not by one that is missing
    assert not (folder / BASELINE).exists(), 'a failed run wrote the baseline'
    run(folder, '--', 'sh', '-c', 'kill -KILL $$').ended(128 + 9)
    Done(folder, [hashtrack, 'run', '--max-hollow', '1M', 'true']).ended(2, 'only with --check')
    for options in [['--json'], ['--all'], ['-o', 'x'], ['--explain', '1']]:
        run(folder, *options, 'true').ended(2, '--check writes no report')


def passes_what_is_fixed_late(folder):
    """A fix just before the end is one, also where too little is left for the tracker to see."""
    fixed = [[programs / 'late', how] for how in ['resized', 'copied', 'replaced']]
    for language, *scenarios in [('cxx', 'late', 'late-inside'), ('rust', 'late'),
                                 ('python', 'late')]:
        if language == 'python' or (programs / f'hollow_{language}').exists():
            fixed += [[*program(language), scenario] for scenario in scenarios]
    for command in fixed:
        run(folder, '--', *command).ended(0, 'ok: no hollow table')


def tells_what_was_freed_late(folder):
    """A table that is freed just before the end without a fix counts, and the message says why."""
    words = 'in the last 300 ms of the run'
    done = run(folder, '--format', 'text', '--format', 'junit=late.xml', '--format', 'json', '--',
               programs / 'late', 'destroyed').ended(23, words, 'introduced hollow')
    done.check(json.loads(done.out)['findings'][0]['freed_at_end'], 'JSON does not say it')
    done.check(words in (folder / 'late.xml').read_text(), 'JUnit does not say it')
    kept = run(folder, '--', programs / 'late').ended(23)
    kept.check(words not in kept.text, 'says it of a table that is still there')


def blames_nobody_for_what_was_filled_again(folder):
    """A snapshot saw it hollow; by the time it was freed it was full, and its destructor left nothing
    to see of that."""
    if not (programs / 'hollow_cxx').exists():
        sys.exit(SKIP)
    done = run(folder, '--signal', 'USR1', '--dir', '.', '--', *program('cxx'), 'refilled')
    done.ended(23, 'of 2 dumps')  # as the snapshot was taken it was hollow
    (last,) = [dump for dump in folder.glob('*.htd') if '-' not in dump.name]
    check(folder, last).ended(0, 'ok: no hollow table')


WAYS = ['execve', 'execv', 'execvp', 'execvpe', 'execl', 'execlp', 'execle', 'fexecve', 'vfork',
        'posix_spawn', 'posix_spawnp']


def knows_every_start(folder):
    """However a program is started: with the tracker in it it is no news, without it is named."""
    starts, static = programs / 'starts', programs / 'starts_static'
    for way in WAYS:
        tracked = run(folder, '--', starts, way, starts).ended(0, 'ok: no hollow table', ' of 2 dumps')
        tracked.check('not tracked' not in tracked.text, f'{way}: calls a tracked one untracked')
        run(folder, '--', starts, way, static).ended(
            77, 'NOT CHECKED', 'starts_static (pid ', ') was not tracked: it is statically linked',
            '--allow-missing starts_static')
        run(folder, '--allow-missing', 'starts_stat*', '--', starts, way, static).ended(
            0, 'note: starts_static (pid ', 'accepted by')
    # A name that is searched for, and one that does not exist: exec fails, and nobody is missing. A
    # child that did nothing else leaves no dump.
    for old in dumps(folder):
        old.unlink()
    run(folder, '--', starts, 'execvp', folder / 'none').ended(99, 'ok: ', ' of 1 dump')
    run(folder, '--', starts, 'vfork', folder / 'none').ended(99, 'ok: ', ' of 1 dump')
    run(folder, '--', starts, 'posix_spawn', folder / 'none').ended(98, 'ok: ', ' of 1 dump')
    run(folder, '--', starts, 'refused').ended(0, 'ok: ', ' of 1 dump')
    assert not list(folder.iterdir()), f'left behind: {list(folder.iterdir())}'


def misses_a_killed_child(folder):
    """A child that leaves no dump: named, and not green unless somebody has said that it may be."""
    killed = [programs / 'starts', 'killed']
    red = run(folder, '--', *killed).ended(3, 'NOT CHECKED', 'starts (pid ', ') left no dump: ',
                                           '--allow-missing starts')
    red.check(re.search(r'starts \(pid \d+\) left no dump', red.err), 'names no process')
    # Whoever reads the directory later is told the same.
    check(folder, folder).ended(3, 'starts (pid ', ') left no dump: ')
    check(folder, '--allow-missing', 'starts', folder).ended(0, 'note: starts (pid ')
    for old in dumps(folder):
        old.unlink()
    run(folder, '--allow-missing', 'starts', '--', *killed).ended(0, 'note: starts (pid ')
    run(folder, '--allow-missing', 'other', '--allow-missing', '/none/starts', '--',
        *killed).ended(3)
    (folder / '.hashtrack').write_text('[check]\nallow-missing = other\nallow-missing = s*s\n')
    run(folder, '--', *killed).ended(0)
    (folder / '.hashtrack').unlink()
    for old in dumps(folder):
        old.unlink()
    # Three of one program are one sentence; the findings of the others weigh more than the missing.
    script = f'{killed[0]} killed; {killed[0]} killed; {program("c")[0]}'
    both = run(folder, '--', 'sh', '-c', f'{script}; true').ended(3, 'FAILED: 1 introduced')
    both.check(re.search(r'starts \(pids \d+, \d+\) left no dump', both.err), 'not one sentence')
    # No baseline is written from what was not seen.
    run(folder, '--update-baseline', '--', *killed).ended(3, f'{BASELINE} was not written')
    # In JSON, too.
    report = json.loads(run(folder, '--format', 'json', '--', *killed).ended(3).out)
    (unseen,) = report['unseen']
    assert unseen['tracked'] and not unseen['allowed'] and unseen['pid'] > 0, unseen
    # Without a gate it is said.
    for options, words in [([], 'ended without a dump'), (['--quiet'], '')]:
        done = Done(folder, [hashtrack, 'run', '--preload', library, *options, *killed]).ended(0)
        done.check(words in done.err, 'does not say it')
    run(folder, '--', 'env', '-i', '/bin/sh', '-c', 'exit 0').ended(3, 'left no dump')


def says_when_a_dump_could_not_be_written(folder):
    """Its directory is gone in the middle of the run."""
    where = folder / 'dumps'
    where.mkdir()
    done = run(folder, '--dir', 'dumps', '--', 'sh', '-c', 'mv dumps away; true')
    done.ended(3)
    done.check('ok: ' not in done.err, 'green without a dump')
    # The list of processes is longer than the limit: to write to it would be a deadly signal.
    limited = run(folder, '--', 'bash', '-c', '(ulimit -f 1; exec /bin/true); echo status $?; true')
    limited.ended(3, 'left no dump').check(limited.out == 'status 0\n', 'it was killed by its limit')


def looks_at_what_still_runs(folder):
    """A server that a test left behind has no dump yet: it is looked at as it stands."""
    os.mkfifo(folder / 'never')
    script = 'sh -c "touch ready; read line < never" >&- 2>&- & echo $!; until [ -e ready ]; do :; done'
    done = run(folder, '--keep-dumps', '--', 'sh', '-c', script)
    pid = int(done.out.split()[0])
    os.kill(pid, signal.SIGKILL)
    if done.status == 3 and 'could not be looked at from outside' in done.err:
        print('processes of others cannot be read here')
        sys.exit(SKIP)
    done.ended(0, f' (pid {pid}); end it', 'checked as it is now')
    done.check([name for name in dumps(folder) if f'.{pid}.1-still-running' in name.name],
               'there is no dump of it')
    alone = run(folder, '--', 'sh', '-c', 'sleep 0 & wait').ended(0)
    alone.check('still running' not in alone.err, 'names one although none runs on')
    # What ends a moment later is waited for.
    late = run(folder, '--', 'sh', '-c', 'sleep 0.2 >&- 2>&- & exit 0').ended(0, ' of 2 dumps')
    late.check('still running' not in late.err, 'has no patience')
    # One without the tracker is nobody's.
    script = f'env -i sh -c "touch ready2; read line < never" >&- 2>&- & echo $!; until [ -e ready2 ]; do :; done'
    done = run(folder, '--', 'sh', '-c', script)
    os.kill(int(done.out.split()[0]), signal.SIGKILL)
    done.ended(77, 'still running, and not looked at', 'was not tracked')


def says_why_no_line_is_known(folder):
    bare = folder / 'bare'
    subprocess.run(['strip', '-o', bare, program('c')[0]], check=True)
    words = '(no line of bare is known: build it with -g)'
    run(folder, '--', str(bare)).ended(23, words)
    for options in [[], ['--no-symbols']]:
        done = run(folder, *options, '--', *program('c')).ended(23)
        done.check('(no line of ' not in done.text, 'says so where it is not so')


def keeps_and_removes_dumps(folder):
    where = folder / 'dumps'
    where.mkdir()
    run(folder, '--', 'true').ended(0)
    assert dumps(folder) == []
    run(folder, '--keep-dumps', '--', 'true').ended(0)
    assert len(dumps(folder)) == 1
    run(folder, '--dir', 'dumps', '--', 'true').ended(0)
    run(folder, '--', 'true', environment={'HASHTRACK_DIR': str(where)}).ended(0)
    assert len(dumps(where)) == 2
    quiet = run(folder, '--quiet', '--', 'true').ended(0)
    quiet.check(quiet.text == '', 'not quiet')
    run(folder, '--quiet', '--', *program('c')).ended(23, 'SUMMARY')
    # All of a directory, as a job does it after its tests.
    run(folder, '--dir', 'dumps', '--', *program('c')).ended(23)
    check(folder, 'dumps').ended(23, ' of 3 dumps', 'uthash g_sessions')


def keeps_only_what_is_wrong(folder):
    """Of a red run the dumps that show why; the rest would only lie about."""
    script = f'/bin/true; {program("c")[0]}; {program("c")[0]} fixed; true'
    red = run(folder, '--', 'sh', '-c', script).ended(
        23, 'removed: 3 dumps in which nothing is wrong; --keep-dumps keeps them')
    (kept,) = dumps(folder)
    red.check(f'hashtrack report {kept}' in red.err, 'does not say where it is')
    kept.unlink()
    run(folder, '--keep-dumps', '--', 'sh', '-c', script).ended(23).check(len(dumps(folder)) == 4, 'removed')
    where = folder / 'dumps'
    where.mkdir()
    run(folder, '--dir', 'dumps', '--', 'sh', '-c', script).ended(23)
    assert len(dumps(where)) == 4, 'removed what somebody wants'


def tells_unused_suppressions(folder):
    (folder / 'lines').write_text('hollow:^open_session$\nhollow:nobody\nleak:libfoo\n')
    run(folder, '--suppressions', 'lines', '--', *program('c')).ended(
        0, 'note: 1 suppression matched nothing: hollow:nobody (lines:2)')
    (folder / 'lines').write_text(''.join(f'hollow:nobody{n}\n' for n in range(5)))
    run(folder, '--suppressions', 'lines', '--', 'true').ended(
        0, 'note: 5 suppressions matched nothing: hollow:nobody0 (lines:1), hollow:nobody1 (lines:2)',
        'and 2 more')
    (folder / 'lines').write_text('hollow:^open_session$\nleak:libfoo\n')
    done = run(folder, '--suppressions', 'lines', '--', *program('c')).ended(0)
    done.check('matched nothing' not in done.text, 'complains of a line that is used, or not its own')


def finds_the_same_ten_times(folder):
    """The same program with the same input gives the same findings: fingerprints, bytes, entries."""
    seen = set()
    for language in ['c', 'cxx'] if (programs / 'hollow_cxx').exists() else ['c']:
        for _ in range(10):
            done = run(folder, '--format', 'json', '--', *program(language)).ended(23)
            report = json.loads(done.out)
            seen.add((language, report['totals']['counted_bytes'],
                      *[(f['fingerprint'], f['rule'], f['live'], f['capacity'], f['saves_bytes'])
                        for f in report['findings']]))
        assert len(seen) == (1 if language == 'c' else 2), seen


with tempfile.TemporaryDirectory() as temporary:
    globals()[case](Path(temporary).resolve())
