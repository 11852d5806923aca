#!/usr/bin/python3
"""What a job can be given that is wrong: named with file and line, exit 2 or 3, nothing overwritten,
never green. And what must make no difference: the order of the dumps, the number of workers.

check_input.py CASE HASHTRACK MAKE_DUMP
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

case, hashtrack, make_dump = sys.argv[1:4]
hashtrack = Path(hashtrack).resolve()
make_dump = Path(make_dump).resolve()
TIMEOUT = 60
BASELINE = 'hashtrack.baseline.json'
HEAD = '{"schema": "hashtrack-baseline/1"}\n'


def entry(**changes):
    fields = {'bytes': 30000000, 'family': 'std::unordered_map', 'fingerprint': '4a06b85a0ec61886',
              'program': 'server', 'rule': 'hollow', 'site': 'server'}
    fields.update(changes)
    return json.dumps({key: value for key, value in fields.items() if value is not None}) + '\n'


class Check:
    """One finished `hashtrack check`."""

    def __init__(self, folder, *words):
        self.command = [str(hashtrack), 'check', *map(str, words)]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('HASHTRACK_')}
        done = subprocess.run(self.command, cwd=folder, env=environment, capture_output=True,
                              text=True, timeout=TIMEOUT)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def check(self, condition, what):
        if not condition:
            sys.exit(f'{case}: {what}\n$ {" ".join(self.command)}\nstatus {self.status}\n'
                     f'--- stdout\n{self.out}--- stderr\n{self.err}')
        return self

    def ended(self, status, *words):
        self.check(self.status == status, f'status {self.status}, not {status}')
        for word in words:
            self.check(word in self.out + self.err, f'does not say {word!r}')
        return self

    def refused(self, status, *words):
        """The message is one line on stderr, and nothing looks like a result."""
        self.ended(status)
        self.check(self.err.startswith('hashtrack: ') and self.err.count('\n') == 1,
                   'no message of one line')
        for word in words:
            self.check(word in self.err, f'the message has no {word!r}')
        self.check(': ok:' not in self.out, 'it looks green')
        return self


def make(folder, name, path=None):
    path = folder / (path or f'{name}.htd')
    subprocess.run([make_dump, name, path], check=True)
    return path


def id_of(done):
    return re.search(r'\[([0-9a-f]{16})\]', done.out).group(1)


def settings(folder):
    """Limits that cannot be read, keys that nobody knows."""
    make(folder, 'full')
    for option, value in [('max-hollow', '4X'), ('max-hollow', '-1'), ('max-per-site', ''),
                          ('min-fill', '0'), ('min-fill', '1.5'), ('min-fill', '0x1'),
                          ('min-fill', 'nan'), ('fail-on-increase', '-3'), ('fail-on-increase', '5%%'),
                          ('fail-on-increase', '1e2'), ('error-exitcode', '256'),
                          ('error-exitcode', '1.5'), ('jobs', '0'), ('jobs', '65'), ('color', 'red'),
                          ('format', 'html'), ('format', 'json='), ('min-saving', '1 M')]:
        Check(folder, f'--{option}', value, 'full.htd').refused(2, f'--{option}')
        if option in ('jobs', 'color', 'format'):
            continue
        (folder / '.hashtrack').write_text(f'[check]\n\n{option} = {value}\n')
        Check(folder, 'full.htd').refused(2, f'{folder}/.hashtrack:3: {option}')
    for text, line, words in [
            ('[check]\nmax-holow = 4M\n', 2, "is 'max-hollow' meant?"),
            ('[check]\nwhatever = 4M\n', 2, "no key 'whatever'"),
            ('max-hollow = 4M\n', 1, 'before the line [check]'),
            ('[check]\n[limits]\nmax-hollow = 4M\n', 3, '[limits]'),
            ('[check]\nmax-hollow = 4M\nmax-hollow = 5M\n', 3, 'line 2 already'),
            ('[check]\nmax-hollow\n', 2, "'key = value'"),
            ('[check]\nupdate-baseline = yes\n', 2, 'command line only'),
            ('[check]\nstrict-baseline = maybe\n', 2, 'neither yes nor no'),
            ('[check]\n# ' + 'x' * 300 + '\n', 2, 'longer than'),
            ('[check]\nbaseline = \0\n', 2, 'zero byte'),
            ('[check]\nbaseline =\n', 2, 'empty'),
            ('[check\nmax-hollow = 4M\n', 1, "'key = value'")]:
        (folder / '.hashtrack').write_text(text)
        Check(folder, 'full.htd').refused(2, f'{folder}/.hashtrack:{line}: ', words)
    # A comment behind a value and blanks around it are none of these.
    (folder / '.hashtrack').write_text('[check]\r\n  max-hollow =  4M  ; for now\r\n')
    Check(folder, 'full.htd').ended(0)
    (folder / '.hashtrack').unlink()
    Check(folder, '--config', 'missing', 'full.htd').refused(2, 'missing: ', 'No such file')
    Check(folder, '--config', folder, 'full.htd').refused(2, 'directory')
    Check(folder, '--config', 'x', '--no-config', 'full.htd').refused(2, 'exclude')
    Check(folder, '--reason', 'x', 'full.htd').refused(2, '--accept')
    Check(folder, '--accept', 'x', '--reason', 'a\nb', 'full.htd').refused(2, 'one line')
    Check(folder, '--accept', 'x', '--reason', 'a', '--expires', '2026-06-31',
          'full.htd').refused(2, '--expires', 'is not a date')
    Check(folder, '--no-config', '--update-baseline', 'full.htd').refused(2, '--baseline')
    Check(folder).ended(2, 'no dump is named', 'usage: hashtrack check')


def baselines(folder):
    """Damaged ones: exit 3, file and line, as they were afterwards."""
    make(folder, 'hollow')
    good = entry()
    for text, line, words in [
            ('', 1, 'empty'),
            ('\n', 1, 'no JSON object'),
            ('{}\n', 1, 'no baseline'),
            ('{"schema": "hashtrack-baseline/2"}\n', 1, 'newer'),
            ('[]\n', 1, 'no JSON object'),
            (HEAD + good[:-20], 2, 'no JSON object'),
            (HEAD + good + 'rubbish\n', 3, 'no JSON object'),
            (HEAD + '<<<<<<< HEAD\n' + good + '=======\n' + good + '>>>>>>> topic\n', 2, 'merge conflict'),
            (HEAD + good + good, 3, 'line 2 already'),
            (HEAD + entry(bytes=None), 2, '"bytes"'),
            (HEAD + entry(bytes=-1), 2, '"bytes"'),
            (HEAD + entry(bytes='many'), 2, '"bytes"'),
            (HEAD + entry(fingerprint='../../etc'), 2, '"fingerprint"'),
            (HEAD + entry(fingerprint='0' * 40), 2, '"fingerprint"'),
            (HEAD + entry(rule='ok'), 2, '"rule"'),
            (HEAD + entry(site=None), 2, '"site"'),
            (HEAD + entry(accepted=True), 2, '"reason"'),
            (HEAD + entry(accepted='yes', reason='x'), 2, '"accepted"'),
            (HEAD + entry(accepted=True, reason='x', expires='soon'), 2, '"expires"'),
            (HEAD + entry(accepted=True, reason='x', expire='2999-12-31'), 2, 'no key "expire"'),
            (HEAD + '{"bytes": 1, "bytes": 2}\n', 2, 'no JSON object'),
            ('\0' * 64, 1, 'no JSON object')]:
        (folder / BASELINE).write_text(text)
        for words_more in [[], ['--update-baseline'], ['--prune-baseline'],
                           ['--accept', '4a06', '--reason', 'x']]:
            Check(folder, *words_more, 'hollow.htd').refused(3, f'{BASELINE}:{line}: ', words)
            assert (folder / BASELINE).read_text() == text, 'overwritten'
    # Blank lines, another order and line ends of other systems are no damage.
    (folder / BASELINE).write_text(HEAD + entry(fingerprint='ff') + '\r\n' + good.replace('\n', '\r\n'))
    Check(folder, 'hollow.htd').ended(0, '1 preexisting', '1 not seen')
    (folder / BASELINE).unlink()
    Check(folder, '--baseline', 'missing.json', 'hollow.htd').refused(2, 'missing.json', '--update-baseline')
    Check(folder, '--baseline', folder, 'hollow.htd').refused(3, 'directory')
    Check(folder, '--baseline', 'no/such/folder.json', '--update-baseline', 'hollow.htd').refused(
        2, 'cannot write no/such/folder.json')
    # A directory that cannot be written into leaves the old one whole. (Root may write anywhere.)
    if os.geteuid() != 0:
        closed = folder / 'closed'
        closed.mkdir()
        (closed / BASELINE).write_text(HEAD)
        closed.chmod(0o555)
        Check(folder, '--baseline', closed / BASELINE, '--update-baseline', 'hollow.htd').refused(2, 'cannot write')
        closed.chmod(0o755)
        assert (closed / BASELINE).read_text() == HEAD


def baseline_of_another_program(folder):
    make(folder, 'hollow')
    make(folder, 'stranger')
    Check(folder, '--update-baseline', 'hollow.htd').ended(0)
    before = (folder / BASELINE).read_text()
    Check(folder, 'stranger.htd').ended(2, f'error: {BASELINE}:2: ', 'server', 'stranger',
                                        'FAILED: 1 introduced')
    for words in ['--update-baseline', '--prune-baseline']:
        Check(folder, words, 'stranger.htd').ended(3, f'{BASELINE} was not written', f'{BASELINE}:2: ')
        assert (folder / BASELINE).read_text() == before, 'overwritten'
    # Without a finding it needs no entry.
    Check(folder, '--min-saving', '1G', 'stranger.htd').ended(0)
    # A new program joins the baseline of a suite by being accepted.
    Check(folder, '--accept', id_of(Check(folder, 'stranger.htd')), '--reason', 'x', 'stranger.htd').ended(0)
    assert before.splitlines()[1] in (folder / BASELINE).read_text()
    (folder / BASELINE).write_text(before)
    # Both programs together are what a test suite has; one of them alone is a part of it.
    Check(folder, '--update-baseline', 'hollow.htd', 'stranger.htd').ended(0, '2 preexisting')
    Check(folder, 'hollow.htd').ended(0, '1 preexisting')
    Check(folder, '--prune-baseline', 'stranger.htd').ended(0, '2 entries')


def dumps(folder):
    """None, none in a directory, a partial one, a damaged one, one of an untrackable program."""
    (folder / BASELINE).write_text(HEAD)
    empty = folder / 'empty'
    empty.mkdir()
    Check(folder, 'missing.htd').ended(3, 'missing.htd: No such file')
    Check(folder, empty).refused(3, 'no dump (*.htd) in this directory')
    make(folder, 'no-tables')
    make(folder, 'own-allocator')
    make(folder, 'hollow')
    make(folder, 'full')
    whole = (folder / 'full.htd').read_bytes()
    (folder / 'cut.htd').write_bytes(whole[:-40])
    (folder / 'flipped.htd').write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    for name, status, words in [('no-tables', 3, ['is partial', 'tables dropped', '12']),
                                ('cut', 3, ['it was cut']), ('flipped', 3, ['checksum']),
                                ('own-allocator', 77, ['brings its own allocator'])]:
        done = Check(folder, f'{name}.htd').ended(status, f'error: {name}.htd: ', *words,
                                                  'NOT CHECKED', 'could not be checked')
        done.check(': ok:' not in done.out, 'it looks green')
        for format_name in ['json', 'junit', 'sarif', 'github', 'gitlab', 'tap']:
            Check(folder, '--format', f'{format_name}=out', f'{name}.htd').ended(
                status, f'hashtrack: {name}.htd: ')
        # What is found in the others is said all the same; the worse status counts.
        Check(folder, f'{name}.htd', 'hollow.htd').ended(
            23 if status == 77 else 3, f'error: {name}.htd: ', 'FAILED: 1 introduced')
        for words_more in [['--update-baseline'], ['--prune-baseline'],
                           ['--accept', '4a06', '--reason', 'x']]:
            Check(folder, *words_more, f'{name}.htd', 'hollow.htd').ended(
                3, f'{BASELINE} was not written', f'{name}.htd: ')
            assert (folder / BASELINE).read_text() == HEAD, 'overwritten'


def one_among_many(folder):
    """A damaged dump among 200 good ones is named, and the job is red."""
    many = folder / 'many'
    many.mkdir()
    good = make(folder, 'full').read_bytes()
    for number in range(200):
        (many / f'hashtrack.test_{number}.{number}.htd').write_bytes(good)
    Check(folder, '--no-config', many).ended(0, 'of 200 dumps')
    (many / 'hashtrack.test_77.77.htd').write_bytes(good[:300])
    Check(folder, '--no-config', many).ended(3, 'error: ', 'hashtrack.test_77.77.htd: ', 'of 199 dumps')


def suppressions(folder):
    make(folder, 'hollow')
    (folder / 'lines').write_text('# fine\nhollow:nothing\nrace:x\n')
    Check(folder, '--suppressions', 'lines', 'hollow.htd').refused(2, 'lines:3')
    Check(folder, '--suppressions', 'missing', 'hollow.htd').refused(2, 'missing')
    (folder / 'lines').write_text('leak:opt/example/server\n')
    (folder / 'more').write_text('hollow:whatever\n')
    done = Check(folder, '--suppressions', 'more', '--suppressions', 'lines', 'hollow.htd')
    done.ended(0, '1 suppressed', 'lines:1', 'leak:opt/example/server')
    done.check('1 suppression matched nothing: hollow:whatever (more:1)' in done.out and
               done.out.count('whatever') == 1, 'an unused line is listed as used, or not mentioned')


def has_open(pid, name):
    """Whether the process has a file of that name open."""
    try:
        links = [os.readlink(entry) for entry in Path(f'/proc/{pid}/fd').iterdir()]
    except FileNotFoundError:  # closed, or ended, meanwhile
        return False
    return any(link.endswith('/' + name) for link in links)


def a_worker_that_dies(folder):
    """The dump it was at is named; the others are read."""
    make(folder, 'hollow')
    os.mkfifo(folder / 'stuck.htd')
    writer = os.open(folder / 'stuck.htd', os.O_RDWR)  # without one the worker would not wait
    process = subprocess.Popen([hashtrack, 'check', '--no-config', '--jobs', '1', 'stuck.htd', 'hollow.htd'],
                               cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
    deadline = time.monotonic() + TIMEOUT
    worker = None
    while not worker and time.monotonic() < deadline:
        time.sleep(0.01)
        worker = next((child for child in children.read_text().split() if has_open(child, 'stuck.htd')), None)
    assert worker, 'no worker reads'
    os.kill(int(worker), signal.SIGABRT)
    out, err = process.communicate(timeout=TIMEOUT)
    os.close(writer)
    for word in ['stuck.htd: ', 'signal 6, SIGABRT', 'FAILED: 1 introduced', 'of 1 dump']:
        assert word in out, f'does not say {word!r}:\n{out}{err}'
    assert process.returncode == 3, f'status {process.returncode}:\n{out}{err}'


def outputs(folder):
    """Files are replaced whole or not at all."""
    make(folder, 'hollow')
    (folder / 'report.txt').write_text('old')
    Check(folder, '--no-config', '--format', 'json=report.json', '--format', 'text=report.txt',
          '--format', 'text', 'hollow.htd').ended(23, 'SUMMARY')
    assert 'SUMMARY' in (folder / 'report.txt').read_text()
    report = json.loads((folder / 'report.json').read_text())
    assert report['schema'] == 'hashtrack-check/1' and report['status'] == 23 and report['failed']
    Check(folder, '--no-config', '--format', 'json=no/such/folder', 'hollow.htd').ended(2, 'cannot write')
    Check(folder, '--no-config', '--format', 'json=/dev/full', 'hollow.htd').ended(2, 'cannot write')
    assert sorted(path.name for path in folder.iterdir()) == ['hollow.htd', 'report.json', 'report.txt']
    with open('/dev/full', 'w', encoding='utf-8') as full:  # said once, not for each dump
        done = subprocess.run([hashtrack, 'report', 'hollow.htd', 'hollow.htd', 'hollow.htd'], cwd=folder,
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count('\n') == 1, done.stderr


def the_same_in_any_order(folder):
    """Order of the dumps, number of workers, ten runs: the same findings, byte for byte."""
    names = ['hollow', 'other-program', 'unknown', 'stranger', 'other-verdicts', 'near-limit', 'boxable']
    paths = [make(folder, name).name for name in names]
    seen = set()
    for attempt in range(10):
        turned = paths[attempt % len(paths):] + paths[:attempt % len(paths)]
        if attempt % 2:
            turned.reverse()
        done = Check(folder, '--no-config', '--format', 'json', '--jobs', 1 + attempt % 4, *turned)
        done.ended(23)
        seen.add(done.out)
    assert len(seen) == 1, 'the order matters'
    report = json.loads(seen.pop())
    assert any(text.startswith('near the limit: ') for text in report['warnings']), report['warnings']
    maps = [f for f in report['findings'] if f['implementation'] == 'std::unordered_map' and f['rule'] == 'hollow']
    # The same place in two programs: the one where it wastes most, with both of its tables.
    assert len(maps) == 1 and maps[0]['dump'] == 'other-program.htd', maps
    assert maps[0]['dumps'] == 2 and maps[0]['tables'] == 2, maps
    assert re.fullmatch(r'[0-9a-f]{16}', maps[0]['fingerprint']), maps


with tempfile.TemporaryDirectory() as temporary:
    globals()[case](Path(temporary).resolve())
