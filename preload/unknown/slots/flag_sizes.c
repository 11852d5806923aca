/*
 * Numbers of slots that flags may be of: see flag_sizes.h. No state, no lock.
 */
#include "flag_sizes.h"

#include "flag_tally.h"

#define LEAST_SLOTS 512u
#define MOST_SLOT   512u

bool flag_words_read(const struct memory_reader *reader, uint64_t place, bool is_in_array,
                     uint64_t object, struct object_window *window)
{
    if (!is_in_array)
        return scale_window_read(reader, place, object != 0, object, window);
    *window = (struct object_window){.place = place, .start = place, .end = place + OBJECT_REACH};
    return reader->read(reader, place, window->bytes, OBJECT_REACH);
}

uint32_t flag_word_at(const struct object_window *window, int64_t offset)
{
    return object_window_has(window, window->place + (uint64_t)offset)
               ? scale_word_at(window, offset)
               : 0;
}

bool flag_word_says(const struct object_window *window, int64_t offset, uint64_t number,
                    uint64_t slack)
{
    return object_window_has(window, window->place + (uint64_t)offset) &&
           distance_between(scale_word_at(window, offset), number) <= slack;
}

bool flag_slots_can_fill(uint64_t bytes, uint64_t slots)
{
    if (slots < LEAST_SLOTS || bytes / slots < FLAG_LEAST_SLOT || bytes / slots > MOST_SLOT)
        return false;
    if (is_power_of_two(slots) || bytes % slots <= FLAG_MOST_HEADER)
        return true;
    for (int unit = FLAG_BIT; unit <= FLAG_PAIR; unit++)
        if ((bytes - flag_bytes((enum flag_unit)unit, slots)) % slots <= FLAG_MOST_HEADER)
            return true;
    return false;
}

/* A mask is one less than a power of two, and no number of slots itself. */
static void add_size(struct flag_sizes *sizes, uint64_t bytes, uint32_t word,
                     const struct flag_size *size)
{
    uint64_t slots = scale_capacity_of(word, (enum scale_form)size->form);
    bool is_known = false;
    for (unsigned i = 0; i < sizes->number; i++)
        is_known = is_known || sizes->size[i].slots == slots;
    if (word == 0 || is_known || sizes->number == FLAG_MOST_SIZES ||
        !flag_slots_can_fill(bytes, slots) ||
        is_power_of_two(slots + (size->form == SCALE_WHOLE)) != (size->form != SCALE_WHOLE))
        return;
    sizes->size[sizes->number] = *size;
    sizes->size[sizes->number++].slots = slots;
}

void flag_sizes_find(const struct object_window *window, const unsigned char *front,
                     const struct block *array, struct flag_sizes *sizes)
{
    sizes->number = 0;
    /* Where the place is not the array's own beginning there is the pointer. */
    struct flag_size in_pointer = {.form = SCALE_LOG2_IN_POINTER};
    uint32_t less = flag_word_at(window, 0) - (uint32_t)array->address;
    if (window->start < window->place && array->address % (SCALE_POINTER_BITS + 1) == 0 &&
        less <= SCALE_POINTER_BITS)
        add_size(sizes, array->bytes, less, &in_pointer);
    for (int64_t distance = 0; distance <= (int64_t)sizeof(window->bytes); distance += 4)
        for (int side = 0; side < 2; side++)
            for (int form = SCALE_WHOLE; form <= SCALE_SHIFT_OF_32; form++) {
                struct flag_size size = {.offset = (int16_t)(side == 0 ? distance : -distance),
                                         .form = (uint8_t)form};
                add_size(sizes, array->bytes, flag_word_at(window, size.offset), &size);
            }
    for (unsigned at = 0; front && at + 4 <= FLAG_FRONT_BYTES; at += 4)
        for (int form = SCALE_WHOLE; form <= SCALE_MASK; form++) {
            struct flag_size size = {.offset = (int16_t)at, .form = (uint8_t)form, .in_array = 1};
            add_size(sizes, array->bytes, word_u32(front, at), &size);
        }
}

void flag_sizes_find_groups(const struct object_window *window, const struct block *array,
                            struct flag_sizes *sizes)
{
    sizes->number = 0;
    for (int64_t distance = 4; distance <= (int64_t)FLAG_GROUPS_REACH; distance += 4)
        for (int side = 0; side < 2; side++)
            for (int form = SCALE_GROUPS_OF_8; form < SCALE_FORMS; form++) {
                struct flag_size size = {.offset = (int16_t)(side == 0 ? distance : -distance),
                                         .form = (uint8_t)form};
                add_size(sizes, array->bytes, flag_word_at(window, size.offset), &size);
            }
}
