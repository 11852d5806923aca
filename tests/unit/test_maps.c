/* Parsing /proc/PID/maps: maps.h, file.h. */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "file.h"
#include "maps.h"

static const char sample[] =
    "55d0c0a00000-55d0c0a02000 r--p 00000000 fd:01 1234                       /usr/bin/cat\n"
    "55d0c0a02000-55d0c0a07000 r-xp 00002000 fd:01 1234                       /usr/bin/cat\n"
    "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 \n"
    "7f1000000000-7f1000001000 ---s 7ff000 00:05 77                         /dev/zero (deleted)\n"
    "7f2000000000-7f2000001000 rw-s 00000000 00:01 3 /tmp/a name with  blanks\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]";

static struct buffer text_of(const char *text)
{
    struct buffer buffer = {0};
    assert_int_not_equal(buffer_append(&buffer, text, strlen(text)), SIZE_MAX);
    return buffer;
}

static void assert_path(const struct mapping *mapping, const char *path)
{
    assert_int_equal(mapping->path_bytes, strlen(path));
    assert_memory_equal(mapping->path, path, mapping->path_bytes);
}

static void test_every_kind_of_line(void **state)
{
    (void)state;
    struct buffer text = text_of(sample);
    struct mapping mapping;
    size_t offset = 0;
    assert_true(maps_next(&text, &offset, &mapping));
    assert_int_equal(mapping.start, 0x55d0c0a00000);
    assert_int_equal(mapping.end, 0x55d0c0a02000);
    assert_true(mapping.readable && !mapping.writable && !mapping.executable && !mapping.shared);
    assert_path(&mapping, "/usr/bin/cat");
    assert_true(maps_next(&text, &offset, &mapping));
    assert_true(mapping.executable && mapping.file_offset == 0x2000);
    assert_true(maps_next(&text, &offset, &mapping));
    assert_true(mapping.readable && mapping.writable && mapping.file_offset == 0);
    assert_path(&mapping, "");
    assert_true(maps_next(&text, &offset, &mapping));
    assert_true(mapping.shared && !mapping.readable && mapping.file_offset == 0x7ff000);
    assert_path(&mapping, "/dev/zero (deleted)");
    assert_true(maps_next(&text, &offset, &mapping));
    assert_path(&mapping, "/tmp/a name with  blanks");
    assert_true(maps_next(&text, &offset, &mapping)); /* without a newline */
    assert_int_equal(mapping.end, 0xffffffffff601000);
    assert_path(&mapping, "[vsyscall]");
    assert_false(maps_next(&text, &offset, &mapping));
    assert_false(maps_next(&text, &offset, &mapping));
    buffer_free(&text);
}

static void test_lines_that_make_no_sense(void **state)
{
    (void)state;
    struct buffer text = text_of("\n\nnonsense\n1000\n1000-\n1000-2000\n1000-2000 rw\n"
                                 "2000-1000 rw-p 00000000 00:00 0\n1000-2000 rw-p x 00:00 0\n"
                                 "3000-4000 rw-p 00000000 00:00 0 good\n1000-2000 rw-p ");
    struct mapping mapping;
    size_t offset = 0;
    assert_true(maps_next(&text, &offset, &mapping));
    assert_int_equal(mapping.start, 0x3000);
    assert_path(&mapping, "good");
    assert_false(maps_next(&text, &offset, &mapping));
    buffer_free(&text);
}

/* Cut anywhere, nothing outside of the text is looked at (the sanitizers see to that). */
static void test_a_text_cut_anywhere(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < sizeof(sample); bytes++) {
        char *memory = malloc(bytes + 1);
        assert_non_null(memory);
        memcpy(memory, sample, bytes);
        char *exact = realloc(memory, bytes ? bytes : 1);
        assert_non_null(exact);
        struct buffer text = {.memory = exact, .used = bytes, .room = bytes};
        struct mapping mapping;
        size_t offset = 0, lines = 0;
        while (maps_next(&text, &offset, &mapping)) {
            assert_true(mapping.start < mapping.end);
            assert_true(mapping.path >= exact &&
                        mapping.path + mapping.path_bytes <= exact + bytes);
            lines++;
        }
        assert_true(lines <= 6);
        free(exact);
    }
}

static bool is_mapped(const struct buffer *text, uint64_t address, struct mapping *mapping)
{
    size_t offset = 0;
    while (maps_next(text, &offset, mapping))
        if (address >= mapping->start && address < mapping->end)
            return true;
    return false;
}

static void test_our_own_process(void **state)
{
    (void)state;
    struct buffer text = {0}, by_number = {0};
    struct mapping mapping;
    long page = sysconf(_SC_PAGESIZE);
    char *memory =
        mmap(NULL, (size_t)page * 3, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + page, (size_t)page, PROT_NONE), 0);
    assert_true(maps_read(0, &text));
    assert_true(is_mapped(&text, (uint64_t)(uintptr_t)memory, &mapping));
    assert_true(mapping.readable && mapping.writable);
    assert_true(is_mapped(&text, (uint64_t)(uintptr_t)memory + (uint64_t)page, &mapping));
    assert_true(!mapping.readable && !mapping.writable);
    assert_int_equal(mapping.end - mapping.start, page);
    assert_true(is_mapped(&text, (uint64_t)(uintptr_t)test_our_own_process, &mapping));
    assert_true(mapping.executable);
    assert_false(is_mapped(&text, 0, &mapping));
    assert_true(maps_read(getpid(), &by_number));
    assert_true(is_mapped(&by_number, (uint64_t)(uintptr_t)memory, &mapping));
    assert_int_equal(munmap(memory, (size_t)page * 3), 0);
    buffer_free(&text);
    buffer_free(&by_number);
    assert_false(maps_read(0x3fffffff, &text)); /* no such process */
    buffer_free(&text);
}

static void *path_of_another_thread(void *path)
{
    proc_path(path, 0, "exe");
    return path;
}

static void test_paths(void **state)
{
    (void)state;
    char path[64];
    proc_path(path, 1, "maps");
    assert_string_equal(path, "/proc/1/maps");
    proc_path(path, 2147483647, "pagemap");
    assert_string_equal(path, "/proc/2147483647/pagemap");
    proc_path(path, 0, "exe");
    assert_string_equal(path, "/proc/self/exe");
    /* It may be the last one: then "self" is a process without memory. */
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, path_of_another_thread, path), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(path, "/proc/thread-self/exe");
}

/* A program that closed its standard streams must not find its output in our file. */
static void test_descriptors_stay_above_the_standard_streams(void **state)
{
    (void)state;
    int kept = dup(STDIN_FILENO);
    assert_true(kept > 2);
    close(STDIN_FILENO);
    int fd = file_open("/dev/null", O_RDONLY, 0);
    bool is_free = fcntl(STDIN_FILENO, F_GETFD) < 0;
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(kept);
    assert_true(fd > 2);
    assert_true(is_free);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(file_close(fd), 0);
    assert_int_equal(file_close(fd), -EBADF);
    assert_int_equal(file_open("/no/such/file", O_RDONLY, 0), -ENOENT);
}

/* Where the kernel can give names, ours is on what we map. */
static void test_our_memory_has_a_name(void **state)
{
    (void)state;
    char *other = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool has_names = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, other, 4096, "other") == 0;
    munmap(other, 4096);
    if (!has_names)
        skip();
    char *memory = system_map(8192);
    struct buffer text = {0};
    struct mapping mapping;
    size_t offset = 0;
    bool found = false;
    assert_true(maps_read(0, &text));
    while (maps_next(&text, &offset, &mapping)) {
        if (mapping.start > (uintptr_t)memory || mapping.end <= (uintptr_t)memory)
            continue;
        assert_path(&mapping, "[anon:" SYSTEM_MAP_NAME "]");
        found = true;
    }
    assert_true(found);
    system_unmap(memory, 8192);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_line),
        cmocka_unit_test(test_lines_that_make_no_sense),
        cmocka_unit_test(test_a_text_cut_anywhere),
        cmocka_unit_test(test_our_own_process),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_descriptors_stay_above_the_standard_streams),
        cmocka_unit_test(test_our_memory_has_a_name),
    };
    return RUN(tests);
}
