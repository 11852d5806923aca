/*
 * Programs that close, replace or count descriptors they did not open: a tracker that kept one
 * would lose it, write into the program's files, or change the numbers that the program gets.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void exec_self(const char *next)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    HOST_CHECK(length > 0);
    path[length] = '\0';
    execl(path, "descriptors", next, (char *)NULL);
    HOST_CHECK(!"exec");
}

/* Started with descriptors 0, 1 and 2 closed: the first file opened must be number 0. */
static int closed_at_start(void)
{
    host_work(20000);
    int first = open("first", O_CREAT | O_WRONLY | O_EXCL, 0600);
    int second = open("second", O_CREAT | O_WRONLY | O_EXCL, 0600);
    if (first != 0 || second != 1)
        return 1;
    host_describe(); /* into the file "second" */
    return 0;
}

static int closed_standard(void)
{
    close(0);
    close(1);
    close(2);
    exec_self("closed-at-start");
    return 1;
}

static int closed_from_three(void)
{
    host_work(20000);
    closefrom(3);
    host_work(20000);
    host_describe();
    return 0;
}

/* The numbers up to here are taken. Under a limit of 1,024, as it often is, or of fewer, some are
 * left for the dump. */
static int descriptor_end(void)
{
    struct rlimit limit;
    HOST_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlim_t most = limit.rlim_cur > 64 ? limit.rlim_cur - 16 : limit.rlim_cur;
    return most < 1024 ? (int)most : 1024;
}

static int closed_each(void)
{
    host_work(20000);
    int keep = dup(STDOUT_FILENO);
    HOST_CHECK(keep == 3);
    for (int fd = 0, end = descriptor_end(); fd < end; fd++) {
        if (fd == keep)
            continue;
        int closed = close(fd);
        if (fd > 3 && !(closed == -1 && errno == EBADF))
            return 1; /* something was open there */
    }
    host_work(20000);
    HOST_CHECK(dup2(keep, STDOUT_FILENO) == STDOUT_FILENO);
    host_describe();
    return 0;
}

/* Every number becomes the program's own file; nobody else may write into it. */
static int replaced_each(void)
{
    int file = open("mine", O_CREAT | O_RDWR | O_EXCL, 0600);
    HOST_CHECK(file == 3);
    host_work(20000);
    for (int fd = 4, end = descriptor_end(); fd < end; fd++)
        HOST_CHECK(dup2(file, fd) == fd);
    host_work(20000);
    void *block = malloc(100000);
    free(block);
    struct stat status;
    HOST_CHECK(fstat(file, &status) == 0 && status.st_size == 0);
    HOST_CHECK(lseek(file, 0, SEEK_CUR) == 0);
    host_say("replaced");
    return 0; /* all of them still open while the dump is written */
}

static int none_left(void)
{
    struct rlimit limit;
    HOST_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    HOST_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int opened = 0;
    while (open("/dev/null", O_RDONLY) >= 0)
        opened++;
    HOST_CHECK(errno == EMFILE);
    host_work(20000);
    host_say("%d opened", opened);
    return 0;
}

static int limit_of_three(void)
{
    struct rlimit limit = {3, 3};
    HOST_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    host_work(20000);
    HOST_CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
    host_say("still here");
    return 0;
}

/* stdout is a protocol on a descriptor that the reader has closed. */
static int broken_pipe(void)
{
    int ends[2];
    HOST_CHECK(pipe(ends) == 0);
    HOST_CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    host_work(20000);
    host_describe();
    return 0; /* a tracker that prints on stderr is killed by SIGPIPE */
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"closed-at-start", closed_at_start},
                                             {"closed-standard", closed_standard},
                                             {"closed-from-three", closed_from_three},
                                             {"closed-each", closed_each},
                                             {"replaced-each", replaced_each},
                                             {"none-left", none_left},
                                             {"limit-of-three", limit_of_three},
                                             {"broken-pipe", broken_pipe},
                                             {NULL, NULL}};
    return host_main(argc, argv, cases);
}
