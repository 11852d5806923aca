/*
 * Every way to become two processes, or another program: fork while other threads hold the
 * tracker's locks, vfork and posix_spawn (shared memory, no atfork handlers), _Fork and clone (no
 * handlers either), daemon(), exec with the program's own environment.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool stop;

static void *allocates(void *unused)
{
    while (!stop) {
        host_work(700);
        free(realloc(malloc(2000), 4000));
    }
    return unused;
}

static int status_of(pid_t child)
{
    int status = 0;
    HOST_CHECK(child > 0);
    HOST_CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void exits_with(pid_t child, int expected)
{
    int status = status_of(child);
    HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == expected);
}

static void in_a_storm(pid_t (*split)(void), int rounds)
{
    pthread_t threads[3];
    void *inherited = malloc(10000);
    memset(inherited, 9, 10000);
    for (int i = 0; i < 3; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, allocates, NULL) == 0);
    for (int round = 0; round < rounds; round++) {
        pid_t child = split();
        if (child == 0) {
            alarm(5); /* a child that hangs on a dead thread's lock says so by its status */
            inherited = realloc(inherited, 20000);
            HOST_CHECK(((char *)inherited)[9999] == 9);
            host_work(2000);
            free(inherited);
            if (round % 3 == 0)
                exit(4);
            _exit(4);
        }
        exits_with(child, 4);
    }
    stop = true;
    for (int i = 0; i < 3; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    free(inherited);
    host_describe();
}

static int fork_storm(void)
{
    in_a_storm(fork, 60);
    return 0;
}

/* _Fork and clone run no atfork handler, so glibc's own malloc is not usable in the child when
 * another thread held its lock: these children stay alone. */
static int without_handlers(void)
{
    for (int round = 0; round < 20; round++) {
        host_work(5000);
        pid_t child = round % 2 ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (child == 0) {
            host_work(5000);
            free(malloc(3000));
            _exit(6);
        }
        exits_with(child, 6);
    }
    host_work(5000);
    host_describe();
    return 0;
}

static int child_of_clone(void *unused)
{
    (void)unused;
    host_work(3000);
    free(malloc(3000));
    return 8;
}

/* clone with CLONE_VM: a second process in the same memory, invisible to pthreads. */
static int shared_memory(void)
{
    const size_t stack_bytes = 1 << 18;
    char *stack =
        mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(stack != MAP_FAILED);
    for (int round = 0; round < 20; round++) {
        host_work(1000);
        exits_with(
            clone(child_of_clone, stack + stack_bytes, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL), 8);
    }
    host_work(5000);
    host_describe();
    return 0;
}

static pid_t vforked(const char *path)
{
    pid_t child = vfork();
    if (child == 0) {
        execl(path, "sh", "-c", "exit 3", (char *)NULL);
        _exit(errno == ENOENT ? 11 : 12);
    }
    return child;
}

static int vfork_and_exec(void)
{
    for (int round = 0; round < 20; round++) {
        exits_with(vforked("/bin/sh"), 3);
        exits_with(vforked("/does/not/exist"), 11);
        host_work(1000);
    }
    host_describe();
    return 0;
}

static int spawn(void)
{
    char *arguments[] = {"sh", "-c", "echo from a spawned shell; exit 3", NULL};
    char *empty[] = {NULL};
    pid_t child;
    /* A folder of PATH that may not be read makes it EACCES. */
    HOST_CHECK(setenv("PATH", "/usr/bin:/bin", 1) == 0);
    for (int round = 0; round < 10; round++) {
        HOST_CHECK(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments,
                               round % 2 ? empty : environ) == 0);
        exits_with(child, 3);
        HOST_CHECK(posix_spawnp(&child, "does-not-exist", NULL, NULL, arguments, environ) ==
                   ENOENT);
        int status = system("exit 9");
        HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
        host_work(1000);
    }
    host_describe();
    return 0;
}

/* The parent is gone at once; the daemon works on in / and leaves word in a file. */
static int as_daemon(void)
{
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HOST_CHECK(directory >= 0);
    host_work(10000);
    HOST_CHECK(daemon(0, 0) == 0);
    host_work(10000);
    int file = openat(directory, "word", O_CREAT | O_WRONLY | O_EXCL, 0600);
    close(directory);
    HOST_CHECK(dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    close(file);
    host_describe();
    return 0;
}

/* What it has is its parent's, which left no dump. */
static int as_idle_daemon(void)
{
    host_work(10000);
    pid_t parent = getpid();
    HOST_CHECK(daemon(1, 1) == 0);
    while (getppid() == parent)
        usleep(1000);
    return 0;
}

static const char *own_path(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    HOST_CHECK(length > 0);
    path[length] = '\0';
    return path;
}

/* Ends as number 1 of a new namespace, where a program of a container ends each time. */
static int as_number_one(void)
{
    if (unshare(CLONE_NEWPID) != 0)
        return HOST_SKIP;
    pid_t child = fork();
    if (child == 0) {
        HOST_CHECK(getpid() == 1);
        host_work(5000);
        exit(5);
    }
    exits_with(child, 5);
    return 6;
}

static int same_number(void)
{
    for (int round = 0; round < 3; round++) {
        pid_t child = fork();
        if (child == 0) {
            host_work(1000);
            exit(as_number_one());
        }
        int status = status_of(child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == HOST_SKIP)
            host_skip("no namespaces of process numbers here");
        HOST_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 6);
    }
    host_say("three processes of one number");
    return 0;
}

/* As a shell does for each pair of brackets: such a child has its parent's tables and no others. */
static int bystanders(void)
{
    host_work(10000);
    for (int works = 0; works < 2; works++) {
        pid_t child = fork();
        if (child == 0) {
            if (works)
                host_work(10000);
            _exit(7 + works);
        }
        exits_with(child, 7 + works);
    }
    host_say("one of two has worked");
    return 0;
}

static int finish(void)
{
    host_work(10000);
    host_describe();
    return 0;
}

static int exec_same_environment(void)
{
    host_work(10000);
    execl(own_path(), "forks", "finish", (char *)NULL);
    return 1;
}

static int exec_empty_environment(void)
{
    char *arguments[] = {"forks", "finish", NULL};
    char *empty[] = {NULL};
    host_work(10000);
    execve(own_path(), arguments, empty);
    return 1;
}

static int exec_own_environment(void)
{
    char *own[] = {"ALPHA=1", "BETA=2", NULL};
    host_work(10000);
    execle(own_path(), "forks", "finish", (char *)NULL, own);
    return 1;
}

static int exec_without_preload(void)
{
    host_work(10000);
    HOST_CHECK(unsetenv("LD_PRELOAD") == 0);
    execl(own_path(), "forks", "finish", (char *)NULL);
    return 1;
}

static int exec_fails(void)
{
    char *arguments[] = {"forks", NULL};
    char *none[] = {NULL};
    HOST_CHECK(execve("/does/not/exist", arguments, none) == -1 && errno == ENOENT);
    HOST_CHECK(execve("/etc/passwd", arguments, none) == -1 && errno == EACCES);
    HOST_CHECK(setenv("PATH", "/usr/bin:/bin", 1) == 0);
    HOST_CHECK(execvp("does-not-exist", arguments) == -1 && errno == ENOENT);
    return finish();
}

static void *execs(void *unused)
{
    host_work(1000);
    execl(own_path(), "forks", "finish", (char *)NULL);
    return unused;
}

/* exec from a thread, while the others allocate. */
static int exec_from_thread(void)
{
    pthread_t threads[3], last;
    for (int i = 0; i < 3; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, allocates, NULL) == 0);
    HOST_CHECK(pthread_create(&last, NULL, execs, NULL) == 0);
    pthread_join(last, NULL);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"fork-storm", fork_storm},
                                             {"without-handlers", without_handlers},
                                             {"shared-memory", shared_memory},
                                             {"vfork", vfork_and_exec},
                                             {"spawn", spawn},
                                             {"daemon", as_daemon},
                                             {"idle-daemon", as_idle_daemon},
                                             {"same-number", same_number},
                                             {"bystanders", bystanders},
                                             {"finish", finish},
                                             {"exec-same-environment", exec_same_environment},
                                             {"exec-empty-environment", exec_empty_environment},
                                             {"exec-own-environment", exec_own_environment},
                                             {"exec-without-preload", exec_without_preload},
                                             {"exec-fails", exec_fails},
                                             {"exec-from-thread", exec_from_thread},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
