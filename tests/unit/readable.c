/* See readable.h. */
#include "readable.h"

#include <string.h>

static bool read_piece(const struct memory_reader *reader, uint64_t address, void *into,
                       size_t bytes)
{
    struct readable *readable = (struct readable *)(uintptr_t)reader;
    for (unsigned i = 0; i < readable->count; i++) {
        const struct block *piece = &readable->pieces[i];
        if (address >= piece->address && bytes <= piece->bytes &&
            address - piece->address <= piece->bytes - bytes) {
            memcpy(into, (const void *)(uintptr_t)address, bytes);
            return true;
        }
    }
    readable->refused++;
    return false;
}

void readable_begin(struct readable *readable)
{
    *readable = (struct readable){.reader.read = read_piece};
}

void readable_add(struct readable *readable, const void *memory, size_t bytes)
{
    readable->pieces[readable->count++] =
        (struct block){.address = (uint64_t)(uintptr_t)memory, .bytes = bytes};
}

void readable_forget(struct readable *readable)
{
    readable->count = 0;
    readable->refused = 0;
}

uint64_t random_word(uint64_t *state)
{
    uint64_t word = *state += 0x9E3779B97F4A7C15ull;
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9ull;
    word = (word ^ word >> 27) * 0x94D049BB133111EBull;
    return word ^ word >> 31;
}
