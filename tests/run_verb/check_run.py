#!/usr/bin/python3
"""`hashtrack run` from outside: what it leaves alone, what it passes on, what it says and with which
status it ends.

check_run.py CASE HASHTRACK LIBRARY FIXTURES
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

case, hashtrack, library, fixtures = sys.argv[1:5]
hashtrack = Path(hashtrack).resolve()
library = Path(library).resolve()
fixtures = Path(fixtures).resolve()
TIMEOUT = 60


class Run:
    """One finished `hashtrack run`."""

    def __init__(self, folder, *arguments, environment=None, stdin=None, cwd=None):
        command = [hashtrack, 'run', '--preload', library, *arguments]
        done = subprocess.run(command, env=clean_environment(folder, environment), input=stdin,
                              cwd=cwd or folder, capture_output=True, text=True, timeout=TIMEOUT)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.command = ' '.join(map(str, command))

    def check(self, condition, what):
        if not condition:
            sys.exit(f'{case}: {what}\n$ {self.command}\nstatus {self.status}\n'
                     f'--- stdout\n{self.out}--- stderr\n{self.err}')

    def ended(self, status, *words, out=None):
        self.check(self.status == status, f'status {self.status}, not {status}')
        for word in words:
            self.check(word in self.err, f'stderr does not say {word!r}')
        if out is not None:
            self.check(self.out == out, f'stdout is not {out!r}')
        return self


def clean_environment(folder, changes=None):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(('HASHTRACK_', 'LD_'))}
    environment['HASHTRACK_DIR'] = str(folder)
    environment.update(changes or {})
    return environment


def dumps(folder):
    return sorted(path.name for path in folder.glob('*.htd'))


def leaves_output_alone(folder):
    """stdin, stdout and stderr are the program's; the report comes after, on stderr."""
    run = Run(folder, '--', 'cat', stdin='one\ntwo\n').ended(0, 'hashtrack', out='one\ntwo\n')
    run.check('cat' in run.err, 'the report does not name the program')
    run = Run(folder, 'sh', '-c', 'echo visible; echo wrong >&2; exit 3')
    run.ended(3, 'wrong', out='visible\n')
    run.check(run.err.startswith('wrong\n'), 'something stands before the program\'s own stderr')


def writes_reports(folder):
    run = Run(folder, '--json', str(fixtures / 'quiet')).ended(0)
    report = json.loads(run.out)
    run.check(report['schema'].startswith('hashtrack-report/'), 'no schema')
    run.check(Path(report['program']).name == 'quiet', 'another program')
    run.check(report['snapshot']['label'] == 'main-returned', 'another snapshot')

    Run(folder, '--json', '-o', 'report.json', str(fixtures / 'quiet')).ended(0, out='')
    json.loads((folder / 'report.json').read_text())
    Run(folder, '--output', 'report.txt', str(fixtures / 'prints')).ended(0, out='ran\n')
    run.check((folder / 'report.txt').stat().st_size > 0, 'the report is empty')
    Run(folder, '-o', '/nowhere/report', 'true').ended(2, 'cannot write /nowhere/report')

    before = len(dumps(folder))
    run = Run(folder, '--quiet', 'true').ended(0, out='')
    run.check(run.err == '', 'not quiet')
    run.check(len(dumps(folder)) == before + 1, 'no dump')


def passes_statuses_through(folder):
    Run(folder, 'true').ended(0)
    Run(folder, 'sh', '-c', 'exit 7').ended(7, 'hashtrack')
    Run(folder, 'sh', '-c', 'exit 255').ended(255)
    Run(folder, 'sh', '-c', 'kill -SEGV $$').ended(128 + 11, 'killed by signal 11, SIGSEGV')
    run = Run(folder, 'sh', '-c', 'kill -KILL $$').ended(128 + 9, 'SIGKILL', 'left no dump')
    run.check('--signal' in run.err, 'no advice')


def refuses_wrong_usage(folder):
    Run(folder).ended(2, 'no program to run', out='')
    Run(folder, '--no-such-option', 'prints').ended(2, 'no-such-option', out='')
    for option in [['--threshold', '12Q'], ['--threshold', '1'], ['--depth', '65'], ['--depth', '-1'],
                   ['--signal', 'NOSUCH'], ['--signal', 'KILL'], ['--color', 'red'],
                   ['--min-saving', 'x'], ['--explain', '0'], ['--dir', '/no/such/directory'],
                   ['--quiet', '--json'], ['--interval', 'x'], ['--interval', '-1'], ['--interval', '0.001'],
                   ['--interval', '1e9'], ['--preload', '/no/such/library']]:
        run = Run(folder, *option, str(fixtures / 'prints')).ended(2, out='')
        run.check(run.err.startswith('hashtrack: '), 'no message')
    Run(folder, './no-such-program').ended(2, 'No such file')
    run = Run(folder, '--help').ended(0)
    for word in ['--threshold BYTES', '--signal SIGNAL', 'example:']:
        run.check(word in run.out, f'the help has no {word}')
    run.check(dumps(folder) == [], 'something ran')


def refuses_the_untrackable(folder):
    for name in ['prints_static', 'prints_static_pie', 'prints_go', 'own_malloc_default',
                 'linked_jemalloc']:
        Run(folder, str(fixtures / name)).ended(77, 'cannot be tracked', out='')
    program = str(fixtures / 'prints')
    Run(folder, '--preload', __file__, program).ended(77, 'cannot load', out='')
    # A file that is an ELF of this machine and that the loader still does not take.
    Run(folder, '--preload', program, program).ended(77, 'does not load', out='ran\n')


def sets_the_environment(folder):
    show = 'echo "$HASHTRACK_THRESHOLD $HASHTRACK_DEPTH $HASHTRACK_SIGNAL $HASHTRACK_DIR"'
    Run(folder, '--threshold', '4K', '--threshold', '8K', '--depth=5', '--signal', 'SIGUSR2', '--dir',
        '.', 'sh', '-c', show).ended(0, out=f'8192 5 12 {folder}\n')
    Run(folder, 'sh', '-c', 'echo $LD_PRELOAD').ended(0, out=f'{library}\n')
    other = fixtures / 'empty_library.so'
    Run(folder, 'sh', '-c', 'echo $LD_PRELOAD', environment={'LD_PRELOAD': str(other)}).ended(
        0, out=f'{library}:{other}\n')
    # What follows the program is the program's.
    Run(folder, 'echo', '--json', '--', '-o').ended(0, out='--json -- -o\n')


def starts_32_bit_programs_quietly(folder):
    """Their loader finds an empty library, and says nothing; that of the others finds ours."""
    program = fixtures / 'prints_32'
    if not program.exists() or not Path('/lib/ld-linux.so.2').exists():
        print('skipped: no 32-bit programs here')
        sys.exit(77)
    command = [hashtrack, 'run', 'sh', '-c', f'{program}; {fixtures}/prints; exit 3']
    done = subprocess.run(command, env=clean_environment(folder), capture_output=True, text=True,
                          timeout=TIMEOUT)
    if done.returncode != 3 or done.stdout != 'ran\nran\n' or 'ld.so' in done.stderr:
        sys.exit(f'{case}: status {done.returncode}\n{done.stdout}{done.stderr}')
    names = sorted(name.split('.')[1] for name in dumps(folder))
    if names != ['dash', 'prints'] and names != ['prints', 'sh']:
        sys.exit(f'{case}: dumps of {names}')
    # A program that left no dump, though its loader loads the library, is told so.
    done = subprocess.run([hashtrack, 'run', '--interval', '0', fixtures / 'leaves_early'],
                          env=clean_environment(folder), capture_output=True, text=True,
                          timeout=TIMEOUT)
    if 'although its loader loads' not in done.stderr:
        sys.exit(f'{case}: status {done.returncode}\n{done.stdout}{done.stderr}')


def sees_that_php_has_its_own_allocator(folder):
    php, note = fixtures / 'exports_emalloc', "PHP's own allocator hides its arrays"
    Run(folder, php).ended(0, note, out='USE_ZEND_ALLOC is not set\n')
    run = Run(folder, '--php-malloc', php).ended(0, out='USE_ZEND_ALLOC is 0\n')
    run.check(note not in run.err, 'warned in spite of --php-malloc')
    run = Run(folder, php, environment={'USE_ZEND_ALLOC': '0'}).ended(0)
    run.check(note not in run.err, 'warned in spite of USE_ZEND_ALLOC=0')
    run = Run(folder, 'true').ended(0)
    run.check(note not in run.err, 'took true for PHP')


def sees_that_jemalloc_is_called_directly(folder):
    """named does, and the report said that it had freed every block."""
    run = Run(folder, fixtures / 'calls_mallocx').ended(0, "by jemalloc's own functions (mallocx)")
    run = Run(folder, fixtures / 'calls_malloc').ended(0)
    run.check('mallocx' not in run.err, 'took malloc for mallocx')


def says_which_heap_it_cannot_see(folder):
    """"No hash table was seen" is no news of a Java program; nor is a green gate."""
    for program, note in [('prints_jvm', "Java's objects lie in the JVM's own heap"),
                          ('exports_v8', "JavaScript's objects lie in V8's own heap")]:
        run = Run(folder, fixtures / program).ended(0, note)
        run.check(run.err.count(note) == 1, 'said more than once')
        Run(folder, '--check', fixtures / program).ended(0, f'note: {program}: {note}')
    run = Run(folder, fixtures / 'prints').ended(0)
    run.check('own heap' not in run.err, 'took a plain program for another')


def says_how_much_is_too_small(folder):
    """Blocks of 1.5 KiB are tracked and not looked at; where they are much, they are told of."""
    for count, is_told in [(5000, True), (100, False)]:
        script = f'@kept = map {{ $_ . "x" x 1500 }} 1..{count}; POSIX::_exit(0)'
        run = Run(folder, '--interval', '0', 'perl', '-MPOSIX', '-e', script).ended(0)
        found = re.search(r'note: bytes in blocks below 2 KiB, which are too small to be looked at for '
                          r'tables: ([\d,]+)', ' '.join(run.err.split()))
        run.check(bool(found) == is_told, 'told' if found else 'not told')
        run.check(not found or int(found[1].replace(',', '')) >= 7500000, 'not all')


def keeps_the_directory(folder):
    """A relative directory is where it was when the program started."""
    inner = folder / 'inner'
    inner.mkdir()
    run = Run(folder, '--dir', 'inner', '--quiet', 'sh', '-c', 'cd /').ended(0)
    run.check(len(dumps(inner)) == 1, 'no dump there')
    run = Run(folder, 'sh', '-c', 'cd /', environment={'HASHTRACK_DIR': ''}).ended(0)
    run.check(len(dumps(folder)) == 1, 'no dump in the working directory')


def counts_children(folder):
    run = Run(folder, 'sh', '-c', '/bin/true; /bin/true; exit 0').ended(0, '2 other dumps were')
    run.check(len(dumps(folder)) == 3, f'dumps: {dumps(folder)}')
    # Dumps of other runs are not counted, nor files with other names.
    (folder / 'hashtrack.notes.txt').write_text('')
    run = Run(folder, 'true').ended(0)
    run.check('other dump' not in run.err, 'counted what was there before')
    # Nor those of a program that ran meanwhile and was no child of this one.
    environment = clean_environment(folder, {'LD_PRELOAD': str(library)})
    beside = subprocess.Popen(['/bin/sh', '-c', 'while [ ! -e stop ]; do sleep 0.01; done'],
                              env=environment, cwd=folder)
    try:
        # `env -u` is a child that keeps the preload and is not told which run it is of.
        script = 'env -u HASHTRACK_RUN_ID true; /bin/true; touch stop; sleep 0.3; exit 0'
        run = Run(folder, 'sh', '-c', script).ended(0)
    finally:
        beside.wait(TIMEOUT)
    # true, touch and sleep were told; the true that env became and the shell beside were not.
    count = int(re.search(r'(\d+) other dump', run.err).group(1))
    run.check(count == 3, f'{count} dumps of children, not 3')


def follows_exec(folder):
    """The report is of the program that the process was at its end."""
    script = folder / 'script'
    script.write_text(f'#!/usr/bin/env sh\nexec {fixtures / "prints"}\n')
    script.chmod(0o755)
    run = Run(folder, '--json', '-o', 'report.json', './script').ended(0, out='ran\n')
    report = json.loads((folder / 'report.json').read_text())
    run.check(Path(report['program']).name == 'prints', f'the report is of {report["program"]}')


def explains_a_missing_dump(folder):
    """A program that throws the preload away is no clean program."""
    run = Run(folder, 'env', '-u', 'LD_PRELOAD', str(fixtures / 'leaves_early')).ended(3)
    run.check('left no dump' in run.err or 'exec' in run.err, 'no reason')
    Run(folder, str(fixtures / 'leaves_early')).ended(3, 'left no dump', 'daemon')


def names_what_still_runs(folder):
    """A server that goes into the background is in no report, and not passed over."""
    run = Run(folder, 'sh', '-c', 'exec >out 2>&1; sleep 3 & echo $!; sleep 0.3').ended(0, 'hashtrack snapshot PID')
    named = f'still running: sleep (pid {(folder / "out").read_text().strip()});'
    run.check(named in run.err, f'does not say {named!r}')
    run = Run(folder, 'sh', '-c', 'sleep 0.01').ended(0)
    run.check('still running' not in run.err, 'something still runs')


def started(folder, *arguments):
    # The tests may be run by nohup or in the background of a script, and a shell cannot trap what
    # was ignored when it began.
    for number in [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT]:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    process = subprocess.Popen([hashtrack, 'run', '--preload', library, *arguments],
                               env=clean_environment(folder), cwd=folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    assert process.stdout.readline() == 'ready\n'
    return process


def ends_with(process, status, word):
    out, err = process.communicate(timeout=TIMEOUT)
    if process.returncode != status or word not in err:
        sys.exit(f'{case}: status {process.returncode}, not {status}, or no {word!r}:\n{out}{err}')


WAIT = 'echo ready; while :; do sleep 0.1; done'


def forwards_signals(folder):
    for name in ['TERM', 'HUP', 'USR1', 'USR2']:
        process = started(folder, 'sh', '-c', f'trap "exit 5" {name}; {WAIT}')
        process.send_signal(getattr(signal, 'SIG' + name))
        ends_with(process, 5, 'hashtrack')
    process = started(folder, 'sh', '-c', WAIT)
    process.send_signal(signal.SIGTERM)
    ends_with(process, 128 + 15, 'SIGTERM')


def survives_the_terminal(folder):
    """Ctrl-C reaches the program and us: it decides, we report."""
    for name in ['INT', 'QUIT']:
        process = started(folder, 'sh', '-c', f'trap "exit 6" {name}; {WAIT}')
        os.killpg(process.pid, getattr(signal, 'SIG' + name))
        ends_with(process, 6, 'hashtrack')
    process = started(folder, 'sh', '-c', WAIT)
    os.killpg(process.pid, signal.SIGINT)
    ends_with(process, 128 + 2, 'SIGINT')


def gives_the_program_its_signals(folder):
    """The program starts with the mask and the dispositions that we were started with."""
    show = 'grep -E "^Sig(Blk|Ign)" /proc/self/status'
    bare = subprocess.run(['sh', '-c', show], capture_output=True, text=True, check=True).stdout
    Run(folder, 'sh', '-c', show).ended(0, out=bare)
    ignoring = subprocess.run(['nohup', hashtrack, 'run', '--preload', library, 'sh', '-c', show],
                              env=clean_environment(folder), cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=TIMEOUT)
    ignored = int(re.search(r'SigIgn:\s*([0-9a-f]+)', ignoring.stdout).group(1), 16)
    if not ignored & 1 << (signal.SIGHUP - 1):
        sys.exit(f'{case}: nohup is lost: {ignoring.stdout}')


def leaves_no_descriptors(folder):
    """Those of the supervisor; what the library itself opens is a matter of tests/hosts."""
    show = ['sh', '-c', 'ls /proc/self/fd']
    environment = clean_environment(folder, {'LD_PRELOAD': str(library)})
    bare = subprocess.run(show, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True).stdout
    run = Run(folder, *show, stdin='')
    run.check(run.out == bare, f'descriptors {run.out.split()} instead of {bare.split()}')


def reports_the_last_snapshot(folder):
    """A program that was killed still has the snapshots that it took."""
    script = 'kill -USR2 $$; sleep 0.3; kill -KILL $$'
    run = Run(folder, '--signal', 'USR2', 'sh', '-c', script).ended(
        128 + 9, 'left no dump at its end', 'last snapshot')
    run.check(len(dumps(folder)) >= 1, 'no snapshot')
    run.check('taken meanwhile' not in run.err, 'speaks twice of the snapshot that it reports on')
    script = 'kill -USR2 $$; sleep 0.3; kill -USR2 $$; sleep 0.3'
    Run(folder, '--signal', 'USR2', 'sh', '-c', script).ended(0, '2 snapshots were taken meanwhile')
    # One that is told to end, or that crashes, ends: with a snapshot, and by that signal.
    for name in ['TERM', 'SEGV']:
        number = getattr(signal, 'SIG' + name)
        # Not sh: dash gives SIGTERM its default back.
        script = ['perl', '-e', f'kill {name} => $$; print "lives"']
        Run(folder, '--signal', name, *script).ended(
            128 + number, 'left no dump at its end', 'last snapshot', out='')
        before = len(dumps(folder))
        alone = subprocess.run(script, timeout=TIMEOUT, stdout=subprocess.PIPE,
                               env=clean_environment(folder, {'LD_PRELOAD': str(library),
                                                              'HASHTRACK_SIGNAL': name}))
        run.check(alone.returncode == -number and alone.stdout == b'', f'{name}: {alone}')
        run.check(len(dumps(folder)) == before + 1, f'{name}: no dump')


def numbers_snapshots_from_outside(folder):
    """As a cron job takes them: in the order of their numbers, whatever they are called."""
    environment = clean_environment(folder, {'LD_PRELOAD': str(library)})
    with subprocess.Popen(['sleep', str(TIMEOUT)], env=environment) as process:
        try:
            labels = ['before', 'after', 'outside'] * 4
            deadline = time.monotonic() + TIMEOUT
            names = []
            while len(names) < len(labels) and time.monotonic() < deadline:
                done = subprocess.run([hashtrack, 'snapshot', '--dir', folder, '--label',
                                       labels[len(names)], str(process.pid)], capture_output=True,
                                      text=True, env=clean_environment(folder), check=False)
                if done.returncode == 0:  # the loader may not be done with the first ones
                    names.append(Path(done.stdout.strip()).name)
        finally:
            process.kill()
    wanted = [f'hashtrack.sleep.{process.pid}.{number}-{label}.htd'
              for number, label in enumerate(labels, 1)]
    if names != wanted:
        sys.exit(f'{case}: {names}, not {wanted}')
    done = subprocess.run([hashtrack, 'report', '--json', folder], capture_output=True, text=True,
                          check=True)
    reported = [json.loads(line)['snapshot']['label'] for line in done.stdout.splitlines()]
    if reported != labels:
        sys.exit(f'{case}: reported {reported}')


def sees_into_a_chroot(folder):
    """A process whose root is not ours has its library by another path; one without /proc says so."""
    jail = folder / 'jail'
    jail.mkdir()
    alone = [] if os.geteuid() == 0 else ['unshare', '--map-root-user']
    if subprocess.run([*alone, 'perl', '-e', 'chroot($ARGV[0]) or exit 77', jail],
                      check=False).returncode != 0:
        sys.exit(77)
    environment = clean_environment(folder, {'LD_PRELOAD': str(library), 'HASHTRACK_DIR': '/'})
    script = 'chroot($ARGV[0]); chdir("/"); $| = 1; print "in\n"; <STDIN>'
    with subprocess.Popen([*alone, 'perl', '-e', script, jail], env=environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        done = subprocess.run([hashtrack, 'snapshot', '--dir', folder, str(process.pid)],
                              capture_output=True, text=True, env=clean_environment(folder),
                              check=False)
        process.communicate('\n')
    if done.returncode != 0:
        sys.exit(f'{case}: {done.stderr}')
    report = subprocess.run([hashtrack, 'report', done.stdout.strip()], capture_output=True, text=True,
                            check=True).stdout
    (inside,) = jail.glob('*.htd')
    blind = subprocess.run([hashtrack, 'report', inside], capture_output=True, text=True,
                           check=True).stdout
    if 'perl' not in report or '/proc is not' in report or '/proc is not mounted' not in blind:
        sys.exit(f'{case}: {report}\n{blind}')


def json_of(run):
    return json.loads(run.out)


def hollow_maps(report):
    return [table for table in report['tables'] if table['verdict'] == 'hollow'
            and table['implementation'] == 'std::unordered_map']


def sees_what_the_destructor_emptied(folder):
    """The program frees an empty array; what it held until then was seen from outside."""
    sweeps = str(fixtures / 'sweeps')
    for ending in 'returns', 'lingers':  # the last look is at the full array, or at the empty one
        run = Run(folder, '--interval', '0.1', '--json', sweeps, ending).ended(0)
        maps = hollow_maps(json_of(run))
        run.check(len(maps) == 1, f'{len(maps)} hollow maps')
        run.check(maps[0]['live'] == 10 and maps[0]['freed'], f'not the swept map: {maps[0]}')
        run.check(maps[0]['peak_live_at_least'] == 400000, 'the full map was not seen')
        # The dump says the same by itself.
        (dump,) = dumps(folder)
        again = subprocess.run([hashtrack, 'report', '--json', folder / dump],
                               capture_output=True, text=True, check=True)
        run.check(hollow_maps(json.loads(again.stdout)) == maps, 'the dump says something else')
        (folder / dump).unlink()


def sees_what_the_destructor_clears(folder):
    """libstdc++'s fills the array with zeros before it frees it: no look from outside is needed."""
    def maps_of(ending):
        sweeps = str(fixtures / 'sweeps')
        return hollow_maps(json_of(Run(folder, '--interval', '0', '--json', sweeps, ending,
                                       'at once').ended(0)))
    maps = maps_of('returns')
    swept = Run(folder, '--interval', '0', str(fixtures / 'sweeps'), 'returns', 'at once')
    swept.ended(0, 'freed only as the program ended')
    swept.check(len(maps) == 1, f'{len(maps)} hollow maps')
    swept.check(maps[0]['live'] == 10 and maps[0]['live_error'] == 0 and maps[0]['freed'] and
                     maps[0]['read'] == 'exact', f'not the swept map as it was: {maps[0]}')
    for ending in '', 'rebuilt', 'filled-again':
        swept.check(maps_of(ending) == [], f'"{ending}" is called hollow')


def does_not_blame_a_full_map(folder):
    run = Run(folder, '--interval', '0.1', '--json', str(fixtures / 'sweeps')).ended(0)
    run.check(hollow_maps(json_of(run)) == [], 'a full map is called hollow')


def does_not_blame_a_map_taken_apart(folder):
    """Looks at a full map that is emptied entry by entry, and then freed, find it below a quarter."""
    run = Run(folder, '--interval', '0.1', '--json', str(fixtures / 'sweeps'), 'taken-apart').ended(0)
    run.check(hollow_maps(json_of(run)) == [], 'a full map is called hollow')


def keeps_what_was_last_seen(folder):
    """A program that is killed leaves what was last seen of it; its status passes through."""
    sweeps = str(fixtures / 'sweeps')
    for ending, status in [('killed', 128 + 9), ('aborts', 128 + 6)]:
        run = Run(folder, '--interval', '0.1', '--json', sweeps, ending).ended(
            status, 'left no dump at its end', 'what was last seen')
        report = json_of(run)
        run.check(report['snapshot']['label'] == 'last-seen', 'another snapshot')
        run.check(not report['snapshot']['complete'], 'said to be complete')
        maps = hollow_maps(report)
        run.check(len(maps) == 1 and maps[0]['live'] == 10 and not maps[0]['freed'], f'maps: {maps}')
    run.check(len([name for name in dumps(folder) if 'last-seen' in name]) == 2, 'dumps')
    before = dumps(folder)
    run = Run(folder, '--interval', '0', sweeps, 'killed').ended(128 + 9, 'left no dump at its end')
    run.check('--signal' in run.err and dumps(folder) == before, 'a dump without a look')
    run = Run(folder, '--interval', '0.1', sweeps, 'leaves').ended(5)
    run.check('last seen' not in run.err, 'its own dump was not used')


def forgets_what_exec_replaced(folder):
    """A program that was killed is not reported with the tables of the one it was before."""
    run = Run(folder, '--interval', '0.1', str(fixtures / 'sweeps'), 'becomes-another')
    run.ended(128 + 9, 'left no dump at its end')
    run.check('unordered_map' not in run.err, 'tables of the program before')


def joins_the_tables_of_a_line(folder):
    """Two call stacks of the same source lines are one place; without lines nobody can tell."""
    program = str(fixtures / 'one_line')
    run = Run(folder, '--all', '--json', '--no-symbols', '--interval', '0', program).ended(0)
    tables = json.loads(run.out)['tables']
    stacks = {tuple(frame['offset'] for frame in table['growth']) for table in tables}
    run.check(len(tables) == 6 and len(stacks) == 2, f'{len(tables)} tables of {len(stacks)} stacks')
    run.check({table['verdict'] for table in tables} == {'ok'}, 'a finding without lines')
    run = Run(folder, '--json', '--interval', '0', program).ended(0)
    tables = json.loads(run.out)['tables']
    run.check([table.get('group', {}).get('tables') for table in tables] == [6] * 6, 'no group of 6')
    stacks = {tuple(frame['offset'] for frame in table['growth']) for table in tables
              if 'growth' in table}
    run.check(len(stacks) == 2, 'a stack is missing')
    Run(folder, '--interval', '0', program).ended(0, '#1 HOLLOW  6 tables of this site')


def says_which_files_are_stripped(folder):
    note = 'note: stripped of their symbols: one_line_stripped;'
    options = '--interval', '0', '--min-saving', '64K'
    run = Run(folder, *options, '--', fixtures / 'one_line_stripped')
    run.ended(0, note, ' in one_line_stripped+0x')
    run.check(run.err.count('stripped of') == 1, 'the note stands there again and again')
    for arguments, program in ((('--no-symbols',), 'one_line_stripped'), ((), 'one_line')):
        run = Run(folder, *options, *arguments, '--', fixtures / program)
        run.ended(0, '#1 HOLLOW')
        run.check('stripped of' not in run.err, 'it says so of what is not')


def compares_two_builds(folder):
    """A program that was built anew has its tables elsewhere; its functions have their names."""
    reports = []
    for version, fixture in [('v1', 'one_line'), ('v2', 'one_line_rebuilt')]:
        (folder / version).mkdir()
        shutil.copy(fixtures / fixture, folder / version / 'one_line')
        Run(folder / version, '--interval', '0', '--quiet', './one_line',
            environment={'HASHTRACK_DIR': str(folder / version)}).ended(0)
        reports += (folder / version).glob('*.htd')
    for options, words, tables in [
            ([], 'one_line is another build: tables are matched by the functions', '6 tables as before'),
            (['--no-symbols'], 'no function is known of 6 of the old and 6 of the new tables',
             '0 tables as before')]:
        done = subprocess.run([hashtrack, 'diff', *options, *reports], capture_output=True, text=True,
                              check=True)
        if words not in done.stdout or tables not in done.stdout.splitlines():
            sys.exit(f'{case}: {options}\n{done.stdout}')
    same = subprocess.run([hashtrack, 'diff', reports[0], reports[0]], capture_output=True, text=True,
                          check=True)
    if 'note:' in same.stdout:
        sys.exit(f'{case}: {same.stdout}')


def shows_the_history(folder):
    run = Run(folder, '--interval', '0.1', str(fixtures / 'sweeps'), 'returns').ended(
        0, 'hollow since')
    run.check(re.search(r'\n    live +\S{20,}  \d\.\d s to ', run.err), 'no line of readings')


with tempfile.TemporaryDirectory() as name:
    globals()[case](Path(name).resolve())
