/*
 * Records linked within their array: see linked_slots.h. No state, no allocation; the array is gone
 * through once, when a few of its records have shown how they are linked.
 */
#include "linked_slots.h"

#include "glimpse.h"
#include "layouts/words.h"
#include "slot_profile.h"

#define LEAST_SLOTS   256u
#define LEAST_LINKS   16u /* no two of which lead to one record */
#define LEAST_WAYS    6u  /* on which links lead: fewer are states, and probing passes for a link */
#define LEAST_HOMES   6u  /* records in the slot that their hash names, of those sampled */
#define LEAST_FOUND   24u /* records that lie where the hash or a link leads, of those sampled */
#define LEAST_SECONDS 6u  /* chains in which a second record was found */
#define MOST_CHAIN    64u /* records; what is longer may have no end */
#define MOST_WALKS    262144u /* records that are looked for; of more slots, every so manieth */
#define MOST_SLOT     128u    /* bytes: two cache lines */
#define SEEN_PLACES   4096u   /* in a table of the records that were led to */
#define SAMPLED_BYTES (LAYOUT_SCRATCH_BYTES / 2)
_Static_assert(GLIMPSE_BYTES <= SAMPLED_BYTES, "the sample is the first half of the scratch");
_Static_assert(SEEN_PLACES * sizeof(uint32_t) <= SAMPLED_BYTES, "what was seen, the second half");

/* The number of a record, or one more; how far on it is; its address. */
enum link_form { LINK_NUMBER, LINK_FROM_ONE, LINK_RELATIVE, LINK_ADDRESS, LINK_FORMS };
enum slot_reduction { SLOT_BY_MASK, SLOT_BY_REST, SLOT_BY_TOP, SLOT_REDUCTIONS };

struct linked_slots {
    const struct block *block;
    uint32_t slot_bytes;
    uint64_t slots;
    uint32_t link_at;
    enum link_form form;
    uint64_t end; /* of a chain */
    bool has_end;
    uint32_t hash_at, hash_bytes;
    enum slot_reduction reduction;
};

/* --- links and hashes of a record --- */

#define NO_SLOT UINT64_MAX

static uint64_t link_word(const struct linked_slots *how, const unsigned char *record)
{
    return how->form == LINK_ADDRESS ? word_u64(record, how->link_at)
                                     : word_u32(record, how->link_at);
}

/* The slot to which the word of that slot leads. */
static uint64_t slot_of_link(const struct linked_slots *how, uint64_t slot, uint64_t word)
{
    uint64_t to = NO_SLOT;
    switch (how->form) {
    case LINK_NUMBER:
        to = word;
        break;
    case LINK_FROM_ONE:
        to = word - 1;
        break;
    case LINK_RELATIVE:
        to = slot + (uint64_t)(int64_t)(int32_t)word;
        break;
    case LINK_ADDRESS:
        to = (word - how->block->address) % how->slot_bytes == 0
                 ? (word - how->block->address) / how->slot_bytes
                 : NO_SLOT;
        break;
    case LINK_FORMS:
        break;
    }
    return to < how->slots && to != slot ? to : NO_SLOT;
}

/* Both slots that the hash names: while a table grows slot by slot the records of those that were
 * not split yet lie in the lower one. */
static void slots_of_hash(const struct linked_slots *how, uint64_t hash, uint64_t named[2])
{
    uint64_t power = next_power_of_two(how->slots), below = power / 2;
    uint32_t bits = (uint32_t)__builtin_ctzll(power == how->slots ? power : below);
    named[0] = named[1] = NO_SLOT;
    switch (how->reduction) {
    case SLOT_BY_MASK:
        named[0] = hash & (power - 1);
        named[1] = hash & (below - 1);
        break;
    case SLOT_BY_REST:
        named[0] = hash % how->slots;
        break;
    case SLOT_BY_TOP:
        named[0] = hash >> (how->hash_bytes * 8 - bits);
        break;
    case SLOT_REDUCTIONS:
        break;
    }
}

static uint64_t hash_of(const struct linked_slots *how, const unsigned char *record)
{
    return word_sized(record, how->hash_at, how->hash_bytes);
}

static bool is_home(const struct linked_slots *how, uint64_t slot, const unsigned char *record)
{
    uint64_t named[2];
    slots_of_hash(how, hash_of(how, record), named);
    return named[0] == slot || named[1] == slot;
}

/* --- a few records --- */

struct record_cursor {
    const struct glimpse *glimpse;
    uint32_t slot_bytes, piece;
    uint64_t slot; /* the next one */
    uint64_t slots;
};

/* The next record of the sample that is not all zero. */
static const unsigned char *next_record(struct record_cursor *cursor, uint64_t *slot)
{
    static const unsigned char zero[MOST_SLOT];
    while (cursor->piece < cursor->glimpse->pieces) {
        uint64_t start = cursor->glimpse->offset[cursor->piece];
        uint64_t first = (start + cursor->slot_bytes - 1) / cursor->slot_bytes;
        if (cursor->slot < first)
            cursor->slot = first;
        uint64_t at = cursor->slot * cursor->slot_bytes - start;
        if (at + cursor->slot_bytes > cursor->glimpse->piece_bytes ||
            cursor->slot >= cursor->slots) {
            cursor->piece++;
            continue;
        }
        const unsigned char *record =
            cursor->glimpse->memory + (size_t)cursor->piece * cursor->glimpse->piece_bytes + at;
        *slot = cursor->slot++;
        if (memcmp(record, zero, cursor->slot_bytes) != 0)
            return record;
    }
    return NULL;
}

static struct record_cursor cursor_of(const struct glimpse *glimpse, const struct linked_slots *how)
{
    return (struct record_cursor){
        .glimpse = glimpse, .slot_bytes = how->slot_bytes, .slots = how->slots};
}

/* False when the slot was seen before. */
static bool see(uint32_t *seen, uint64_t slot)
{
    uint32_t place = (uint32_t)(slot * 0x9E3779B97F4A7C15ull >> 52) % SEEN_PLACES;
    for (uint32_t nth = 0; nth < SEEN_PLACES; nth++, place = (place + 1) % SEEN_PLACES) {
        if (seen[place] == (uint32_t)slot + 1)
            return false;
        if (seen[place] == 0) {
            seen[place] = (uint32_t)slot + 1;
            return true;
        }
    }
    return true;
}

/* Whether the column leads from record to record, to none from two, or ends. */
static bool is_link(const struct glimpse *glimpse, struct linked_slots *how, uint32_t *seen)
{
    struct record_cursor cursor = cursor_of(glimpse, how);
    const unsigned char *record;
    uint64_t slot;
    uint32_t links = 0;
    uint64_t ways = 0; /* a bit for each of 64 remainders */
    bool is_clean = false;
    how->has_end = how->form != LINK_NUMBER;
    how->end = 0;
    while ((record = next_record(&cursor, &slot)) != NULL) {
        uint64_t word = link_word(how, record);
        if (how->has_end && word == how->end)
            continue;
        uint64_t to = slot_of_link(how, slot, word);
        if (to == NO_SLOT && !how->has_end && word >= how->slots) {
            how->has_end = true;
            how->end = word;
            continue;
        }
        if (to == NO_SLOT)
            return false;
        if (!is_clean)
            memset(seen, 0, SEEN_PLACES * sizeof(*seen));
        is_clean = true;
        if (!see(seen, to))
            return false;
        links++;
        ways |= 1ull << ((how->form == LINK_RELATIVE ? word : to) & 63);
    }
    return links >= LEAST_LINKS && __builtin_popcountll(ways) >= (int)LEAST_WAYS;
}

/* Whether some records, and not all, lie where the column says. */
static bool is_hash(const struct glimpse *glimpse, const struct linked_slots *how)
{
    struct record_cursor cursor = cursor_of(glimpse, how);
    const unsigned char *record;
    uint64_t slot;
    uint32_t homes = 0, records = 0;
    while ((record = next_record(&cursor, &slot)) != NULL) {
        records++;
        homes += is_home(how, slot, record);
    }
    return homes >= LEAST_HOMES && homes * 20 <= records * 19;
}

/* --- all records --- */

struct found_records {
    uint64_t homes, others;
    uint32_t walks, reached;
    uint32_t seconds; /* of these, such that are the second of their chain: of each chain one */
};

/* Goes along the chain that begins in the slot, as far as its records' hashes name that slot as
 * their nth; `links`: how many lead to the slot `to`, 0 where none do. False for what is no chain:
 * a list of free records, all of whose hashes are zero, goes on and on. */
static bool follow_chain(const struct layout_view *view, const struct linked_slots *how,
                         uint64_t first, unsigned nth_named, uint64_t to, uint32_t *links)
{
    uint64_t at = first;
    *links = 0;
    for (uint32_t nth = 0; nth < MOST_CHAIN; nth++) {
        unsigned char record[MOST_SLOT];
        uint64_t named[2], link;
        if (at >= how->slots)
            return true;
        if (!layout_read(view, how->block->address + at * how->slot_bytes, record, how->slot_bytes))
            return false;
        slots_of_hash(how, hash_of(how, record), named);
        if (named[nth_named] != first)
            return true;
        if (at == to)
            *links = nth;
        link = link_word(how, record);
        if (how->has_end && link == how->end)
            return true;
        at = slot_of_link(how, at, link);
    }
    return false;
}

/* How many links lead from the slot that its hash names to the record in that slot; 0: none do. */
static uint32_t links_to(const struct layout_view *view, const struct linked_slots *how,
                         uint64_t slot, const unsigned char *record)
{
    uint64_t named[2];
    uint32_t links;
    slots_of_hash(how, hash_of(how, record), named);
    for (unsigned i = 0; i < 2; i++)
        if (named[i] < how->slots && follow_chain(view, how, named[i], i, slot, &links) &&
            links > 0)
            return links;
    return 0;
}

/* Whether the record in its own slot is free and has no hash. */
static bool is_free_at_home(const struct layout_view *view, const struct linked_slots *how,
                            uint64_t slot, const unsigned char *record)
{
    uint32_t links;
    return hash_of(how, record) == 0 && !follow_chain(view, how, slot, 0, slot, &links);
}

static bool find_records(const struct layout_view *view, const struct linked_slots *how,
                         struct found_records *found)
{
    static const unsigned char zero[MOST_SLOT];
    unsigned char *piece = view->scratch + SAMPLED_BYTES; /* the sample may be needed yet */
    uint32_t a_piece = SAMPLED_BYTES / how->slot_bytes;
    /* Walks for records all over the array. */
    uint64_t each = how->slots / MOST_WALKS + 1;
    *found = (struct found_records){0};
    for (uint64_t first = 0; first < how->slots; first += a_piece) {
        uint64_t left = how->slots - first;
        uint32_t number = left < a_piece ? (uint32_t)left : a_piece;
        if (!layout_read(view, how->block->address + first * how->slot_bytes, piece,
                         (size_t)number * how->slot_bytes))
            return false;
        for (uint32_t i = 0; i < number; i++) {
            const unsigned char *record = piece + (size_t)i * how->slot_bytes;
            if (memcmp(record, zero, how->slot_bytes) == 0)
                continue;
            if (is_home(how, first + i, record)) {
                found->homes += !is_free_at_home(view, how, first + i, record);
            } else if (found->others++ % each == 0) {
                found->walks++;
                uint32_t links = links_to(view, how, first + i, record);
                found->reached += links > 0;
                found->seconds += links == 1;
            }
        }
    }
    return true;
}

static bool read_found(const struct layout_view *view, const struct linked_slots *how,
                       struct table_reading *out)
{
    struct found_records found;
    if (!find_records(view, how, &found) || found.seconds < LEAST_SECONDS ||
        found.homes + found.reached < LEAST_FOUND)
        return false;
    double behind = (double)found.reached / (double)found.walks * (double)found.others;
    *out = (struct table_reading){
        .capacity = how->slots,
        .live = found.homes + (uint64_t)(behind + 0.5),
        /* Of a share of those that were tried. */
        .live_error = found.walks < found.others
                          ? (uint64_t)(behind / slot_profile_square_root(found.reached)) + 1
                          : 0,
        .slot_bytes = how->slot_bytes,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE,
    };
    return true;
}

/* --- the shapes --- */

static bool try_hashes(const struct layout_view *view, const struct glimpse *glimpse,
                       struct linked_slots *how, struct table_reading *out)
{
    uint32_t link_bytes = how->form == LINK_ADDRESS ? 8 : 4;
    for (uint32_t bytes = 8; bytes >= 4; bytes -= 4)
        for (uint32_t at = 0; at + bytes <= how->slot_bytes; at += bytes) {
            if (at + bytes > how->link_at && at < how->link_at + link_bytes)
                continue;
            how->hash_at = at;
            how->hash_bytes = bytes;
            for (int reduction = 0; reduction < SLOT_REDUCTIONS; reduction++) {
                how->reduction = (enum slot_reduction)reduction;
                if (is_hash(glimpse, how) && read_found(view, how, out))
                    return true;
            }
        }
    return false;
}

bool linked_slots_read(const struct layout_view *view, const struct block *block,
                       struct table_reading *out)
{
    static const uint8_t sizes[] = {8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128};
    uint32_t *seen = (uint32_t *)(void *)(view->scratch + SAMPLED_BYTES);
    struct glimpse glimpse;
    if (!glimpse_read(view, block, 0, view->scratch, &glimpse))
        return false;
    for (uint32_t i = 0; i < sizeof(sizes); i++) {
        struct linked_slots how = {
            .block = block, .slot_bytes = sizes[i], .slots = block->bytes / sizes[i]};
        if (how.slots < LEAST_SLOTS || how.slots > UINT32_MAX / 2)
            continue;
        for (int form = 0; form < LINK_FORMS; form++) {
            how.form = (enum link_form)form;
            uint32_t bytes = form == LINK_ADDRESS ? 8 : 4;
            for (how.link_at = 0; how.link_at + bytes <= sizes[i]; how.link_at += bytes)
                if (is_link(&glimpse, &how, seen) && try_hashes(view, &glimpse, &how, out))
                    return true;
        }
    }
    return false;
}
