/*
 * From an array to a table by where its entries are: see static_rules.h. No state, no allocation.
 * The order: words of a shape (slot_shapes.h), some entries, a field that names their slots
 * (hash_relation.h), chains, a count.
 */
#include "static_rules.h"

#include "hashed_chains.h"
#include "layouts/entry_sample.h"
#include "layouts/words.h"
#include "slot_profile.h"

/* By so many entries a shape is refused, or kept. Those that have to be read cost more. */
#define FIRST_SAMPLE    24u
#define FIRST_READ      12u
#define PICKED_ENTRIES  12u
#define MEASURED_CHAINS 256u
#define MOST_ROUNDS     8u
/* Counted in pieces spread over the array when it is larger than so many slots, or bytes: at a load
 * of 1/50 that is off by 2 %. */
#define COUNT_SLOTS 131072u
#define COUNT_BYTES (2u << 20)
#define COUNT_PIECE 4096u

struct work {
    unsigned char pieces[GLIMPSE_BYTES];
    union {
        struct sampled_entry entries[RELATION_SAMPLES];
        struct {
            struct chain_head heads[CHAIN_HEADS];
            struct chain_link links[CHAIN_LINKS];
        };
    };
};
_Static_assert(sizeof(struct work) <= LAYOUT_SCRATCH_BYTES, "the view's scratch holds it");

struct search {
    struct layout_view *view;
    const struct block *block;
    struct work *work;
    struct slot_shape shape;
    struct hash_relation relation;
    uint32_t count;      /* of work->entries */
    uint32_t unreadable; /* words that led nowhere */
    uint32_t first, end; /* of the window: what was read of all of them */
    bool is_overwritten; /* work->pieces holds others than those of the first glimpse */
    bool exact_only;     /* no entry may be in another slot than its own */
    bool is_pointing;    /* the words of the column that was tried last lead to memory */
    bool may_be_open;    /* with entries elsewhere some shape would have been found */
    bool is_chained;
    struct hashed_chain chain;
};

/* --- entries --- */

/* Before an entry's address, where that is of a link inside it. */
#define WINDOW_BEFORE 64u

static uint32_t before(const struct slot_shape *shape)
{
    return shape->leads == LEADS_BY_POINTER ? WINDOW_BEFORE : 0;
}

static uint32_t entry_bytes(const struct slot_shape *shape)
{
    uint32_t bytes = shape->leads == LEADS_BY_POINTER ? RELATION_WINDOW
                     : shape->leads == LEADS_BY_INDEX ? shape->entry_bytes
                                                      : shape->slot_bytes;
    return bytes < RELATION_WINDOW ? bytes : RELATION_WINDOW;
}

#define LEAST_ENTRY_BYTES 32u

static bool read_window(const struct search *search, struct sampled_entry *entry, uint32_t first,
                        uint32_t end)
{
    return layout_read(search->view, entry->address - before(&search->shape) + first,
                       entry->bytes + first, end - first);
}

/* Reads as much of the entry as can be read of it and of those before it. */
static bool read_entry(struct search *search, struct sampled_entry *entry)
{
    while (!read_window(search, entry, search->first, search->end)) {
        /* An entry at the end of memory; or a number that looks like an address. */
        uint32_t least = WINDOW_BEFORE + LEAST_ENTRY_BYTES;
        if (search->shape.leads != LEADS_BY_POINTER || search->end <= least ||
            !read_window(search, entry, WINDOW_BEFORE, least))
            return false;
        if (search->first < WINDOW_BEFORE)
            search->first = WINDOW_BEFORE;
        else
            search->end = WINDOW_BEFORE + (search->end - WINDOW_BEFORE) / 2;
    }
    return true;
}

static uint64_t column_word(const struct slot_shape *shape, const unsigned char *slot)
{
    return shape->column_bytes == 8 ? word_u64(slot, shape->column) : word_u32(slot, shape->column);
}

static void sample_piece(struct search *search, const struct glimpse *glimpse, unsigned piece,
                         uint32_t most)
{
    const struct slot_shape *shape = &search->shape;
    const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
    uint64_t start = glimpse->offset[piece], header = shape->header_bytes;
    uint64_t slot =
        start > header ? (start - header + shape->slot_bytes - 1) / shape->slot_bytes : 0;
    for (; slot < shape->capacity && search->count < most; slot++) {
        uint64_t at = header + slot * shape->slot_bytes - start;
        if (at + shape->slot_bytes > glimpse->piece_bytes)
            return;
        uint64_t word = column_word(shape, memory + at);
        if (slot_shape_state(shape, search->block, slot, word) != SLOT_OCCUPIED)
            continue;
        struct sampled_entry *entry = &search->work->entries[search->count];
        *entry = (struct sampled_entry){
            .slot = slot, .address = slot_shape_entry(shape, search->block, slot, word)};
        if (shape->leads == LEADS_NOWHERE)
            memcpy(entry->bytes, memory + at, entry_bytes(shape));
        else if (entry->address == 0 || !read_entry(search, entry)) {
            if (++search->unreadable > 4)
                return;
            continue;
        }
        search->count++;
    }
}

/* The first pieces into the glimpse, unless they are there. */
static bool look_again(struct search *search, struct glimpse *glimpse)
{
    if (search->is_overwritten &&
        !glimpse_read(search->view, search->block, 0, search->work->pieces, glimpse))
        return false;
    search->is_overwritten = false;
    return true;
}

/* Takes up to `wanted` entries, of each piece about as many. */
static bool sample(struct search *search, struct glimpse *glimpse, uint32_t wanted)
{
    if (!look_again(search, glimpse))
        return false;
    struct glimpse other = *glimpse;
    search->count = search->unreadable = 0;
    search->first = 0;
    search->end = entry_bytes(&search->shape);
    for (unsigned round = 0; round < MOST_ROUNDS && search->count < wanted; round++) {
        if (round > 0 && wanted <= FIRST_SAMPLE && search->count >= RELATION_LEAST)
            break; /* other pieces cost more than they tell */
        search->is_overwritten = round > 0 && search->block->bytes > GLIMPSE_BYTES;
        if (round > 0 &&
            !glimpse_read(search->view, search->block, round, search->work->pieces, &other))
            break;
        for (unsigned i = 0; i < other.pieces && search->unreadable <= 4; i++) {
            uint32_t left = wanted - search->count, pieces = other.pieces - i;
            sample_piece(search, &other, i, search->count + (left + pieces - 1) / pieces);
        }
        if (search->unreadable > 4)
            return false;
    }
    return search->count >= RELATION_LEAST;
}

static bool find_relation(struct search *search, bool is_guess)
{
    struct relation_question question = {
        .entries = search->work->entries,
        .count = search->count,
        .first = search->first,
        .end = search->end,
        .capacity = search->shape.capacity,
        .is_guess = is_guess,
    };
    if (search->shape.leads == LEADS_NOWHERE) {
        question.first = search->shape.column;
        question.end = search->shape.column + search->shape.column_bytes;
        if (question.end > RELATION_WINDOW)
            return false;
    }
    return hash_relation_find(&question, &search->relation);
}

/* --- counting --- */

struct tally {
    uint64_t looked, occupied, deleted, displaced;
    uint32_t heads;
    uint64_t heads_of; /* one head of so many occupied buckets is kept */
};

/* When there is no more room, every second one is dropped, and of those to come only half as many
 * are kept. */
static void keep_head(struct search *search, struct tally *tally, uint64_t slot, uint64_t word)
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
    heads[tally->heads++] = (struct chain_head){
        .slot = slot, .entry = slot_shape_entry(&search->shape, search->block, slot, word)};
}

static void tally_slot(struct search *search, const unsigned char *bytes, uint64_t slot,
                       uint64_t word, struct tally *tally)
{
    const struct slot_shape *shape = &search->shape;
    enum slot_state state = slot_shape_state(shape, search->block, slot, word);
    tally->deleted += state == SLOT_DELETED;
    if (state != SLOT_OCCUPIED)
        return;
    if (shape->leads == LEADS_NOWHERE)
        tally->displaced += hash_relation_home(&search->relation, shape->capacity, bytes) != slot;
    else if (tally->occupied % tally->heads_of == 0)
        keep_head(search, tally, slot, word);
    tally->occupied++;
}

/* All slots, or those of pieces. */
static bool count(struct search *search, struct tally *tally)
{
    const struct slot_shape *shape = &search->shape;
    uint64_t wanted = COUNT_BYTES / shape->slot_bytes;
    wanted = wanted < COUNT_SLOTS ? wanted : COUNT_SLOTS;
    uint64_t step = (shape->capacity + wanted - 1) / wanted;
    uint64_t per_piece = (step == 1 ? GLIMPSE_BYTES : COUNT_PIECE) / shape->slot_bytes;
    if (shape->column + shape->column_bytes > shape->slot_bytes || per_piece == 0)
        return false;
    for (uint64_t slot = 0; slot < shape->capacity; slot += per_piece * step) {
        uint64_t slots = shape->capacity - slot < per_piece ? shape->capacity - slot : per_piece;
        uint64_t start = shape->header_bytes + slot * shape->slot_bytes;
        if (start + slots * shape->slot_bytes > search->block->bytes ||
            !layout_read(search->view, search->block->address + start, search->work->pieces,
                         slots * shape->slot_bytes))
            return false;
        for (uint64_t i = 0; i < slots; i++) {
            const unsigned char *bytes = search->work->pieces + i * shape->slot_bytes;
            uint64_t word = column_word(shape, bytes);
            if (word != shape->empty) /* most are, and a call costs more than this */
                tally_slot(search, bytes, slot + i, word, tally);
        }
        tally->looked += slots;
    }
    return tally->looked > 0;
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

static void measure_entries(struct search *search, const struct tally *tally,
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

/* How many of the kept entries are in another slot than their own; UINT64_MAX when many are gone.
 */
static uint64_t count_displaced(struct search *search, const struct tally *tally)
{
    const struct hash_relation *relation = &search->relation;
    unsigned char window[RELATION_WINDOW];
    uint64_t displaced = 0, gone = 0;
    for (uint32_t i = 0; i < tally->heads; i++) {
        const struct chain_head *head = &search->work->heads[i];
        if (head->entry == 0 ||
            !layout_read(search->view, head->entry - before(&search->shape) + relation->offset,
                         window + relation->offset, relation->width))
            gone++;
        else
            displaced += hash_relation_home(relation, search->shape.capacity, window) != head->slot;
    }
    return gone * 16 > tally->heads ? UINT64_MAX : displaced;
}

static void find_chains(struct search *search, const struct tally *tally)
{
    search->chain = (struct hashed_chain){.relation = &search->relation,
                                          .window_before = before(&search->shape),
                                          .shape = &search->shape,
                                          .block = search->block};
    search->is_chained = search->relation.is_exact && search->shape.leads != LEADS_NOWHERE &&
                         hashed_chains_find(search->view, &search->chain, search->work->heads,
                                            tally->heads, search->first, search->end,
                                            search->work->links, &search->chain.next_offset);
}

/* Live of a table of chains. */
static bool read_chains(struct search *search, const struct tally *tally,
                        struct static_reading *out)
{
    struct chain_lengths lengths;
    /* A few hundred give the mean within 3 %; only where that is all there are, it is exact. */
    bool is_all = tally->heads == tally->occupied;
    uint32_t measured = is_all || tally->heads < MEASURED_CHAINS ? tally->heads : MEASURED_CHAINS;
    if (!hashed_chains_measure(search->view, &search->chain, search->work->heads, measured,
                               &lengths))
        return false;
    double occupied = (double)scaled(tally, tally->occupied, search->shape.capacity);
    out->table.live = (uint64_t)(occupied * lengths.mean + 0.5);
    out->table.live_error += is_all ? 0 : (uint64_t)(occupied * lengths.error + 0.5);
    return true;
}

static bool fill(struct search *search, struct static_reading *out)
{
    const struct slot_shape *shape = &search->shape;
    struct table_reading *table = &out->table;
    struct tally tally = {.heads_of = 1};
    if (!count(search, &tally) || tally.occupied == 0)
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
    find_chains(search, &tally);
    if (search->is_chained) {
        met = 1;
        out->kind = shape->leads == LEADS_BY_INDEX ? DUMP_KIND_COMPACT : DUMP_KIND_CHAINED;
        if (!read_chains(search, &tally, out))
            return false;
        table->entry_blocks = shape->leads == LEADS_BY_POINTER ? table->live : 0;
    } else if (shape->leads != LEADS_NOWHERE) {
        met = count_displaced(search, &tally);
        if (met == UINT64_MAX)
            return false;
    }
    /* Entries of which none ever met another may as well be objects that bear the number of their
     * slot and something random before it. Only keys whose mix names the slot are no such numbers.
     * And a table that is full proves nothing by its empty slots, unless there are chains. */
    if ((met == 0 && !search->relation.is_mixed_key) || (share > 0.97 && !search->is_chained))
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
    if (shape->leads == LEADS_BY_INDEX)
        table->arrays[table->array_count++] =
            (struct layout_array){shape->entries.address, shape->entries.bytes, DUMP_ROLE_ENTRIES};
    return true;
}

/* --- the shapes, one after the other --- */

/* Tries the shape's fits on entries that were sampled for a header of no bytes: a header of another
 * size makes the column begin earlier in the slot, and the slot's number smaller. */
static bool try_fits(struct search *search, struct glimpse *glimpse)
{
    const struct slot_shape plain = search->shape;
    uint64_t shifted = 0;
    for (unsigned nth = 0;; nth++) {
        struct slot_shape fit = plain;
        if (!slot_shape_fit(search->block->bytes, nth, &fit))
            return false;
        if (fit.capacity < 64)
            continue;
        uint32_t inside = fit.header_bytes % fit.slot_bytes;
        uint64_t shift = fit.header_bytes / fit.slot_bytes + (inside > plain.column);
        fit.column =
            plain.column >= inside ? plain.column - inside : plain.column + fit.slot_bytes - inside;
        if (fit.leads == LEADS_NOWHERE && fit.header_bytes != 0)
            continue; /* the slot's bytes were copied from where it would not begin */
        for (uint32_t i = 0; i < search->count; i++)
            search->work->entries[i].slot += shifted - shift;
        shifted = shift;
        search->shape = fit;
        if (!find_relation(search, true))
            continue;
        if (search->exact_only && !search->relation.is_exact) {
            search->may_be_open = true;
            continue;
        }
        return sample(search, glimpse, RELATION_SAMPLES) && find_relation(search, false);
    }
}

/* A cheap look at a column of slots, for nearly all that could be hashes are none. */
static bool may_be_hashed(struct search *search, const struct glimpse *glimpse)
{
    struct slot_shape *shape = &search->shape;
    struct relation_question question = {
        .entries = search->work->entries,
        .first = shape->column,
        .end = shape->column + shape->column_bytes,
    };
    question.count =
        slot_shape_pick(glimpse, search->block, shape, search->work->entries, PICKED_ENTRIES);
    if (question.end > RELATION_WINDOW)
        return false;
    struct slot_shape fit = *shape;
    for (unsigned nth = 0; slot_shape_fit(search->block->bytes, nth, &fit); nth++) {
        question.capacity = fit.capacity;
        if (fit.header_bytes == 0 && fit.capacity >= 64 && hash_relation_may_be(&question))
            return true;
    }
    return false;
}

/* Whether the column is worth sampling. */
static bool learn_column(struct search *search, struct glimpse *glimpse)
{
    struct slot_shape *shape = &search->shape;
    /* For the sample: as if the slots began with the array. */
    shape->header_bytes = 0;
    shape->capacity = search->block->bytes / shape->slot_bytes;
    return look_again(search, glimpse) &&
           (shape->leads != LEADS_BY_POINTER ||
            slot_shape_may_point(glimpse, search->block, shape)) &&
           (shape->leads != LEADS_NOWHERE || may_be_hashed(search, glimpse)) &&
           slot_shape_learn(glimpse, search->block, shape);
}

static bool try_column(struct search *search, struct glimpse *glimpse)
{
    uint32_t wanted = search->shape.leads == LEADS_NOWHERE ? FIRST_SAMPLE : FIRST_READ;
    search->is_pointing = false;
    if (!learn_column(search, glimpse) || !sample(search, glimpse, wanted))
        return false;
    search->is_pointing = search->shape.is_pure && search->unreadable <= 1;
    return try_fits(search, glimpse);
}

/* Buckets may have a count, a lock, a tail beside the head. */
static bool try_pointer_columns(struct search *search, struct glimpse *glimpse)
{
    static const uint8_t sizes[] = {8, 16, 24, 32, 64};
    bool is_all_pointers = false;
    for (unsigned i = 0; i < sizeof(sizes); i++)
        for (uint32_t column = 0; column < sizes[i]; column += 8) {
            search->shape = (struct slot_shape){.slot_bytes = sizes[i],
                                                .column = column,
                                                .column_bytes = 8,
                                                .leads = LEADS_BY_POINTER};
            /* Heads of one pointer, or of two: a list's first and last. */
            if (is_all_pointers && (sizes[i] > 16 || column > 0))
                return false;
            if (try_column(search, glimpse))
                return true;
            is_all_pointers = is_all_pointers || (sizes[i] == 8 && search->is_pointing);
        }
    return false;
}

/* Chains first: seen as slots of half their size, buckets of head and tail that are named by the
 * top bits of a hash look like open addressing. */
static bool try_pointers(struct search *search, struct glimpse *glimpse)
{
    search->exact_only = true;
    search->may_be_open = false;
    if (try_pointer_columns(search, glimpse))
        return true;
    search->exact_only = false;
    return search->may_be_open && try_pointer_columns(search, glimpse);
}

/* --- chains by index --- */

#define MOST_ENTRY_BYTES 128u
#define ENTRIES_REACH    64u /* from the pointer to the heads, in one object */
#define MOST_HOLDERS     4u

struct entries_search {
    struct search *search;
    struct glimpse *glimpse;
    uint64_t highest; /* index that was seen */
    unsigned asked;
    bool found;
};

/* The largest index among those sampled. */
static uint64_t highest_index(const struct search *search, const struct glimpse *glimpse)
{
    uint64_t highest = 0;
    for (unsigned i = 0; i < glimpse->pieces; i++)
        for (uint32_t at = 0; at + 4 <= glimpse->piece_bytes; at += 4) {
            uint64_t word = word_u32(glimpse->memory + (size_t)i * glimpse->piece_bytes, at);
            if (word != search->shape.empty && word > highest)
                highest = word;
        }
    return highest;
}

/* An array of entries has room for a quarter to four times as many as there are heads. */
static bool try_entries(const struct block *block, void *context)
{
    struct entries_search *entries = context;
    struct search *search = entries->search;
    uint64_t heads = search->block->bytes / 4;
    struct slot_shape plain = search->shape;
    if (block->address == search->block->address || block->bytes <= entries->highest * 4 ||
        ++entries->asked > 4)
        return true;
    for (uint32_t bytes = 8; bytes <= MOST_ENTRY_BYTES; bytes += 4) {
        uint64_t room = block->bytes / bytes;
        if (block->bytes % bytes != 0 || room < entries->highest || room < heads / 4 ||
            room > heads * 4)
            continue;
        for (uint32_t first = 0; first <= (plain.empty == 0); first++) {
            search->shape = plain;
            search->shape.entries = *block;
            search->shape.entry_bytes = bytes;
            search->shape.first_index = first;
            search->shape.header_bytes = 0;
            search->shape.capacity = heads;
            entries->found =
                sample(search, entries->glimpse, FIRST_READ) && try_fits(search, entries->glimpse);
            if (entries->found)
                return false;
        }
    }
    search->shape = plain;
    return true;
}

/* The arrays that the objects point at which point at the heads. */
static void try_siblings(struct entries_search *entries)
{
    const struct layout_view *view = entries->search->view;
    uint64_t heads = entries->search->block->address;
    for (unsigned nth = 0; nth < MOST_HOLDERS && !entries->found; nth++) {
        uint64_t words[2 * ENTRIES_REACH / 8 + 1];
        uint64_t holder = view->blocks->pointer_to(view->blocks, heads, nth);
        if (holder == 0 ||
            !layout_read(view, (holder & ~(uint64_t)7) - ENTRIES_REACH, words, sizeof(words)))
            return;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !entries->found; i++) {
            struct block block;
            if (view->blocks->find(view->blocks, words[i], &block))
                try_entries(&block, entries);
        }
    }
}

static bool try_indices(struct search *search, struct glimpse *glimpse)
{
    const struct block_index *blocks = search->view->blocks;
    struct entries_search entries = {.search = search, .glimpse = glimpse};
    search->shape =
        (struct slot_shape){.slot_bytes = 4, .column_bytes = 4, .leads = LEADS_BY_INDEX};
    if (!blocks || !look_again(search, glimpse) ||
        !slot_shape_learn(glimpse, search->block, &search->shape))
        return false;
    entries.highest = highest_index(search, glimpse);
    if (entries.highest < RELATION_LEAST || entries.highest > search->block->bytes)
        return false;
    try_siblings(&entries);
    entries.asked = 0;
    if (!entries.found)
        blocks->neighbours(blocks, search->block->address, try_entries, &entries);
    return entries.found;
}

/* --- entries in the slots --- */

static bool fits_at_all(uint64_t bytes, struct slot_shape *shape)
{
    for (unsigned nth = 0; slot_shape_fit(bytes, nth, shape); nth++)
        if (shape->capacity >= 64 && shape->header_bytes == 0)
            return true;
    return false;
}

static bool try_slots(struct search *search, struct glimpse *glimpse)
{
    static const uint8_t sizes[] = {4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128};
    for (unsigned i = 0; i < sizeof(sizes); i++) {
        struct slot_shape shape = {.slot_bytes = sizes[i], .leads = LEADS_NOWHERE};
        if (!fits_at_all(search->block->bytes, &shape))
            continue;
        for (uint32_t column = 0; column < sizes[i]; column += 4)
            for (uint32_t width = 8; width >= 4; width -= 4) {
                if ((width == 8 && column % 8 != 0) || column + width > sizes[i])
                    continue;
                shape.column = column;
                shape.column_bytes = width;
                search->shape = shape;
                if (try_column(search, glimpse))
                    return true;
            }
    }
    return false;
}

bool static_rules_read(struct layout_view *view, const struct block *block,
                       struct static_reading *out)
{
    struct search search = {
        .view = view, .block = block, .work = (void *)view->scratch, .is_overwritten = true};
    struct glimpse glimpse;
    if (block->bytes < STATIC_LEAST_BYTES || block->bytes >> 44 != 0 ||
        !look_again(&search, &glimpse))
        return false;
    return (try_pointers(&search, &glimpse) || try_indices(&search, &glimpse) ||
            try_slots(&search, &glimpse)) &&
           fill(&search, out);
}
