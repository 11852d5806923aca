/* Processes that write dumps of one name, one after another and at the same moment, as containers
 * do that share a directory: no dump is lost, and nothing else is left. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dump_place.h"
#include "file.h"

#define NAME       "hashtrack.a-b.7.htd"
#define KEPT       "hashtrack.a-b.7.0-"
#define PROCESSES  8u
#define DUMPS_EACH 25u

static char directory[64];

static int begin(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/hashtrack-place-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static void path_of(const char *name, char path[400])
{
    snprintf(path, 400, "%s/%s", directory, name);
}

static int make(struct dump_place *place)
{
    assert_true(dump_place_name(place, directory, NAME));
    return dump_place_create(place);
}

/* Reads the number in each file, and removes them: how often each was found. */
static unsigned collect(unsigned *seen, unsigned numbers)
{
    unsigned files = 0;
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[400];
        unsigned number = numbers;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (strcmp(entry->d_name, NAME) != 0 && strncmp(entry->d_name, KEPT, sizeof(KEPT) - 1) != 0)
            fail_msg("%s is left", entry->d_name);
        path_of(entry->d_name, path);
        int file = open(path, O_RDONLY);
        assert_true(file >= 0);
        assert_int_equal(read(file, &number, sizeof(number)), sizeof(number));
        close(file);
        assert_true(number < numbers);
        assert_int_equal(unlink(path), 0);
        seen[number]++;
        files++;
    }
    closedir(dir);
    return files;
}

static int end(void **state)
{
    (void)state;
    return rmdir(directory); /* every test leaves nothing, temporary files included */
}

/* 0, or what went wrong: no cmocka in the children. */
static int write_number(unsigned number)
{
    static struct dump_place place;
    if (!dump_place_name(&place, directory, NAME))
        return -ENAMETOOLONG;
    int file = dump_place_create(&place);
    if (file < 0)
        return file;
    int error = write(file, &number, sizeof(number)) == sizeof(number) ? 0 : -EIO;
    if (error == 0)
        error = dump_place_take(&place, true);
    close(file);
    return error;
}

/* As on a file system that knows no flags of a rename; nor links, if so wished. */
static int refuse(bool links_too)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, links_too ? SYS_linkat : UINT32_MAX, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 ? 0 : -errno;
}

enum lacks { LACKS_NOTHING, LACKS_FLAGS, LACKS_LINKS };

/* All begin when the last one has closed the pipe. */
static void write_at_once(unsigned processes, unsigned each, enum lacks lacks)
{
    unsigned seen[PROCESSES * DUMPS_EACH] = {0};
    pid_t children[PROCESSES];
    int gate[2];
    char byte;
    assert_int_equal(pipe(gate), 0);
    for (unsigned i = 0; i < processes; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] != 0)
            continue;
        close(gate[1]);
        int error = lacks == LACKS_NOTHING ? 0 : refuse(lacks == LACKS_LINKS);
        if (read(gate[0], &byte, 1) != 0)
            error = -EIO;
        for (unsigned j = 0; j < each && error == 0; j++)
            error = write_number(i * each + j);
        _exit(-error);
    }
    close(gate[0]);
    close(gate[1]);
    for (unsigned i = 0; i < processes; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(collect(seen, processes * each), processes * each);
    for (unsigned i = 0; i < processes * each; i++)
        assert_int_equal(seen[i], 1);
}

static void test_many_at_once(void **state)
{
    (void)state;
    write_at_once(PROCESSES, DUMPS_EACH, LACKS_NOTHING);
}

static void test_many_at_once_without_flags_of_a_rename(void **state)
{
    (void)state;
    write_at_once(PROCESSES, DUMPS_EACH, LACKS_FLAGS);
}

/* Nothing can be promised there but one after another. */
static void test_one_after_another_without_links(void **state)
{
    (void)state;
    write_at_once(1, DUMPS_EACH, LACKS_LINKS);
}

/* A file that is being written stays, and so do both dumps. */
static void test_a_file_that_is_being_written(void **state)
{
    (void)state;
    struct dump_place first, second;
    unsigned seen[2] = {0};
    int files[] = {make(&first), make(&second)};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(files[i] >= 0);
        assert_int_equal(write(files[i], &i, sizeof(i)), sizeof(i));
    }
    assert_string_not_equal(first.temporary, second.temporary);
    assert_int_equal(dump_place_take(&first, true), 0);
    assert_int_equal(dump_place_take(&second, true), 0);
    close(files[0]);
    close(files[1]);
    assert_int_equal(collect(seen, 2), 2);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[1], 1);
}

/* The next one removes what a process left that was killed, though it has other contents. */
static void test_a_file_that_was_left(void **state)
{
    (void)state;
    struct dump_place place;
    unsigned seen[1] = {0};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int file = make(&place);
        _exit(file >= 0 && write(file, "much more than the next one", 27) == 27 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(write_number(0), 0);
    assert_int_equal(collect(seen, 1), 1);
}

/* Whatever else has the temporary name, that of a dump is to be had. */
static void test_something_else_has_the_temporary_name(void **state)
{
    (void)state;
    char path[400];
    unsigned seen[1] = {0};
    path_of("." NAME ".tmp", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(write_number(0), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(collect(seen, 1), 1);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(write_number(0), 0);
    assert_int_equal(collect(seen, 1), 1);
}

/* Names are as long as the file system takes them, and not longer. */
/* The numbers that the program gets next, and may close for the second time, are its own. */
static void test_a_descriptor_far_from_the_programs(void **state)
{
    struct dump_place place;
    struct rlimit before, small;
    (void)state;
    int lowest = dup(0);
    assert_true(lowest > 2 && lowest < FILE_LEAST_DESCRIPTOR);
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(before.rlim_cur > FILE_LEAST_DESCRIPTOR);
    int fd = make(&place);
    assert_true(fd >= FILE_LEAST_DESCRIPTOR);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(dup(0), lowest);
    close(lowest);
    file_close(fd);
    assert_int_equal(unlink(place.temporary), 0);

    /* Where there are no such numbers it takes what there is. */
    small = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    fd = make(&place);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(fd, lowest);
    file_close(fd);
    assert_int_equal(unlink(place.temporary), 0);
}

static void test_a_name_that_is_too_long(void **state)
{
    (void)state;
    static struct dump_place place;
    static char deep[PATH_MAX];
    memset(deep, 'd', PATH_MAX - 1);
    assert_false(dump_place_name(&place, deep, NAME));
    deep[PATH_MAX - 100] = '\0';
    assert_true(dump_place_name(&place, deep, NAME));
    assert_int_equal(dump_place_create(&place), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_many_at_once_without_flags_of_a_rename),
        cmocka_unit_test(test_one_after_another_without_links),
        cmocka_unit_test(test_a_file_that_is_being_written),
        cmocka_unit_test(test_a_file_that_was_left),
        cmocka_unit_test(test_something_else_has_the_temporary_name),
        cmocka_unit_test(test_a_descriptor_far_from_the_programs),
        cmocka_unit_test(test_a_name_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
