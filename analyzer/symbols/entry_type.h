/* The type of an entry of DWARF, and how large a type is. */
#ifndef HASHTRACK_ENTRY_TYPE_H
#define HASHTRACK_ENTRY_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include <elfutils/libdw.h>

/* False where the entry has none: void, or damage. */
bool entry_type(Dwarf_Die *entry, Dwarf_Die *type);

/* 0 when unknown. */
uint64_t type_bytes(Dwarf_Die *type);

#endif
