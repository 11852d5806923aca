/*
 * Loads a dump and checks all of it. Whatever comes out of dump_load() can be used without looking
 * again: every index is in range, every string ends, every enumerated value is one we know, no two
 * tables share an array, a growth or a reading, and no size reaches DUMP_NUMBER_LIMIT.
 */
#ifndef HASHTRACK_DUMP_READER_H
#define HASHTRACK_DUMP_READER_H

#include <stddef.h>

#include "dump_format.h"
#include "error.h"

#define DUMP_MAX_FILE_BYTES (4ULL << 30)
/* A program has 2^47 bytes of address space (x86-64, Linux mm.rst): more slots, entries or bytes
 * than twice that are damage, and products of two smaller numbers fit in 128 bits. */
#define DUMP_NUMBER_LIMIT    (1ULL << 48)
#define DUMP_MAX_SITE_FRAMES 1024u /* options.h allows 64 */
/* Of an implementation, a module, a script: each table and frame may name the same one, and a
 * report repeats it. A path has at most 4,096 bytes (Linux: PATH_MAX). */
#define DUMP_MAX_NAME_BYTES 65536u

struct dump {
    char *path;
    unsigned char *file; /* as dump_load() read it: most records lie in it */
    size_t file_bytes;
    struct dump_info info;
    const char *strings;
    size_t string_bytes;
    const struct dump_counter *counters;
    size_t counter_count;
    const struct dump_warning *warnings;
    size_t warning_count;
    const struct dump_module *modules;
    size_t module_count;
    const struct dump_frame *frames;
    size_t frame_count;
    const struct dump_site *sites;
    size_t site_count;
    const struct dump_table *tables;
    size_t table_count;
    const struct dump_array *arrays;
    size_t array_count;
    const struct dump_growth *growths;
    size_t growth_count;
    const struct dump_reading *readings;
    size_t reading_count;
    const struct dump_script *scripts;
    size_t script_count;
    const struct dump_grown_place *grown_places;
    size_t grown_place_count;
    const struct dump_owner *owners;
    size_t owner_count;
    const struct dump_suppressions *suppressions;
    size_t suppressions_count;                           /* 0 or 1 */
    struct dump_section sections[DUMP_SECTION_LAST + 1]; /* by kind, as the file has them */
};

/* Reads the file; *dump is empty when it fails. */
bool dump_load(const char *path, struct dump *dump, struct error *error);

/* The same for bytes in memory, which are copied; `path` is only for messages. */
bool dump_parse(const char *path, const void *bytes, size_t count, struct dump *dump,
                struct error *error);

void dump_unload(struct dump *dump);

/* A string of the dump; the offset comes from one of its records. */
const char *dump_string(const struct dump *dump, uint32_t offset);

/* Whether it was written in place of the dump of a process that left none (unseen.h). */
bool dump_stands_for_none(const struct dump *dump);

/* The growths, readings and arrays of a table; NULL when it has none. */
const struct dump_growth *dump_growths(const struct dump *dump, const struct dump_table *table);
const struct dump_reading *dump_readings(const struct dump *dump, const struct dump_table *table);
const struct dump_array *dump_arrays(const struct dump *dump, const struct dump_table *table);

#endif
