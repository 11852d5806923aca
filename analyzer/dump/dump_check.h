/* The second half of loading a dump: do its records make sense together? */
#ifndef HASHTRACK_DUMP_CHECK_H
#define HASHTRACK_DUMP_CHECK_H

#include "dump_reader.h"

/* The name of a section, as docs/dump-format.md has it; NULL for a kind we do not know. */
const char *dump_section_name(uint32_t kind);

/* Checks every field that names a string, a record or an enumerated value. */
bool dump_check(const struct dump *dump, struct error *error);

#endif
