/*
 * Trying in a child what may be deadly: see refused_calls.h.
 */
#include "refused_calls.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "page.h"
#include "system.h"

#define CALLS (REFUSED_PRESENCE + 1u)
#define ALL   ((1u << CALLS) - 1)

static unsigned refused; /* a bit for each */

/* In the child. */
static void try_call(enum refused_call call)
{
    int word = 0, copy;
    unsigned char state;
    struct iovec from = {.iov_base = &word, .iov_len = sizeof(word)};
    struct iovec into = {.iov_base = &copy, .iov_len = sizeof(copy)};
    int self = system_pid();
    if (call == REFUSED_PRESENCE) {
        system_call(SYS_mincore, (uintptr_t)&word & ~(uintptr_t)(PAGE_BYTES - 1), PAGE_BYTES,
                    &state, 0);
        return;
    }
    system_call6(SYS_process_vm_readv, self, (long)&into, 1, (long)&from, 1, 0);
    system_call6(SYS_process_vm_writev, self, (long)&from, 1, (long)&into, 1, 0);
}

/* Whether a child survives these calls. It is none that the program can know of: the kernel sends
 * no signal for it, and wait() passes it over. It leaves no core either (a limit of 1 holds for
 * those that go to a program, too). */
static bool are_survived(unsigned calls)
{
    const struct rlimit no_core = {1, 1};
    int status = 0;
    long child = system_call(SYS_clone, CLONE_VFORK, NULL, NULL, NULL);
    if (child == 0) {
        system_call(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
        for (unsigned call = 0; call < CALLS; call++)
            if (calls & 1u << call)
                try_call((enum refused_call)call);
        system_call(SYS_exit_group, 0, 0, 0, 0);
    }
    return child > 0 && system_call(SYS_wait4, child, &status, __WCLONE, NULL) == child &&
           status == 0;
}

void refused_calls_start(void)
{
    refused = 0;
    if (system_call(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0) != SECCOMP_MODE_FILTER || are_survived(ALL))
        return;
    for (unsigned call = 0; call < CALLS; call++)
        if (!are_survived(1u << call))
            refused |= 1u << call;
}

bool call_is_refused(enum refused_call call)
{
    return refused >> call & 1;
}
