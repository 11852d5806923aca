/*
 * Matching an object's words over several growths: see table_scale.h. Runs inside the tracker,
 * reads everything through a memory reader, takes no lock.
 */
#include "table_scale.h"

#include <string.h>

#include "layouts/words.h"
#include "page.h"
#include "slot_contents.h"

#define REACH       128u /* bytes of an object before and behind its pointer */
#define STACK_REACH 96u
#define NEAR        48
#define ARRAY_REACH 64u /* a header before the slots */
/* Smaller arrays hold numbers that are met by chance. */
#define LEAST_CAPACITY 64u
#define LEAST_COUNT    48u
/* Slots are measured in eighths of a byte: a table may have a bit for each, and is a power of two
 * then. */
#define EIGHTHS    8u
#define LEAST_SLOT (2u * EIGHTHS)
#define MOST_SLOT  (512u * EIGHTHS)
#define MOST_REST  64u /* bytes of a header, of sentinels behind the last slot */
/* Of an array whose size the table's own allocator rounds up, where the slots are a power of two.
 */
#define MOST_ROUNDED_SHARE 256u
/* Thousandths of the slots: as many entries are in an array that is full. */
#define FULL_FROM         966u
#define FULL_TO           1034u
#define MOST_ROUND_SHIFT  4u
#define MOST_LOG2         40u
#define MOST_APART        15000u /* shares in ppm: limits are rounded, the entry may be in already */
#define MOST_A_SLOT       16u    /* entries of a chain or of a bucket, at most */
#define LEAST_LOAD_DIVIDE 8u
#define LEAST_ENTRY_BYTES 4u
#define SAME_PART         64u /* a word off by a smaller part is the same */

struct window {
    uint64_t place, start, end; /* addresses */
    unsigned char bytes[2 * REACH];
};

static bool read_window(const struct memory_reader *reader, uint64_t place, bool is_on_stack,
                        uint64_t object, struct window *window)
{
    window->place = place;
    window->start = is_on_stack ? object : place - REACH;
    window->end = is_on_stack ? object + STACK_REACH : place + REACH;
    if (window->start > place || window->end < place + 8)
        return false;
    if (reader->read(reader, window->start, window->bytes, window->end - window->start))
        return true;
    uint64_t page = place & ~(uint64_t)(PAGE_BYTES - 1);
    if (window->start < page)
        window->start = page;
    if (window->end > page + PAGE_BYTES)
        window->end = page + PAGE_BYTES;
    return window->end > window->start &&
           reader->read(reader, window->start, window->bytes, window->end - window->start);
}

static bool has_word(const struct window *window, uint64_t address)
{
    return address >= window->start && address < window->end && window->end - address >= 4;
}

/* Whether the 4 bytes are a half of an address: of a program at its usual place, or of a mapping.
 */
static bool is_of_address(const struct window *window, int64_t offset)
{
    uint64_t whole = (window->place + (uint64_t)offset) & ~(uint64_t)7;
    if (!has_word(window, whole) || !has_word(window, whole + 4))
        return false;
    uint32_t high = word_u32(window->bytes, whole + 4 - window->start);
    /* A table that grows at two thirds counts 0x5555 entries once; beside it is a small number. */
    bool has_low = word_u32(window->bytes, whole - window->start) > UINT16_MAX;
    return has_low && ((high >= 0x5500 && high < 0x5700) || (high >= 0x7e00 && high < 0x8000));
}

static uint32_t word_at(const struct window *window, int64_t offset)
{
    return word_u32(window->bytes, window->place + (uint64_t)offset - window->start);
}

static uint64_t capacity_of(uint32_t word, enum scale_form form)
{
    if (form == SCALE_MASK)
        return (uint64_t)word + 1;
    if (form == SCALE_LOG2)
        return word <= MOST_LOG2 ? 1ull << word : 0;
    return word;
}

/* Eighths of a byte for each of so many slots; 0 when they do not fill the array. */
static uint32_t slot_of(uint64_t bytes, uint64_t capacity)
{
    if (capacity < LEAST_CAPACITY || capacity > bytes)
        return 0;
    uint64_t slot = bytes / capacity * EIGHTHS, rest = bytes % capacity, most_rest = MOST_REST;
    if (is_power_of_two(capacity) && bytes / MOST_ROUNDED_SHARE > MOST_REST)
        most_rest =
            bytes / MOST_ROUNDED_SHARE < PAGE_BYTES ? bytes / MOST_ROUNDED_SHARE : PAGE_BYTES;
    if (rest > most_rest && is_power_of_two(capacity)) {
        slot = bytes * EIGHTHS / capacity;
        rest = bytes - capacity * slot / EIGHTHS;
    }
    if (slot < LEAST_SLOT || slot > MOST_SLOT || rest > most_rest)
        return 0;
    return (uint32_t)slot;
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

static void try_capacity(const struct scale_search *search, struct scale_profile *out,
                         const struct block *pointed, uint32_t word, int64_t offset, bool in_array)
{
    for (int form = SCALE_WHOLE; form <= SCALE_LOG2; form++) {
        struct scale_capacity found = {.offset = (int16_t)offset,
                                       .form = (uint8_t)form,
                                       .in_array = in_array,
                                       .slot = slot_of(pointed->bytes, capacity_of(word, form))};
        if (found.slot == 0 || out->capacity_number == SCALE_MOST_CAPACITIES ||
            (search->before && !has_capacity(search->before, &found)))
            continue;
        out->capacities[out->capacity_number++] = found;
    }
}

/* Whether at the growth before the word there was as large a share of the array that was left. */
static bool counted_before(const struct scale_search *search, int64_t offset, uint32_t word)
{
    const struct scale_profile *before = search->before;
    for (unsigned i = 0; i < before->count_number; i++)
        if (before->counts[i].offset == offset)
            return is_same_share(share_of(word, search->old.bytes), before->counts[i].share, word);
    return false;
}

/* At a realloc no entry has moved yet, so that there is no room left; but it may be that of the new
 * array already, which is more than the old one had slots where a table grows at half of them. */
static bool is_proven_by_realloc(const struct scale_search *search, const struct scale_profile *out,
                                 uint32_t word)
{
    for (unsigned i = 0; i < out->capacity_number; i++)
        if (word > search->old.bytes * EIGHTHS / out->capacities[i].slot)
            return false;
    return true;
}

/* Whether the word counts entries for certain: their number is the same before they move and after,
 * or was so at an earlier growth. The room left until the next growth is about nothing before, and
 * a count that is begun anew for the new array is not told from it. */
static bool is_proven(const struct scale_search *search, const struct scale_profile *out,
                      int64_t offset, uint32_t word)
{
    const struct scale_profile *before = search->before;
    if (search->by_realloc)
        return is_proven_by_realloc(search, out, word);
    for (unsigned i = 0; before && i < before->count_number; i++) {
        const struct scale_count *count = &before->counts[i];
        if (count->offset == offset)
            return count->is_proven ||
                   (before->born_sequence == search->array_sequence &&
                    distance_between(count->at_birth, word) <= word / SAME_PART + 2);
    }
    return false;
}

static void try_count(const struct scale_search *search, struct scale_profile *out, uint32_t word,
                      int64_t offset)
{
    if (word < LEAST_COUNT || out->count_number == SCALE_MOST_COUNTS ||
        (search->before && !counted_before(search, offset, word)))
        return;
    bool is_possible = false;
    for (unsigned i = 0; i < out->capacity_number; i++) {
        const struct scale_capacity *capacity = &out->capacities[i];
        uint64_t slots = search->old.bytes * EIGHTHS / capacity->slot;
        if (capacity->offset == offset && !capacity->in_array)
            continue; /* a count may divide the bytes as well */
        /* Where a table moves its entries step by step, the cursor has come to its end then. */
        if (distance_between(word, slots) <= 1)
            return;
        is_possible |= word >= slots / LEAST_LOAD_DIVIDE && word <= slots * MOST_A_SLOT;
    }
    if (is_possible)
        out->counts[out->count_number++] =
            (struct scale_count){.offset = (int16_t)offset,
                                 .is_proven = is_proven(search, out, offset, word),
                                 .share = share_of(word, search->old.bytes),
                                 .word = word};
}

/* The words of the window, those next to the pointer first. */
static void each_word(const struct scale_search *search, const struct window *window,
                      const struct block *pointed, bool is_counting, struct scale_profile *out)
{
    for (int64_t distance = 4; distance <= (int64_t)REACH; distance += 4) {
        const int64_t offsets[] = {distance + 4, -distance}; /* the pointer has 8 bytes */
        for (unsigned side = 0; side < 2; side++) {
            if (!has_word(window, window->place + (uint64_t)offsets[side]) ||
                is_of_address(window, offsets[side]))
                continue;
            uint32_t word = word_at(window, offsets[side]);
            if (is_counting)
                try_count(search, out, word, offsets[side]);
            else
                try_capacity(search, out, pointed, word, offsets[side], false);
        }
    }
}

static void try_array_header(const struct scale_search *search, const struct block *pointed,
                             struct scale_profile *out)
{
    unsigned char words[ARRAY_REACH];
    if (!search->reader->read(search->reader, pointed->address, words, sizeof(words)))
        return;
    for (int64_t at = 0; at + 4 <= (int64_t)sizeof(words); at += 4)
        try_capacity(search, out, pointed, word_u32(words, (size_t)at), at, true);
}

/* How much the object looks like a table's: fields close together, a capacity that fills the array
 * without a rest, as many entries as a table has when it grows. */
static unsigned score_of(const struct scale_search *search, const struct header_place *place,
                         const struct scale_profile *profile)
{
    unsigned best = 0;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *capacity = &profile->capacities[i];
        uint64_t slots = search->old.bytes * EIGHTHS / capacity->slot;
        unsigned score = (capacity->slot % EIGHTHS == 0) + (capacity->form != SCALE_LOG2) +
                         2 * (is_near(capacity->offset) || capacity->in_array);
        unsigned most_telling = 0;
        for (unsigned j = 0; j < profile->count_number; j++) {
            const struct scale_count *count = &profile->counts[j];
            if (count->offset == capacity->offset || !is_near(count->offset) ||
                count->word < slots / 4)
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

bool table_scale_match(const struct scale_search *search, const struct header_place *place,
                       struct scale_profile *out)
{
    struct window window;
    bool is_on_stack = place->kind == HEADER_ON_STACK;
    const struct block *pointed =
        block_has(&search->old, place->word) ? &search->old : &search->array;
    if (!read_window(search->reader, place->address, is_on_stack, place->object, &window))
        return false;
    *out = (struct scale_profile){.place = place->address,
                                  .object = is_on_stack ? place->object : 0,
                                  .is_at_start = place->word == pointed->address,
                                  .growths = search->before ? search->before->growths + 1 : 1};
    each_word(search, &window, pointed, false, out);
    if (out->capacity_number == 0) /* the pointer and the capacity do not change at once */
        each_word(search, &window, pointed == &search->old ? &search->array : &search->old, false,
                  out);
    try_array_header(search, pointed, out);
    if (out->capacity_number > 0)
        each_word(search, &window, pointed, true, out);
    out->score = (uint16_t)score_of(search, place, out);
    return out->capacity_number > 0 && out->count_number > 0;
}

bool table_scale_note_birth(const struct memory_reader *reader, uint32_t array_sequence,
                            struct scale_profile *profile)
{
    struct window window;
    if (!read_window(reader, profile->place, profile->object != 0, profile->object, &window))
        return false;
    profile->born_sequence = array_sequence;
    for (unsigned i = 0; i < profile->count_number; i++) {
        int16_t offset = profile->counts[i].offset;
        bool is_there = has_word(&window, window.place + (uint64_t)(int64_t)offset);
        profile->counts[i].at_birth = is_there ? word_at(&window, offset) : 0;
    }
    return true;
}

bool table_scale_is_early(const struct scale_profile *profile, uint64_t old_bytes)
{
    bool is_early = false;
    const struct scale_capacity *whole = NULL;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *capacity = &profile->capacities[i];
        uint64_t slots = old_bytes * EIGHTHS / capacity->slot;
        if (capacity->form == SCALE_WHOLE) {
            /* The length of a vector is its capacity when it grows. */
            if (whole && whole->offset != capacity->offset)
                return false;
            whole = capacity;
        }
        for (unsigned j = 0; j < profile->count_number; j++) {
            uint64_t word = profile->counts[j].word;
            if (profile->counts[j].offset == capacity->offset && !capacity->in_array)
                continue;
            if (word * 1000 > slots * FULL_FROM && word * 1000 < slots * FULL_TO)
                return false;
            is_early |= word * 5 >= slots && word < slots;
        }
    }
    return is_early;
}

bool table_scale_is_capacity(const struct scale_profile *profile, const struct scale_count *count)
{
    for (unsigned i = 0; i < profile->capacity_number; i++)
        if (profile->capacities[i].offset == count->offset && !profile->capacities[i].in_array)
            return true;
    return false;
}

bool table_scale_counted(const struct scale_profile *profile, uint64_t old_bytes, uint32_t a_bucket,
                         uint64_t *live)
{
    uint64_t slots = 0;
    bool is_found = false;
    if (profile->growths < SCALE_GROWTHS_PROVE)
        return false;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        uint64_t named = old_bytes * EIGHTHS / profile->capacities[i].slot;
        slots = named > slots ? named : slots;
    }
    for (unsigned i = 0; i < profile->count_number; i++) {
        const struct scale_count *count = &profile->counts[i];
        if (table_scale_is_capacity(profile, count))
            continue;
        if (count->word > slots * a_bucket ||
            (is_found && distance_between(*live, count->word) > 2))
            return false;
        *live = count->word;
        is_found = true;
    }
    return is_found;
}

bool table_scale_rose(const struct scale_profile *profile, const struct scale_profile *before,
                      uint32_t array_sequence)
{
    for (unsigned i = 0; i < profile->count_number && before->born_sequence == array_sequence; i++)
        for (unsigned j = 0; j < before->count_number; j++) {
            uint64_t word = profile->counts[i].word, at_birth = before->counts[j].at_birth;
            if (profile->counts[i].offset == before->counts[j].offset &&
                at_birth + at_birth / 32 + 2 < word && 2 * at_birth + 2 >= word)
                return true;
        }
    return false;
}

static bool is_capacity_of(const struct scale_capacity *capacity, uint64_t bytes, uint64_t slots)
{
    return slot_of(bytes, slots) == capacity->slot;
}

static bool is_count_of(const struct scale_count *count, uint64_t live)
{
    return distance_between(count->word, live) <= live / SAME_PART + 2;
}

void table_scale_compare(struct scale_profile *profile, uint64_t array_bytes, uint64_t slots,
                         uint64_t live)
{
    unsigned capacities = 0, counts = 0;
    for (unsigned i = 0; i < profile->capacity_number; i++)
        if (is_capacity_of(&profile->capacities[i], array_bytes, slots))
            profile->capacities[capacities++] = profile->capacities[i];
    for (unsigned i = 0; i < profile->count_number; i++)
        if (is_count_of(&profile->counts[i], live))
            profile->counts[counts++] = profile->counts[i];
    profile->capacity_number = capacities > 0 ? (uint16_t)capacities : profile->capacity_number;
    profile->count_number = counts > 0 ? (uint16_t)counts : profile->count_number;
}

/* --- reading --- */

/* Of several: a power of two, for the limit at which the table grows may divide its bytes as well;
 * then the largest, for the same reason. 0: none. */
static uint64_t best_capacity(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    if (is_power_of_two(a) != is_power_of_two(b))
        return is_power_of_two(a) ? a : b;
    return a > b ? a : b;
}

static uint64_t read_capacity(const struct layout_view *view, const struct window *window,
                              const struct block *array, const struct scale_profile *profile)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *known = &profile->capacities[i];
        uint32_t word;
        if (known->in_array) {
            if (!layout_read(view, array->address + (uint64_t)known->offset, &word, sizeof(word)))
                continue;
        } else if (has_word(window, window->place + (uint64_t)(int64_t)known->offset)) {
            word = word_at(window, known->offset);
        } else {
            continue;
        }
        uint64_t capacity = capacity_of(word, known->form);
        if (slot_of(array->bytes, capacity) == known->slot)
            best = best_capacity(best, capacity);
    }
    return best;
}

/* Whether the word was a half, a quarter or so of the slots at the growth: where a cursor starts,
 * or a limit. A count may be, too, and is not told from them. */
static bool is_round(uint64_t word, uint64_t capacity)
{
    for (unsigned shift = 1; shift <= MOST_ROUND_SHIFT; shift++)
        if (distance_between(word, capacity >> shift) <= 2)
            return true;
    return false;
}

/* What one of the words that scaled says now. */
struct counted {
    const struct scale_count *count;
    uint64_t word;
};

/* Whether the word is the same share of this array as it was of the one before: a limit, or how
 * many slots another array has, that was set after the growth. A table that is just about to grow
 * again looks the same, and is not hollow. */
static bool is_told_later(const struct scale_count *count, uint64_t word, uint64_t bytes)
{
    uint64_t scaled = (uint64_t)((double)count->share * (double)bytes / 1e6);
    return distance_between(word, scaled) <= scaled / 1000 + 2;
}

/* The words that have changed since the growth, for what has not is a limit; nor are those counts
 * that are the capacity, told of the new array after the growth. Where some are proven, only those.
 */
static unsigned changed_counts(const struct window *window, const struct scale_profile *profile,
                               uint64_t bytes, uint64_t capacity,
                               struct counted changed[SCALE_MOST_COUNTS])
{
    unsigned number = 0;
    bool is_proven = false;
    for (unsigned i = 0; i < profile->count_number; i++) {
        const struct scale_count *count = &profile->counts[i];
        if (!has_word(window, window->place + (uint64_t)(int64_t)count->offset))
            continue;
        uint64_t word = word_at(window, count->offset);
        if (word == count->word || distance_between(word, capacity) <= 1 ||
            is_round(count->word, capacity) || is_told_later(count, word, bytes) ||
            (is_proven && !count->is_proven))
            continue;
        if (count->is_proven && !is_proven)
            number = 0;
        is_proven = is_proven || count->is_proven;
        changed[number++] = (struct counted){.count = count, .word = word};
    }
    return number;
}

/* The count among the words that scaled. Of several that were the same at the growth the smallest
 * counts the entries without the deleted ones, unless the sum of two is what it was: then one of
 * them is the room that is left. Of others the largest is the most that it can be. */
static bool read_count(const struct window *window, const struct scale_profile *profile,
                       uint64_t bytes, uint64_t capacity, struct counted *out, bool *is_most)
{
    struct counted changed[SCALE_MOST_COUNTS];
    unsigned number = changed_counts(window, profile, bytes, capacity, changed);
    if (number == 0)
        return false;
    struct counted least = changed[0], most = changed[0];
    bool were_same = true;
    for (unsigned i = 1; i < number; i++) {
        least = changed[i].word < least.word ? changed[i] : least;
        most = changed[i].word > most.word ? changed[i] : most;
        were_same =
            were_same && distance_between(changed[i].count->word, changed[0].count->word) <= 2;
    }
    uint64_t then = (uint64_t)least.count->word + most.count->word;
    if (least.word != most.word && distance_between(least.word + most.word, then) <= then / 100 + 2)
        return false;
    *is_most = least.word != most.word && !were_same;
    *out = *is_most ? most : least;
    return true;
}

/* Whether the slots tell a word that fell from the room that is left: hardly more of them differ
 * than it counts; or, where deleted entries left their bytes, fewer than were in use if it were the
 * room, of which all are. */
static bool contents_tell(const struct layout_view *view, const struct block *array,
                          uint64_t capacity, const struct counted *counted)
{
    struct slot_contents contents;
    uint64_t limit = (uint64_t)((double)counted->count->share * (double)array->bytes / 1e6);
    if (!slot_contents_look(view, array, capacity, &contents))
        return false;
    limit = limit < capacity ? limit : capacity; /* free slots are counted, too */
    if (contents.different <= counted->word + counted->word / 2 + contents.error / 3)
        return true;
    return contents.kinds == 1 && contents.different + counted->word + contents.error < limit;
}

/* Whether a word that was not proven to count entries is likely to: it is not more than there are
 * slots in use, and not the room that is left. */
static bool is_likely(const struct layout_view *view, const struct block *array, uint64_t capacity,
                      const struct table_reading *slots, const struct counted *counted)
{
    bool is_open = array->bytes / capacity > sizeof(uint64_t);
    bool are_read = slots->capacity == capacity && slots->known & DUMP_KNOWN_LIVE;
    if ((is_open && counted->word > capacity) ||
        (are_read && slots->entry_blocks == 0 && slots->live_error == 0 &&
         counted->word > slots->live + 1))
        return false;
    return counted->word >= counted->count->word || contents_tell(view, array, capacity, counted);
}

bool table_scale_read(const struct layout_view *view, const struct block *array,
                      const struct scale_profile *profile, const struct table_reading *slots,
                      struct table_reading *reading)
{
    struct window window;
    uint64_t pointer;
    struct counted counted;
    bool is_most;
    if (profile->growths < SCALE_GROWTHS_PROVE ||
        !layout_read_u64(view, profile->place, &pointer) || !block_has(array, pointer) ||
        (profile->is_at_start && pointer != array->address) ||
        !read_window(view->reader, profile->place, profile->object != 0, profile->object, &window))
        return false;
    uint64_t capacity = read_capacity(view, &window, array, profile);
    if (capacity == 0 ||
        !read_count(&window, profile, array->bytes, capacity, &counted, &is_most) ||
        counted.word > capacity * MOST_A_SLOT)
        return false;
    if (!counted.count->is_proven && !is_likely(view, array, capacity, slots, &counted))
        return false;
    *reading = (struct table_reading){
        .header = profile->place,
        .capacity = capacity,
        .live = counted.word,
        .slot_bytes = array->bytes / capacity,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_HEADER,
        .flags = is_most ? DUMP_TABLE_LIVE_IS_UPPER_BOUND : DUMP_TABLE_COUNTED,
        .confidence_ppm = 950000,
        .growth_live = counted.count->word,
        .growth_load_ppm =
            (uint32_t)((double)counted.count->share * (double)array->bytes / (double)capacity),
    };
    return true;
}
