/*
 * The pool of fingerprints: see fingerprints.h. Used round and round without a lock; a fingerprint
 * that was overwritten has another owner, and one that is torn has its words out of order, or
 * proves nothing, since they are not found.
 */
#include "fingerprints.h"

#define LEAST_WORDS (FINGERPRINT_WORDS / 4) /* fewer are not worth keeping */

struct fingerprint {
    uint32_t owner; /* low half of the sequence of the array it is for */
    uint16_t count;
    uint16_t unit; /* bytes of a word */
    uint64_t source_bytes;
    struct {
        uint64_t offset : 48;
        uint64_t run : 16;
        uint64_t word;
    } words[FINGERPRINT_WORDS];
};

_Static_assert(sizeof(struct fingerprint) <= FINGERPRINT_BYTES, "the pool's records are smaller");

static uint32_t keep(struct registry *registry, const struct sample *sample, uint32_t owner)
{
    /* The pool is used round and round: what was not looked at for thousands of reallocs is stale.
     */
    uint32_t ticket = atomic_fetch_add(&registry->next_fingerprint, 1);
    uint32_t index = 1 + ticket % (registry->fingerprints.max_records - 1);
    while (!pool_has(&registry->fingerprints, index)) {
        if (!lock_take(&registry->pool_lock))
            return 0;
        uint32_t taken =
            pool_has(&registry->fingerprints, index) ? index : pool_take(&registry->fingerprints);
        lock_release(&registry->pool_lock);
        if (taken == 0)
            return 0;
    }
    struct fingerprint *print = pool_at(&registry->fingerprints, index);
    print->owner = owner;
    print->source_bytes = sample->source_bytes;
    print->unit = (uint16_t)sample->unit;
    print->count = 0;
    /* Whole runs, evenly chosen, so that neighbours stay together. */
    uint32_t keep_every = (sample->count + FINGERPRINT_WORDS - 1) / FINGERPRINT_WORDS;
    for (uint32_t i = 0; i < sample->count && print->count < FINGERPRINT_WORDS; i++) {
        if (keep_every > 1 && sample->words[i].run % keep_every != 0)
            continue;
        print->words[print->count].offset = sample->words[i].offset;
        print->words[print->count].run = sample->words[i].run;
        print->words[print->count].word = sample->words[i].word;
        print->count++;
    }
    return index;
}

bool fingerprint_load(const struct registry *registry, uint32_t index, uint32_t owner,
                      struct sample *out)
{
    if (!pool_has(&registry->fingerprints, index))
        return false;
    const struct fingerprint *print = pool_at(&registry->fingerprints, index);
    uint32_t count = __atomic_load_n(&print->count, __ATOMIC_RELAXED);
    uint32_t unit = __atomic_load_n(&print->unit, __ATOMIC_RELAXED);
    if (print->owner != owner || count > FINGERPRINT_WORDS || (unit != 4 && unit != 8))
        return false;
    out->unit = unit;
    out->paired = false;
    out->source_bytes = print->source_bytes;
    out->count = count;
    for (uint32_t i = 0; i < count; i++) {
        out->words[i].offset = print->words[i].offset;
        out->words[i].run = print->words[i].run;
        out->words[i].word = print->words[i].word;
        if (i > 0 && out->words[i].offset <= out->words[i - 1].offset)
            return false;
    }
    return __atomic_load_n(&print->owner, __ATOMIC_RELAXED) == owner;
}

uint32_t fingerprint_of(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, uint32_t owner)
{
    struct signature_work *work = &scratch->signature;
    const struct memory_reader *reader = scratch->view.reader;
    if (!signature_sample(reader, array->address, array->bytes, 8, false, &work->sample,
                          work->piece))
        return 0;
    if (signature_is_of_indices(&work->sample) &&
        !signature_sample(reader, array->address, array->bytes, 4, false, &work->sample,
                          work->piece))
        return 0;
    return work->sample.count >= LEAST_WORDS ? keep(registry, &work->sample, owner) : 0;
}

uint32_t fingerprint_take(struct registry *registry, const struct array_record *array,
                          uint32_t owner)
{
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        counter_add(&registry->counters, COUNTER_SCRATCH_BUSY);
        return 0;
    }
    uint32_t index = fingerprint_of(registry, scratch, array, owner);
    scratch_return(scratch);
    return index;
}

void fingerprint_pass_on(struct registry *registry, uint32_t index, uint32_t owner,
                         uint32_t new_owner)
{
    if (!pool_has(&registry->fingerprints, index))
        return;
    struct fingerprint *print = pool_at(&registry->fingerprints, index);
    if (print->owner == owner)
        print->owner = new_owner;
}
