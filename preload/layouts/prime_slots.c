/*
 * The common part of htab and hash_table: see prime_slots.h.
 */
#include "prime_slots.h"

#include "power_primes.h"
#include "words.h"

#define CAPACITY_MIN 61

/* prime_tab[0] is 7, the prime below 2^3. */
#define FIRST_POWER 3u

static bool is_slot_size(const struct block *block, uint64_t slots)
{
    return block->bytes % slots == 0 && block->bytes / slots % 8 == 0;
}

bool prime_slots_divide(const struct block *block)
{
    for (unsigned power = FIRST_POWER;
         power < POWER_PRIMES && power_primes[power] <= block->bytes / 8; power++)
        if (power_primes[power] >= CAPACITY_MIN && is_slot_size(block, power_primes[power]))
            return true;
    return false;
}

bool prime_slots_fit(const struct prime_slots *slots, uint32_t index, const struct block *block)
{
    return index < POWER_PRIMES - FIRST_POWER && slots->size == power_primes[index + FIRST_POWER] &&
           slots->size >= CAPACITY_MIN && slots->entries == block->address &&
           is_slot_size(block, slots->size) && slots->deleted <= slots->elements &&
           slots->elements <= slots->size;
}

struct count {
    uint64_t slot_bytes;
    struct prime_slot_marks marks;
    uint64_t empty, deleted;
};

static bool count_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct count *count = context;
    (void)offset;
    for (size_t at = 0; at + count->slot_bytes <= bytes; at += count->slot_bytes) {
        uint64_t word = word_u64(piece, at);
        if (word == count->marks.empty)
            count->empty++;
        else if (word == count->marks.deleted)
            count->deleted++;
    }
    return true;
}

bool prime_slots_count(const struct layout_view *view, const struct prime_slots *slots,
                       const struct block *block, struct prime_slot_marks marks)
{
    struct count count = {.slot_bytes = block->bytes / slots->size, .marks = marks};
    return layout_scan(view, block->address, block->bytes, count.slot_bytes, count_slots, &count) &&
           count.empty == slots->size - slots->elements && count.deleted == slots->deleted;
}

/* htab_expand() asks for twice as many slots as there are elements. */
uint64_t prime_slots_capacity_for(uint64_t live)
{
    unsigned power = FIRST_POWER;
    while (power < POWER_PRIMES - 1 && power_primes[power] < live * 2)
        power++;
    return power_primes[power];
}

void prime_slots_fill(const struct prime_slots *slots, uint64_t object, const struct block *block,
                      struct table_reading *out)
{
    out->header = object;
    out->capacity = slots->size;
    out->live = slots->elements - slots->deleted;
    out->tombstones = slots->deleted;
    out->slot_bytes = block->bytes / slots->size;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_TOMBSTONES |
                 DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_SLOTS};
}
