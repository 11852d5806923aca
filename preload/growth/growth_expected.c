/*
 * Expecting successors: see growth_expected.h. Hints only: what they lead to is compared before it
 * is believed. A thread's expectation lies in a place that another thread may share, under a lock
 * of its own; who does not get it does without.
 */
#include "growth_expected.h"

#include <string.h>

#include "fingerprints.h"
#include "growth_callers.h"
#include "growth_index.h"
#include "growth_recognised.h"
#include "hot.h"
#include "look_rate.h"
#include "tables.h"
#include "thread.h"

/* Smaller arrays are not worth the fingerprint. */
#define LEAST_BYTES GROWTH_LEAST_EXPECTED
/* Arrays of its own that a thread allocates before it gives up waiting. */
#define PATIENCE        4u
#define LEAST_ELSEWHERE 65536u
/* Words at so many places of an array tell whether anything was put there yet. */
#define BLANK_LOOKS 16u
#define BLANK_WORDS 8u
#define COPY_WORDS  32u /* of the old array's middle, which are in a copy, too */
/* Looks at an array that is being filled: those beside it may be allocated first. */
#define MOST_EARLY_LOOKS 4u

static void set_successor(struct array_record *array, void *context)
{
    const struct table_array *successor = context;
    array->successor = successor->index;
    array->successor_sequence = successor->sequence;
}

/* Leaves what it was before. */
static void swap_fingerprint(struct array_record *array, void *context)
{
    uint32_t *fingerprint = context;
    uint32_t before = array->fingerprint;
    array->fingerprint = *fingerprint;
    *fingerprint = before;
}

/* --- step by step --- */

/* Fingerprints the array that `hint` names, if this one may be going to replace it. True when there
 * is nothing more to look for. */
static bool expect_from(struct registry *registry, uint32_t index, const struct array_record *array,
                        const struct table_array *hint, const struct array_record *old)
{
    struct look_rate *rate = look_rate_of(registry->birth_looks, array->frame_top);
    if (old->table == 0 && !look_rate_allows(rate, old->bytes, &registry->small_looks))
        return true;
    /* A table that counts the same in both of its arrays is recognised without. */
    const struct look_rate *deaths = look_rate_of(registry->death_looks, array_look_place(old));
    if (atomic_load_explicit(&deaths->counted, memory_order_relaxed))
        return true;
    uint32_t print = fingerprint_take(registry, old, (uint32_t)array->sequence, false);
    look_rate_found(rate, false); /* until the succession has come true */
    if (print == 0)
        return false;
    struct table_array successor = {.index = index, .sequence = (uint32_t)array->sequence};
    registry_update(registry, index, successor.sequence, swap_fingerprint, &print);
    fingerprint_release(registry, print,
                        successor.sequence); /* the new one, if it is gone already */
    registry_update(registry, hint->index, hint->sequence, set_successor, &successor);
    return true;
}

struct birth {
    struct registry *registry;
    uint32_t index;
    const struct array_record *array;
};

static bool expect_steps_from(void *context, const struct table_array *hint,
                              const struct array_record *old)
{
    const struct birth *birth = context;
    return expect_from(birth->registry, birth->index, birth->array, hint, old);
}

static HOT void expect_steps(struct registry *registry, uint32_t index,
                             const struct array_record *array)
{
    struct birth birth = {.registry = registry, .index = index, .array = array};
    growth_each_predecessor(registry, array, expect_steps_from, &birth);
}

static bool take_of_table(void *context, const struct table_array *hint,
                          const struct array_record *old)
{
    (void)hint;
    *(struct array_record *)context = *old;
    return old->table != 0;
}

bool growth_expected_predecessor(struct registry *registry, const struct array_record *array,
                                 struct array_record *out)
{
    return growth_each_predecessor(registry, array, take_of_table, out);
}

bool growth_expected_successor(struct registry *registry, struct scratch *scratch,
                               const struct array_record *old, uint32_t *index,
                               struct array_record *out, struct comparison *comparison)
{
    *index = old->successor;
    if (old->successor == 0 ||
        !registry_get(registry, old->successor, old->successor_sequence, out) ||
        out->flags & ARRAY_CONTINUES ||
        !fingerprint_load(registry, out->fingerprint, old->successor_sequence,
                          &scratch->signature.sample))
        return false;
    scratch_rely_on(scratch, out, false);
    signature_compare(scratch->view.reader, out->address, out->bytes, SIGNATURE_SEARCH_ALL,
                      &scratch->signature, comparison);
    return true;
}

/* One of the last arrays of all, of so many bytes or more, by the call that had allocated the old
 * one, if it is no other table's. */
static bool find_replacement(struct registry *registry, const struct array_record *old,
                             uint64_t least_bytes, struct table_array *hint,
                             struct array_record *out)
{
    const uint64_t sizes[] = {GROWTH_ANY_SIZE, old->bytes, 2 * old->bytes, 4 * old->bytes};
    uint32_t next = (uint32_t)atomic_load_explicit(&registry->next_sequence, memory_order_relaxed);
    uint32_t table = tables_resolve(registry, old->table);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        *hint =
            registry->by_caller[growth_caller_place(old->frame_top, sizes[i], thread_state.number)];
        if (registry_get(registry, hint->index, hint->sequence, out) &&
            registry_same_inner(registry, out->site, old->site) && out->bytes >= least_bytes &&
            out->sequence > old->sequence && next - (uint32_t)out->sequence <= PATIENCE &&
            (out->table == 0 || tables_resolve(registry, out->table) == table))
            return true;
    }
    return false;
}

bool growth_replacement(struct registry *registry, const struct array_record *old,
                        struct array_record *out)
{
    struct table_array hint;
    return find_replacement(registry, old, old->bytes, &hint, out);
}

bool growth_is_replaced(struct registry *registry, const struct array_record *old)
{
    struct array_record array;
    return growth_replacement(registry, old, &array);
}

/* Words from places all over `bytes` from the address on. */
static bool read_looks(const struct memory_reader *reader, uint64_t address, uint64_t bytes,
                       uint64_t words[BLANK_LOOKS * BLANK_WORDS])
{
    return read_spread(reader, address, bytes, BLANK_LOOKS, words, BLANK_WORDS * sizeof(words[0]));
}

bool growth_is_copied(struct registry *registry, const struct memory_reader *reader,
                      const struct array_record *old)
{
    struct array_record array;
    uint64_t before[BLANK_LOOKS * BLANK_WORDS], after[BLANK_LOOKS * BLANK_WORDS];
    return !growth_is_blank(reader, old) && growth_replacement(registry, old, &array) &&
           read_looks(reader, old->address, old->bytes, before) &&
           read_looks(reader, array.address, old->bytes, after) &&
           memcmp(before, after, sizeof(before)) == 0;
}

bool growth_last_double(struct registry *registry, const struct array_record *old, uint32_t *index,
                        struct array_record *out)
{
    const uint64_t sizes[] = {2 * old->bytes, 2 * old->bytes - 8};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct table_array hint =
            registry->by_caller[growth_caller_place(old->frame_top, sizes[i], thread_state.number)];
        *index = hint.index;
        if (registry_get(registry, hint.index, hint.sequence, out) && out->bytes == sizes[i] &&
            out->frame_top == old->frame_top && out->sequence > old->sequence)
            return true;
    }
    return false;
}

/* --- freed first --- */

static struct expectation *lock_expectation(struct registry *registry)
{
    struct expectation *expectation =
        &registry->expectations[thread_state.number % REGISTRY_EXPECTATIONS];
    return lock_try(&expectation->lock) ? expectation : NULL;
}

/* Nothing came of it: the table that was to go on is gone. */
static void give_up(struct registry *registry, struct expectation *expectation)
{
    if (expectation->fingerprint != 0 && expectation->freed.table != 0)
        tables_forget(registry, expectation->freed.table);
    fingerprint_release(registry, expectation->fingerprint, (uint32_t)expectation->freed.sequence);
    expectation->fingerprint = 0;
}

/* What the same call stack allocated last, of another than the freed one, grows into the array: the
 * values of a table that grew are freed before its keys grow again. Not where the array is just two
 * or four times the freed one: halves of a cuckoo table have a call stack each. */
static bool is_continuation(struct registry *registry, const struct array_record *freed,
                            const struct array_record *array)
{
    double ratio = (double)array->bytes / (double)freed->bytes;
    struct table_array hint = registry->by_caller[growth_site_place(array->site)];
    struct array_record old;
    if (freed->site != array->site && array->bytes != 2 * freed->bytes &&
        array->bytes != 4 * freed->bytes &&
        growth_may_replace(registry, array, &hint, GROWTH_OF_SITE, &old) && old.site == array->site)
        return false;
    if (freed->frame_top == array->frame_top)
        return ratio > 1.2 && ratio < 20;
    /* The first array is often allocated elsewhere; of a large one twice or four times the size is
     * worth a look. */
    return freed->bytes >= LEAST_ELSEWHERE &&
           ((ratio > 1.9 && ratio < 2.1) || (ratio > 3.9 && ratio < 4.1));
}

/* A table that grew in this way before does so again: no need to wait for the look, by which time
 * its entries may be gone. Once proves it where it was by the same factor. */
static bool grew_before(struct registry *registry, uint32_t table, const struct array_record *freed,
                        const struct array_record *array)
{
    struct table_record record;
    if (!tables_get(registry, table, &record) || record.growths == 0)
        return false;
    if (record.growths >= 2 || !pool_has(&registry->growths, record.last_growth))
        return record.growths >= 2;
    const struct growth_record *last = pool_at(&registry->growths, record.last_growth);
    double before = (double)last->to_bytes / (double)last->from_bytes;
    double now = (double)array->bytes / (double)freed->bytes;
    return last->from_bytes != 0 && now > before * 0.9 && now < before * 1.1;
}

struct continuation {
    uint32_t fingerprint, table, flags;
};

/* Leaves the fingerprint that it had before. */
static void set_continuation(struct array_record *array, void *context)
{
    struct continuation *continuation = context;
    uint32_t before = array->fingerprint;
    array->fingerprint = continuation->fingerprint;
    array->table = continuation->table;
    array->flags |= continuation->flags;
    continuation->fingerprint = before;
}

/* `state`: the flag that says what it holds. */
static void take_place(struct registry *registry, struct expectation *expectation, uint32_t index,
                       const struct array_record *array, uint32_t state)
{
    const struct array_record *freed = &expectation->freed;
    bool is_certain =
        freed->frame_top == array->frame_top && grew_before(registry, freed->table, freed, array);
    struct continuation continuation = {.fingerprint = expectation->fingerprint,
                                        .table = freed->table,
                                        .flags = ARRAY_TOOK_PLACE | state |
                                                 (is_certain ? ARRAY_REALLOCED : ARRAY_CONTINUES)};
    struct growth_evidence evidence = {0};
    fingerprint_pass_on(registry, expectation->fingerprint, (uint32_t)freed->sequence,
                        (uint32_t)array->sequence);
    expectation->fingerprint = 0;
    if (registry_update(registry, index, (uint32_t)array->sequence, set_continuation,
                        &continuation))
        fingerprint_release(registry, continuation.fingerprint, (uint32_t)array->sequence);
    if (is_certain) {
        tables_link(registry, freed, index, array, &evidence);
        if (state == 0)
            return;
    }
    expectation->thread = array->thread;
    expectation->filling_sequence = (uint32_t)array->sequence;
    expectation->looks = 0;
    atomic_store_explicit(&expectation->filling, index, memory_order_relaxed);
}

/* Whether the array takes the place of the one that this thread freed last. */
static HOT bool continues_freed(struct registry *registry, uint32_t index,
                                const struct array_record *array)
{
    struct expectation *expectation = lock_expectation(registry);
    bool continues = false;
    if (!expectation)
        return false;
    if (expectation->fingerprint != 0 && expectation->freed.thread == array->thread) {
        continues = is_continuation(registry, &expectation->freed, array);
        if (continues && expectation->is_of_numbers &&
            !growth_may_share_numbers(registry, &expectation->freed, array)) {
            /* What is at this place of the program held other numbers: no use to wait for more. */
            continues = false;
            give_up(registry, expectation);
        } else if (continues) {
            take_place(registry, expectation, index, array, expectation->state);
        } else if (++expectation->waited >= PATIENCE) {
            give_up(registry, expectation);
        }
    }
    lock_release(&expectation->lock);
    return continues;
}

/* What is freed is kept for the array that continues it. NULL: it says too little, or another
 * thread is at the place; else to be unlocked. */
static struct expectation *keep_freed(struct registry *registry, struct scratch *scratch,
                                      const struct array_record *array, uint32_t table)
{
    uint32_t print = array->bytes < LEAST_BYTES
                         ? 0
                         : fingerprint_of(registry, scratch, array, (uint32_t)array->sequence);
    struct expectation *expectation = print != 0 ? lock_expectation(registry) : NULL;
    if (!expectation) {
        fingerprint_release(registry, print, (uint32_t)array->sequence);
        return NULL;
    }
    give_up(registry, expectation);
    expectation->freed = *array;
    expectation->freed.thread = thread_state.number;
    expectation->freed.table = table;
    expectation->fingerprint = print;
    expectation->is_of_numbers = signature_is_of_numbers(&scratch->signature.sample);
    expectation->waited = 0;
    return expectation;
}

bool growth_expect_next(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, uint32_t table, uint32_t state)
{
    struct expectation *expectation = keep_freed(registry, scratch, array, table);
    if (!expectation)
        return false;
    expectation->state = state;
    lock_release(&expectation->lock);
    return true;
}

bool growth_is_blank(const struct memory_reader *reader, const struct array_record *array)
{
    uint64_t words[BLANK_LOOKS * BLANK_WORDS];
    if (!read_looks(reader, array->address, array->bytes, words))
        return false;
    for (unsigned i = 1; i < BLANK_LOOKS * BLANK_WORDS; i++)
        if (words[i] != words[0])
            return false;
    return true;
}

/* Whether the larger array begins with a copy of the old one, an index, as a vector of heads does
 * that is resized before it is cleared. */
static bool is_copied_index(const struct memory_reader *reader, const struct array_record *old,
                            const struct array_record *array)
{
    uint32_t before[COPY_WORDS], after[COPY_WORDS];
    uint64_t offset = old->bytes / 2 & ~(uint64_t)7;
    if (array->bytes <= old->bytes || old->bytes < LEAST_BYTES ||
        !reader->read(reader, old->address + offset, before, sizeof(before)))
        return false;
    for (unsigned i = 0; i < COPY_WORDS; i++)
        if (before[i] != UINT32_MAX && before[i] > old->bytes)
            return false; /* as in most arrays */
    return reader->read(reader, array->address + offset, after, sizeof(after)) &&
           memcmp(before, after, sizeof(before)) == 0 && growth_index_is_array(reader, old);
}

uint32_t growth_unfilled_replacement(struct registry *registry, const struct memory_reader *reader,
                                     const struct array_record *old, uint32_t *index,
                                     struct array_record *out)
{
    struct table_array hint;
    /* A table's may be as large: it is built anew without what was erased. */
    uint64_t least = old->table != 0 ? old->bytes : old->bytes + old->bytes / 4;
    bool is_there = find_replacement(registry, old, least, &hint, out);
    *index = hint.index;
    if (!is_there)
        return 0;
    if (growth_is_blank(reader, out))
        return ARRAY_WAS_BLANK;
    return is_copied_index(reader, old, out) ? ARRAY_WAS_COPY : 0;
}

bool growth_expect_filled(struct registry *registry, struct scratch *scratch,
                          const struct array_record *array, uint32_t table, uint32_t index,
                          const struct array_record *replacement, uint32_t state)
{
    struct expectation *expectation =
        replacement->bytes < LEAST_BYTES ? NULL : keep_freed(registry, scratch, array, table);
    if (!expectation)
        return false;
    take_place(registry, expectation, index, replacement, state);
    lock_release(&expectation->lock);
    return true;
}

HOT void growth_expected_born(struct registry *registry, uint32_t index,
                              const struct array_record *array)
{
    if (array->bytes >= LEAST_BYTES && !continues_freed(registry, index, array))
        expect_steps(registry, index, array);
    growth_callers_note(registry, index, array);
}

bool growth_expected_filled(struct registry *registry, uint32_t *index, struct array_record *out)
{
    struct expectation *mine =
        growth_expected_may_be_filled(registry) ? lock_expectation(registry) : NULL;
    if (!mine)
        return false;
    *index = atomic_load_explicit(&mine->filling, memory_order_relaxed);
    bool is_mine = *index != 0 && mine->thread == thread_state.number;
    bool is_there = is_mine && registry_get(registry, *index, mine->filling_sequence, out) &&
                    out->fingerprint != 0 &&
                    out->flags & (ARRAY_CONTINUES | ARRAY_WAS_BLANK | ARRAY_WAS_COPY) &&
                    ++mine->looks <= MOST_EARLY_LOOKS;
    if (is_mine && !is_there)
        atomic_store_explicit(&mine->filling, 0, memory_order_relaxed);
    lock_release(&mine->lock);
    return is_there;
}
