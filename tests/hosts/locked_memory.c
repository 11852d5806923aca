/*
 * Programs that lock all their memory, what is to come included, without the right to lock more
 * than RLIMIT_MEMLOCK says: what a tracker maps would count there.
 */
#include "host.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT (5u << 20)
#define PIECE 65536u

/* Root may lock as much as it likes. */
static void limit_locks(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    struct rlimit limit = {LIMIT, LIMIT};
    HOST_CHECK(syscall(SYS_capget, &header, sets) == 0);
    sets[0].effective &= ~(1u << CAP_IPC_LOCK);
    sets[0].permitted &= ~(1u << CAP_IPC_LOCK);
    HOST_CHECK(syscall(SYS_capset, &header, sets) == 0);
    HOST_CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
}

static unsigned long locked_bytes(void)
{
    char line[256];
    unsigned long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    HOST_CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        sscanf(line, "VmLck: %lu kB", &kilobytes);
    fclose(file);
    return kilobytes << 10;
}

/* Takes memory until it is refused, and gives it back: what may still be locked. */
static unsigned use_what_is_left(void)
{
    void *pieces[LIMIT / PIECE + 1];
    unsigned count = 0;
    while (count <= LIMIT / PIECE) {
        pieces[count] =
            mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pieces[count] == MAP_FAILED)
            break;
        memset(pieces[count++], 1, PIECE);
    }
    HOST_CHECK(count <= LIMIT / PIECE && errno == EAGAIN);
    for (unsigned i = 0; i < count; i++)
        HOST_CHECK(munmap(pieces[i], PIECE) == 0);
    return count;
}

/* Of 5 MiB this program has locked some three, and may use most of the rest. */
static void say_what_is_locked(void)
{
    unsigned long locked = locked_bytes();
    host_say("%s", locked > 2u << 20 && locked <= LIMIT ? "locked" : "not locked");
    host_say("%s", use_what_is_left() >= 20 ? "most of the rest" : "too little is left");
}

static int mlock_all_by_number(int flags)
{
    return (int)syscall(SYS_mlockall, flags);
}

static int lock_all(int (*lock)(int), int more)
{
    limit_locks();
    HOST_CHECK(lock(MCL_CURRENT | MCL_FUTURE | more) == 0);
    say_what_is_locked();
    for (int i = 0; i < 5; i++)
        host_work(10000);
    say_what_is_locked();
    pid_t child = fork(); /* inherits no locks */
    if (child == 0) {
        host_work(10000);
        exit(locked_bytes() == 0 ? 0 : 1);
    }
    int status;
    HOST_CHECK(waitpid(child, &status, 0) == child && status == 0);
    host_describe();
    return 0;
}

static int all(void)
{
    return lock_all(mlockall, 0);
}

static int by_number(void)
{
    return lock_all(mlock_all_by_number, 0);
}

/* Pages are locked when they are there. */
static int on_fault(void)
{
    return lock_all(mlockall, MCL_ONFAULT);
}

/* And nothing that comes later. */
static int what_is_there(void)
{
    host_work(10000);
    limit_locks();
    HOST_CHECK(mlockall(MCL_CURRENT) == 0);
    unsigned long before = locked_bytes();
    void *memory = mmap(NULL, LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(memory != MAP_FAILED && locked_bytes() == before && munmap(memory, LIMIT) == 0);
    host_work(10000);
    HOST_CHECK(munlockall() == 0 && locked_bytes() == 0);
    host_say("%s", before > 2u << 20 && before <= LIMIT ? "locked" : "not locked");
    return 0;
}

/* What bare does not fit either is refused, as are flags that are none. */
static int too_much(void)
{
    void *memory = mmap(NULL, LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(memory != MAP_FAILED);
    limit_locks();
    HOST_CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == -1 && errno == ENOMEM && locked_bytes() == 0);
    HOST_CHECK(mlockall(0) == -1 && errno == EINVAL && mlockall(64) == -1 && errno == EINVAL);
    HOST_CHECK(mlockall(MCL_FUTURE) == 0);
    host_work(10000);
    host_say("%s", use_what_is_left() >= 50 ? "most of the rest" : "too little is left");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"all", all},           {"by-number", by_number},
        {"on-fault", on_fault}, {"what-is-there", what_is_there},
        {"too-much", too_much}, {NULL, NULL}};
    return host_main(argc, argv, cases);
}
