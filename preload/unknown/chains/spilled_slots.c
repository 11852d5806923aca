/*
 * First entries in the buckets, others in blocks of their own: see spilled_slots.h. No state, no
 * allocation; the array is gone through once, and of the chains a sample is followed.
 */
#include "spilled_slots.h"

#include "layouts/words.h"
#include "slot_profile.h"
#include "table_header_words.h"

#define MOST_SLOT      64u
#define MOST_COLUMNS   (MOST_SLOT / 8)
#define LEAST_HEADS    256u /* a smaller number stands somewhere in any object */
#define LEAST_LINKS    32u  /* slots that lead on, and that do not */
#define MOST_FOLLOWED  512u /* chains, in all of the array */
#define MOST_CHAIN     64u  /* entries; what is longer may have no end */
#define COUNTS_REACH   8    /* from the count of slots to that of entries */
#define STANDARD_ERROR 4.0  /* times it, the count may be off the sample's */
#define CERTAIN_PPM    950000u

struct spilled {
    const struct layout_view *view;
    const struct block *block;
    uint32_t slot_bytes, column;
    uint64_t chunk; /* of a block for a slot */
    uint32_t open;  /* bit n: the nth word may be the link yet */
    uint64_t heads, links[MOST_COLUMNS];
    uint32_t link_at; /* of the link, once it is known */
    uint64_t step, met, followed;
    double sum, squares; /* of the entries behind a head */
};

static bool is_link(const struct spilled *spilled, uint64_t word)
{
    return layout_is_pointer(word, 16) && !block_has(spilled->block, word);
}

/* False where no word of the slots can be a link. */
static bool note_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct spilled *spilled = context;
    (void)offset;
    for (size_t at = 0; at + spilled->slot_bytes <= bytes && spilled->open != 0;
         at += spilled->slot_bytes) {
        bool is_head = word_u64(piece, at + spilled->column) != 0;
        spilled->heads += is_head;
        for (uint32_t nth = 0; nth < spilled->slot_bytes / 8; nth++) {
            uint64_t word = word_u64(piece, at + nth * 8);
            if (word == 0)
                continue;
            spilled->links[nth]++;
            if (!is_head || !is_link(spilled, word))
                spilled->open &= ~(1u << nth);
        }
    }
    return spilled->open != 0;
}

/* A block that was cut from a larger one may keep the rest, where that is too small for another. */
static bool is_of_slot(const struct spilled *spilled, uint64_t block)
{
    uint64_t bytes = layout_chunk_bytes(spilled->view, block);
    return bytes == spilled->chunk || bytes == spilled->chunk + 16;
}

/* Entries from that block on; 0 where one is none, or the chain does not end. */
static unsigned chain_length(const struct spilled *spilled, uint64_t link)
{
    unsigned length = 0;
    for (; link != 0; length++) {
        uint64_t entry;
        if (length == MOST_CHAIN || !is_link(spilled, link) || !is_of_slot(spilled, link) ||
            !layout_read_u64(spilled->view, link + spilled->column, &entry) || entry == 0 ||
            !layout_read_u64(spilled->view, link + spilled->link_at, &link))
            return 0;
    }
    return length;
}

static bool follow_slots(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct spilled *spilled = context;
    (void)offset;
    for (size_t at = 0; at + spilled->slot_bytes <= bytes; at += spilled->slot_bytes) {
        uint64_t link = word_u64(piece, at + spilled->link_at);
        if (link == 0 || spilled->met++ % spilled->step != 0)
            continue;
        double length = chain_length(spilled, link);
        if (length == 0)
            return false;
        spilled->sum += length;
        spilled->squares += length * length;
        spilled->followed++;
    }
    return true;
}

/* The one word that is a link in many slots, and nothing in many. */
static bool find_link(struct spilled *spilled)
{
    unsigned found = 0;
    for (uint32_t nth = 0; nth < spilled->slot_bytes / 8; nth++) {
        if (!(spilled->open >> nth & 1) || spilled->links[nth] < LEAST_LINKS ||
            spilled->heads < spilled->links[nth] + LEAST_LINKS)
            continue;
        spilled->link_at = nth * 8;
        found++;
    }
    return found == 1;
}

/* How many entries there are, and how far that may be off. */
static bool count_entries(struct spilled *spilled, uint64_t capacity, uint64_t *entries,
                          uint64_t *slack)
{
    const struct layout_view *view = spilled->view;
    uint64_t address = spilled->block->address, bytes = capacity * spilled->slot_bytes;
    spilled->open = ((1u << spilled->slot_bytes / 8) - 1) & ~(1u << spilled->column / 8);
    if (!layout_scan(view, address, bytes, spilled->slot_bytes, note_slots, spilled) ||
        spilled->heads < LEAST_HEADS || !find_link(spilled))
        return false;
    uint64_t links = spilled->links[spilled->link_at / 8];
    spilled->step = links / MOST_FOLLOWED + 1;
    if (!layout_scan(view, address, bytes, spilled->slot_bytes, follow_slots, spilled) ||
        spilled->followed == 0)
        return false;
    double followed = (double)spilled->followed, mean = spilled->sum / followed;
    double variance = spilled->squares / followed - mean * mean;
    double of_sum = spilled->step == 1 ? 0 : variance / followed * (double)links * (double)links;
    *entries = spilled->heads + (uint64_t)(mean * (double)links + 0.5);
    /* The square root is not worth a library: the caller compares squares. */
    *slack = (uint64_t)(of_sum > 0 ? of_sum * STANDARD_ERROR * STANDARD_ERROR : 0);
    return true;
}

struct count {
    const struct object_window *window;
    uint64_t heads, links, entries, slack;
};

/* The number beside that of the slots that fits the entries; 0: none. */
static uint64_t entries_beside(const struct count *count, uint64_t at)
{
    for (int distance = -COUNTS_REACH; distance <= COUNTS_REACH; distance += 4) {
        uint64_t other = at + (uint64_t)(int64_t)distance;
        if (distance == 0 || !object_window_has(count->window, other))
            continue;
        uint64_t word = object_word_at(count->window, other);
        uint64_t off = distance_between(word, count->entries);
        if (word >= count->heads + count->links && (off <= 1 || off * off <= count->slack))
            return word;
    }
    return 0;
}

/* What the object at that place counts; 0 where it does not name the slots, those in use and the
 * entries, or where two numbers may be these. */
static uint64_t counted_at(const struct layout_view *view, const struct block *block,
                           uint64_t capacity, uint64_t place, struct count *count)
{
    FORGOTTEN(object_window) struct object_window window;
    uint64_t found = 0;
    bool has_capacity = false;
    if (!object_window_read_around(view->reader, place, &window))
        return 0;
    count->window = &window;
    for (uint64_t at = window.start; object_window_has(&window, at); at += 4) {
        has_capacity |=
            header_names_capacity(&window, at, HEADER_CAPACITY_WHOLE, block, capacity) ||
            header_names_capacity(&window, at, HEADER_CAPACITY_MASK, block, capacity);
        if (distance_between(object_word_at(&window, at), count->heads) > 1)
            continue;
        uint64_t entries = entries_beside(count, at);
        if (entries != 0 && found != 0 && entries != found)
            return 0;
        found = entries != 0 ? entries : found;
    }
    return has_capacity ? found : 0;
}

bool spilled_slots_read(const struct layout_view *view, const struct block *block,
                        const struct slot_profile *profile, struct table_reading *reading)
{
    /* An entry and a link may have been taken for two slots. */
    bool are_halves = profile->slot_bytes == 8;
    uint32_t slot_bytes = are_halves ? 16 : profile->slot_bytes;
    if (slot_bytes < 16 || slot_bytes > MOST_SLOT || slot_bytes % 8 != 0)
        return false;
    struct spilled spilled = {.view = view,
                              .block = block,
                              .slot_bytes = slot_bytes,
                              .column = are_halves ? 0 : profile->column,
                              .chunk = (slot_bytes + 8 + 15) & ~(uint64_t)15};
    uint64_t capacity = block->bytes / slot_bytes;
    struct count count = {0};
    if (!view->glibc_heap || !view->blocks || profile->is_chained || profile->is_indexed ||
        profile->header_bytes != 0 || profile->column_bytes != 8 || profile->column % 8 != 0 ||
        spilled.column + 8 > slot_bytes || profile->empty_value != 0 || profile->mark != 0 ||
        reading->live_error != 0 || reading->tombstones != 0)
        return false;
    if (spilled.chunk < 32)
        spilled.chunk = 32;
    if (!count_entries(&spilled, capacity, &count.entries, &count.slack))
        return false;
    count.heads = spilled.heads;
    count.links = spilled.links[spilled.link_at / 8];
    for (unsigned nth = 0; nth < OBJECT_HOLDERS; nth++) {
        uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
        uint64_t live = place != 0 ? counted_at(view, block, capacity, place, &count) : 0;
        if (place == 0)
            return false;
        if (live == 0)
            continue;
        *reading = (struct table_reading){
            .header = place,
            .capacity = capacity,
            .live = live,
            .slot_bytes = slot_bytes,
            .known =
                DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER,
            .flags = DUMP_TABLE_COUNTED,
            .confidence_ppm = CERTAIN_PPM,
        };
        return true;
    }
    return false;
}
