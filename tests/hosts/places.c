/*
 * Programs whose surroundings make it hard to write a file: another root, no working directory, no
 * privileges, limits on file size, memory and stack, something else where the dump should go.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int work(void)
{
    host_work(50000);
    host_describe();
    return 0;
}

static void exec_self(const char *next)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    HOST_CHECK(length > 0);
    path[length] = '\0';
    execl(path, "places", next, (char *)NULL);
    HOST_CHECK(!"exec");
}

static void limit(int resource, rlim_t value)
{
    struct rlimit both = {value, value};
    HOST_CHECK(setrlimit(resource, &both) == 0);
}

static int other_root(void)
{
    if (geteuid() != 0)
        host_skip("chroot needs root");
    host_work(50000);
    HOST_CHECK(mkdir("jail", 0700) == 0);
    if (chroot("jail") != 0)
        host_skip("chroot is forbidden here");
    HOST_CHECK(chdir("/") == 0);
    return work();
}

static int no_privileges(void)
{
    if (geteuid() != 0)
        host_skip("only root can drop root");
    host_work(50000);
    HOST_CHECK(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    return work();
}

static int unlinked_directory(void)
{
    HOST_CHECK(mkdir("gone", 0700) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
    return work();
}

static int unlinked_at_start(void)
{
    HOST_CHECK(mkdir("gone", 0700) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
    exec_self("work");
    return 1;
}

static int read_only_directory(void)
{
    HOST_CHECK(chdir("/proc/self") == 0);
    return work();
}

/* A write beyond the limit raises SIGXFSZ, whose default is death. */
static int no_file_size(void)
{
    limit(RLIMIT_FSIZE, 0);
    return work();
}

static int no_file_size_at_start(void)
{
    limit(RLIMIT_FSIZE, 0);
    exec_self("work");
    return 1;
}

static int small_file_size(void)
{
    limit(RLIMIT_FSIZE, 300);
    return work();
}

static int little_memory(void)
{
    limit(RLIMIT_AS, 64 << 20);
    unsigned long blocks = 0;
    void *last = NULL;
    for (void *block; (block = malloc(100000)) != NULL; last = block, blocks++) {
        memcpy(block, &last, sizeof last);
        HOST_CHECK(blocks < 100000);
    }
    HOST_CHECK(errno == ENOMEM && blocks > 0);
    for (void *next; last != NULL; last = next) {
        memcpy(&next, last, sizeof next);
        free(last);
    }
    return work();
}

/* As many bytes as this process has mapped, and of data: the numbers of /proc/self/statm. */
static size_t mapped_bytes(int number)
{
    char text[128] = "", *at = text;
    int fd = open("/proc/self/statm", O_RDONLY);
    HOST_CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
    while (number-- > 0)
        at = strchr(at, ' ') + 1;
    return (size_t)strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* A megabyte more than the program has: most of that must be its own, as coreutils' csplit-heap
 * wants it. libc takes it in pieces of 132 KiB. */
static int use_what_is_left(void)
{
    size_t bytes = 0;
    for (size_t each = 1500; malloc(each) != NULL; each = each < 6000 ? each + 100 : 1500)
        bytes += each;
    HOST_CHECK(errno == ENOMEM);
    host_say("%s", bytes >= 640 << 10 ? "most of it" : "too little");
    return 0;
}

static int little_memory_to_spare(void)
{
    limit(RLIMIT_AS, mapped_bytes(0) + (1 << 20));
    return use_what_is_left();
}

/* The stack counts there, too, but not for the limit: a little more is left. */
static int little_data_to_spare(void)
{
    limit(RLIMIT_DATA, mapped_bytes(5) + (1 << 20));
    return use_what_is_left();
}

/* 20 MiB at start are enough for this program and the C library. */
static int little_memory_at_start(void)
{
    limit(RLIMIT_AS, 20 << 20);
    exec_self("work");
    return 1;
}

static int little_stack(void)
{
    limit(RLIMIT_STACK, 48 << 10);
    exec_self("work");
    return 1;
}

/* What stands where the dump will be written, and the file that it leads to. */
static void plant(char dump[4096], char precious[4096])
{
    const char *directory = getenv("HASHTRACK_DIR");
    HOST_CHECK(directory != NULL && getcwd(precious, 4000) != NULL);
    strcat(precious, "/precious");
    FILE *file = fopen(precious, "w");
    HOST_CHECK(file != NULL && fputs("do not touch\n", file) > 0 && fclose(file) == 0);
    snprintf(dump, 4096, "%s/hashtrack.places.%d.htd", directory, (int)getpid());
}

static int dump_is_link(void)
{
    char dump[4096], precious[4096];
    plant(dump, precious);
    HOST_CHECK(symlink(precious, dump) == 0);
    return work();
}

static int dump_is_hard_link(void)
{
    char dump[4096], precious[4096];
    plant(dump, precious);
    HOST_CHECK(link(precious, dump) == 0);
    HOST_CHECK(chmod(precious, 0600) == 0);
    return work();
}

static int dump_is_fifo(void)
{
    char dump[4096], precious[4096];
    plant(dump, precious);
    HOST_CHECK(mkfifo(dump, 0600) == 0);
    return work();
}

static int dump_is_directory(void)
{
    char dump[4096], precious[4096];
    plant(dump, precious);
    HOST_CHECK(mkdir(dump, 0700) == 0);
    return work();
}

static int dump_is_full_device(void)
{
    char dump[4096], precious[4096];
    plant(dump, precious);
    HOST_CHECK(symlink("/dev/full", dump) == 0);
    return work();
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"work", work},
                                             {"other-root", other_root},
                                             {"no-privileges", no_privileges},
                                             {"unlinked-directory", unlinked_directory},
                                             {"unlinked-at-start", unlinked_at_start},
                                             {"read-only-directory", read_only_directory},
                                             {"no-file-size", no_file_size},
                                             {"no-file-size-at-start", no_file_size_at_start},
                                             {"small-file-size", small_file_size},
                                             {"little-memory", little_memory},
                                             {"little-memory-to-spare", little_memory_to_spare},
                                             {"little-data-to-spare", little_data_to_spare},
                                             {"little-memory-at-start", little_memory_at_start},
                                             {"little-stack", little_stack},
                                             {"dump-is-link", dump_is_link},
                                             {"dump-is-hard-link", dump_is_hard_link},
                                             {"dump-is-fifo", dump_is_fifo},
                                             {"dump-is-directory", dump_is_directory},
                                             {"dump-is-full-device", dump_is_full_device},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
