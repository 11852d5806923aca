"""What a function of LLVM allocates, told by the instructions before its call.

Debian's libLLVM and libclang-cpp export many functions, but not those that grow a DenseMap. They
are known by what the compiler made of them (LLVM 14, llvm/ADT/DenseMap.h and
llvm/Support/Allocator.h): the size of a DenseMap's array is rounded up to a power of two of 64 slots
or more, the slab of an arena is 4096 bytes shifted, an object's own size is a constant.
"""

import re
import subprocess
from functools import lru_cache

LIBRARIES = re.compile(r"/lib(LLVM|clang)[^/]*\.so")
BYTES_BEFORE = 120
ROUNDED_UP = re.compile(r"cmp\s+\$0x41,")
SLAB = re.compile(r"mov\s+\$0x1000,.*\n(.*\n)?.*shl\s+%cl,")
CONSTANT = re.compile(r"mov\s+\$0x[0-9a-f]+,%edi\n.*call .*_Znwm")


@lru_cache(maxsize=None)
def instructions_before(module, offset):
    """Disassembled up to the call that returns to this offset."""
    result = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--start-address={offset - BYTES_BEFORE}",
         f"--stop-address={offset}", module], capture_output=True, text=True, check=False)
    lines = [line for line in result.stdout.splitlines() if re.match(r"\s+[0-9a-f]+:\t", line)]
    return "\n".join(lines)


def judge_site(frames):
    """"right", "wrong" or None, as residents.judge_unknown()."""
    for frame in frames:
        module = frame.get("module", "")
        if not LIBRARIES.search(module):
            continue
        code = instructions_before(module, int(frame["offset"], 16))
        if SLAB.search(code) or CONSTANT.search(code):
            return "wrong"
        return "right" if ROUNDED_UP.search(code) else None
    return None
