/*
 * How libgcc's unwinder, which is linked in, looks for what describes an address.
 */
#ifndef HASHTRACK_DWARF_BASES_H
#define HASHTRACK_DWARF_BASES_H

/* libgcc, unwind-dw2-fde.h: where the function begins, the last member, is read from it. */
struct dwarf_eh_bases {
    void *text, *data, *function;
};

/* The description, and *bases of it; NULL, and *bases unchanged, when there is none. An address
 * that cannot be read is described by itself (absent_code.c). */
const void *_Unwind_Find_FDE(void *address, struct dwarf_eh_bases *bases);

#endif
