/*
 * Telling the words of tables side by side apart: see twins.h. Works through a memory reader;
 * allocates nothing, and takes TABLES for the neighbours' records.
 */
#include "twins.h"

#include "object_window.h"
#include "tables.h"

/* Tables in one object that are told apart. */
#define MOST_TWINS 4u
/* What one table may know of its object: header, scale and ways of flags. */
#define MOST_WORDS (HEADER_MOST_COUNTS + SCALE_MOST_COUNTS + FLAG_MOST_WAYS)

/* Distances from a place. */
struct words {
    unsigned number;
    int16_t offsets[MOST_WORDS];
};

/* What may count a table's entries, and what leads to its flags, as far as it is known, and as far
 * from a place. */
struct object {
    struct words counts, flags;
};

/* A table with pointers to arrays of its own near the place. */
struct twin_object {
    uint32_t table;
    struct words pointers;
    struct object object;
    uint64_t place; /* of the pointer that it is known by */
    uint64_t header_place, array_bytes;
    int16_t capacity;
    uint8_t capacity_form;
};

struct twin_objects {
    unsigned number;
    struct twin_object twins[MOST_TWINS];
};

/* What lies around a table's pointer to its array: its object, and perhaps those beside it. A
 * neighbour's pointer may be as far from the word that it counts with as the table's own. */
struct neighbourhood {
    uint64_t start, end; /* addresses */
    unsigned char bytes[4 * OBJECT_REACH];
};

static void neighbourhood_forget(struct neighbourhood *window)
{
    forget(window->bytes, sizeof(window->bytes));
}

static bool neighbourhood_read(const struct memory_reader *reader, uint64_t place,
                               struct neighbourhood *window)
{
    window->start = place - sizeof(window->bytes) / 2;
    window->end = place + sizeof(window->bytes) / 2;
    return window->end > window->start &&
           object_bytes_read(reader, place, &window->start, &window->end, window->bytes);
}

static bool has_word(const struct words *words, int64_t offset)
{
    for (unsigned i = 0; i < words->number; i++)
        if (words->offsets[i] == offset)
            return true;
    return false;
}

static void add_word(struct words *words, int64_t offset)
{
    if (words->number < MOST_WORDS && offset >= INT16_MIN && offset <= INT16_MAX &&
        !has_word(words, offset))
        words->offsets[words->number++] = (int16_t)offset;
}

static bool has_header(const struct table_record *record)
{
    return record->header.growths > 0 && record->header.kind != HEADER_IN_ARRAY;
}

static bool has_scale(const struct table_record *record)
{
    return record->scale.growths > 0;
}

static bool has_regions(const struct table_record *record)
{
    return record->regions.growths > 0 && !record->regions.is_in_array;
}

static bool has_flags_beside(const struct flag_way *way)
{
    return way->unit != FLAG_BUCKET &&
           (way->base == FLAG_FROM_POINTER || way->base == FLAG_TO_POINTER);
}

/* Adds what is known of the table, as far from the place; of those words alone that were found from
 * there, if is_there. */
static void collect_words(const struct table_record *record, uint64_t place, bool is_there,
                          struct object *out)
{
    const struct header_profile *header = &record->header;
    const struct scale_profile *scale = &record->scale;
    const struct flag_regions *regions = &record->regions;
    *out = (struct object){0};
    if (has_header(record) && (!is_there || header->place == place))
        for (unsigned i = 0; i < header->count_number; i++)
            add_word(&out->counts, (int64_t)(header->place - place) + header->counts[i]);
    if (has_scale(record) && (!is_there || scale->place == place))
        for (unsigned i = 0; i < scale->count_number; i++)
            if (!scale->counts[i].in_array)
                add_word(&out->counts, (int64_t)(scale->place - place) + scale->counts[i].offset);
    if (!has_regions(record) || (is_there && regions->place != place))
        return;
    for (unsigned i = 0; i < regions->way_number; i++) {
        int64_t from = (int64_t)(regions->place - place);
        add_word(&out->counts, from + regions->ways[i].count);
        if (has_flags_beside(&regions->ways[i]))
            add_word(&out->flags, from + regions->ways[i].pointer);
    }
}

/* The table of the array that the word leads to, if that is another one; else 0. */
static uint32_t anothers(const struct twin_view *view, uint32_t table, uint64_t word,
                         struct array_record *array)
{
    if (!layout_is_pointer(word, 8) || !view->find(view->context, word, array))
        return 0;
    uint32_t other = tables_resolve(view->registry, array->table);
    return other != table ? other : 0;
}

static void describe(const struct table_record *record, uint64_t place, struct twin_object *twin)
{
    collect_words(record, place, false, &twin->object);
    twin->place = has_header(record)  ? record->header.place
                  : has_scale(record) ? record->scale.place
                                      : record->regions.place;
    twin->header_place = has_header(record) ? record->header.place : 0;
    twin->capacity = record->header.capacity;
    twin->capacity_form = record->header.capacity_form;
}

static struct twin_object *find_twin(const struct twin_view *view, uint32_t table, uint64_t place,
                                     struct twin_objects *twins)
{
    struct table_record record;
    for (unsigned i = 0; i < twins->number; i++)
        if (twins->twins[i].table == table)
            return &twins->twins[i];
    if (twins->number == MOST_TWINS || !tables_get(view->registry, table, &record))
        return NULL;
    struct twin_object *twin = &twins->twins[twins->number++];
    *twin = (struct twin_object){.table = table};
    describe(&record, place, twin);
    return twin;
}

/* The tables whose pointers lie around the place, and of which something is known. */
static void find_twins(const struct twin_view *view, uint32_t table, uint64_t place,
                       struct twin_objects *out)
{
    FORGOTTEN(neighbourhood) struct neighbourhood window;
    unsigned kept = 0;
    out->number = 0;
    if (!neighbourhood_read(view->reader, place, &window))
        return;
    for (uint64_t at = (window.start + 7) & ~(uint64_t)7; at + 8 <= window.end; at += 8) {
        struct array_record array;
        uint32_t other =
            at == place ? 0
                        : anothers(view, table, word_u64(window.bytes, at - window.start), &array);
        struct twin_object *twin = other != 0 ? find_twin(view, other, place, out) : NULL;
        if (!twin)
            continue;
        add_word(&twin->pointers, (int64_t)(at - place));
        if (twin->header_place == at)
            twin->array_bytes = array.bytes;
    }
    for (unsigned i = 0; i < out->number; i++)
        if (out->twins[i].object.counts.number > 0)
            out->twins[kept++] = out->twins[i];
    out->number = kept;
}

/* Whether the twin knows a word as far from a pointer of its own as this one is from the place. */
static bool is_matched(const struct words *others, const struct words *pointers, int64_t offset)
{
    for (unsigned i = 0; i < pointers->number; i++)
        if (has_word(others, offset + pointers->offsets[i]))
            return true;
    return false;
}

/* Whether it is the one count of two tables, and stands behind this one's pointer and number of
 * slots, while the twin has both in front of them, or behind the count: objects are written table
 * by table. `capacity` is this table's, 0 where it is not known. */
static bool is_behind_own(const struct twin_object *twin, int64_t capacity, int64_t offset)
{
    bool is_before = true, is_behind = true;
    if (capacity <= 0 || offset <= capacity || twin->header_place == 0 ||
        twin->capacity_form == HEADER_CAPACITY_UNKNOWN)
        return false;
    for (unsigned i = 0; i < twin->pointers.number; i++) {
        int64_t pointer = twin->pointers.offsets[i], slots = pointer + twin->capacity;
        is_before = is_before && pointer < 0 && slots < 0;
        is_behind = is_behind && pointer > offset && slots > offset;
    }
    return twin->pointers.number > 0 && (is_before || is_behind);
}

/* Of the words those that no twin may have for its own, but for what both have at the same distance
 * from their pointers. How many of these the twins have as well: which of the words are whose is
 * open then. */
static unsigned keep_own(struct words *words, const struct twin_objects *twins, bool are_flags,
                         int64_t capacity)
{
    unsigned kept = 0, open = 0;
    const bool is_alone = words->number == 1;
    for (unsigned i = 0; i < words->number; i++) {
        bool is_own = true, is_open = false;
        for (unsigned t = 0; t < twins->number; t++) {
            const struct twin_object *twin = &twins->twins[t];
            const struct words *others = are_flags ? &twin->object.flags : &twin->object.counts;
            bool is_claimed = has_word(others, words->offsets[i]);
            if (is_claimed && !are_flags && is_alone && others->number == 1 &&
                is_behind_own(twin, capacity, words->offsets[i]))
                continue;
            is_own =
                is_own && (!is_claimed || is_matched(others, &twin->pointers, words->offsets[i]));
            is_open = is_open || is_claimed;
        }
        if (!is_own)
            continue;
        open += is_open;
        words->offsets[kept++] = words->offsets[i];
    }
    words->number = kept;
    return open;
}

static void move_words(struct words *words, int64_t distance)
{
    struct words moved = {0};
    for (unsigned i = 0; i < words->number; i++)
        add_word(&moved, words->offsets[i] + distance);
    *words = moved;
}

/* What the twin has left when it is told from its own neighbours. */
static void settle_twin(const struct twin_view *view, uint64_t place, struct twin_object *twin)
{
    struct twin_objects around;
    int64_t distance = (int64_t)(twin->place - place);
    find_twins(view, twin->table, twin->place, &around);
    move_words(&twin->object.counts, -distance);
    move_words(&twin->object.flags, -distance);
    keep_own(&twin->object.counts, &around, false,
             twin->header_place == twin->place ? twin->capacity : 0);
    keep_own(&twin->object.flags, &around, true, 0);
    move_words(&twin->object.counts, distance);
    move_words(&twin->object.flags, distance);
}

/* False where several words are left that may be this table's or a twin's. */
static bool settle_object(const struct twin_view *view, uint32_t table, uint64_t place,
                          int64_t capacity, struct object *object, struct twin_objects *twins)
{
    find_twins(view, table, place, twins);
    keep_own(&object->counts, twins, false, capacity);
    keep_own(&object->flags, twins, true, 0);
    for (unsigned i = 0; i < twins->number; i++)
        settle_twin(view, place, &twins->twins[i]);
    keep_own(&object->flags, twins, true, 0);
    return keep_own(&object->counts, twins, false, capacity) == 0;
}

/* A capacity as it stands there, in slots. */
static double slots_at(const struct memory_reader *reader, uint64_t address, uint8_t form)
{
    uint32_t word;
    if (!reader->read(reader, address, &word, sizeof(word)))
        return 0;
    return (double)word + (form == HEADER_CAPACITY_MASK);
}

/* Whether both have their capacity at that distance: as many slots as bytes. */
static bool is_capacity_of_both(const struct memory_reader *reader,
                                const struct header_profile *header, const struct twin_object *twin,
                                int16_t offset)
{
    double own = slots_at(reader, header->place + (uint64_t)(int64_t)offset, header->capacity_form);
    double others =
        slots_at(reader, twin->header_place + (uint64_t)(int64_t)offset, header->capacity_form);
    return own > 0 && own * (double)twin->array_bytes == others * (double)header->array_bytes;
}

/* Where a twin has its capacity at another distance, one of the two is the other's. */
static void settle_capacity(const struct memory_reader *reader, const struct twin_objects *twins,
                            struct header_profile *header)
{
    for (unsigned i = 0; i < twins->number; i++) {
        const struct twin_object *twin = &twins->twins[i];
        if (twin->array_bytes == 0 || twin->capacity_form != header->capacity_form ||
            header->capacity_form == HEADER_CAPACITY_UNKNOWN ||
            is_capacity_of_both(reader, header, twin, header->capacity))
            continue;
        if (is_capacity_of_both(reader, header, twin, twin->capacity))
            header->capacity = twin->capacity;
    }
}

static void settle_header(const struct twin_view *view, uint32_t table, struct table_record *record)
{
    struct header_profile *header = &record->header, before = *header;
    struct twin_objects twins;
    struct object own;
    collect_words(record, header->place, true, &own);
    int64_t known = header->capacity_form != HEADER_CAPACITY_UNKNOWN ? header->capacity : 0;
    bool is_settled = settle_object(view, table, header->place, known, &own, &twins);
    if (twins.number == 0)
        return;
    uint16_t kept = 0;
    header->proven = header->foreign = header->rooms = 0;
    header->is_open = !is_settled;
    for (uint16_t i = 0; i < before.count_number; i++) {
        if (!has_word(&own.counts, before.counts[i]))
            continue;
        header->counts[kept] = before.counts[i];
        header->at_birth[kept] = before.at_birth[i];
        header->proven |= (uint8_t)((before.proven >> i & 1) << kept);
        header->rooms |= (uint8_t)((before.rooms >> i & 1) << kept);
        kept++;
    }
    header->count_number = kept;
    if (kept == 0)
        *header = (struct header_profile){.array_sequence = before.array_sequence};
    else
        settle_capacity(view->reader, &twins, header);
}

static void settle_scale(const struct twin_view *view, uint32_t table, struct table_record *record)
{
    struct scale_profile *scale = &record->scale;
    struct twin_objects twins;
    struct object own;
    collect_words(record, scale->place, true, &own);
    if (!settle_object(view, table, scale->place, 0, &own, &twins))
        own.counts.number = 0;
    if (twins.number == 0)
        return;
    uint16_t kept = 0;
    for (uint16_t i = 0; i < scale->count_number; i++)
        if (scale->counts[i].in_array || has_word(&own.counts, scale->counts[i].offset))
            scale->counts[kept++] = scale->counts[i];
    scale->count_number = kept;
}

/* Whether flags are this table's. A word that counts just as many of them is right then, whosever
 * it may seem to be. */
static bool are_own_flags(const struct twin_view *view, uint32_t table,
                          const struct flag_regions *regions, const struct flag_way *way,
                          const struct object *own, const struct twin_objects *twins)
{
    struct array_record array;
    uint64_t pointer;
    if (!has_flags_beside(way))
        return true;
    bool is_tracked =
        view->reader->read(view->reader, regions->place + (uint64_t)(int64_t)way->pointer, &pointer,
                           sizeof(pointer)) &&
        view->find(view->context, pointer, &array) && array.table != 0;
    if (is_tracked)
        return tables_resolve(view->registry, array.table) == table;
    return twins->number == 0 ||
           (has_word(&own->flags, way->pointer) && has_word(&own->counts, way->count));
}

static void settle_regions(const struct twin_view *view, uint32_t table,
                           struct table_record *record)
{
    struct flag_regions *regions = &record->regions;
    struct twin_objects twins;
    struct object own;
    uint8_t kept = 0;
    collect_words(record, regions->place, true, &own);
    settle_object(view, table, regions->place, 0, &own, &twins);
    for (uint8_t i = 0; i < regions->way_number; i++)
        if (are_own_flags(view, table, regions, &regions->ways[i], &own, &twins))
            regions->ways[kept++] = regions->ways[i];
    regions->way_number = kept;
}

void twins_settle(const struct twin_view *view, uint32_t table, struct table_record *record)
{
    uint32_t own = tables_resolve(view->registry, table);
    if (has_header(record))
        settle_header(view, own, record);
    if (has_scale(record))
        settle_scale(view, own, record);
    if (has_regions(record))
        settle_regions(view, own, record);
}

/* --- other arrays --- */

/* The array that the word there leads to; none outside of the window. */
static bool array_at(const struct twin_view *view, const struct neighbourhood *window, uint64_t at,
                     struct array_record *out)
{
    if (at < window->start || at >= window->end || window->end - at < 8)
        return false;
    uint64_t word = word_u64(window->bytes, at - window->start);
    return layout_is_pointer(word, 8) && view->find(view->context, word, out);
}

/* Whether the array there is the one of another table by which that is known. */
static bool is_first_of_another(const struct twin_view *view, uint32_t table,
                                const struct neighbourhood *window, uint64_t at,
                                struct array_record *array)
{
    struct table_record record;
    uint32_t other =
        array_at(view, window, at, array) ? anothers(view, table, array->address, array) : 0;
    return other != 0 && tables_get(view->registry, other, &record) &&
           record.profile.array_sequence == (uint32_t)array->sequence;
}

/* The neighbour has such an array at the same distance from its pointer as this one has. */
static bool is_shared(const struct twin_view *view, const struct neighbourhood *window, uint64_t at,
                      int64_t distance, const struct array_record *array,
                      const struct array_record *neighbour, uint64_t bytes)
{
    struct array_record others;
    uint64_t other = at + (uint64_t)distance;
    bool is_within = other >= window->start && other < window->end && window->end - other >= 8;
    return !is_within ||
           (array_at(view, window, other, &others) && others.address != array->address &&
            (double)others.bytes * (double)bytes ==
                (double)array->bytes * (double)neighbour->bytes);
}

bool twins_may_share(const struct twin_view *view, uint32_t table, uint64_t place, uint64_t bytes,
                     const struct array_record *array)
{
    FORGOTTEN(neighbourhood) struct neighbourhood window;
    struct array_record there, neighbour;
    uint32_t own = tables_resolve(view->registry, table);
    uint32_t others = tables_resolve(view->registry, array->table);
    if (others != 0 && others != own)
        return false;
    place &= ~(uint64_t)7;
    if (!neighbourhood_read(view->reader, place, &window))
        return true;
    for (uint64_t at = window.start; at + 8 <= window.end; at += 8) {
        bool is_shared_by_all = true;
        if (at == place || !array_at(view, &window, at, &there) ||
            there.sequence != array->sequence)
            continue;
        for (uint64_t beside = window.start; beside + 8 <= window.end; beside += 8)
            is_shared_by_all =
                is_shared_by_all &&
                (!is_first_of_another(view, own, &window, beside, &neighbour) ||
                 is_shared(view, &window, at, (int64_t)(beside - place), array, &neighbour, bytes));
        if (is_shared_by_all)
            return true;
    }
    return false;
}
