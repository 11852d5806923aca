/*
 * pipe2, in front of the real one, for the sake of one caller: libunwind.
 *
 * libunwind 1.6 (mi/Gaddress_validator, x86_64/Ginit.c) tests whether an address can be read by writing
 * a byte from it into a pipe of its own, two descriptors that it opens for good when it is first used.
 * In somebody else's process they would be the descriptors the program expects to get; and a program
 * that closes all it did not open (closefrom, every daemon) and then opens a file would find bytes of
 * its stack in that file. Refused the pipe, libunwind takes the address for unreadable and ends the
 * stack there; it asks only at frames without unwind information, so little is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "real.h"
#include "stack.h"
#include "thread.h"

__attribute__((visibility("default"))) int pipe2(int ends[2], int flags)
{
    if (thread_state.inside && stack_is_unwinder(__builtin_return_address(0))) {
        errno = EMFILE;
        return -1;
    }
    if (!real_ready()) {
        errno = EMFILE;
        return -1;
    }
    return real.pipe2(ends, flags);
}
