/*
 * Matching an object's words over several growths: see table_scale.h. Runs inside the tracker,
 * reads everything through a memory reader, takes no lock.
 */
#include "table_scale.h"

#include <string.h>

#include "foreign_words.h"
#include "layouts/words.h"
#include "table_scale_words.h"

#define NEAR              48     /* of the pointer to the array, in the object */
#define LEAST_COUNT       48u    /* a smaller number stands in every object */
#define MOST_APART        15000u /* shares in ppm: limits are rounded, the entry may be in already */
#define LEAST_LOAD_DIVIDE 8u     /* a table that grew was that part full at least */
#define LEAST_ENTRY_BYTES 4u     /* of the old array, for each entry */
#define SAME_PART         64u    /* a word off by a smaller part is the same */
/* Growths at which a word had the same flags below its number, and entries that tell. */
#define FLAG_GROWTHS_PROVE 3u
#define LEAST_FLAGGED      256u

/* Whether the 8 bytes are an address: of a program at its usual place, or of a mapping. */
static bool is_address(const unsigned char *bytes)
{
    uint32_t high = word_u32(bytes, 4);
    /* A table that grows at two thirds counts 0x5555 entries once; beside it is a small number. */
    bool has_low = word_u32(bytes, 0) > UINT16_MAX;
    return has_low && ((high >= 0x5500 && high < 0x5700) || (high >= 0x7e00 && high < 0x8000));
}

static bool is_of_address(const struct object_window *window, int64_t offset)
{
    uint64_t whole = (window->place + (uint64_t)offset) & ~(uint64_t)7;
    return object_window_has(window, whole) && object_window_has(window, whole + 4) &&
           is_address(window->bytes + (whole - window->start));
}

static bool is_near(int64_t offset)
{
    return offset >= -NEAR && offset <= NEAR;
}

static uint32_t share_of(uint64_t count, uint64_t bytes)
{
    uint64_t share = bytes ? count * 1000000 / bytes : 0;
    return share < UINT32_MAX ? (uint32_t)share : UINT32_MAX;
}

static bool is_same_share(uint64_t a, uint64_t b, uint64_t count)
{
    return distance_between(a, b) * 1000000 <= b * (MOST_APART + 2000000 / (count + 1));
}

static bool has_capacity(const struct scale_profile *profile, const struct scale_capacity *wanted)
{
    for (unsigned i = 0; i < profile->capacity_number; i++)
        if (profile->capacities[i].offset == wanted->offset &&
            profile->capacities[i].form == wanted->form &&
            profile->capacities[i].in_array == wanted->in_array &&
            profile->capacities[i].slot == wanted->slot)
            return true;
    return false;
}

/* Forms of a capacity that are tried, from one to another. Shifts last: small numbers are in every
 * object, and only so many capacities are kept. */
struct forms {
    int first, last;
};
static const struct forms plain_forms = {SCALE_WHOLE, SCALE_LOG2},
                          shift_forms = {SCALE_SHIFT_OF_64, SCALE_SHIFT_OF_32};

static void try_capacity(const struct scale_search *search, const struct forms *forms,
                         struct scale_profile *out, const struct block *pointed, uint32_t word,
                         int64_t offset, bool in_array)
{
    for (int form = forms->first; form <= forms->last; form++) {
        struct scale_capacity found = {
            .offset = (int16_t)offset,
            .form = (uint8_t)form,
            .in_array = in_array,
            .slot = scale_slot_of(pointed->bytes, scale_capacity_of(word, form))};
        if (found.slot == 0 || out->capacity_number == SCALE_MOST_CAPACITIES ||
            (search->before && !has_capacity(search->before, &found)))
            continue;
        out->capacities[out->capacity_number++] = found;
    }
}

/* Whether at the growth before the word there was as large a share of the array that was left. */
static bool counted_before(const struct scale_search *search, int64_t offset, bool in_array,
                           uint32_t word)
{
    const struct scale_profile *before = search->before;
    for (unsigned i = 0; i < before->count_number; i++)
        if (before->counts[i].offset == offset && before->counts[i].in_array == in_array)
            return is_same_share(share_of(word, search->old.bytes), before->counts[i].share, word);
    return false;
}

/* At a realloc no entry has moved yet, so that there is no room left; but it may be that of the new
 * array already, which is more than the old one had slots where a table grows at half of them. */
static bool is_proven_by_realloc(const struct scale_search *search, const struct scale_profile *out,
                                 uint32_t word)
{
    for (unsigned i = 0; i < out->capacity_number; i++)
        if (word > search->old.bytes * SCALE_EIGHTHS / out->capacities[i].slot)
            return false;
    return true;
}

/* Whether the word was the same before the entries moved as after, now or at an earlier growth. The
 * room left until the next growth is about nothing before, a cursor is anywhere, and a count that
 * is begun anew for the new array is not told from them. */
static bool was_at_birth(const struct scale_search *search, int64_t offset, uint32_t word)
{
    const struct scale_profile *before = search->before;
    for (unsigned i = 0; before && i < before->count_number; i++) {
        const struct scale_count *count = &before->counts[i];
        if (count->offset == offset && !count->in_array)
            return !count->is_room &&
                   (count->was_at_birth ||
                    (before->born_sequence == search->array_sequence &&
                     distance_between(count->at_birth, word) <= word / SAME_PART + 2));
    }
    return false;
}

static bool is_anothers_room(const struct scale_search *search, int64_t offset)
{
    const struct scale_profile *before = search->before;
    for (unsigned i = 0; before && i < before->count_number; i++)
        if (before->counts[i].offset == offset && before->counts[i].is_room)
            return true;
    return false;
}

/* Whether the word counts entries for certain. */
static bool is_proven(const struct scale_search *search, const struct scale_profile *out,
                      int64_t offset, uint32_t word)
{
    const struct scale_profile *before = search->before;
    if (search->by_realloc)
        return is_proven_by_realloc(search, out, word);
    for (unsigned i = 0; before && i < before->count_number; i++)
        if (before->counts[i].offset == offset && !before->counts[i].in_array &&
            before->counts[i].is_proven && !before->counts[i].is_room)
            return true;
    return was_at_birth(search, offset, word);
}

/* Slots of the array that was left. */
static uint64_t old_slots(const struct scale_search *search, const struct scale_capacity *capacity)
{
    return search->old.bytes * SCALE_EIGHTHS / capacity->slot;
}

/* Whether what seems to be a capacity may be the limit instead, as there is a power of two that is
 * somewhat more. The old limit is just what the count has come to. */
static bool may_be_limit(const struct scale_search *search, const struct scale_profile *out,
                         const struct scale_capacity *capacity)
{
    uint64_t limit = old_slots(search, capacity);
    for (unsigned i = 0; i < out->capacity_number; i++) {
        uint64_t slots = old_slots(search, &out->capacities[i]);
        if (is_power_of_two(slots) && !is_power_of_two(limit) && limit < slots && limit > slots / 2)
            return true;
    }
    return false;
}

/* Whether the word can be the number of entries that made the old array grow, by what the words
 * that may be the capacity say. */
static bool may_count(const struct scale_search *search, const struct scale_profile *out,
                      uint32_t word, int64_t offset, bool in_array)
{
    bool is_possible = false;
    if (word < LEAST_COUNT || out->count_number == SCALE_MOST_COUNTS ||
        (search->before && !counted_before(search, offset, in_array, word)))
        return false;
    for (unsigned i = 0; i < out->capacity_number; i++) {
        const struct scale_capacity *capacity = &out->capacities[i];
        uint64_t slots = old_slots(search, capacity);
        if (capacity->offset == offset && capacity->in_array == in_array)
            continue; /* a count may divide the bytes as well */
        /* Where a table moves its entries step by step, the cursor has come to its end then. */
        if (distance_between(word, slots) <= 1 && !may_be_limit(search, out, capacity))
            return false;
        is_possible |= word >= slots / LEAST_LOAD_DIVIDE && word <= slots * SCALE_MOST_A_SLOT;
    }
    return is_possible;
}

/* What the growth before taught of the low bits. */
static struct scale_count count_before(const struct scale_search *search, int64_t offset)
{
    const struct scale_profile *before = search->before;
    for (unsigned i = 0; before && i < before->count_number; i++)
        if (before->counts[i].offset == offset && !before->counts[i].in_array)
            return before->counts[i];
    return (struct scale_count){0};
}

static void try_count(const struct scale_search *search, struct scale_profile *out, uint32_t word,
                      int64_t offset)
{
    const struct scale_count before = count_before(search, offset);
    if (may_count(search, out, word, offset, false))
        out->counts[out->count_number++] =
            (struct scale_count){.offset = (int16_t)offset,
                                 .is_proven = is_proven(search, out, offset, word),
                                 .was_at_birth = was_at_birth(search, offset, word),
                                 .is_room = is_anothers_room(search, offset),
                                 .flag_bits = before.flag_bits,
                                 .flag_growths = before.flag_growths,
                                 .are_flags = before.are_flags,
                                 .share = share_of(word, search->old.bytes),
                                 .word = word};
}

/* The words of the window, those next to the pointer first: as capacities of these forms, or, where
 * there are none, as counts. */
static void each_word(const struct scale_search *search, const struct object_window *window,
                      const struct block *pointed, const struct forms *forms,
                      struct scale_profile *out)
{
    for (int64_t distance = 4; distance <= (int64_t)OBJECT_REACH; distance += 4) {
        const int64_t offsets[] = {distance + 4, -distance}; /* the pointer has 8 bytes */
        for (unsigned side = 0; side < 2; side++) {
            if (!object_window_has(window, window->place + (uint64_t)offsets[side]) ||
                is_of_address(window, offsets[side]))
                continue;
            uint32_t word = scale_word_at(window, offsets[side]);
            if (forms)
                try_capacity(search, forms, out, pointed, word, offsets[side], false);
            else
                try_count(search, out, word, offsets[side]);
        }
    }
}

static void try_array_header(const struct scale_search *search, const struct block *pointed,
                             struct scale_profile *out)
{
    if (!search->fronts)
        return;
    const unsigned char *words =
        pointed == &search->old ? search->fronts->old : search->fronts->array;
    for (int64_t at = 0; at + 4 <= (int64_t)SCALE_FRONT_BYTES; at += 4)
        try_capacity(search, &plain_forms, out, pointed, word_u32(words, (size_t)at), at, true);
}

/* Counts in front of the slots. The old array and the new one hold the same entries then, and say
 * so both: the room that is left, and the limit, are others in each. */
static void try_array_counts(const struct scale_search *search, struct scale_profile *out)
{
    if (search->by_realloc || !search->fronts)
        return;
    const unsigned char *words = search->fronts->array, *old_words = search->fronts->old;
    for (int64_t at = 0; at + 4 <= (int64_t)SCALE_FRONT_BYTES; at += 4) {
        uint32_t word = word_u32(words, (size_t)at);
        if (distance_between(word, word_u32(old_words, (size_t)at)) <= 1 &&
            !is_address(words + (at & ~(int64_t)7)) && may_count(search, out, word, at, true))
            out->counts[out->count_number++] =
                (struct scale_count){.offset = (int16_t)at,
                                     .is_proven = true,
                                     .was_at_birth = true,
                                     .in_array = true,
                                     .share = share_of(word, search->old.bytes),
                                     .word = word};
    }
}

/* How much the object looks like a table's: fields close together, a capacity that fills the array
 * without a rest, as many entries as a table has when it grows. */
static unsigned score_of(const struct scale_search *search, const struct header_place *place,
                         const struct scale_profile *profile)
{
    unsigned best = 0;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *capacity = &profile->capacities[i];
        uint64_t slots = search->old.bytes * SCALE_EIGHTHS / capacity->slot;
        unsigned score = (capacity->slot % SCALE_EIGHTHS == 0) + (capacity->form < SCALE_LOG2) +
                         2 * (is_near(capacity->offset) || capacity->in_array);
        unsigned most_telling = 0;
        for (unsigned j = 0; j < profile->count_number; j++) {
            const struct scale_count *count = &profile->counts[j];
            bool is_same =
                count->offset == capacity->offset && count->in_array == capacity->in_array;
            if (is_same || (!count->in_array && !is_near(count->offset)) || count->word < slots / 4)
                continue;
            bool is_of_buckets = count->word * LEAST_ENTRY_BYTES <= search->old.bytes;
            unsigned telling = count->word <= slots ? 3 : is_of_buckets ? 2 : 0;
            most_telling = telling > most_telling ? telling : most_telling;
        }
        score += most_telling;
        best = score > best ? score : best;
    }
    return best + 2 * (place->kind != HEADER_ON_STACK) + profile->is_at_start;
}

bool table_scale_read_fronts(const struct scale_search *search, struct scale_fronts *out)
{
    const struct memory_reader *reader = search->reader;
    /* After a realloc there is nothing any more where the old array was. */
    if (search->by_realloc || search->old.bytes < SCALE_FRONT_BYTES ||
        !reader->read(reader, search->old.address, out->old, sizeof(out->old)))
        memset(out->old, 0, sizeof(out->old));
    return search->array.bytes >= SCALE_FRONT_BYTES &&
           reader->read(reader, search->array.address, out->array, sizeof(out->array));
}

bool table_scale_match(const struct scale_search *search, const struct header_place *place,
                       struct scale_profile *out)
{
    FORGOTTEN(object_window) struct object_window window;
    bool is_on_stack = place->kind == HEADER_ON_STACK;
    const struct block *pointed =
        block_has(&search->old, place->word) ? &search->old : &search->array;
    if (!scale_window_read(search->reader, place->address, is_on_stack, place->object, &window))
        return false;
    *out = (struct scale_profile){.place = place->address,
                                  .object = is_on_stack ? place->object : 0,
                                  .is_at_start = place->word == pointed->address,
                                  .growths = search->before ? search->before->growths + 1 : 1};
    const struct block *other = pointed == &search->old ? &search->array : &search->old;
    each_word(search, &window, pointed, &plain_forms, out);
    if (out->capacity_number == 0) /* the pointer and the capacity do not change at once */
        each_word(search, &window, other, &plain_forms, out);
    try_array_header(search, pointed, out);
    each_word(search, &window, pointed, &shift_forms, out);
    if (out->capacity_number == 0)
        each_word(search, &window, other, &shift_forms, out);
    if (out->capacity_number > 0) {
        each_word(search, &window, pointed, NULL, out);
        try_array_counts(search, out);
    }
    out->score = (uint16_t)score_of(search, place, out);
    return out->capacity_number > 0 && out->count_number > 0;
}

bool table_scale_note_birth(const struct memory_reader *reader, uint32_t array_sequence,
                            bool (*is_anothers)(uint64_t address, void *context), void *context,
                            struct scale_profile *profile)
{
    FORGOTTEN(object_window) struct object_window window;
    if (!scale_window_read(reader, profile->place, profile->object != 0, profile->object, &window))
        return false;
    const struct foreign_view view = {window.bytes, window.start, window.end, window.place};
    struct foreign_pointers pointers;
    foreign_pointers_find(&view, is_anothers, context, &pointers);
    profile->born_sequence = array_sequence;
    for (unsigned i = 0; i < profile->count_number; i++) {
        struct scale_count *count = &profile->counts[i];
        if (count->in_array)
            continue;
        bool is_there = object_window_has(&window, window.place + (uint64_t)(int64_t)count->offset);
        count->at_birth = is_there ? scale_word_at(&window, count->offset) : 0;
        if (foreign_word_is_room(&view, &pointers, count->offset))
            count->is_room = 1;
    }
    return true;
}

static bool is_capacity_of(const struct scale_capacity *capacity, uint64_t bytes, uint64_t slots)
{
    return scale_slot_of(bytes, slots) == capacity->slot;
}

static bool is_count_of(const struct scale_count *count, uint64_t live)
{
    return distance_between(count->word, live) <= live / SAME_PART + 2;
}

/* Where keys in sequence hash to themselves, chains are equally long, and the entries are just a
 * power of two times the heads: of all buckets, or of every second one and so on. */
bool table_scale_may_be_heads(uint64_t live, uint64_t capacity)
{
    for (unsigned shift = 0; shift <= SCALE_MOST_FLAG_BITS + 2; shift++)
        if (distance_between(live, capacity >> shift) <= 2)
            return true;
    return false;
}

unsigned table_scale_flag_bits(const struct scale_count *count)
{
    return count->flag_growths >= FLAG_GROWTHS_PROVE ? count->flag_bits : 0;
}

/* Flags may stand below the number in one word: it is the number of occupied slots then, shifted by
 * as many bits at each growth. */
static void compare_flagged(struct scale_profile *profile, uint64_t slots, uint64_t live)
{
    for (unsigned i = 0; i < profile->count_number; i++) {
        struct scale_count *count = &profile->counts[i];
        unsigned bits = 0;
        for (unsigned tried = 1; tried <= SCALE_MOST_FLAG_BITS && bits == 0; tried++)
            bits = distance_between(count->word >> tried, live) <= 1 ? tried : 0;
        if (live < LEAST_FLAGGED || bits == 0 || bits != count->flag_bits)
            count->flag_growths = count->are_flags = 0;
        if (live < LEAST_FLAGGED)
            continue;
        count->flag_bits = (uint8_t)bits;
        count->flag_growths += bits > 0 && count->flag_growths < UINT8_MAX;
        count->are_flags |= bits > 0 && !table_scale_may_be_heads(live, slots);
    }
}

void table_scale_compare(struct scale_profile *profile, uint64_t array_bytes, uint64_t slots,
                         uint64_t live)
{
    unsigned capacities = 0, counts = 0;
    compare_flagged(profile, slots, live);
    for (unsigned i = 0; i < profile->capacity_number; i++)
        if (is_capacity_of(&profile->capacities[i], array_bytes, slots))
            profile->capacities[capacities++] = profile->capacities[i];
    for (unsigned i = 0; i < profile->count_number; i++)
        if (is_count_of(&profile->counts[i], live)) {
            profile->counts[counts] = profile->counts[i];
            profile->counts[counts++].is_of_slots = 1;
        }
    profile->capacity_number = capacities > 0 ? (uint16_t)capacities : profile->capacity_number;
    profile->count_number = counts > 0 ? (uint16_t)counts : profile->count_number;
}
