/*
 * What the unwinders are told of an address that is no code: see absent_code.h.
 *
 * Where nothing describes an address, they read what lies there, to see whether a signal handler
 * returns by it: libgcc always (config/i386/linux-unwind.h, x86_64_fallback_frame_state), libunwind
 * where it could read before (x86_64/Gos-linux.c, unw_is_signal_frame; it keeps in mind some pages
 * that could). The program may have jumped there, have overwritten a return address, or have
 * unmapped code that it will never return to, as Mono does with what it compiled before it calls
 * exit. The linker sends libgcc's search for a description here (meson.build, --wrap). Takes no
 * lock; runs while unwinding.
 */
#include "absent_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dwarf_bases.h"
#include "page.h"
#include "reader.h"

#define SIGNAL_RETURN_BYTES 9u /* mov $15, %rax; syscall */

#define DW_CFA_NOP       0x00
#define DW_CFA_UNDEFINED 0x07
#define DW_CFA_DEF_CFA   0x0c
#define DW_EH_PE_ABSPTR  0x00
#define DW_EH_PE_OMIT    0xff
#define DWARF_RSP        7
#define DWARF_RETURN     16

/* A CIE and an FDE as .eh_frame has them (Linux Standard Base, 10.6.1): the return address is not
 * to be found, which is the end of a stack (x86-64 psABI; libgcc, unwind-dw2.c, uw_update_context).
 */
struct description {
    struct {
        uint32_t length, is_cie;
        uint8_t version, augmentation, code_alignment, data_alignment, return_column;
        uint8_t instructions[7];
    } common;
    struct {
        uint32_t length, to_common;
        uint64_t begin, bytes;
    } function;
};

static const struct description end_of_stack = {
    .common = {.length = sizeof(end_of_stack.common) - sizeof(uint32_t),
               .version = 1,
               .code_alignment = 1,
               .data_alignment = 0x78, /* -8 */
               .return_column = DWARF_RETURN,
               .instructions = {DW_CFA_DEF_CFA, DWARF_RSP, sizeof(uint64_t), DW_CFA_UNDEFINED,
                                DWARF_RETURN, DW_CFA_NOP, DW_CFA_NOP}},
    .function = {.length = sizeof(end_of_stack.function) - sizeof(uint32_t),
                 .to_common = offsetof(struct description, function.to_common),
                 .bytes = UINT64_MAX},
};

/* What is read begins at the address or one byte behind it. Mostly it lies in one page, and is
 * asked for once: where code is made at run time, this is one system call for each stack. */
static bool is_absent(uint64_t address)
{
    uint64_t last = address + SIGNAL_RETURN_BYTES;
    return !process_can_read(last) ||
           (address / PAGE_BYTES != last / PAGE_BYTES && !process_can_read(address));
}

const void *__real__Unwind_Find_FDE(void *address, struct dwarf_eh_bases *bases);
const void *__wrap__Unwind_Find_FDE(void *address, struct dwarf_eh_bases *bases);

const void *__wrap__Unwind_Find_FDE(void *address, struct dwarf_eh_bases *bases)
{
    const void *found = __real__Unwind_Find_FDE(address, bases);
    if (found || !is_absent((uintptr_t)address))
        return found;
    *bases = (struct dwarf_eh_bases){.function = address};
    return &end_of_stack.function;
}

/* .eh_frame_hdr without a table to search: the one description lies where .eh_frame begins. */
struct __attribute__((packed)) eh_frame_header {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    const void *frame;
    uint64_t count;
};

int absent_code_list(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    /* dwarf/Gfind_proc_info-lsb.c, struct dwarf_callback_data: the address comes first. */
    uint64_t address = *(const uint64_t *)data;
    if (!is_absent(address))
        return 0;
    const struct eh_frame_header header = {.version = 1,
                                           .frame_encoding = DW_EH_PE_ABSPTR,
                                           .count_encoding = DW_EH_PE_ABSPTR,
                                           .table_encoding = DW_EH_PE_OMIT,
                                           .frame = &end_of_stack.function,
                                           .count = 1};
    /* As far as the file goes descriptions are looked for. */
    const ElfW(Phdr) segments[] = {
        {.p_type = PT_LOAD, .p_vaddr = address, .p_memsz = 1, .p_filesz = UINT64_MAX - address},
        {.p_type = PT_GNU_EH_FRAME, .p_vaddr = (uintptr_t)&header}};
    struct dl_phdr_info module = {.dlpi_name = "", .dlpi_phdr = segments, .dlpi_phnum = 2};
    return callback(&module, sizeof(module), data);
}
