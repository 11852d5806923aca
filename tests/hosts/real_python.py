"""A day in the life of a Python process, for real_programs.sh: dicts that fill and empty, threads,
children by every route, and a look at what the interpreter sees of itself."""

import ctypes
import hashlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading


def churn(count):
    table = {i: str(i) for i in range(count)}
    for key in range(count - count // 50):
        del table[key]
    return len(table)


def in_threads():
    results = []
    threads = [threading.Thread(target=lambda: results.append(churn(20000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def by_odd_callers():
    """The interpreter's frames are read while it runs: functions that come and go, a signal's handler
    at any moment, C that calls back, and allocations of C while other threads run Python."""
    handled = []
    signal.signal(signal.SIGALRM, lambda number, frame: handled.append({i: i for i in range(300)}))
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]

    def without_the_lock():
        for size in range(3000):
            library.free(library.malloc(2000 + size))
    threads = [threading.Thread(target=without_the_lock) for _ in range(3)]
    for thread in threads:
        thread.start()
    total = 0
    for number in range(300):
        names = {}
        exec(compile(f"def made_{number}(): return {{i: i for i in range({number + 200})}}",
                     f"/nowhere/{number}.py", "exec"), names)
        total += len(names[f"made_{number}"]())

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    def compare(a, b):
        return a[0] - b[0] if len({i: a[0] for i in range(100)}) else 0
    numbers = (ctypes.c_int * 50)(*range(50, 0, -1))
    library.qsort(numbers, 50, 4, compare)
    for thread in threads:
        thread.join()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return total, list(numbers) == list(range(1, 51))


def in_fork():
    child = os.fork()
    if child == 0:
        churn(30000)
        os._exit(5)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    print(churn(200000), in_threads())
    print(by_odd_callers())
    print(in_fork())
    print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True,
                         check=False).returncode)
    print(subprocess.run([sys.executable, "-c", "print(len({i: i for i in range(99999)}))"],
                         capture_output=True, check=True, env={}).stdout)
    with multiprocessing.Pool(2) as pool:
        print(pool.map(churn, [10000, 20000, 30000]))
    print(len(set(os.urandom(8) for _ in range(50000))))
    print(hashlib.sha256(b"x" * 1000000).hexdigest())
    print(sorted(os.listdir("/proc/self/fd")))
    try:
        bytearray(1 << 60)
    except MemoryError:
        print("MemoryError, as it should be")
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    library.free(library.malloc(5000))
    print(resource.getrlimit(resource.RLIMIT_STACK))
    try:
        main.missing
    except AttributeError as error:
        print(error)
    sys.exit(4)


if __name__ == "__main__":
    main()
