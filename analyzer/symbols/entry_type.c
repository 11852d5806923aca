/* The type of an entry of DWARF: see entry_type.h. */
#include "entry_type.h"

#include <dwarf.h>

bool entry_type(Dwarf_Die *entry, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(entry, DW_AT_type, &attribute) != NULL &&
           dwarf_formref_die(&attribute, type) != NULL;
}

uint64_t type_bytes(Dwarf_Die *type)
{
    Dwarf_Word bytes;
    return dwarf_aggregate_size(type, &bytes) == 0 ? bytes : 0;
}
