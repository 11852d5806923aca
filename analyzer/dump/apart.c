/* Work that may crash, in a process of its own: see apart.h. */
#include "apart.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

/* As opposed to what others send: a closed pipe, the user's interrupt. SIGKILL is the kernel's when
 * the machine is out of memory: it took the process that had asked for it, and this one can say so.
 */
static bool is_crash(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
           signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP || signal == SIGKILL;
}

/* Never returns: what this process has registered for its exit is not the child's to do. */
static _Noreturn void be_child(int (*work)(void *context), void *context, FILE *out)
{
    struct error error;
    int status = work(context);
    /* Whoever wrote it may have said so. */
    if (!error_unwritten(&error, out) && status != STATUS_USAGE)
        status = error_print(&error);
    _exit(status);
}

int run_apart(int (*work)(void *context), void *context, FILE *out, const char *path)
{
    struct error error;
    int how;
    fflush(out);
    pid_t child = fork();
    if (child < 0)
        return work(context);
    if (child == 0)
        be_child(work, context, out);
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR) {
            error_set(&error, STATUS_BAD_DUMP, "%s: its report is lost: %s", path, strerror(errno));
            return error_print(&error);
        }
    if (WIFEXITED(how))
        return WEXITSTATUS(how);
    if (!is_crash(WTERMSIG(how)))
        raise(WTERMSIG(how)); /* as if there were no second process */
    error_set(&error, STATUS_BAD_DUMP,
              "%s: reading the symbols of its modules ended with signal %d (%s): the report is not "
              "complete; --no-symbols reports without them",
              path, WTERMSIG(how), strsignal(WTERMSIG(how)));
    return error_print(&error);
}
