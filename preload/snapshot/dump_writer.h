/*
 * From records to a file (dump_format.h).
 *
 * The file appears under its name only when it is whole: it is written beside it, mode 0600,
 * following no symbolic link, and renamed. A write that the program's file-size limit would refuse
 * is not made, for it would raise SIGXFSZ in the program (trap 43).
 */
#ifndef HASHTRACK_DUMP_WRITER_H
#define HASHTRACK_DUMP_WRITER_H

#include "buffer.h"
#include "dump_format.h"

#define DUMP_SECTION_KINDS (DUMP_SECTION_LAST + 1)

struct dump_contents {
    struct buffer sections[DUMP_SECTION_KINDS]; /* by enum dump_section_kind */
    bool short_of_memory;                       /* something could not be added */
};

/* Appends one record; its index in the section, or DUMP_NONE. */
uint32_t dump_add(struct dump_contents *contents, enum dump_section_kind kind, const void *record);

/* Takes back what was added after the first `count` records. */
void dump_cut(struct dump_contents *contents, enum dump_section_kind kind, uint32_t count);

/* How many records the section holds. */
uint32_t dump_count(const struct dump_contents *contents, enum dump_section_kind kind);

/* Adds a string and returns its offset; equal strings that follow each other are stored once. */
uint32_t dump_add_string(struct dump_contents *contents, const char *text);

/* Writes directory/name. An older dump of that name is another process's that had the same number,
 * as in a container it always is: it is renamed to name.0-TIME or name-TIME, the time it was
 * written (trap 45). 0 or a negative errno. */
int dump_write(const struct dump_contents *contents, const char *directory, const char *name);

/* The same, but in place of the dump of that name, which was read before. */
int dump_rewrite(const struct dump_contents *contents, const char *directory, const char *name);

void dump_free(struct dump_contents *contents);

#endif
