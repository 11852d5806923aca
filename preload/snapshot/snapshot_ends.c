/*
 * Where the slots of a rounded block end, of a table whose growths did not tell: see
 * snapshot_table.h.
 */
#include "snapshot_table.h"

#include "named_end.h"
#include "vector_length.h"

#define LEAST_PRIMES 3u /* arrays before this one */

/* A table of primes keeps which of them it has, and no word says that its arrays were rounded up to
 * cache lines: of a prime number of slots each was. By chance this one and three before it are so
 * in one of some thousand tables. */
static uint64_t prime_end(const struct snapshot *snapshot, const struct table_record *record,
                          const struct block *block)
{
    const struct slot_profile *profile = &record->profile;
    const uint64_t prime = prime_in_line(profile, block->bytes);
    uint32_t growths = 0;
    for (uint32_t at = record->last_growth;
         growths < LEAST_PRIMES && pool_has(&snapshot->registry->growths, at); growths++) {
        const struct growth_record *growth = pool_at(&snapshot->registry->growths, at);
        if (prime_in_line(profile, growth->from_bytes) == 0)
            return 0;
        at = growth->previous;
    }
    return prime != 0 && growths == LEAST_PRIMES &&
                   named_end_may_be(&snapshot->view, block, profile, prime)
               ? prime
               : 0;
}

void snapshot_end_slots(const struct snapshot *snapshot, const struct live_array *array,
                        struct table_record *record)
{
    struct slot_profile *profile = &record->profile;
    struct block block = {.address = array->record.address, .bytes = array->record.bytes};
    if ((uint32_t)array->record.sequence != profile->array_sequence)
        return;
    uint64_t used = vector_used_bytes(&snapshot->view, &block), in_front = profile->header_bytes;
    uint64_t slots =
        used > in_front && profile->slot_bytes != 0 && (used - in_front) % profile->slot_bytes == 0
            ? (used - in_front) / profile->slot_bytes
            : named_end(&snapshot->view, &block, profile);
    if (slots == 0 && profile->tail_bytes == 0)
        slots = prime_end(snapshot, record, &block);
    if (slots != 0)
        profile->tail_bytes = block.bytes - in_front - slots * profile->slot_bytes;
}
