/*
 * Learning where a table's flags are: see growth_flags.h. Runs inside the tracker, under no lock.
 * Once they are found, a growth costs one pass over them; where some looks found none, nothing.
 */
#include "growth_flags.h"

#include "flag_regions.h"
#include "growth_object.h"
#include "header_search.h"
#include "tables.h"

/* Arrays at which they are looked for: larger ones would cost too much, and were smaller before. */
#define MOST_ARRAY_BYTES (1024u * 1024)
#define MOST_PLACES      6u

struct collect {
    const struct memory_reader *reader;
    const struct flag_growth *growth;
    struct header_place places[MOST_PLACES];
    unsigned number;
};

/* Several words on the stack lead to one object: how far it may begin before the place is what the
 * farthest of them says. */
static bool is_known(struct collect *collect, const struct header_place *place)
{
    for (unsigned i = 0; i < collect->number; i++) {
        struct header_place *known = &collect->places[i];
        if (known->address != place->address || known->kind != place->kind)
            continue;
        if (place->object != 0 && known->object != 0 && place->object < known->object)
            known->object = place->object;
        return true;
    }
    return false;
}

static bool add_place(const struct header_place *place, void *context)
{
    struct collect *collect = context;
    if ((place->kind == HEADER_ON_STACK &&
         (place->object == 0 || place->object > place->address)) ||
        is_known(collect, place))
        return false;
    if (flag_regions_are_likely(collect->reader, place, collect->growth))
        collect->places[collect->number++] = *place;
    return collect->number == MOST_PLACES;
}

/* Whether the place still leads into one of the two arrays; reads its word. */
static bool leads_there(const struct memory_reader *reader, const struct flag_growth *growth,
                        struct header_place *place)
{
    return reader->read(reader, place->address, &place->word, sizeof(place->word)) &&
           (block_has(&growth->old, place->word) || block_has(&growth->array, place->word));
}

/* Where an earlier study or this growth's found the object. */
static void add_known(struct collect *collect, uint64_t address)
{
    struct header_place place = {.address = address, .kind = HEADER_IN_OBJECT};
    if (address != 0 && collect->number < MOST_PLACES &&
        leads_there(collect->reader, collect->growth, &place))
        add_place(&place, collect);
}

static void collect_places(const struct registry *registry, struct scratch *scratch,
                           const struct table_record *record, const struct array_record *array,
                           struct collect *collect)
{
    const struct flag_growth *growth = collect->growth;
    const struct header_profile *header = &record->header;
    const struct scale_profile *scale = &record->scale;
    const struct header_place none = {0};
    struct header_place in_array = {.address = growth->array.address, .kind = HEADER_IN_ARRAY};
    add_place(&in_array, collect);
    if (header->array_sequence == growth->array_sequence && header->growths > 0 &&
        header->kind == HEADER_IN_OBJECT)
        add_known(collect, header->place);
    if (scale->array_sequence == growth->array_sequence && scale->growths > 0 && scale->object == 0)
        add_known(collect, scale->place);
    if (collect->number == 0 || header->growths == 0)
        header_search_places(registry, scratch, &growth->array, &growth->old, array->site, &none,
                             add_place, collect);
}

/* Objects before copies on a stack. */
static bool find(const struct registry *registry, struct scratch *scratch,
                 const struct table_record *record, const struct array_record *array,
                 const struct flag_growth *growth, struct flag_regions *out)
{
    struct collect collect = {.reader = scratch->view.reader, .growth = growth};
    collect_places(registry, scratch, record, array, &collect);
    for (int is_on_stack = 0; is_on_stack < 2; is_on_stack++)
        for (unsigned i = 0; i < collect.number; i++)
            if ((collect.places[i].kind == HEADER_ON_STACK) == is_on_stack &&
                flag_regions_match(&scratch->view, &collect.places[i], growth, NULL, out))
                return true;
    return false;
}

/* Whether what earlier growths found is there again. */
static bool find_again(const struct scratch *scratch, const struct flag_growth *growth,
                       const struct flag_regions *before, struct flag_regions *out)
{
    struct header_place place = {.address = before->place,
                                 .kind = before->object ? HEADER_ON_STACK : HEADER_IN_OBJECT,
                                 .object = before->object};
    if (before->is_in_array) {
        place.address = growth->array.address;
        place.kind = HEADER_IN_ARRAY;
    } else if (!leads_there(scratch->view.reader, growth, &place)) {
        return false;
    }
    return flag_regions_match(&scratch->view, &place, growth, before, out);
}

void growth_flags_learn(struct registry *registry, struct scratch *scratch, uint32_t table,
                        const struct array_record *old, const struct array_record *array)
{
    struct table_record record;
    if (array->bytes < GROWTH_LEAST_STUDIED_BYTES || array->bytes < old->bytes ||
        !tables_get(registry, table, &record) || record.layout != 0)
        return;
    struct flag_growth growth = {.old = {.address = old->address, .bytes = old->bytes},
                                 .array = {.address = array->address, .bytes = array->bytes},
                                 .array_sequence = (uint32_t)array->sequence};
    const struct flag_regions *before = &record.regions;
    struct flag_regions found;
    /* A rebuild of the same size adds no free slots, by which live ones are told from them. */
    bool may_look = array->bytes > old->bytes && before->looks < FLAG_MOST_LOOKS &&
                    before->growths < FLAG_GROWTHS_PROVE && array->bytes <= MOST_ARRAY_BYTES;
    if (before->growths == 0 && !may_look)
        return;
    flag_regions_read_fronts(scratch->view.reader, &growth);
    if (before->growths > 0 && find_again(scratch, &growth, before, &found)) {
        tables_set_regions(registry, table, &found);
        if (found.growths >= FLAG_GROWTHS_PROVE && array->bytes > old->bytes)
            tables_count_growth(registry, table, found.live);
        return;
    }
    if (!may_look)
        return;
    uint8_t looks = (uint8_t)(before->looks + 1);
    if (!find(registry, scratch, &record, array, &growth, &found))
        found = (struct flag_regions){0};
    found.looks = looks;
    tables_set_regions(registry, table, &found);
}
