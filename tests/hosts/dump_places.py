"""What HASHTRACK_DIR may point at: the places where check_host.py lets dumps go, most of them bad.

Each function prepares base/dumps, perhaps something beside it, and returns the variable's value, or
None to leave it unset.
"""

import ctypes
import os
import sys

SKIP = 77
CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 1 << 18, 2


def mount_tiny(path):
    """A file system of one page at path, in a mount namespace of our own that dies with us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        print("skipped: a full disk needs root and mount namespaces")
        sys.exit(SKIP)
    libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
    if libc.mount(b"none", path.encode(), b"tmpfs", 0, b"size=4k") != 0:
        print("skipped: no tmpfs can be mounted here")
        sys.exit(SKIP)
    with open(os.path.join(path, "filler"), "wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096) > 0:
                pass
        except OSError:
            pass  # full, as intended


def unmount_tiny(path):
    ctypes.CDLL(None).umount2(path.encode(), MNT_DETACH)


def place_plain(base):
    os.mkdir(f"{base}/dumps")
    return f"{base}/dumps"


def place_link(base):
    os.mkdir(f"{base}/dumps")
    os.symlink("dumps", f"{base}/link")
    return f"{base}/link"


def place_dangling(base):
    os.mkdir(f"{base}/dumps")
    os.symlink("nowhere", f"{base}/dangling")
    return f"{base}/dangling"


def place_missing(base):
    os.mkdir(f"{base}/dumps")
    return f"{base}/dumps/not/there"


def place_file(base):
    os.mkdir(f"{base}/dumps")
    with open(f"{base}/file", "w", encoding="ascii") as file:
        file.write("precious")
    return f"{base}/file"


def place_unwritable(base):
    os.mkdir(f"{base}/dumps")
    # Root writes anywhere but in /proc.
    return "/proc/self/task" if os.geteuid() == 0 else "/"


def place_full(base):
    os.mkdir(f"{base}/dumps")
    mount_tiny(f"{base}/dumps")
    return f"{base}/dumps"


def place_cwd(base):
    os.mkdir(f"{base}/dumps")
    return None


def place_empty(base):
    os.mkdir(f"{base}/dumps")
    return ""


def place_relative(base):
    os.mkdir(f"{base}/dumps")
    return "../dumps"


PLACES = {name[len("place_"):]: function for name, function in list(globals().items())
          if name.startswith("place_")}
