/*
 * Buckets and slots that hold addresses: the sizes that they may have, and which of their words
 * lead to the entries. See static_search.h. No state, no allocation.
 */
#include "static_search.h"

/* Whether all words of the pieces but those of one column are zero; adds to `words` how many there
 * are in it. */
static bool are_in_column(const struct glimpse *glimpse, uint32_t slot_bytes, uint32_t *words,
                          uint32_t *column)
{
    for (uint32_t piece = 0; piece < glimpse->pieces; piece++) {
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        uint32_t at = (uint32_t)(glimpse->offset[piece] % slot_bytes);
        if (glimpse->zero_pieces >> piece & 1)
            continue;
        for (uint32_t word = 0; word < glimpse->piece_bytes; word += 8) {
            if (word_u64(memory, word) != 0) {
                if ((*words)++ == 0)
                    *column = at;
                if (at != *column)
                    return false;
            }
            at = at + 8 < slot_bytes ? at + 8 : 0;
        }
    }
    return true;
}

/* Of an array that is nearly empty there may be too few in the pieces of the first round. */
static bool is_lone_column(const struct static_search *search, uint32_t slot_bytes,
                           uint32_t *column)
{
    uint32_t words = 0;
    for (unsigned round = 0; round < STATIC_ROUNDS && words < RELATION_LEAST; round++) {
        const struct glimpse *glimpse = static_glimpse(search, round);
        if (!glimpse || (round > 0 && words < RELATION_LEAST / 2) ||
            !are_in_column(glimpse, slot_bytes, &words, column))
            return false;
    }
    return words >= RELATION_LEAST;
}

static struct slot_shape pointers_in(uint32_t slot_bytes, uint32_t column)
{
    return (struct slot_shape){
        .slot_bytes = slot_bytes, .column = column, .column_bytes = 8, .leads = LEADS_BY_POINTER};
}

#define LEAST_SLOTS 64u

/* With a mutex of 40 bytes, or a lock of 56, in each bucket. */
static const uint8_t locked_sizes[] = {72, 64, 56, 48, 40, 128};
static bool fits_locked(const struct static_search *search, unsigned nth)
{
    return locked_sizes[nth] == 64 || search->block->bytes % locked_sizes[nth] == 0;
}

/* Locks that nobody holds are zero: seen as smaller slots, such buckets are heads alone. */
static bool try_lone_columns(struct static_search *search)
{
    for (unsigned i = 0; i < sizeof(locked_sizes); i++) {
        uint32_t column;
        if (!fits_locked(search, i) || !is_lone_column(search, locked_sizes[i], &column))
            continue;
        search->shape = pointers_in(locked_sizes[i], column);
        return static_try_column(search);
    }
    return false;
}

/* Columns that may lead to entries are left set in `columns`. */
static bool try_size(struct static_search *search, uint32_t slot_bytes, uint64_t *columns,
                     uint64_t *bit)
{
    const uint64_t tried = *columns;
    for (uint32_t column = 0; column < slot_bytes; column += 8, *bit <<= 1) {
        if (!(tried & *bit))
            continue;
        search->shape = pointers_in(slot_bytes, column);
        if (static_try_column(search))
            return true;
        if (!search->is_sampled)
            *columns &= ~*bit;
        if (search->is_full && slot_bytes == 8)
            break;
    }
    return false;
}

/* Of an array that is nearly empty it is known how large the slots are, and which of their columns
 * tell that one is in use: not the link of a slot that is its chain's first entry, which few have.
 * Seen as heads of one pointer such slots are all addresses, too, where a key, a value and a link
 * are (Dovecot), or a word beside the pointer is mostly zero (libobjc2): then no other size was
 * tried, or no column was left to be asked for keys. The same where strings in them tell how large
 * they are. */
static bool try_known_size(struct static_search *search)
{
    const bool is_sparse = search->sparse_bytes != 0;
    const uint32_t slot_bytes = is_sparse ? search->sparse_bytes : search->pieces->stride;
    if (slot_bytes <= sizeof(uint64_t) || slot_bytes % sizeof(uint64_t) != 0 ||
        search->block->bytes / slot_bytes < LEAST_SLOTS)
        return false;
    for (uint32_t column = 0; column < slot_bytes; column += sizeof(uint64_t)) {
        search->shape = pointers_in(slot_bytes, column);
        if ((!is_sparse || search->sparse_columns >> column / 4 & 1) && static_try_column(search))
            return true;
    }
    return false;
}

/* Buckets may have a count, a lock, a tail beside the head. `columns`: a bit for each that may lead
 * to entries. */
static bool try_pointer_columns(struct static_search *search, uint64_t *columns)
{
    static const uint8_t sizes[] = {16, 24, 32};
    uint64_t bit = 1;
    if (try_known_size(search) || try_size(search, 8, columns, &bit))
        return true;
    /* A vector of addresses, or a table with so many entries that nothing is to be saved: to find
     * out which would take the longest of all. */
    if (search->is_full)
        return false;
    bool is_all_pointers = search->is_pointing;
    if (try_lone_columns(search))
        return true;
    /* Heads of one pointer, or of two: a list's first and last. */
    if (is_all_pointers) {
        uint64_t first = *columns & bit;
        return try_size(search, 16, &first, &bit);
    }
    for (unsigned i = 0; i < sizeof(sizes); i++)
        if (try_size(search, sizes[i], columns, &bit))
            return true;
    for (unsigned i = 0; i < sizeof(locked_sizes); i++)
        if (fits_locked(search, i) && try_size(search, locked_sizes[i], columns, &bit))
            return true;
    return false;
}

#define TAG_BITS  16u /* above an address, of which user space has 47 bits */
#define MOST_BARE 4u  /* one word in so many has nothing there */

/* Whether the words of the column are mostly addresses with something above them. */
static bool are_tagged(const struct static_search *search, const struct slot_shape *shape)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    uint32_t words = 0, bare = 0;
    for (uint32_t piece = 0; glimpse && piece < glimpse->pieces; piece++) {
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        uint32_t first = glimpse_first_slot(glimpse, piece, shape->slot_bytes);
        for (uint32_t at = first + shape->column; at + 8 <= glimpse->piece_bytes;
             at += shape->slot_bytes) {
            uint64_t word = word_u64(memory, at);
            words += word != 0;
            bare += word != 0 && word >> (64 - TAG_BITS) == 0;
        }
    }
    return words >= RELATION_LEAST && bare * MOST_BARE <= words;
}

/* Slots of one address with a part of the hash above it, by which most others need not be read; or
 * of a lock or a count beside it. */
static bool try_tagged(struct static_search *search)
{
    static const struct {
        uint8_t slot_bytes, column;
    } heads[] = {{8, 0}, {16, 8}, {16, 0}};
    for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        search->shape = pointers_in(heads[i].slot_bytes, heads[i].column);
        search->shape.tag_bits = TAG_BITS;
        if ((search->sparse_bytes == 0 || search->sparse_bytes == heads[i].slot_bytes) &&
            are_tagged(search, &search->shape) && static_try_column(search))
            return true;
    }
    return false;
}

/* Whether the words of the column are addresses and, in many slots, one word that is none. */
static bool has_marks(const struct static_search *search, struct slot_shape *shape)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    return glimpse && slot_shape_learn(glimpse, search->block, shape) && shape->has_mark;
}

/* Whether the slots' words are the keys themselves: they lead to the text that is hashed. */
static bool are_keys(const struct static_search *search)
{
    return search->relation.key == RELATION_TEXT && search->relation.offset == WINDOW_BEFORE;
}

/* Erasing may mark the key and leave the value, which leads to an object that points at the key as
 * well: its slots are where they belong, too. A slot whose key is a mark has none; one whose value
 * is (what was looked for in vain) still has its key, so the words with marks must be the keys, and
 * the others not. */
static void prefer_marked_column(struct static_search *search)
{
    const struct static_search found = *search;
    if (found.shape.has_mark || found.relation.key != RELATION_TEXT_AT)
        return;
    for (uint32_t column = 0; column < found.shape.slot_bytes; column += 8) {
        struct slot_shape shape = pointers_in(found.shape.slot_bytes, column);
        shape.capacity = search->block->bytes / shape.slot_bytes;
        if (column == found.shape.column || !has_marks(search, &shape))
            continue;
        search->shape = shape;
        search->exact_only = false;
        search->scans_left = 1; /* few may be left */
        if (static_try_column(search) && search->shape.has_mark && are_keys(search) &&
            search->shape.header_bytes == found.shape.header_bytes &&
            search->shape.capacity == found.shape.capacity)
            return;
        *search = found;
    }
}

#define LEAST_FOR_OPEN                                                                             \
    2u /* columns that are asked for keys when all others were asked for chains */

/* Chains first: seen as slots of half their size, buckets of head and tail that are named by the
 * top bits of a hash look like open addressing. */
bool static_try_pointers(struct static_search *search)
{
    uint64_t columns = UINT64_MAX;
    search->exact_only = true;
    search->may_be_open = false;
    bool is_found = try_pointer_columns(search, &columns);
    search->exact_only = search->exact_only && is_found;
    if (search->keyed_left < LEAST_FOR_OPEN)
        search->keyed_left = LEAST_FOR_OPEN;
    if (!is_found && search->may_be_open)
        is_found = try_pointer_columns(search, &columns);
    is_found = is_found || try_tagged(search);
    if (is_found && search->around.bytes == 0)
        prefer_marked_column(search);
    return is_found;
}
