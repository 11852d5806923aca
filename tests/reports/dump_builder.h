/*
 * Builds small dumps for tests, by the words of docs/dump-format.md and not by the tracker's
 * writer: a mistake in one of the two shows as a test that fails.
 */
#ifndef HASHTRACK_DUMP_BUILDER_H
#define HASHTRACK_DUMP_BUILDER_H

#include <stddef.h>

#include "dump_format.h"

struct buffer {
    unsigned char *bytes;
    size_t count;
};

struct dump_builder {
    struct dump_info info;
    struct buffer sections[DUMP_SECTION_LAST + 1]; /* by kind; INFO is taken from `info` */
};

/* A program of 64 MiB that ran for a minute: "/opt/example/server", pid 4711, at its end. */
void builder_begin(struct dump_builder *builder);

uint32_t builder_string(struct dump_builder *builder, const char *text);
uint32_t builder_module(struct dump_builder *builder, const char *path, const char *build_id);

/* A stack with the given offsets in a module, innermost first, ending with 0. */
uint32_t builder_site(struct dump_builder *builder, uint32_t module, const uint64_t *offsets);

/* A line of a script; returns 1 + its index. */
uint32_t builder_script(struct dump_builder *builder, const char *file, const char *function,
                        uint32_t line);
/* A stack of two frames: that of builder_script's number, called from the offset. */
uint32_t builder_script_site(struct dump_builder *builder, uint32_t script, uint32_t module,
                             uint64_t offset);

/* The table gets the implementation's name and no arrays, growths or readings; returns its index.
 * They are added after it and before the next table. */
uint32_t builder_table(struct dump_builder *builder, const char *implementation,
                       const struct dump_table *table);
void builder_array(struct dump_builder *builder, uint64_t address, uint64_t bytes,
                   enum dump_role role);
void builder_growth(struct dump_builder *builder, uint64_t at_ms, uint64_t from_bytes,
                    uint64_t to_bytes, uint64_t live);
void builder_reading(struct dump_builder *builder, uint64_t at_ms, uint64_t capacity,
                     uint64_t live);
/* A link to the table that was added last; returns its index. */
uint32_t builder_owner(struct dump_builder *builder, const struct dump_owner *owner);

void builder_counter(struct dump_builder *builder, const char *name, uint64_t value);
void builder_warning(struct dump_builder *builder, const char *text);
void builder_suppressions(struct dump_builder *builder, const char *text);

/* The file, malloc'ed; the builder is empty afterwards. */
struct buffer builder_finish(struct dump_builder *builder);

/* Makes the checksums of a file right again after its bytes were changed. */
void rechecksum(struct buffer *file);

#endif
