/*
 * Starts a program in each of the ways that libc has, and waits for it.
 *
 * starts WAY PROGRAM: WAY is one of the functions below. The program gets the arguments "leave" and
 * "a b", and, where the function takes an environment, this one with STARTED_BY in it. With the
 * arguments "leave" "a b" it is such a program: it ends with 0 when it has got them.
 * starts killed: forks a child that kills itself.
 * starts refused: asks for what cannot be executed, on a small stack of a signal handler, and ends
 * with 0 when the errors are the right ones.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **environment_with_way(const char *way)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **list = calloc(count + 2, sizeof(*list));
    static char entry[64];
    snprintf(entry, sizeof(entry), "STARTED_BY=%s", way);
    memcpy(list, environ, count * sizeof(*list));
    list[count] = entry;
    return list;
}

static void become(const char *way, const char *program, char **arguments, char **environment)
{
    if (strcmp(way, "execve") == 0 || strcmp(way, "vfork") == 0)
        execve(program, arguments, environment);
    else if (strcmp(way, "execv") == 0)
        execv(program, arguments);
    else if (strcmp(way, "execvp") == 0)
        execvp(program, arguments);
    else if (strcmp(way, "execvpe") == 0)
        execvpe(program, arguments, environment);
    else if (strcmp(way, "execl") == 0)
        execl(program, arguments[0], arguments[1], arguments[2], (char *)NULL);
    else if (strcmp(way, "execlp") == 0)
        execlp(program, arguments[0], arguments[1], arguments[2], (char *)NULL);
    else if (strcmp(way, "execle") == 0)
        execle(program, arguments[0], arguments[1], arguments[2], (char *)NULL, environment);
    else if (strcmp(way, "fexecve") == 0)
        fexecve(open(program, O_RDONLY | O_CLOEXEC), arguments, environment);
    _exit(99);
}

static int ended(pid_t pid)
{
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 98;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static int start(const char *way, const char *program)
{
    char *arguments[] = {(char *)program, (char *)"leave", (char *)"a b", NULL};
    char **environment = environment_with_way(way);
    pid_t pid = -1;
    if (strcmp(way, "posix_spawn") == 0)
        posix_spawn(&pid, program, NULL, NULL, arguments, environment);
    else if (strcmp(way, "posix_spawnp") == 0)
        posix_spawnp(&pid, program, NULL, NULL, arguments, environment);
    else if (strcmp(way, "vfork") == 0) {
        pid = vfork();
        if (pid == 0)
            become(way, program, arguments, environment);
    } else {
        pid = fork();
        if (pid == 0)
            become(way, program, arguments, environment);
    }
    free(environment);
    return ended(pid);
}

static volatile sig_atomic_t wrong;

static void expect(int error, int result)
{
    if (result != -1 || errno != error)
        wrong++;
}

/* The kernel refuses all of these, and what stands in front of it has to let it. */
static void be_refused(int number)
{
    (void)number;
    static char long_path[8192];
    char *volatile nowhere = (char *)16; /* volatile: the compiler would warn of it, and rightly */
    char *arguments[] = {(char *)"starts", NULL};
    memset(long_path, 'x', sizeof(long_path) - 1);
    expect(EFAULT, execve(nowhere, arguments, environ));
    expect(EFAULT, execv(nowhere, arguments));
    expect(EFAULT, execve("/proc/self/exe", (char **)nowhere, environ));
    expect(ENAMETOOLONG, execve(long_path, arguments, environ));
    expect(ENOENT, execve("", arguments, environ));
    expect(EACCES, execve("/", arguments, environ));
    expect(EBADF, fexecve(1000000, arguments, environ));
}

static int refused(void)
{
    const size_t bytes = (size_t)sysconf(_SC_MINSIGSTKSZ) + 6144;
    stack_t stack = {.ss_sp = malloc(bytes), .ss_size = bytes};
    struct sigaction action = {.sa_handler = be_refused, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return wrong ? 93 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "leave") == 0)
        return strcmp(argv[2], "a b") == 0 ? 0 : 96;
    if (argc == 2 && strcmp(argv[1], "refused") == 0)
        return refused();
    if (argc == 2 && strcmp(argv[1], "killed") == 0) {
        pid_t pid = fork();
        if (pid == 0)
            kill(getpid(), SIGKILL);
        return ended(pid) == 97 ? 0 : 95;
    }
    return argc == 3 ? start(argv[1], argv[2]) : 94;
}
