/*
 * A name for a table that stays the same from run to run of the same binary: addresses differ, the
 * implementation and the call stacks that made it and grew it do not.
 */
#ifndef HASHTRACK_TABLE_IDENTITY_H
#define HASHTRACK_TABLE_IDENTITY_H

#include "dump_reader.h"

#define TABLE_ID_BYTES 40 /* 16 hexadecimal digits, "-" and an ordinal */

/* Names every table of the dump: ids[i] for tables[i]. Tables of the same stacks are told apart by
 * the order in which they were seen, from the second on: "9c41e07b00a1b2c3-2". */
bool table_identities(const struct dump *dump, char (*ids)[TABLE_ID_BYTES], struct error *error);

#endif
