/*
 * Calls and jumps in x86-64 code: see machine_code.h. A call is known by the bytes before its
 * return address (Intel manual, volume 2: E8 call rel32, FF 15 call [rip+disp32]); jumps are found
 * with capstone, which tells instructions apart. libelf checks the bounds of sections, this file
 * those of addresses in them.
 */
#include "machine_code.h"

#include <stdlib.h>
#include <string.h>

#include <capstone/capstone.h>

struct section {
    uint64_t start, end; /* ELF virtual addresses */
    const unsigned char *bytes;
};

/* A pointer that the dynamic linker fills. */
struct slot {
    GElf_Rela relocation;
    size_t symbols; /* the section of its symbol */
};

struct machine_code {
    Elf *elf;
    csh decoder; /* 0: none */
    cs_insn *instruction;
    struct section *sections; /* with code */
    size_t count;
    struct slot *slots; /* by address, once one was asked for */
    size_t slot_count;
    bool slots_collected;
};

/* Sections whose bytes are in this file: in a file of debug information they have none. */
static bool add_section(struct machine_code *code, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    if (data == NULL || data->d_buf == NULL || data->d_size != header->sh_size ||
        header->sh_addr + header->sh_size < header->sh_addr)
        return true;
    struct section *grown = reallocarray(code->sections, code->count + 1, sizeof(*grown));
    if (grown == NULL)
        return false;
    code->sections = grown;
    code->sections[code->count++] =
        (struct section){header->sh_addr, header->sh_addr + header->sh_size, data->d_buf};
    return true;
}

static void open_decoder(struct machine_code *code)
{
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &code->decoder) != CS_ERR_OK) {
        code->decoder = 0;
        return;
    }
    cs_option(code->decoder, CS_OPT_DETAIL, CS_OPT_ON);
    code->instruction = cs_malloc(code->decoder);
    if (code->instruction == NULL)
        cs_close(&code->decoder);
}

struct machine_code *machine_code_new(Elf *elf)
{
    GElf_Ehdr header;
    struct machine_code *code = calloc(1, sizeof(*code));
    if (code == NULL)
        return NULL;
    code->elf = elf;
    open_decoder(code);
    if (gelf_getehdr(elf, &header) == NULL || header.e_machine != EM_X86_64)
        return code;
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr shdr;
        if (gelf_getshdr(section, &shdr) != NULL && shdr.sh_type == SHT_PROGBITS &&
            (shdr.sh_flags & SHF_EXECINSTR) != 0 && !add_section(code, section, &shdr))
            break;
    }
    return code;
}

void machine_code_free(struct machine_code *code)
{
    if (code == NULL)
        return;
    if (code->decoder != 0) {
        cs_free(code->instruction, 1);
        cs_close(&code->decoder);
    }
    free(code->slots);
    free(code->sections);
    free(code);
}

/* The bytes from `address` on, *room of them; NULL when there is no code. */
static const unsigned char *code_at(const struct machine_code *code, uint64_t address, size_t *room)
{
    for (size_t i = 0; i < code->count; i++) {
        const struct section *section = &code->sections[i];
        if (address >= section->start && address < section->end) {
            *room = section->end - address;
            return section->bytes + (address - section->start);
        }
    }
    return NULL;
}

static uint64_t relative(const unsigned char *bytes, uint64_t from)
{
    int32_t distance;
    memcpy(&distance, bytes, sizeof(distance));
    return from + (uint64_t)(int64_t)distance;
}

static void collect_section_slots(struct machine_code *code, Elf_Scn *section,
                                  const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data != NULL && header->sh_entsize > 0 ? data->d_size / header->sh_entsize : 0;
    struct slot *grown = count > 0 && count < INT32_MAX
                             ? reallocarray(code->slots, code->slot_count + count, sizeof(*grown))
                             : NULL;
    if (grown == NULL)
        return;
    code->slots = grown;
    for (size_t i = 0; i < count; i++) {
        struct slot slot = {.symbols = header->sh_link};
        if (gelf_getrela(data, (int)i, &slot.relocation) != NULL)
            code->slots[code->slot_count++] = slot;
    }
}

static int by_address(const void *left, const void *right)
{
    const struct slot *a = left, *b = right;
    uint64_t first = a->relocation.r_offset, second = b->relocation.r_offset;
    return (first > second) - (first < second);
}

static void collect_slots(struct machine_code *code)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(code->elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_RELA)
            collect_section_slots(code, section, &header);
    }
    if (code->slot_count > 1)
        qsort(code->slots, code->slot_count, sizeof(*code->slots), by_address);
}

/* What the dynamic linker puts into the pointer at `address`. */
static bool target_of_slot(struct machine_code *code, uint64_t address, struct code_target *target)
{
    if (!code->slots_collected)
        collect_slots(code);
    code->slots_collected = true;
    const struct slot wanted = {.relocation = {.r_offset = address}};
    const struct slot *slot = code->slot_count > 0 ? bsearch(&wanted, code->slots, code->slot_count,
                                                             sizeof(*code->slots), by_address)
                                                   : NULL;
    if (slot == NULL)
        return false;
    if (GELF_R_TYPE(slot->relocation.r_info) == R_X86_64_RELATIVE) {
        *target = (struct code_target){.address = (uint64_t)slot->relocation.r_addend};
        return true;
    }
    Elf_Scn *section = elf_getscn(code->elf, slot->symbols);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    GElf_Shdr header;
    GElf_Sym symbol;
    if (data == NULL || gelf_getshdr(section, &header) == NULL ||
        gelf_getsym(data, (int)GELF_R_SYM(slot->relocation.r_info), &symbol) == NULL)
        return false;
    const char *name = elf_strptr(code->elf, header.sh_link, symbol.st_name);
    *target = (struct code_target){.symbol = name};
    return name != NULL && name[0] != '\0';
}

/* A stub of the procedure linkage table, or the function itself. */
static bool target_at(struct machine_code *code, uint64_t address, struct code_target *target)
{
    static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    size_t room;
    uint64_t stub = address;
    const unsigned char *bytes = code_at(code, stub, &room);
    if (bytes == NULL)
        return false;
    *target = (struct code_target){.address = address};
    if (room >= 4 && memcmp(bytes, endbr64, 4) == 0) {
        bytes += 4;
        room -= 4;
        stub += 4;
    }
    if (room >= 7 && bytes[0] == 0xf2) { /* bnd */
        bytes++;
        room--;
        stub++;
    }
    if (room >= 6 && bytes[0] == 0xff && bytes[1] == 0x25)
        return target_of_slot(code, relative(bytes + 2, stub + 6), target);
    return true;
}

bool machine_code_call(struct machine_code *code, uint64_t return_address,
                       struct code_target *target)
{
    size_t room;
    const unsigned char *bytes = code_at(code, return_address - 6, &room);
    if (bytes == NULL || room < 6)
        return false;
    if (bytes[1] == 0xe8)
        return target_at(code, relative(bytes + 2, return_address), target);
    return bytes[0] == 0xff && bytes[1] == 0x15 &&
           target_of_slot(code, relative(bytes + 2, return_address), target);
}

static enum code_jump target_of_jump(struct machine_code *code, const cs_insn *instruction,
                                     struct code_target *target)
{
    const cs_x86_op *operand = &instruction->detail->x86.operands[0];
    if (instruction->detail->x86.op_count != 1)
        return CODE_JUMP_UNKNOWN;
    if (operand->type == X86_OP_IMM)
        return target_at(code, (uint64_t)operand->imm, target) ? CODE_JUMP : CODE_JUMP_UNKNOWN;
    if (operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP &&
        target_of_slot(code, instruction->address + instruction->size + (uint64_t)operand->mem.disp,
                       target))
        return CODE_JUMP;
    return CODE_JUMP_UNKNOWN;
}

enum code_jump machine_code_next_jump(struct machine_code *code, struct code_range *range,
                                      struct code_target *target)
{
    size_t room;
    const unsigned char *bytes = code_at(code, range->next, &room);
    if (range->next >= range->end || bytes == NULL || code->decoder == 0)
        return CODE_JUMP_NONE;
    if (room > range->end - range->next)
        room = range->end - range->next;
    while (room > 0) {
        if (!cs_disasm_iter(code->decoder, &bytes, &room, &range->next, code->instruction))
            return CODE_JUMP_UNKNOWN; /* an instruction newer than the decoder, or data */
        if (!cs_insn_group(code->decoder, code->instruction, X86_GRP_JUMP))
            continue;
        range->at = code->instruction->address;
        return target_of_jump(code, code->instruction, target);
    }
    return CODE_JUMP_NONE;
}
