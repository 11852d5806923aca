/* A dump as the tracker writes it, read back by the analyzer; and what may keep it from being
 * written: dump_writer.h. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dump_reader.h"
#include "dump_writer.h"

static char directory[64];

static int begin(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/hashtrack-writer-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void path_of(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", directory, name);
}

static void remove_file(const char *name)
{
    char path[256];
    path_of(name, path);
    assert_int_equal(unlink(path), 0);
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(count_files(), 0); /* every test leaves nothing, temporary files included */
    return rmdir(directory);
}

/* A program with `tables` tables of one array, one growth and two readings each. */
static uint32_t ordinal = 3; /* of the contents that are made, and that are expected */

static struct dump_contents make_contents(uint32_t tables)
{
    struct dump_contents contents = {0};
    dump_add_string(&contents, "");
    struct dump_module module = {
        .start = 0x400000, .end = 0x500000, .bias = 0, .path = dump_add_string(&contents, "/x")};
    module.build_id = dump_add_string(&contents, "00ff");
    dump_add(&contents, DUMP_SECTION_MODULES, &module);
    dump_add(&contents, DUMP_SECTION_FRAMES, &(struct dump_frame){.offset = 0x1234});
    dump_add(&contents, DUMP_SECTION_SITES, &(struct dump_site){.frame_count = 1});
    for (uint32_t i = 0; i < tables; i++) {
        struct dump_table table = {
            .number = i + 1,
            .address = 0x10000 + 0x10000 * (uint64_t)i,
            .bytes = 4096,
            .capacity = 256,
            .live = i % 256,
            .implementation = dump_add_string(&contents, "unknown"),
            .read = DUMP_READ_ESTIMATED,
            .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
            .growth_site = 0,
            .growths = 1,
            .first_array = i,
            .array_count = 1,
            .first_growth = i,
            .growth_count = 1,
            .first_reading = 2 * i,
            .reading_count = 2,
        };
        struct dump_array array = {
            .address = table.address, .bytes = 4096, .table = i, .role = DUMP_ROLE_SLOTS};
        struct dump_growth growth = {.table = i, .from_bytes = 2048, .to_bytes = 4096};
        struct dump_reading reading = {.table = i, .capacity = 256, .live = i % 256};
        assert_int_equal(dump_add(&contents, DUMP_SECTION_TABLES, &table), i);
        assert_int_equal(dump_add(&contents, DUMP_SECTION_ARRAYS, &array), i);
        dump_add(&contents, DUMP_SECTION_GROWTHS, &growth);
        dump_add(&contents, DUMP_SECTION_READINGS, &reading);
        dump_add(&contents, DUMP_SECTION_READINGS, &reading);
    }
    struct dump_info info = {.pid = 4711,
                             .reason = DUMP_REASON_CALL,
                             .flags = DUMP_INFO_COMPLETE,
                             .ordinal = ordinal,
                             .threshold_bytes = 1024,
                             .tracked_bytes = 4096 * (uint64_t)tables,
                             .tracked_blocks = tables,
                             .peak_tracked_bytes = 4096 * (uint64_t)tables,
                             .program = dump_add_string(&contents, "/usr/bin/program"),
                             .label = dump_add_string(&contents, "a label"),
                             .unwinder = dump_add_string(&contents, "libgcc")};
    dump_add(&contents, DUMP_SECTION_INFO, &info);
    struct dump_counter counter = {.name = dump_add_string(&contents, "blocks lost"), .value = 7};
    dump_add(&contents, DUMP_SECTION_COUNTERS, &counter);
    assert_false(contents.short_of_memory);
    return contents;
}

static void assert_loads(const char *name, uint32_t tables)
{
    char path[256];
    struct dump dump;
    struct error error = {0};
    struct stat status;
    path_of(name, path);
    if (!dump_load(path, &dump, &error))
        fail_msg("%s", error.text);
    assert_int_equal(dump.info.pid, 4711);
    assert_int_equal(dump.info.ordinal, ordinal);
    assert_string_equal(dump_string(&dump, dump.info.label), "a label");
    assert_string_equal(dump_string(&dump, dump.info.program), "/usr/bin/program");
    assert_int_equal(dump.table_count, tables);
    assert_int_equal(dump.counter_count, 1);
    assert_int_equal(dump.counters[0].value, 7);
    for (uint32_t i = 0; i < tables; i++) {
        assert_int_equal(dump.tables[i].live, i % 256);
        assert_int_equal(dump_arrays(&dump, &dump.tables[i])->address, dump.tables[i].address);
        assert_int_equal(dump_growths(&dump, &dump.tables[i])->to_bytes, 4096);
        assert_int_equal(dump_readings(&dump, &dump.tables[i])[1].live, i % 256);
    }
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    dump_unload(&dump);
}

static void test_the_analyzer_reads_what_was_written(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 2, 3, 1000, 20000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct dump_contents contents = make_contents(counts[i]);
        assert_int_equal(dump_count(&contents, DUMP_SECTION_TABLES), counts[i]);
        assert_int_equal(dump_rewrite(&contents, directory, "a.htd"), 0);
        assert_loads("a.htd", counts[i]); /* over the one before */
        dump_free(&contents);
    }
    assert_int_equal(count_files(), 1);
    remove_file("a.htd");
}

/* Lengths of the strings that need every number of padding bytes, of few and of many. */
static void test_padding(void **state)
{
    (void)state;
    for (int length = 0; length < 34; length++) {
        struct dump_contents contents = make_contents(1);
        char text[20] = {0};
        for (int many = 0; length >= 17 && many < 8000; many++) {
            snprintf(text, sizeof(text), "string %d", many);
            dump_add_string(&contents, text);
        }
        memset(text, 0, sizeof(text));
        memset(text, 'x', (size_t)(length % 17));
        uint32_t at = dump_add_string(&contents, text);
        assert_int_equal(dump_add_string(&contents, text), at); /* stored once */
        assert_int_equal(dump_rewrite(&contents, directory, "a.htd"), 0);
        assert_loads("a.htd", 1);
        dump_free(&contents);
    }
    remove_file("a.htd");
}

/* Process numbers repeat: the dump of before stays, under a name with its time. */
static void test_an_older_dump_is_kept(void **state)
{
    (void)state;
    static const struct {
        uint32_t ordinal;
        const char *name, *kept;
    } cases[] = {
        {0, "hashtrack.a-b.7.htd", "hashtrack.a-b.7.0-1700000001.000000042.htd"},
        {3, "hashtrack.a-b.7.3-x.htd", "hashtrack.a-b.7.3-x-1700000001.000000042.htd"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[256];
        struct timespec times[2] = {{.tv_sec = 1700000001, .tv_nsec = 42},
                                    {.tv_sec = 1700000001, .tv_nsec = 42}};
        ordinal = cases[i].ordinal;
        struct dump_contents older = make_contents(1), newer = make_contents(2);
        path_of(cases[i].name, path);
        assert_int_equal(dump_write(&older, directory, cases[i].name), 0);
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        assert_int_equal(dump_write(&newer, directory, cases[i].name), 0);
        assert_loads(cases[i].name, 2);
        assert_loads(cases[i].kept, 1);
        assert_int_equal(count_files(), 2);
        remove_file(cases[i].name);
        remove_file(cases[i].kept);
        dump_free(&older);
        dump_free(&newer);
    }
}

/* Processes that end within one tick of the file system's clock: each dump is kept. */
static void test_dumps_of_one_time_are_kept(void **state)
{
    (void)state;
    static const char *const names[] = {
        "hashtrack.a-b.7.0-1700000001.999999999.htd", "hashtrack.a-b.7.0-1700000002.000000000.htd",
        "hashtrack.a-b.7.0-1700000002.000000001.htd", "hashtrack.a-b.7.htd"};
    const size_t count = sizeof(names) / sizeof(names[0]);
    char path[256];
    path_of("hashtrack.a-b.7.htd", path);
    ordinal = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct timespec times[2] = {{.tv_sec = 1700000001, .tv_nsec = 999999999},
                                    {.tv_sec = 1700000001, .tv_nsec = 999999999}};
        struct dump_contents contents = make_contents(i + 1);
        assert_int_equal(dump_write(&contents, directory, "hashtrack.a-b.7.htd"), 0);
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        dump_free(&contents);
    }
    assert_int_equal(count_files(), count);
    for (uint32_t i = 0; i < count; i++) {
        assert_loads(names[i], i + 1);
        remove_file(names[i]);
    }
}

static void test_a_directory_that_cannot_be_written(void **state)
{
    (void)state;
    struct dump_contents contents = make_contents(1);
    char path[256], name[300];
    assert_int_equal(dump_write(&contents, "/no/such/directory", "a.htd"), -ENOENT);
    assert_int_equal(dump_write(&contents, "/proc/self", "a.htd"), -ENOENT);
    path_of("file", path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(dump_write(&contents, path, "a.htd"), -ENOTDIR);
    remove_file("file");
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(dump_write(&contents, directory, name), -ENAMETOOLONG);
    static char deep[5000];
    memset(deep, 'd', sizeof(deep) - 1);
    assert_int_equal(dump_write(&contents, deep, "a.htd"), -ENAMETOOLONG);
    /* A directory of that name: the rename fails, and the temporary file goes. */
    path_of("a.htd", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(dump_write(&contents, directory, "a.htd") < 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(count_files(), 0);
    dump_free(&contents);
}

/* Somebody who may write there, too, points the name or the temporary one at a file of ours. */
static void test_symbolic_links_are_not_followed(void **state)
{
    (void)state;
    struct dump_contents contents = make_contents(1);
    char target[256], link[256], text[8] = "";
    path_of("target", target);
    int file = open(target, O_CREAT | O_RDWR, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, "keep me", 7), 7);
    static const char *const names[] = {"a.htd", ".a.htd.tmp"};
    for (size_t i = 0; i < 2; i++) {
        struct stat status;
        path_of(names[i], link);
        assert_int_equal(symlink(target, link), 0);
        assert_int_equal(dump_write(&contents, directory, "a.htd"), 0);
        assert_loads("a.htd", 1);
        path_of("a.htd", link);
        assert_int_equal(lstat(link, &status), 0);
        assert_true(S_ISREG(status.st_mode));
        remove_file("a.htd");
    }
    assert_int_equal(pread(file, text, 7, 0), 7);
    assert_string_equal(text, "keep me");
    close(file);
    remove_file("target");
    dump_free(&contents);
}

/* A dump that the program's limit would cut is not begun: no SIGXFSZ, no file. */
static void test_the_file_size_limit(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct dump_contents contents = make_contents(1000);
        struct rlimit limit = {.rlim_cur = 20000, .rlim_max = RLIM_INFINITY};
        signal(SIGXFSZ, SIG_DFL);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(dump_write(&contents, directory, "a.htd") == -EFBIG ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(count_files(), 0);
}

/* No descriptor is to be had: the dump of before stays. */
static void test_no_descriptor_is_left(void **state)
{
    (void)state;
    struct dump_contents contents = make_contents(1);
    struct rlimit limit, none;
    assert_int_equal(dump_write(&contents, directory, "a.htd"), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int error = dump_write(&contents, directory, "a.htd");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(error, -EMFILE);
    assert_loads("a.htd", 1);
    assert_int_equal(count_files(), 1);
    remove_file("a.htd");
    dump_free(&contents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_analyzer_reads_what_was_written),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_an_older_dump_is_kept),
        cmocka_unit_test(test_dumps_of_one_time_are_kept),
        cmocka_unit_test(test_a_directory_that_cannot_be_written),
        cmocka_unit_test(test_symbolic_links_are_not_followed),
        cmocka_unit_test(test_the_file_size_limit),
        cmocka_unit_test(test_no_descriptor_is_left),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
