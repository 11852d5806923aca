/*
 * The pool of fingerprints: see fingerprints.h. Records are claimed and released without a lock; a
 * fingerprint that was overwritten has another owner, and one that is torn has its words out of
 * order, or proves nothing, since they are not found.
 */
#include "fingerprints.h"

#include <string.h>

#define NOBODY      0u
#define LEAST_WORDS (FINGERPRINT_WORDS / 4) /* fewer are not worth keeping */

struct fingerprint {
    uint32_t owner; /* low half of the sequence of the array it is for; NOBODY: unused */
    uint16_t count;
    uint16_t unit; /* bytes of a word */
    uint64_t source_bytes;
    struct sampled_word words[FINGERPRINT_WORDS];
};

_Static_assert(sizeof(struct fingerprint) <= FINGERPRINT_BYTES, "the pool's records are smaller");

static struct fingerprint *at(const struct registry *registry, uint32_t index)
{
    return pool_at(&registry->fingerprints, index);
}

/* The record whose turn it is, round and round; 0: there is none yet. */
static uint32_t next_in_turn(struct registry *registry)
{
    uint32_t count = atomic_load_explicit(&registry->fingerprints.count, memory_order_acquire);
    return count <= 1 ? 0 : 1 + atomic_fetch_add(&registry->next_fingerprint, 1) % (count - 1);
}

/* So many records are looked at for one that nobody waits for. */
#define TURNS 16

/* A record that was released; else a new one; else, when the pool is full, the one whose turn it
 * is: what was not looked at for thousands of reallocs is stale. */
static uint32_t claim(struct registry *registry, uint32_t owner)
{
    uint32_t index = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        uint32_t nobody = NOBODY;
        index = next_in_turn(registry);
        if (index == 0)
            break;
        if (__atomic_compare_exchange_n(&at(registry, index)->owner, &nobody, owner, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return index;
    }
    if (lock_take(&registry->pool_lock)) {
        uint32_t taken = pool_take(&registry->fingerprints);
        lock_release(&registry->pool_lock);
        if (taken != 0)
            index = taken;
    }
    if (index != 0)
        __atomic_store_n(&at(registry, index)->owner, owner, __ATOMIC_RELAXED);
    return index;
}

/* Of at most FINGERPRINT_WORDS words. */
static uint32_t keep(struct registry *registry, const struct sample *sample, uint32_t owner)
{
    uint32_t index = claim(registry, owner);
    if (index == 0)
        return 0;
    struct fingerprint *print = at(registry, index);
    print->source_bytes = sample->source_bytes;
    print->unit = (uint16_t)sample->unit;
    print->count = 0;
    memcpy(print->words, sample->words, sample->count * sizeof(print->words[0]));
    print->count = (uint16_t)sample->count;
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
    memcpy(out->words, print->words, count * sizeof(out->words[0]));
    for (uint32_t i = 1; i < count; i++)
        if (out->words[i].offset <= out->words[i - 1].offset)
            return false;
    return __atomic_load_n(&print->owner, __ATOMIC_RELAXED) == owner;
}

static bool sample(struct scratch *scratch, const struct array_record *array, uint32_t unit,
                   struct whole_sample *whole)
{
    struct signature_work *work = &scratch->signature;
    return signature_sample_thinned(scratch->view.reader, array->address, array->bytes, unit,
                                    FINGERPRINT_WORDS, &work->sample, work->piece, whole);
}

uint32_t fingerprint_of(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, uint32_t owner)
{
    struct whole_sample whole;
    if (!sample(scratch, array, 8, &whole) ||
        (whole.are_indices && !sample(scratch, array, 4, &whole)))
        return 0;
    return whole.count >= LEAST_WORDS ? keep(registry, &scratch->signature.sample, owner) : 0;
}

uint32_t fingerprint_take(struct registry *registry, const struct array_record *array,
                          uint32_t owner, bool is_own)
{
    struct scratch *scratch = scratch_take();
    if (!scratch) {
        return 0;
    }
    scratch_rely_on(scratch, array, is_own);
    uint32_t index = fingerprint_of(registry, scratch, array, owner);
    scratch_return(scratch);
    return index;
}

void fingerprint_pass_on(struct registry *registry, uint32_t index, uint32_t owner,
                         uint32_t new_owner)
{
    if (!pool_has(&registry->fingerprints, index))
        return;
    struct fingerprint *print = at(registry, index);
    if (print->owner == owner)
        print->owner = new_owner;
}

void fingerprint_release(struct registry *registry, uint32_t index, uint32_t owner)
{
    if (pool_has(&registry->fingerprints, index))
        __atomic_compare_exchange_n(&at(registry, index)->owner, &owner, NOBODY, false,
                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
