/*
 * What flags that were learnt at growths say of an array now: see flag_regions.h. No state, no
 * lock, no allocation.
 */
#include "flag_places.h"
#include "flag_sizes.h"

#define MOST_HOLDERS 8u /* places that may hold a pointer to the array */

/* What the slots showed is kept where they are as many. */
static void say(struct table_reading *reading, const struct block *array, uint64_t capacity,
                uint64_t live)
{
    if (reading->capacity != capacity)
        *reading =
            (struct table_reading){.capacity = capacity, .slot_bytes = array->bytes / capacity};
    reading->live = live;
    reading->live_error = reading->tombstones = 0;
    if (reading->entry_blocks != 0)
        reading->entry_blocks = live;
    reading->known &= ~DUMP_KNOWN_TOMBSTONES;
    reading->known |= DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_HEADER;
    reading->flags = (reading->flags & ~DUMP_TABLE_LIVE_IS_UPPER_BOUND) | DUMP_TABLE_COUNTED;
    if (reading->confidence_ppm < 950000)
        reading->confidence_ppm = 950000;
}

/* What flags and words around the place both say. */
struct said {
    uint64_t capacity, live;
};

/* Of several ways those with the fewest entries: flags of the slots in use may be counted, too. */
static bool read_place(const struct flag_look *look, const struct flag_regions *regions,
                       struct said *out)
{
    *out = (struct said){0};
    for (unsigned i = 0; i < regions->way_number && i < FLAG_MOST_WAYS; i++) {
        const struct flag_way *way = &regions->ways[i];
        uint64_t slots, number;
        if (!flag_way_count(look, way, &slots, &number) ||
            !flag_word_says(look->window, way->count, number, 0))
            continue;
        if (out->capacity != 0 && slots != out->capacity)
            return false;
        out->live = out->capacity == 0 || number < out->live ? number : out->live;
        out->capacity = slots;
    }
    return out->capacity != 0;
}

/* The same around another place that points at the array. What grew may have been built on the
 * stack and copied over the table then, word by word: all is as far from the pointer as before. */
static uint64_t read_moved(struct flag_look *look, struct object_window *window,
                           const struct flag_regions *regions, struct said *out)
{
    const struct block_index *blocks = look->view->blocks;
    for (unsigned nth = 0; blocks && !regions->is_in_array && nth < MOST_HOLDERS; nth++) {
        uint64_t holder = blocks->pointer_to(blocks, look->array->address, nth);
        if (holder == 0)
            return 0;
        if (flag_words_read(look->view->reader, holder, false, 0, window) &&
            read_place(look, regions, out))
            return holder;
    }
    return 0;
}

bool flag_regions_read(const struct layout_view *view, const struct block *array,
                       uint32_t array_sequence, const struct flag_regions *regions,
                       struct table_reading *reading)
{
    FORGOTTEN(object_window) struct object_window window;
    unsigned char front[FLAG_FRONT_BYTES];
    struct flag_look look = {.view = view, .window = &window, .array = array};
    uint64_t place = regions->is_in_array ? array->address : regions->place, pointer;
    struct said said;
    if (regions->growths < FLAG_GROWTHS_PROVE || regions->array_sequence != array_sequence)
        return false;
    if (array->bytes >= sizeof(front) && layout_read(view, array->address, front, sizeof(front)))
        look.front = front;
    if ((!regions->is_in_array &&
         (!layout_read_u64(view, place, &pointer) || !block_has(array, pointer))) ||
        !flag_words_read(view->reader, place, regions->is_in_array, regions->object, &window) ||
        !read_place(&look, regions, &said))
        place = read_moved(&look, &window, regions, &said);
    if (place == 0)
        return false;
    say(reading, array, said.capacity, said.live);
    reading->header = place;
    reading->growth_live = regions->live;
    reading->growth_load_ppm = regions->load_ppm;
    return true;
}
