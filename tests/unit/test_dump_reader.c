/* Every damaged dump is refused, with a line that says where; every sound one is read as written.
 */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dump_builder.h"
#include "dump_reader.h"

/* A small dump with at least one record of each kind. */
static struct buffer small_dump(void)
{
    struct dump_builder builder;
    builder_begin(&builder);
    uint32_t module = builder_module(&builder, "/bin/x", "abcd");
    uint32_t site = builder_site(&builder, module, (const uint64_t[]){0x10, 0x20, 0});
    struct dump_table table = {
        .number = 1,
        .address = 0x1000,
        .bytes = 4096,
        .capacity = 512,
        .live = 7,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
        .read = DUMP_READ_EXACT,
        .birth_site = site,
        .growth_site = DUMP_NONE,
    };
    builder_table(&builder, "unknown", &table);
    builder_array(&builder, 0x1000, 4096, DUMP_ROLE_SLOTS);
    builder_growth(&builder, 5, 2048, 4096, 9);
    builder_reading(&builder, 6, 512, 7);
    struct dump_owner owner = {
        .holds = DUMP_NONE,
        .kind = DUMP_OWNER_HEAP,
        .module = DUMP_NONE,
        .site = site,
        .offset = 8,
        .block_bytes = 96,
    };
    owner.holds = builder_owner(&builder, &owner);
    owner.kind = DUMP_OWNER_STATIC;
    owner.module = module;
    builder_owner(&builder, &owner);
    builder_counter(&builder, "things dropped", 3);
    builder_warning(&builder, "a warning");
    builder_suppressions(&builder, "leak:a\nleak:b\n");
    uint32_t script = builder_script(&builder, "/opt/app/load.py", "Cache.load", 12);
    builder_script_site(&builder, script, module, 0x30);
    return builder_finish(&builder);
}

static bool parses(const struct buffer *file, struct error *error)
{
    struct dump dump;
    /* An exact copy: the sanitizers then see a read past the end. */
    unsigned char *copy = malloc(file->count ? file->count : 1);
    assert_non_null(copy);
    memcpy(copy, file->bytes, file->count);
    bool parsed = dump_parse("test.htd", copy, file->count, &dump, error);
    free(copy);
    if (parsed)
        dump_unload(&dump);
    return parsed;
}

/* Refused, with an error that names the file and has this text in it. */
static void assert_refused(const struct buffer *file, const char *text)
{
    struct error error = {0};
    assert_false(parses(file, &error));
    assert_int_equal(error.status, STATUS_BAD_DUMP);
    assert_non_null(strstr(error.text, "test.htd: "));
    if (!strstr(error.text, text))
        fail_msg("'%s' does not say '%s'", error.text, text);
}

static struct dump_section *section_of(const struct buffer *file, uint32_t kind)
{
    return (struct dump_section *)(void *)(file->bytes + sizeof(struct dump_header)) + (kind - 1);
}

static void *records_of(const struct buffer *file, uint32_t kind)
{
    return file->bytes + section_of(file, kind)->offset;
}

static void test_reads_what_was_written(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct dump dump;
    struct error error;
    assert_true(dump_parse("test.htd", file.bytes, file.count, &dump, &error));
    assert_string_equal(dump.path, "test.htd");
    assert_int_equal(dump.info.pid, 4711);
    assert_string_equal(dump_string(&dump, dump.info.program), "/opt/example/server");
    assert_int_equal(dump.table_count, 1);
    const struct dump_table *table = &dump.tables[0];
    assert_int_equal(table->capacity, 512);
    assert_string_equal(dump_string(&dump, table->implementation), "unknown");
    assert_int_equal(dump_arrays(&dump, table)->bytes, 4096);
    assert_int_equal(dump_growths(&dump, table)->live, 9);
    assert_int_equal(dump_readings(&dump, table)->at_ms, 6);
    assert_int_equal(dump.owner_count, 2);
    assert_int_equal(dump.owners[0].block_bytes, 96);
    assert_int_equal(dump.owners[1].holds, 0);
    assert_int_equal(dump.sites[0].frame_count, 2);
    assert_int_equal(dump.frames[1].offset, 0x20);
    assert_string_equal(dump_string(&dump, dump.modules[0].build_id), "abcd");
    assert_int_equal(dump.counters[0].value, 3);
    assert_string_equal(dump_string(&dump, dump.warnings[0].text), "a warning");
    assert_int_equal(dump.suppressions_count, 1);
    assert_string_equal(dump_string(&dump, dump.suppressions[0].text), "leak:a\nleak:b\n");
    dump_unload(&dump);
    free(file.bytes);
}

static void test_refuses_every_truncation(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct error error;
    for (size_t count = 0; count < file.count; count++) {
        struct buffer cut = {file.bytes, count};
        assert_false(parses(&cut, &error));
    }
    free(file.bytes);
}

static void test_refuses_every_flipped_bit(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct error error;
    for (size_t bit = 0; bit < 8 * file.count; bit++) {
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        if (parses(&file, &error))
            fail_msg("bit %zu of byte %zu was flipped and nobody noticed", bit % 8, bit / 8);
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(file.bytes);
}

static void test_refuses_bytes_after_the_end(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    file.bytes = realloc(file.bytes, file.count + 8);
    assert_non_null(file.bytes);
    memset(file.bytes + file.count, 0, 8);
    file.count += 8;
    assert_refused(&file, "its header says");
    ((struct dump_header *)(void *)file.bytes)->file_bytes = file.count;
    rechecksum(&file);
    assert_refused(&file, "belong to no section");
    free(file.bytes);
}

static void test_names_a_newer_version(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    ((struct dump_header *)(void *)file.bytes)->version = DUMP_VERSION + 1;
    rechecksum(&file);
    assert_refused(&file, "written by a newer hashtrack (dump version 2, this one reads 1)");
    free(file.bytes);
}

static void test_refuses_what_is_no_dump(void **state)
{
    (void)state;
    unsigned char text[64] = "#!/bin/sh\n";
    struct buffer file = {text, sizeof(text)};
    assert_refused(&file, "offset 0x0: not a hashtrack dump");
}

/* Checksums are right in all of these: only the meaning is wrong. */
#define BREAK(kind, type, field, value, text)                                                      \
    do {                                                                                           \
        struct buffer file = small_dump();                                                         \
        ((struct type *)records_of(&file, kind))->field = (value);                                 \
        rechecksum(&file);                                                                         \
        assert_refused(&file, text);                                                               \
        free(file.bytes);                                                                          \
    } while (0)

static void test_refuses_fields_out_of_range(void **state)
{
    (void)state;
    BREAK(DUMP_SECTION_INFO, dump_info, program, 1u << 20, "INFO[0].program lies outside STRINGS");
    BREAK(DUMP_SECTION_INFO, dump_info, reason, 0, "INFO[0].reason");
    BREAK(DUMP_SECTION_INFO, dump_info, tracked_bytes, 1ULL << 48, "INFO[0].tracked_bytes");
    BREAK(DUMP_SECTION_COUNTERS, dump_counter, name, DUMP_NONE, "COUNTERS[0].name");
    BREAK(DUMP_SECTION_WARNINGS, dump_warning, text, DUMP_NONE, "WARNINGS[0].text");
    BREAK(DUMP_SECTION_MODULES, dump_module, path, DUMP_NONE, "MODULES[0].path");
    BREAK(DUMP_SECTION_FRAMES, dump_frame, module, 1, "FRAMES[0].module names a record");
    BREAK(DUMP_SECTION_SITES, dump_site, frame_count, 5, "SITES[0].first_frame names records");
    BREAK(DUMP_SECTION_SITES, dump_site, first_frame, DUMP_NONE, "SITES[0].first_frame");
    BREAK(DUMP_SECTION_TABLES, dump_table, kind, 4, "TABLES[0].kind has a value");
    BREAK(DUMP_SECTION_TABLES, dump_table, read, 3, "TABLES[0].read has a value");
    BREAK(DUMP_SECTION_TABLES, dump_table, confidence_ppm, 1000001, "TABLES[0].confidence_ppm");
    BREAK(DUMP_SECTION_TABLES, dump_table, live, UINT64_MAX, "TABLES[0].live is larger");
    BREAK(DUMP_SECTION_TABLES, dump_table, birth_site, 2, "TABLES[0].birth_site names a record");
    BREAK(DUMP_SECTION_TABLES, dump_table, array_count, DUMP_NONE, "TABLES[0].first_array");
    BREAK(DUMP_SECTION_ARRAYS, dump_array, table, 1, "ARRAYS[0].table names a record");
    BREAK(DUMP_SECTION_ARRAYS, dump_array, role, 0, "ARRAYS[0].role has a value");
    BREAK(DUMP_SECTION_GROWTHS, dump_growth, table, DUMP_NONE, "GROWTHS[0].table names a record");
    BREAK(DUMP_SECTION_READINGS, dump_reading, table, 7, "READINGS[0].table names a record");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, table, 1, "OWNERS[0].table names a record");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, kind, 0, "OWNERS[0].kind has a value");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, module, 1, "OWNERS[0].module names a record");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, site, 2, "OWNERS[0].site names a record");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, block_bytes, 1ULL << 48, "OWNERS[0].block_bytes is");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, points_at, 1ULL << 48, "OWNERS[0].points_at is");
    BREAK(DUMP_SECTION_SUPPRESSIONS, dump_suppressions, text, DUMP_NONE,
          "SUPPRESSIONS[0].text lies");
    BREAK(DUMP_SECTION_SCRIPTS, dump_script, file, DUMP_NONE, "SCRIPTS[0].file lies outside");
    BREAK(DUMP_SECTION_SCRIPTS, dump_script, function, DUMP_NONE, "SCRIPTS[0].function lies");
    BREAK(DUMP_SECTION_SCRIPTS, dump_script, line, 1u << 31, "SCRIPTS[0].line");
    BREAK(DUMP_SECTION_FRAMES, dump_frame, script, 2, "FRAMES[0].script names a record");
    BREAK(DUMP_SECTION_FRAMES, dump_frame, script, DUMP_NONE, "FRAMES[0].script names a record");
    /* A chain leads from later links to earlier ones, through heap blocks. */
    BREAK(DUMP_SECTION_OWNERS, dump_owner, holds, 0, "OWNERS[0].holds is no earlier link");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, holds, 1, "OWNERS[0].holds is no earlier link");
    BREAK(DUMP_SECTION_OWNERS, dump_owner, kind, DUMP_OWNER_FRAME, "OWNERS[1].holds is no earlier");
}

static void test_refuses_a_second_text_of_suppressions(void **state)
{
    (void)state;
    struct dump_builder builder;
    builder_begin(&builder);
    builder_suppressions(&builder, "leak:a");
    builder_suppressions(&builder, "leak:b");
    struct buffer file = builder_finish(&builder);
    assert_refused(&file, "SUPPRESSIONS[1].text is a second text");
    free(file.bytes);
}

static void test_refuses_records_of_another_table(void **state)
{
    (void)state;
    struct dump_builder builder;
    builder_begin(&builder);
    struct dump_table table = {.birth_site = DUMP_NONE, .growth_site = DUMP_NONE};
    builder_table(&builder, "unknown", &table);
    builder_array(&builder, 0x1000, 4096, DUMP_ROLE_SLOTS);
    table.first_array = 0;
    table.array_count = 1;
    builder_table(&builder, "unknown", &table);
    struct buffer file = builder_finish(&builder);
    assert_refused(&file, "ARRAYS[0].table is not the table that names this record");
    free(file.bytes);
}

/* What a report adds up must fit into its numbers. */
static void test_refuses_tables_larger_than_all_memory(void **state)
{
    (void)state;
    struct dump_builder builder;
    struct error error;
    const struct dump_table table = {.bytes = (1ULL << 47),
                                     .capacity = (1ULL << 47),
                                     .birth_site = DUMP_NONE,
                                     .growth_site = DUMP_NONE};
    for (size_t tables = 32767; tables <= 32768; tables++) { /* of 2^48 each */
        builder_begin(&builder);
        for (size_t i = 0; i < tables; i++)
            builder_table(&builder, "unknown", &table);
        struct buffer file = builder_finish(&builder);
        if (tables == 32767)
            assert_true(parses(&file, &error));
        else
            assert_refused(&file, "TABLES[32767].bytes is too much");
        free(file.bytes);
    }
}

static void test_refuses_damaged_directories(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct dump_section *info = section_of(&file, DUMP_SECTION_INFO);
    struct dump_section good = *info;

    info->count = UINT64_MAX / info->record_bytes;
    rechecksum(&file);
    assert_refused(&file, "past the end of the file");
    *info = good;
    info->offset += 8;
    rechecksum(&file);
    assert_refused(&file, "does not follow the one before it");
    *info = good;
    info->record_bytes = 0;
    rechecksum(&file);
    assert_refused(&file, "past the end of the file");
    *info = good;
    info->kind = DUMP_SECTION_TABLES;
    rechecksum(&file);
    assert_refused(&file, "second section of the same kind");
    *info = good;
    info->kind = 99;
    rechecksum(&file);
    assert_refused(&file, "there must be one INFO record");
    free(file.bytes);
}

static void test_refuses_strings_without_end(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct dump_section *strings = section_of(&file, DUMP_SECTION_STRINGS);
    file.bytes[strings->offset + strings->count - 1] = 'x';
    rechecksum(&file);
    assert_refused(&file, "the last string has no end");
    free(file.bytes);
}

/* A million tables could name one string as long as the file. */
static void test_refuses_endless_names(void **state)
{
    (void)state;
    struct dump_builder builder;
    struct error error;
    char text[DUMP_MAX_NAME_BYTES + 2];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    builder_begin(&builder);
    builder_module(&builder, text + 1, "");
    builder.info.label = builder_string(&builder, text); /* there is one: it may be long */
    struct buffer file = builder_finish(&builder);
    assert_true(parses(&file, &error));
    free(file.bytes);
    builder_begin(&builder);
    builder_module(&builder, text, "");
    file = builder_finish(&builder);
    assert_refused(&file, "MODULES[0].path lies outside STRINGS or is too long for a name");
    free(file.bytes);
}

/* The same bytes seen as records of another length: what a later or an earlier release writes. */
static struct buffer with_record_bytes(uint32_t kind, uint32_t record_bytes)
{
    struct buffer old = small_dump();
    struct dump_section *section = section_of(&old, kind);
    uint64_t old_padded = (section->count * section->record_bytes + 7) & ~7ULL;
    uint64_t new_padded = (section->count * record_bytes + 7) & ~7ULL;
    struct buffer file = {calloc(1, old.count + new_padded - old_padded),
                          old.count + new_padded - old_padded};
    assert_non_null(file.bytes);
    size_t before = section->offset, after = section->offset + old_padded;
    memcpy(file.bytes, old.bytes, before);
    memcpy(file.bytes + before, old.bytes + before,
           record_bytes < section->record_bytes ? record_bytes : section->record_bytes);
    memcpy(file.bytes + before + new_padded, old.bytes + after, old.count - after);
    ((struct dump_header *)(void *)file.bytes)->file_bytes = file.count;
    section_of(&file, kind)->record_bytes = record_bytes;
    for (uint32_t next = kind + 1; next <= DUMP_SECTION_LAST; next++)
        section_of(&file, next)->offset += new_padded - old_padded;
    rechecksum(&file);
    free(old.bytes);
    return file;
}

static void test_reads_longer_and_shorter_records(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {sizeof(struct dump_info) + 16,
                                       offsetof(struct dump_info, own_bytes)};
    for (size_t i = 0; i < 2; i++) {
        struct buffer file = with_record_bytes(DUMP_SECTION_INFO, lengths[i]);
        struct dump dump;
        struct error error;
        if (!dump_parse("test.htd", file.bytes, file.count, &dump, &error))
            fail_msg("%s", error.text);
        assert_int_equal(dump.info.pid, 4711);
        assert_int_equal(dump.info.own_bytes, i == 0 ? 1 << 20 : 0);
        assert_int_equal(dump.table_count, 1);
        dump_unload(&dump);
        free(file.bytes);
    }
}

static void test_skips_unknown_sections(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct error error;
    section_of(&file, DUMP_SECTION_WARNINGS)->kind = 4000;
    rechecksum(&file);
    assert_true(parses(&file, &error));
    free(file.bytes);
}

static void test_says_why_a_file_cannot_be_read(void **state)
{
    (void)state;
    struct dump dump;
    struct error error;
    assert_false(dump_load("/nonexistent/x.htd", &dump, &error));
    assert_string_equal(error.text, "/nonexistent/x.htd: No such file or directory");
    assert_false(dump_load("/", &dump, &error));
    assert_int_equal(error.status, STATUS_BAD_DUMP);
}

/* A file of that length, mostly hole, that begins with these bytes. */
static bool loads_sparse(const void *begins, size_t count, off_t bytes, struct error *error)
{
    struct dump dump;
    char path[] = "/tmp/hashtrack-reader-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, begins, count, 0), (ssize_t)count);
    assert_int_equal(ftruncate(file, bytes), 0);
    close(file);
    bool loaded = dump_load(path, &dump, error);
    unlink(path);
    return loaded;
}

/* However large: what is no dump, or longer than its header says, is not read to its end. */
static void test_reads_no_more_than_a_dump(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct error error;
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    assert_false(loads_sparse("none", 4, (off_t)3 << 30, &error));
    assert_non_null(strstr(error.text, "not a hashtrack dump"));
    assert_false(loads_sparse(file.bytes, file.count, (off_t)3 << 30, &error));
    assert_non_null(strstr(error.text, "the file goes on behind"));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    assert_true(after.tv_sec - before.tv_sec < 1); /* 3 GiB take more */

    ((struct dump_header *)(void *)file.bytes)->file_bytes = DUMP_MAX_FILE_BYTES + 1;
    assert_false(loads_sparse(file.bytes, file.count, (off_t)file.count, &error));
    assert_non_null(strstr(error.text, "too large to be a dump"));
    ((struct dump_header *)(void *)file.bytes)->file_bytes = 5;
    assert_false(loads_sparse(file.bytes, file.count, (off_t)file.count, &error));
    assert_non_null(strstr(error.text, "the file goes on behind the 5 bytes"));
    free(file.bytes);
}

/* A pipe with a dump's name, which nobody writes: a directory of dumps may have one in it. */
static void test_waits_for_no_writer_of_a_pipe(void **state)
{
    (void)state;
    struct dump dump;
    struct error error;
    char directory[] = "/tmp/hashtrack-reader-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/x.htd", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(30); /* instead of a wait without end */
    bool loaded = dump_load(path, &dump, &error);
    alarm(0);
    unlink(path);
    rmdir(directory);
    assert_false(loaded);
    assert_int_equal(error.status, STATUS_BAD_DUMP);
}

/* A shell's <(...): the writer is there, and slow. */
static void test_reads_a_pipe_that_is_being_written(void **state)
{
    (void)state;
    struct buffer file = small_dump();
    struct dump dump;
    struct error error = {0};
    int ends[2], ended;
    char path[64];
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        usleep(50000);
        ssize_t first = write(ends[1], file.bytes, 100);
        usleep(50000);
        ssize_t rest = write(ends[1], file.bytes + 100, file.count - 100);
        _exit(first == 100 && (size_t)rest == file.count - 100 ? 0 : 1);
    }
    close(ends[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    bool loaded = dump_load(path, &dump, &error);
    if (!loaded)
        print_error("%s\n", error.text);
    assert_true(loaded);
    assert_int_equal(dump.table_count, 1);
    dump_unload(&dump);
    close(ends[0]);
    assert_int_equal(waitpid(writer, &ended, 0), writer);
    assert_int_equal(ended, 0);
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_was_written),
        cmocka_unit_test(test_refuses_every_truncation),
        cmocka_unit_test(test_refuses_every_flipped_bit),
        cmocka_unit_test(test_refuses_bytes_after_the_end),
        cmocka_unit_test(test_names_a_newer_version),
        cmocka_unit_test(test_refuses_what_is_no_dump),
        cmocka_unit_test(test_refuses_fields_out_of_range),
        cmocka_unit_test(test_refuses_a_second_text_of_suppressions),
        cmocka_unit_test(test_refuses_records_of_another_table),
        cmocka_unit_test(test_refuses_tables_larger_than_all_memory),
        cmocka_unit_test(test_refuses_damaged_directories),
        cmocka_unit_test(test_refuses_strings_without_end),
        cmocka_unit_test(test_refuses_endless_names),
        cmocka_unit_test(test_reads_longer_and_shorter_records),
        cmocka_unit_test(test_skips_unknown_sections),
        cmocka_unit_test(test_says_why_a_file_cannot_be_read),
        cmocka_unit_test(test_reads_no_more_than_a_dump),
        cmocka_unit_test(test_waits_for_no_writer_of_a_pipe),
        cmocka_unit_test(test_reads_a_pipe_that_is_being_written),
    };
    return RUN(tests);
}
