/*
 * An index in front of its entries: see growth_index.h. Runs inside the tracker, under no lock.
 */
#include "growth_index.h"

#include <string.h>

#include "growth_expected.h"
#include "growth_object.h"
#include "growth_recognised.h"
#include "growth_together.h"
#include "header_search.h"
#include "index_look.h"
#include "layouts/words.h"
#include "occupancy.h"
#include "slot_profile.h"
#include "tables.h"
#include "thread.h"

#define LEAST_RATIO 2u /* an index of a power of two slots doubles, or more */
#define MOST_RATIO  4u
/* Sizes of one index that are tried: where keys are small numbers, too, entries look like it. */
#define MOST_TRIES 4u
/* The number of slots is a power of two, so that their share tells it even if the entries do not
 * grow by quite as much. */
#define PPM       1000000u
#define WHOLE_PPM 750000u /* of the numbers, found in all of an index */
#define HALF_PPM  250000u
/* The longest header before an index; as much of a block's own front is searched for numbers. */
#define MOST_FRONT        64u
#define LEAST_FRONT_COUNT 256u /* fewer entries are met in a front by chance */

/* Where in a block its index is, if it has one: at the front, perhaps behind a header, or at the
 * end. */
struct index_shape {
    uint32_t width, header;
    bool is_at_end;
    uint64_t slots;
};

static const struct {
    uint8_t width, header;
    bool is_at_end;
} places[] = {
    {4, 0, false},  {8, 0, false},  {2, 0, false},  {4, 16, false}, {8, 16, false}, {4, 32, false},
    {8, 32, false}, {4, 8, false},  {8, 8, false},  {4, 24, false}, {8, 24, false}, {4, 40, false},
    {8, 40, false}, {4, 48, false}, {8, 48, false}, {4, 64, false}, {8, 64, false}, {4, 0, true},
    {8, 0, true},   {2, 0, true},   {2, 16, false}, {2, 24, false}, {2, 32, false}, {2, 40, false},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static uint64_t start_of(const struct index_shape *shape, uint64_t bytes)
{
    return shape->is_at_end ? bytes - shape->slots * shape->width : shape->header;
}

static uint64_t most_number(const struct index_shape *shape, uint64_t bytes)
{
    uint64_t room = (bytes - shape->header - shape->slots * shape->width) / 4;
    uint64_t most = shape->slots * INDEX_MOST_ENTRIES_A_SLOT;
    return (most < room ? most : room) + INDEX_MOST_MARKS;
}

/* Whether the array has such an index. */
static bool has_index(const struct memory_reader *reader, const struct array_record *array,
                      const struct index_shape *shape, bool may_be_full, struct index_look *look)
{
    struct index_look halves[2];
    return shape->header + shape->slots * shape->width * 2 <= array->bytes &&
           index_look_at(reader, array->address + start_of(shape, array->bytes), shape->slots,
                         shape->width, most_number(shape, array->bytes), halves) &&
           index_is_one(halves, may_be_full, look);
}

/* The most slots, up to `most`, that an index may have there: as many as there are small numbers
 * before anything else. 0: it begins with no index. */
static uint64_t most_slots(const struct memory_reader *reader, const struct array_record *array,
                           struct index_shape shape, uint64_t most)
{
    struct index_look halves[2];
    uint64_t slots = 0;
    for (shape.slots = INDEX_LEAST_SLOTS;
         shape.slots <= most && shape.header + shape.slots * shape.width < array->bytes;
         shape.slots *= 2) {
        if (!index_look_at(reader, array->address + start_of(&shape, array->bytes), shape.slots,
                           shape.width, array->bytes / 8, halves))
            break;
        slots = shape.slots;
    }
    return slots;
}

/* Whether the block's front, or its end, begins (ends) with such an index, by its first words. */
static bool may_begin(const unsigned char *front, const unsigned char *end, size_t bytes,
                      const struct index_shape *shape, uint64_t array_bytes)
{
    struct index_look look = {0};
    const unsigned char *words = shape->is_at_end
                                     ? end + bytes - (size_t)INDEX_LEAST_SLOTS / 2 * shape->width
                                     : front + shape->header;
    if (!index_note_words(&look, words, INDEX_LEAST_SLOTS / 2, shape->width, array_bytes / 8))
        return false;
    return look.numbers > 0 && look.uneven > 0 && look.zeros + look.ones > 0;
}

/* Whether the numbers of the one index went to other slots of the other, each to one. */
static bool is_scattered(struct scratch *scratch, const struct array_record *old,
                         const struct index_shape *before, const struct array_record *array,
                         const struct index_shape *after, struct comparison *comparison)
{
    struct signature_work *work = &scratch->signature;
    if (!signature_sample(scratch->view.reader, old->address + start_of(before, old->bytes),
                          before->slots * before->width, before->width, false, &work->sample,
                          work->piece))
        return false;
    signature_compare(scratch->view.reader, array->address + start_of(after, array->bytes),
                      after->slots * after->width, SIGNATURE_SEARCH_ALL, work, comparison);
    return comparison->signature == SIGNATURE_SCATTERED ||
           (comparison->signature == SIGNATURE_SHIFTED && comparison->splits);
}

/* What a growth of an index was. */
struct index_growth {
    struct index_shape before, after;
    struct index_look look; /* of the new one */
    struct comparison comparison;
    uint64_t named; /* entries that the blocks' fronts name, with as many slots; 0: none */
};

/* Whether both arrays have an index there, whose numbers were scattered anew. Of the sizes that it
 * may have the largest. */
static bool find_at(struct scratch *scratch, const struct array_record *old,
                    const struct array_record *array, struct index_shape shape,
                    struct index_growth *growth)
{
    const struct memory_reader *reader = scratch->view.reader;
    struct index_look look;
    uint64_t slots = most_slots(reader, old, shape, UINT64_MAX);
    uint64_t new_slots = most_slots(reader, array, shape, slots * MOST_RATIO);
    struct index_growth now = {.before = shape, .after = shape};
    bool is_found = false;
    for (unsigned i = 0; i < MOST_TRIES && slots >= INDEX_LEAST_SLOTS && !is_found; i++, slots /= 2)
        /* In a half of the new index half of the numbers are found. */
        for (uint64_t ratio = LEAST_RATIO;
             ratio <= MOST_RATIO && (!is_found || growth->comparison.found_ppm < WHOLE_PPM);
             ratio *= 2) {
            now.before.slots = slots;
            now.after.slots = slots * ratio;
            if (now.after.slots > new_slots || !has_index(reader, old, &now.before, true, &look) ||
                !has_index(reader, array, &now.after, false, &now.look) ||
                !is_scattered(scratch, old, &now.before, array, &now.after, &now.comparison) ||
                (is_found && now.comparison.found_ppm < growth->comparison.found_ppm + HALF_PPM))
                continue;
            *growth = now;
            is_found = true;
        }
    return is_found;
}

/* Whether what is behind the header and the slots has the same number of bytes for each slot. */
static bool fits(const struct index_shape *shape, uint64_t bytes)
{
    return (bytes - shape->header - shape->slots * shape->width) % shape->slots == 0;
}

/* Where two blocks' own fronts name their slots, by the logarithm in a byte, and their entries: in
 * the same places of both. */
struct fronts {
    unsigned char before[MOST_FRONT], after[MOST_FRONT];
    uint64_t entries; /* 0: none are named */
};

static void read_fronts(const struct memory_reader *reader, const struct array_record *old,
                        const struct array_record *array, struct fronts *out)
{
    out->entries = 0;
    if (!reader->read(reader, old->address, out->before, MOST_FRONT) ||
        !reader->read(reader, array->address, out->after, MOST_FRONT))
        return;
    for (uint32_t i = 0; i < MOST_FRONT && out->entries == 0; i += 4) {
        uint64_t count = word_u32(out->after, i);
        if (count >= LEAST_FRONT_COUNT && count <= array->bytes / 8 &&
            distance_between(word_u32(out->before, i), count) <= 1)
            out->entries = count;
    }
}

static bool are_named(const struct fronts *fronts, const struct index_growth *growth)
{
    uint32_t bytes = growth->after.is_at_end ? 0 : growth->after.header;
    bool has_slots = false, has_entries = false;
    for (uint32_t i = 0; i < bytes && i < MOST_FRONT; i++)
        has_slots = has_slots || (1ull << (fronts->before[i] & 63) == growth->before.slots &&
                                  1ull << (fronts->after[i] & 63) == growth->after.slots);
    for (uint32_t i = 0; i + 4 <= bytes && i < MOST_FRONT; i += 4)
        has_entries = has_entries || word_u32(fronts->after, i) == fronts->entries;
    return fronts->entries != 0 && has_slots && has_entries;
}

#define FRONT_BYTES (MOST_FRONT + INDEX_LEAST_SLOTS / 2 * INDEX_MOST_WIDTH)

/* A header may look like slots: the place that fits is taken before others, and before that the one
 * behind a front which names the slots. */
static bool find_growth(struct scratch *scratch, const struct array_record *old,
                        const struct array_record *array, struct index_growth *out)
{
    const struct memory_reader *reader = scratch->view.reader;
    unsigned char front[FRONT_BYTES], end[FRONT_BYTES];
    struct fronts fronts;
    bool is_found = false, is_fit = false;
    if (old->bytes < 2ull * FRONT_BYTES || array->bytes <= old->bytes ||
        !reader->read(reader, array->address, front, sizeof(front)) ||
        !reader->read(reader, array->address + array->bytes - sizeof(end), end, sizeof(end)))
        return false;
    read_fronts(reader, old, array, &fronts);
    for (size_t i = 0; i < PLACES; i++) {
        struct index_growth growth;
        struct index_shape shape = {
            .width = places[i].width, .header = places[i].header, .is_at_end = places[i].is_at_end};
        if ((is_found && shape.width != out->after.width) ||
            !may_begin(front, end, sizeof(end), &shape, array->bytes) ||
            !find_at(scratch, old, array, shape, &growth))
            continue;
        growth.named = are_named(&fronts, &growth) ? fronts.entries : 0;
        bool does_fit = fits(&growth.after, array->bytes);
        if (!is_found || growth.named != 0 || (does_fit && !is_fit))
            *out = growth;
        is_found = true;
        is_fit = is_fit || does_fit;
        if (growth.named != 0 || (is_fit && fronts.entries == 0))
            break;
    }
    return is_found;
}

#define DISTINCT_BYTES (1u << 20) /* of an index that are read */
#define DISTINCT_PIECE 2048u
#define REPEATED_PART  64u /* the program may be writing */

/* Whether each number is there once, as far as they are looked at: right after a growth an entry is
 * in one slot. The neighbours of vertices, with room behind those of each, come up again and again.
 */
static bool are_distinct(struct scratch *scratch, uint64_t address, uint64_t slots, uint32_t width)
{
    unsigned char piece[DISTINCT_PIECE], *seen = scratch->layout_scratch;
    uint64_t bytes = slots * width, numbers = 0, repeated = 0;
    memset(seen, 0, LAYOUT_SCRATCH_BYTES);
    bytes = bytes < DISTINCT_BYTES ? bytes : DISTINCT_BYTES;
    for (uint64_t at = 0; at < bytes; at += sizeof(piece)) {
        size_t size = bytes - at < sizeof(piece) ? (size_t)(bytes - at) : sizeof(piece);
        if (!scratch->view.reader->read(scratch->view.reader, address + at, piece, size))
            return false;
        for (size_t i = 0; i + width <= size; i += width) {
            uint64_t number = word_sized(piece, i, width);
            if (number <= INDEX_MOST_MARKS || number >= LAYOUT_SCRATCH_BYTES * 8ull)
                continue;
            numbers++;
            repeated += seen[number / 8] >> number % 8 & 1;
            seen[number / 8] |= (unsigned char)(1u << number % 8);
        }
    }
    return repeated * REPEATED_PART <= numbers;
}

/* An index of four-byte numbers at the block's beginning, one for each entry, and with room: no
 * other structure that looks so was met. */
static bool is_usual(const struct scratch *scratch, const struct array_record *old,
                     const struct index_growth *growth, const struct table_reading *reading)
{
    struct index_look look;
    return growth->after.width == 4 && growth->after.header == 0 && !growth->after.is_at_end &&
           growth->comparison.signature == SIGNATURE_SCATTERED &&
           reading->numbers <= growth->after.slots + INDEX_MOST_MARKS + 1 &&
           has_index(scratch->view.reader, old, &growth->before, false, &look);
}

/* Whether the object, or the block's header, names as many slots and entries. A matrix that is laid
 * out anew, or a tree in an array, may have an index's pattern. */
static bool is_named(struct registry *registry, struct scratch *scratch,
                     const struct array_record *old, const struct array_record *array,
                     const struct slot_profile *profile, const struct table_reading *reading)
{
    struct table_record record = {0};
    struct header_profile found;
    struct block before = {.address = old->address, .bytes = old->bytes};
    struct header_facts facts = {.array = {.address = array->address, .bytes = array->bytes},
                                 .array_sequence = (uint32_t)array->sequence,
                                 .capacity = reading->capacity,
                                 .live = reading->live,
                                 .slack = 1,
                                 .numbers = reading->numbers};
    struct header_facts ways[3] = {facts};
    unsigned count = 1;
    count += header_facts_may_hang(&facts) && header_facts_of_numbers(&facts, &ways[count]);
    count += header_facts_of_chains(&facts, profile, &ways[count]);
    tables_get(registry, tables_resolve(registry, old->table), &record);
    for (unsigned i = 0; i < count; i++)
        if (header_search(registry, scratch, &ways[i], &before, array->site, &record.header,
                          &found) &&
            found.capacity_form != HEADER_CAPACITY_UNKNOWN && found.times == found.parts)
            return true;
    return false;
}

bool growth_index_link(struct registry *registry, struct scratch *scratch,
                       const struct array_record *old, uint32_t index,
                       const struct array_record *array)
{
    struct index_growth growth;
    struct table_reading reading = {0};
    if (!growth_may_share_numbers(registry, old, array) ||
        !find_growth(scratch, old, array, &growth))
        return false;
    const struct index_shape *after = &growth.after;
    uint64_t start = start_of(after, array->bytes);
    struct slot_profile profile = {
        .array_sequence = (uint32_t)array->sequence,
        .slot_bytes = after->width,
        .column_bytes = after->width,
        .header_bytes = (uint32_t)start,
        .empty_value = growth.look.zeros > growth.look.ones ? 0 : index_all_ones(after->width),
        .index_ppm =
            (uint32_t)((double)after->slots * after->width * PPM / (double)(array->bytes - start)),
        .is_distinct = 1,
    };
    struct block block = {.address = array->address, .bytes = array->bytes};
    struct growth_evidence evidence = {.moved_ppm = growth.comparison.moved_ppm,
                                       .is_estimate = true};
    if (start > UINT32_MAX || !occupancy_read(&scratch->view, &block, &profile, 0, &reading) ||
        reading.capacity != after->slots ||
        !are_distinct(scratch, array->address + start, after->slots, after->width) ||
        (!is_usual(scratch, old, &growth, &reading) &&
         !(growth.named != 0 && distance_between(growth.named, reading.numbers) <= 1) &&
         !is_named(registry, scratch, old, array, &profile, &reading)))
        return false;
    evidence.live = reading.live;
    evidence.occupied_ppm = (uint32_t)((double)reading.live * PPM / (double)growth.before.slots);
    uint32_t table = tables_link(registry, old, index, array, &evidence);
    if (table == 0)
        return false;
    tables_set_doubtful(registry, table, false);
    tables_set_profile(registry, table, &profile);
    struct study study = {.profile = profile,
                          .capacity = reading.capacity,
                          .live = reading.live,
                          .numbers = reading.numbers};
    struct growth_link link = {
        .old = old, .index = index, .array = array, .comparison = &growth.comparison, .unit = 4};
    growth_object_counts(registry, scratch, table, &link, &study);
    return true;
}

/* The table may have been built anew in a block of the same size, to get rid of what was erased. */
static bool link_purged(struct registry *registry, struct scratch *scratch,
                        const struct array_record *old, const struct slot_profile *known)
{
    const struct growth_evidence evidence = {0};
    const struct recent_array *recent;
    uint64_t slots = slot_profile_capacity(known, old->bytes);
    for (uint32_t i = 0; (recent = thread_recent(i)) != NULL; i++) {
        struct array_record array;
        struct index_look halves[2];
        if (!registry_get(registry, recent->index, recent->sequence, &array) ||
            array.bytes != old->bytes || array.frame_top != old->frame_top ||
            array.sequence <= old->sequence || growth_together_is_taken(registry, old, &array) ||
            !index_look_at(scratch->view.reader, array.address + known->header_bytes, slots,
                           known->slot_bytes, slots * INDEX_MOST_ENTRIES_A_SLOT, halves))
            continue;
        struct slot_profile profile = *known;
        uint32_t table = tables_link(registry, old, recent->index, &array, &evidence);
        profile.array_sequence = (uint32_t)array.sequence;
        tables_set_profile(registry, table, &profile);
        return table != 0;
    }
    return false;
}

bool growth_index_goes_on(struct registry *registry, struct scratch *scratch,
                          const struct array_record *old, uint32_t index,
                          const struct array_record *array)
{
    struct table_record record;
    if (old->table == 0 || !tables_get(registry, tables_resolve(registry, old->table), &record) ||
        record.profile.index_ppm == 0)
        return false;
    return (array && growth_index_link(registry, scratch, old, index, array)) ||
           link_purged(registry, scratch, old, &record.profile);
}

bool growth_index_is_array(const struct memory_reader *reader, const struct array_record *array)
{
    /* An allocator that aligns what it hands out has something before and behind it. */
    struct block block = {.address = array->address + MOST_FRONT,
                          .bytes = array->bytes - 2ull * MOST_FRONT};
    return array->bytes >= 4ull * MOST_FRONT && (index_are_numbers(reader, &block, 4, false) ||
                                                 index_are_numbers(reader, &block, 8, false));
}

bool growth_index_is_refilled(struct registry *registry, const struct scratch *scratch,
                              const struct array_record *old, const struct array_record *found,
                              enum signature signature)
{
    const struct memory_reader *reader = scratch->view.reader;
    struct array_record next;
    uint32_t index;
    bool is_elsewhere = found->site != old->site || found->flags & ARRAY_TOOK_PLACE;
    /* Of what is no table's a copy says nothing anyway. */
    if (signature == SIGNATURE_COPIED ? old->table == 0 : !is_elsewhere)
        return false;
    if (!growth_index_is_array(reader, old))
        return false;
    uint32_t state = growth_unfilled_replacement(registry, reader, old, &index, &next);
    return next.sequence == found->sequence ? state == ARRAY_WAS_COPY
                                            : is_elsewhere && state == ARRAY_WAS_BLANK;
}

/* An index grows to twice or four times its size, and the block by about as much: entries may have
 * less room, and its allocator rounds up. */
#define LEAST_GROWTH 1.5
#define MOST_GROWTH  4.5

bool growth_index_may_be(const struct array_record *old, const struct array_record *array)
{
    double times = (double)array->bytes / (double)old->bytes;
    return array->frame_top == old->frame_top && old->bytes >= 2 * FRONT_BYTES &&
           times >= LEAST_GROWTH && times <= MOST_GROWTH;
}
