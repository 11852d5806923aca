/*
 * What the table holds that static_rules.c found: see static_search.h. No state, no allocation.
 */
#include "layouts/entry_sample.h"
#include "slot_profile.h"
#include "static_buckets.h"
#include "static_search.h"
#include "static_states.h"

#define MEASURED_CHAINS 256u /* their mean length has an error of 3 % at one entry a bucket */
/* Counted in pieces spread over the array when it is larger than so many slots, or bytes: at a load
 * of 1/50 that is off by 2 %. */
#define COUNT_SLOTS    131072u
#define COUNT_BYTES    (2u << 20)
#define COUNT_PIECE    4096u
#define MOST_MET_BYTES (64u << 20)
#define FEW_OCCUPIED   4096u

/* --- slots --- */

struct tally {
    uint64_t looked, occupied, deleted, displaced;
    uint64_t held; /* slots that lead nowhere and may hold an entry; at most as many as tell */
    uint32_t heads;
    uint64_t heads_of; /* one head of so many occupied buckets is kept */
};

/* When there is no more room, every second one is dropped, and of those to come only half as many
 * are kept. */
static void keep_head(struct static_search *search, struct tally *tally, uint64_t slot,
                      uint64_t word)
{
    struct chain_head *heads = search->work->heads;
    if (tally->heads == CHAIN_HEADS) {
        for (uint32_t i = 0; i < CHAIN_HEADS / 2; i++)
            heads[i] = heads[2 * i];
        tally->heads = CHAIN_HEADS / 2;
        tally->heads_of *= 2;
        if (tally->occupied % tally->heads_of != 0)
            return;
    }
    const uint64_t place = slot_shape_place(&search->shape, search->block, slot, word);
    heads[tally->heads++] =
        (struct chain_head){.slot = slot,
                            .place = place,
                            .entry = slot_shape_entry_at(search->view, &search->shape, place)};
}

static void tally_slot(struct static_search *search, const unsigned char *bytes, uint64_t slot,
                       uint64_t word, struct tally *tally)
{
    const struct slot_shape *shape = &search->shape;
    enum slot_state state = slot_shape_state(shape, search->block, slot, word);
    tally->deleted += state == SLOT_DELETED;
    if (state != SLOT_OCCUPIED)
        return;
    if (shape->leads == LEADS_NOWHERE) {
        /* One is enough to know, and to hash a key takes time. */
        if (tally->displaced == 0)
            tally->displaced +=
                hash_relation_home(search->view, &search->relation, shape->capacity, bytes) != slot;
    } else if (tally->occupied % tally->heads_of == 0)
        keep_head(search, tally, slot, word);
    tally->occupied++;
}

/* A bucket that has its first entries in line leads to those that had no room there, and may hold
 * seven where it leads nowhere. A key, its hash and a pointer that erasing cleared look the same;
 * of a head beside a tail and a lock one word is left. */
#define LEAST_HELD_WORDS 2u

static bool holds_entry(const struct slot_shape *shape, const unsigned char *slot, uint64_t address)
{
    uint32_t words = 0, addresses = 0;
    for (uint32_t at = 0; at + sizeof(uint64_t) <= shape->slot_bytes; at += sizeof(uint64_t)) {
        uint64_t word = word_u64(slot, at);
        if (at == shape->column || word == 0 || slot_profile_is_own_address(word, address + at))
            continue;
        words++;
        addresses += layout_is_pointer(word, 8);
    }
    return words >= LEAST_HELD_WORDS && words > addresses;
}

/* All slots, or those of pieces. */
static bool count_slots(struct static_search *search, uint64_t wanted, struct tally *tally)
{
    const struct slot_shape *shape = &search->shape;
    uint64_t step = (shape->capacity + wanted - 1) / wanted;
    uint64_t per_piece = (step == 1 ? GLIMPSE_BYTES : COUNT_PIECE) / shape->slot_bytes;
    const bool may_hold =
        shape->leads == LEADS_BY_POINTER && shape->slot_bytes > LEAST_HELD_WORDS * sizeof(uint64_t);
    if (shape->column + shape->column_bytes > shape->slot_bytes || per_piece == 0)
        return false;
    for (uint64_t slot = 0; slot < shape->capacity; slot += per_piece * step) {
        uint64_t slots = shape->capacity - slot < per_piece ? shape->capacity - slot : per_piece;
        uint64_t start = shape->header_bytes + slot * shape->slot_bytes;
        if (start + slots * shape->slot_bytes > search->block->bytes ||
            !layout_read(search->view, search->block->address + start, search->work->counted,
                         slots * shape->slot_bytes))
            return false;
        for (uint64_t i = 0; i < slots; i++) {
            const unsigned char *bytes = search->work->counted + i * shape->slot_bytes;
            uint64_t word = column_word(shape, bytes);
            if (!slot_shape_is_blank(shape, word)) /* most are; a call costs more than this */
                tally_slot(search, bytes, slot + i, word, tally);
            else if (may_hold && tally->held <= tally->occupied)
                tally->held += holds_entry(shape, bytes,
                                           search->block->address + start + i * shape->slot_bytes);
        }
        tally->looked += slots;
    }
    return tally->looked > 0;
}

/* How many slots are looked at first. */
static uint64_t wanted_of(const struct slot_shape *shape)
{
    uint64_t wanted = COUNT_BYTES / shape->slot_bytes;
    return wanted < COUNT_SLOTS ? wanted : COUNT_SLOTS;
}

/* --- what it says --- */

static uint64_t scaled(const struct tally *tally, uint64_t seen, uint64_t capacity)
{
    return (uint64_t)((unsigned __int128)seen * capacity / tally->looked);
}

/* The standard error of a share that was seen among `looked` of `capacity`. */
static uint64_t share_error(double share, uint64_t looked, uint64_t capacity)
{
    if (looked >= capacity)
        return 0;
    double variance = share * (1 - share) / (double)looked;
    return (uint64_t)(slot_profile_square_root(variance) * (double)capacity) + 1;
}

static void measure_entries(struct static_search *search, const struct tally *tally,
                            struct table_reading *out)
{
    struct entry_sample blocks = {0};
    for (uint32_t i = 0; i < tally->heads && i < ENTRY_SAMPLES; i++) {
        uint32_t head = (uint32_t)((uint64_t)i * tally->heads / ENTRY_SAMPLES);
        blocks.addresses[blocks.count++] = search->work->heads[head].entry;
    }
    if (search->shape.leads == LEADS_BY_POINTER && blocks.count > 0)
        entry_sample_measure(&blocks, search->view, out->live, out);
}

/* Whether the number, which is taken for the slot's as it is, is below the capacity: no two of
 * those have a slot in common. */
static bool is_number_of_slot(const struct static_search *search, const unsigned char *window)
{
    const struct hash_relation *relation = &search->relation;
    return relation->key == RELATION_FIELD && relation->mix == 0 &&
           (relation->reduction == REDUCE_MASK || relation->reduction == REDUCE_MODULO) &&
           hash_relation_field(relation, window) < search->shape.capacity;
}

/* What the relation is about of the entry, at its place in the window. */
static bool read_key(const struct static_search *search, const struct chain_head *head,
                     unsigned char window[RELATION_WINDOW])
{
    const uint32_t first = hash_relation_first(&search->relation);
    return layout_read(search->view, head->entry - window_before(&search->shape) + first,
                       window + first, hash_relation_end(&search->relation) - first);
}

/* How many of the kept entries are in another slot than their own; UINT64_MAX when many are gone,
 * or when all that are in their own bear its number and no larger one, so that none can have kept
 * another from it: where objects are numbered, what lies before each is mostly an older one. */
static uint64_t count_displaced(struct static_search *search, const struct tally *tally)
{
    const struct hash_relation *relation = &search->relation;
    unsigned char window[RELATION_WINDOW];
    uint64_t displaced = 0, gone = 0, numbered = 0;
    for (uint32_t i = 0; i < tally->heads; i++) {
        const struct chain_head *head = &search->work->heads[i];
        if (head->entry == 0 || !read_key(search, head, window))
            gone++;
        else if (hash_relation_home(search->view, relation, search->shape.capacity, window) !=
                 head->slot)
            displaced++;
        else
            numbered += is_number_of_slot(search, window);
    }
    bool are_numbers = displaced > 0 && numbered == tally->heads - gone - displaced;
    return gone * 16 > tally->heads || are_numbers ? UINT64_MAX : displaced;
}

#define SETTLING_HEADS 256u /* all over the array, whose chains are looked into */

/* Early and late in a round of linear hashing few entries are half an array before their own slot,
 * and of the 64 that were sampled there may be none. Whether some of the heads are; what is behind
 * such is a chain as well. */
static void settle_linear(struct static_search *search, const struct tally *tally)
{
    struct hash_relation *relation = &search->relation;
    const uint64_t capacity = search->shape.capacity;
    uint32_t before = 0, others = 0, step = tally->heads / SETTLING_HEADS + 1;
    unsigned char window[RELATION_WINDOW];
    if (relation->is_linear || relation->reduction != REDUCE_MASK)
        return;
    for (uint32_t i = 0; i < tally->heads; i += step) {
        const struct chain_head *head = &search->work->heads[i];
        if (head->entry == 0 || !read_key(search, head, window))
            continue;
        uint64_t home = hash_relation_home(search->view, relation, capacity, window);
        bool is_before = hash_relation_is_before(capacity, home, head->slot);
        before += is_before;
        others += home != head->slot && !is_before;
    }
    relation->is_linear = before > 0 && others * 4 <= before;
}

/* Whether the entries are linked, as the chain has it so far. */
static bool find_links(struct static_search *search, const struct tally *tally)
{
    return hashed_chains_find(search->view, &search->chain, search->work->heads, tally->heads,
                              search->first, search->end, search->work->links,
                              &search->chain.next_offset) ||
           static_links(search, search->work->heads, tally->heads, &search->chain);
}

static void find_chains(struct static_search *search, const struct tally *tally)
{
    search->chain = (struct hashed_chain){.relation = &search->relation,
                                          .window_before = window_before(&search->shape),
                                          .shape = &search->shape,
                                          .block = search->block,
                                          .first_link = search->shape.first_index,
                                          .is_sparse = tally->occupied * 2 <= tally->looked};
    if (!search->relation.is_exact || search->shape.leads == LEADS_NOWHERE)
        return;
    settle_linear(search, tally);
    search->is_chained = find_links(search, tally);
    if (!search->is_chained && search->chain.first_link == 1) {
        search->chain.first_link = 0;
        search->is_chained = find_links(search, tally);
    }
    if (!search->is_chained && search->alike && search->alike->is_chained) {
        search->is_chained = true;
        search->chain.first_link = search->alike->first_link;
        search->chain.next_offset = search->alike->next_offset;
    }
}

/* Counts the slots, and looks for entries that met: in another slot than their own, or behind
 * another one. Few of those may all be in the pieces that were passed over; then all is looked at.
 * And a few entries are a large part of those of a table that is nearly empty. */
static bool count_and_follow(struct static_search *search, struct tally *tally)
{
    const struct slot_shape *shape = &search->shape;
    *tally = (struct tally){.heads_of = 1};
    if (!count_slots(search, wanted_of(shape), tally))
        return false;
    find_chains(search, tally);
    bool has_met = search->is_chained || tally->displaced > 0;
    bool may_have_met =
        shape->leads == LEADS_NOWHERE ? search->relation.is_own : search->relation.is_exact;
    bool is_nearly_empty =
        tally->occupied < FEW_OCCUPIED && search->block->bytes <= GLIMPSE_SPARSE_MOST_BYTES;
    if (tally->looked == shape->capacity || search->block->bytes > MOST_MET_BYTES ||
        !((!has_met && may_have_met) || is_nearly_empty))
        return true;
    *tally = (struct tally){.heads_of = 1};
    if (!count_slots(search, shape->capacity, tally))
        return false;
    find_chains(search, tally);
    return true;
}

/* Live of a table of chains. */
static bool read_chains(struct static_search *search, const struct tally *tally,
                        struct static_reading *out)
{
    struct chain_lengths lengths;
    /* A few hundred give the mean within 3 %; only where that is all there are, it is exact. */
    bool is_all = tally->heads == tally->occupied;
    uint32_t measured = is_all || tally->heads < MEASURED_CHAINS ? tally->heads : MEASURED_CHAINS;
    if (!hashed_chains_measure(search->view, &search->chain, search->work->heads, tally->heads,
                               measured, &lengths))
        return false;
    double occupied = (double)scaled(tally, tally->occupied, search->shape.capacity);
    out->table.live = (uint64_t)(occupied * lengths.mean + 0.5);
    out->table.live_error += is_all ? 0 : (uint64_t)(occupied * lengths.error + 0.5);
    return true;
}

/* One entry in so many is in its own slot even of a table that was nearly full. The key of the
 * entry that was made two after it, which lies behind it, leads as far beyond each: of 1,000,000
 * entries in chains of sixteen the 65,536 heads were called all. */
#define HOME_PART 16u

/* What scrambles the numbers of slots may make a slot of each, which a hash does not; it has masks
 * for it. So many of the entries should have met another, had a hash put them there: in one of 150
 * cases none has. */
#define NONE_MET 5u

static bool should_have_met(const struct static_search *search, const struct tally *tally)
{
    uint64_t asked = search->shape.leads == LEADS_NOWHERE ? tally->occupied : tally->heads;
    return (unsigned __int128)asked * tally->occupied >
           (unsigned __int128)2 * NONE_MET * tally->looked;
}

/* Keys that a mix leads to their slots, none to another than its own though so many should have
 * met: not where a table probes. Where there is nothing beside them they are numbers of entries
 * that lie elsewhere, keyed alike by chance or by how the program makes its keys, and each is only
 * the first of its chain: 148,450 of 220,000 were called all. */
static bool are_heads_of_others(const struct static_search *search, const struct tally *tally)
{
    return search->shape.leads == LEADS_NOWHERE && tally->displaced == 0 &&
           search->shape.slot_bytes == search->shape.column_bytes && should_have_met(search, tally);
}

/* Entries in slots that lead to others of them are not counted by where those are. Of 218,328
 * entries in buckets of seven 708 were said, which had no room in theirs. */
static bool are_elsewhere(const struct static_search *search, const struct tally *tally)
{
    return tally->held > tally->occupied &&
           !(tally->looked == search->shape.capacity &&
             static_is_counted(search->view, search->block, &search->shape, tally->occupied));
}

bool static_count(struct static_search *search, struct static_reading *out)
{
    const struct slot_shape *shape = &search->shape;
    struct table_reading *table = &out->table;
    struct tally tally;
    if (!count_and_follow(search, &tally) || tally.occupied == 0 ||
        are_heads_of_others(search, &tally) || are_elsewhere(search, &tally))
        return false;
    double share = (double)tally.occupied / (double)tally.looked;
    uint64_t met = tally.displaced;
    *out = (struct static_reading){.kind = DUMP_KIND_OPEN};
    table->capacity = shape->capacity;
    table->slot_bytes = shape->slot_bytes;
    table->live = scaled(&tally, tally.occupied, shape->capacity);
    table->live_error = share_error(share, tally.looked, shape->capacity);
    table->tombstones = scaled(&tally, tally.deleted, shape->capacity);
    table->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    if (search->is_chained) {
        met = 1;
        out->kind = shape->leads == LEADS_BY_INDEX ? DUMP_KIND_COMPACT : DUMP_KIND_CHAINED;
        if (!read_chains(search, &tally, out))
            return false;
        table->entry_blocks = shape->leads == LEADS_BY_POINTER ? table->live : 0;
    } else if (shape->leads != LEADS_NOWHERE) {
        met = count_displaced(search, &tally);
        if (met == UINT64_MAX || met * HOME_PART > (HOME_PART - 1) * (uint64_t)tally.heads)
            return false;
    }
    struct static_buckets buckets;
    if (!search->is_chained && static_buckets_find(search, &buckets)) {
        met = buckets.met;
        table->capacity *= buckets.slots;
        table->slot_bytes /= buckets.slots;
        table->live = buckets.live;
        table->live_error = 0;
    }
    /* Entries of which none ever met another may as well be objects that bear the number of their
     * slot and something random before it. Only keys whose mix names the slot are no such numbers.
     * And a table that is full proves nothing by its empty slots, unless there are chains. */
    bool may_be_numbers =
        (search->relation.is_own || search->is_by_code) && is_power_of_two(shape->capacity);
    /* And a cache keeps but one entry in each slot; slots may be the first entries of chains of
     * which the others lie elsewhere. */
    bool may_be_heads = search->is_proven && (search->is_by_prime || shape->leads == LEADS_NOWHERE);
    if (met == 0 && (may_be_numbers || may_be_heads) && should_have_met(search, &tally))
        return false;
    search->is_unproven = met == 0 && !search->relation.is_mixed_key && !search->is_proven;
    if (search->is_unproven || (share > 0.97 && !search->is_chained))
        return false;
    if (!search->is_chained && tally.deleted > 0)
        table->known |= DUMP_KNOWN_TOMBSTONES;
    else if (!search->is_chained && shape->leads == LEADS_NOWHERE)
        table->flags |= DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    measure_entries(search, &tally, table);
    table->confidence_ppm = search->count < 2 * RELATION_LEAST ? 600000 : 900000;
    table->array_count = 1;
    table->arrays[0] =
        (struct layout_array){search->block->address, search->block->bytes,
                              search->is_chained ? DUMP_ROLE_BUCKETS : DUMP_ROLE_SLOTS};
    static_add_parts(search, table);
    table->growth_live = static_used_once(search);
    return true;
}
