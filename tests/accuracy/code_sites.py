"""What a function without a name allocates, told by the instructions before its call.

Debian's libLLVM, libclang-cpp and libruby export many functions, but not those that grow their
arrays. They are known by what the compiler made of them.
"""

import re
import subprocess
from functools import lru_cache

BYTES_BEFORE = 120

# Functions that allocate for whoever called them.
ALLOCATORS = re.compile(r"^llvm::allocate_buffer$")

# (the file, the instructions before the call, verdict, what it is). The first that fits decides.
SITES = [
    # llvm/Support/Allocator.h: the slab of an arena, 4096 bytes shifted.
    (r"/lib(LLVM|clang)", r"mov\s+\$0x1000,.*\n(.*\n)?.*shl\s+%cl,", "wrong"),
    # An object, of its own constant size.
    (r"/lib(LLVM|clang)", r"mov\s+\$0x[0-9a-f]+,%edi\n.*call .*_Znwm", "wrong"),
    # llvm/ADT/DenseMap.h, grow(): rounded up to a power of two of 64 slots or more.
    (r"/lib(LLVM|clang)", r"cmp\s+\$0x41,", "right"),
    # Ruby 3.1, transient_heap.c, rb_transient_heap_promote(): a vector of objects, its size a
    # number that is doubled, and 8 bytes each.
    (r"/libruby", r"add\s+%esi,%esi\n(.*\n){1,4}.*shl\s+\$0x3,%rsi\n.*call .*<realloc@plt>$",
     "wrong"),
]


@lru_cache(maxsize=None)
def instructions_before(module, offset):
    """Disassembled up to the call that returns to this offset."""
    result = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--start-address={offset - BYTES_BEFORE}",
         f"--stop-address={offset}", module], capture_output=True, text=True, check=False)
    lines = [line for line in result.stdout.splitlines() if re.match(r"\s+[0-9a-f]+:\t", line)]
    return "\n".join(lines)


def judge_code(module, code):
    """"right", "wrong" or None of the code before one call."""
    for file, pattern, verdict in SITES:
        if re.search(file, module) and re.search(pattern, code):
            return verdict
    return None


def judge(frames):
    """"right", "wrong" or None, as residents.judge_unknown()."""
    for frame in frames:
        module = frame.get("module", "")
        if ALLOCATORS.search(frame.get("function") or ""):
            continue
        if any(re.search(file, module) for file, _, _ in SITES):
            return judge_code(module, instructions_before(module, int(frame["offset"], 16)))
    return None
