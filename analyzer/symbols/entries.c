/* Going through the entries of a unit: see entries.h. */
#include "entries.h"

#include <stdint.h>

bool entry_next(Dwarf_Die *entry)
{
    uintptr_t before = (uintptr_t)entry->addr;
    return dwarf_siblingof(entry, entry) == 0 && (uintptr_t)entry->addr > before;
}

size_t entries_at_most(const Dwarf_Die *of_unit)
{
    Dwarf_Die unit;
    if (dwarf_cu_die(of_unit->cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) == NULL)
        return 0;
    Dwarf_Off from = dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit), to;
    size_t header_bytes;
    Dwarf *dwarf = dwarf_cu_getdwarf(of_unit->cu);
    if (dwarf_next_unit(dwarf, from, &to, &header_bytes, NULL, NULL, NULL, NULL, NULL, NULL) != 0 ||
        to <= from)
        return 0;
    return to - from;
}
