/*
 * Reading what the words that scaled say now: see table_scale.h. Runs inside the tracker, reads
 * everything through a memory reader, takes no lock.
 */
#include "table_scale.h"

#include "slot_contents.h"
#include "table_scale_words.h"

#define MOST_ROUND_SHIFT 4u  /* times a capacity is halved for a limit, or where a cursor starts */
#define SLOTS_FEW        16u /* by which counts made one after the other may differ */
#define CERTAIN_PPM      950000u
#define DOUBTFUL_PPM     600000u
#define CHAINS_APART     8u /* the part by which an estimate of chains may be too high besides */

#define LEAST_DIVIDING 256u /* slots: a header of 64 bytes may make fewer divide the block, too */

/* Of several: one that leaves no rest rather than one that does, which may be the room for entries
 * of which a prime number of slots is the index: 262,144 of 393,241 were said. Then a power of two,
 * for the limit at which the table grows may divide its bytes as well; then the largest, for the
 * same reason. 0: none. */
static uint64_t best_capacity(uint64_t bytes, uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    if (a > LEAST_DIVIDING && b > LEAST_DIVIDING && (bytes % a == 0) != (bytes % b == 0))
        return bytes % a == 0 ? a : b;
    if (is_power_of_two(a) != is_power_of_two(b))
        return is_power_of_two(a) ? a : b;
    return a > b ? a : b;
}

/* What the object, or the array in front of its slots, says there. */
static bool read_word(const struct layout_view *view, const struct object_window *window,
                      const struct block *array, int64_t offset, bool in_array, uint32_t *word)
{
    if (in_array)
        return layout_read(view, array->address + (uint64_t)offset, word, sizeof(*word));
    if (!object_window_has(window, window->place + (uint64_t)offset))
        return false;
    *word = scale_word_at(window, offset);
    return true;
}

#define LEAST_TELLING_SLOT 17u
#define MOST_FRONT         64u

/* Whether a word that would be a mask, of slots that are no power of two, names the slots itself:
 * they fill the array from where the object points on as well, and one more of them leaves a rest,
 * too. A table of 2 n + 1 slots each time scales both ways. What stands right in front of the slots
 * is their last index rather than a number behind which as much room is left as a slot takes, where
 * that is not just a word.
 */
static bool is_said_whole(const struct block *array, uint64_t front,
                          const struct scale_capacity *known, uint32_t word, uint64_t capacity)
{
    uint64_t bytes = array->bytes - front;
    bool is_in_front = known->in_array &&
                       array->bytes % capacity == (uint64_t)known->offset + sizeof(uint64_t) &&
                       array->bytes / capacity >= LEAST_TELLING_SLOT;
    return !is_power_of_two(capacity) && scale_slot_of(bytes, word) != 0 && bytes % capacity != 0 &&
           !is_in_front;
}

/* Of a word that scaled both ways only one is taken. */
static bool is_other_form(const struct block *array, uint64_t front,
                          const struct scale_capacity *known, const struct scale_profile *profile,
                          uint32_t word)
{
    bool has_both = false;
    for (unsigned i = 0; i < profile->capacity_number; i++)
        has_both |= profile->capacities[i].offset == known->offset &&
                    profile->capacities[i].in_array == known->in_array &&
                    profile->capacities[i].form != known->form;
    if (!has_both || known->form > SCALE_MASK)
        return false;
    bool is_whole = is_said_whole(array, front, known, word, (uint64_t)word + 1);
    return is_whole == (known->form == SCALE_MASK);
}

#define SLOT_STEP_EIGHTHS 32u /* slots are of whole 4 bytes */

/* Whether the slots that a word names are rather believed than a power of two of them. A table of
 * primes may keep which of them it has, and by doubling primes that number counts as a logarithm
 * does: of Blender's 262,147 buckets 65,536 had been said. A limit is a part of the power. */
static bool is_word_surer(const struct block *array, uint64_t word, uint64_t power)
{
    return word > power && !is_power_of_two(word) &&
           scale_slot_of(array->bytes, word) % SLOT_STEP_EIGHTHS == 0;
}

static uint64_t read_capacity(const struct layout_view *view, const struct object_window *window,
                              const struct block *array, uint64_t pointer,
                              const struct scale_profile *profile)
{
    uint64_t of_words = 0, of_powers = 0;
    /* Where the pointer leads further in there are states or values in front of the slots. */
    uint64_t front = pointer - array->address <= MOST_FRONT ? pointer - array->address : 0;
    for (unsigned i = 0; i < profile->capacity_number; i++) {
        const struct scale_capacity *known = &profile->capacities[i];
        uint32_t word;
        if (!read_word(view, window, array, known->offset, known->in_array, &word))
            continue;
        uint64_t capacity = scale_capacity_of(word, known->form);
        if (is_other_form(array, front, known, profile, word))
            continue;
        if (scale_slot_of(array->bytes, capacity) != known->slot)
            continue;
        if (known->form <= SCALE_MASK)
            of_words = best_capacity(array->bytes, of_words, capacity);
        else
            of_powers = best_capacity(array->bytes, of_powers, capacity);
    }
    return is_word_surer(array, of_words, of_powers)
               ? of_words
               : best_capacity(array->bytes, of_words, of_powers);
}

/* The object of an index names the room for entries, too: where slots that hold their numbers fill
 * the array, what leaves a rest is not how many slots there are (524,288 of 1,572,869). */
static uint64_t capacity_of_index(const struct block *array, const struct table_reading *slots,
                                  uint64_t capacity)
{
    bool are_numbers = slots->numbers != 0 && slots->capacity > LEAST_DIVIDING &&
                       slots->capacity * slots->slot_bytes == array->bytes;
    return are_numbers && capacity != 0 && array->bytes % capacity != 0 ? slots->capacity
                                                                        : capacity;
}

/* Whether the word was a half, a quarter or so of the slots at the growth: where a cursor starts,
 * or a limit. A count may be, too: it is told from them where it was the same as the array was
 * born.
 */
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
static unsigned changed_counts(const struct layout_view *view, const struct object_window *window,
                               const struct scale_profile *profile, const struct block *array,
                               uint64_t capacity, struct counted changed[SCALE_MOST_COUNTS])
{
    unsigned number = 0;
    bool is_proven = false;
    for (unsigned i = 0; i < profile->count_number; i++) {
        const struct scale_count *count = &profile->counts[i];
        uint32_t word;
        if (!read_word(view, window, array, count->offset, count->in_array, &word))
            continue;
        if (word == count->word || distance_between(word, capacity) <= 1 ||
            (!count->was_at_birth && is_round(count->word, capacity)) ||
            is_told_later(count, word, array->bytes) || (is_proven && !count->is_proven))
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
static bool read_count(const struct layout_view *view, const struct object_window *window,
                       const struct scale_profile *profile, const struct block *array,
                       uint64_t capacity, struct counted *out, bool *is_most)
{
    struct counted changed[SCALE_MOST_COUNTS];
    unsigned number = changed_counts(view, window, profile, array, capacity, changed);
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

/* As many slots as the table may use of this array, if the word is the room that was left right
 * after the growth: what had been used of the smaller array is not left in this one. */
static double limit_of_room(const struct scale_count *count, const struct block *array)
{
    double of_this = (double)count->share * (double)array->bytes / 1e6, then = (double)count->word;
    return of_this > then ? then * of_this / (of_this - then) : 0;
}

/* Whether the slots tell a word that fell from the room that is left: hardly more of them differ
 * than it counts; or, where deleted entries left their bytes, fewer than were in use if it were the
 * room, of which all are. The room of a table beside this one says nothing of these slots. */
static bool contents_tell(const struct layout_view *view, const struct block *array,
                          uint64_t capacity, const struct table_reading *slots,
                          const struct counted *counted)
{
    struct slot_contents contents;
    uint64_t limit = (uint64_t)limit_of_room(counted->count, array);
    if (!slot_contents_look(view, array, capacity, &contents))
        return false;
    limit = limit < capacity ? limit : capacity; /* free slots are counted, too */
    if (slot_contents_are_few(&contents, counted->word))
        return true;
    /* Of heads fewer are in use than there are entries. */
    bool are_chains = slots->capacity == capacity && slots->entry_blocks != 0;
    uint64_t used = are_chains ? slots->live + 4 * slots->live_error : contents.different;
    return !counted->count->is_room && contents.kinds == 1 &&
           used + counted->word + contents.error < limit;
}

/* Whether the slots say that the word counts entries that are not there any more. At the growth it
 * was the number of occupied slots, each of one entry. (Heads of chains may be as many as their
 * entries, once; slots of more than a word are none.) */
static bool counts_deleted(const struct table_reading *slots, uint64_t capacity,
                           const struct counted *counted)
{
    bool is_entry = slots->slot_bytes > sizeof(uint64_t) ||
                    counted->word <= slots->live + slots->tombstones + SLOTS_FEW;
    return is_entry && counted->count->is_of_slots && slots->capacity == capacity &&
           slots->known & DUMP_KNOWN_LIVE && slots->entry_blocks == 0 && slots->live_error == 0 &&
           counted->word > slots->live * 2 + SLOTS_FEW;
}

/* Whether far more entries hang in chains than the word counts. Of a table that moves its entries
 * step by step the word of those that have moved is the count at each growth, and 0 behind it. */
static bool hang_more(const struct table_reading *slots, uint64_t word)
{
    return slots->entry_blocks != 0 &&
           word + 4 * slots->live_error + slots->live / CHAINS_APART < slots->live;
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
         counted->word > slots->live + 1) ||
        (are_read && hang_more(slots, counted->word)))
        return false;
    bool is_of_slots = are_read && distance_between(counted->word, slots->live) <= 1;
    return is_of_slots || counted->word >= counted->count->word ||
           contents_tell(view, array, capacity, slots, counted);
}

/* Whether the word counted entries for certain, and was not the capacity of the new array, which is
 * told as that is born, and 0 behind the growth where each of two arrays has a place for its own.
 */
static bool is_sure(const struct counted *counted, uint64_t capacity)
{
    return counted->count->is_proven &&
           (counted->word != 0 || distance_between(counted->count->word, capacity) > 1);
}

/* Whether the slots were read one by one, as slots of one entry each. */
static bool are_slots_exact(const struct table_reading *slots, uint64_t capacity)
{
    return slots->capacity == capacity && slots->known & DUMP_KNOWN_LIVE &&
           slots->entry_blocks == 0 && slots->live_error == 0;
}

/* How many of the word's low bits are flags, as growths have shown. Where the slots in use may have
 * been heads of equal chains then, these must say so now. */
static unsigned flag_bits_of(const struct table_reading *slots, uint64_t capacity,
                             const struct counted *counted)
{
    unsigned bits = table_scale_flag_bits(counted->count);
    if (bits == 0 || counted->count->are_flags ||
        (are_slots_exact(slots, capacity) && !table_scale_may_be_heads(slots->live, capacity) &&
         distance_between(counted->word >> bits, slots->live) <= 1))
        return bits;
    return 0;
}

/* What a word with flags below its number says: no more than there are slots in use. Where it is
 * just as many, what else the slots show holds as well. */
static bool read_flagged(const struct scale_profile *profile, const struct block *array,
                         uint64_t capacity, const struct table_reading *slots,
                         const struct counted *counted, unsigned bits,
                         struct table_reading *reading)
{
    uint64_t live = counted->word >> bits;
    bool are_exact = are_slots_exact(slots, capacity);
    if (live > capacity || (are_exact && live > slots->live + 1))
        return false;
    *reading = are_exact && live + 1 >= slots->live
                   ? *slots
                   : (struct table_reading){.capacity = capacity,
                                            .slot_bytes = array->bytes / capacity,
                                            .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE};
    reading->header = profile->place;
    reading->live = live;
    reading->known |= DUMP_KNOWN_HEADER;
    reading->flags = (reading->flags & ~DUMP_TABLE_LIVE_IS_UPPER_BOUND) | DUMP_TABLE_COUNTED;
    reading->confidence_ppm = CERTAIN_PPM;
    reading->growth_live = counted->count->word >> bits;
    reading->growth_load_ppm = (uint32_t)((double)(counted->count->share >> bits) *
                                          (double)array->bytes / (double)capacity);
    return true;
}

/* Whether another word of the object is as many as the slots say were deleted: two that agree are
 * believed before what deleted slots still hold. */
static bool counts_erased(const struct object_window *window, uint64_t erased)
{
    for (uint64_t at = window->start; object_window_has(window, at); at += 4)
        if (object_word_at(window, at) == erased)
            return true;
    return false;
}

bool table_scale_read(const struct layout_view *view, const struct block *array,
                      const struct scale_profile *profile, const struct table_reading *slots,
                      struct table_reading *reading)
{
    FORGOTTEN(object_window) struct object_window window;
    uint64_t pointer;
    struct counted counted;
    bool is_most;
    if (profile->growths < SCALE_GROWTHS_PROVE ||
        !layout_read_u64(view, profile->place, &pointer) || !block_has(array, pointer) ||
        (profile->is_at_start && pointer != array->address) ||
        !scale_window_read(view->reader, profile->place, profile->object != 0, profile->object,
                           &window))
        return false;
    uint64_t capacity =
        capacity_of_index(array, slots, read_capacity(view, &window, array, pointer, profile));
    if (capacity == 0 || !read_count(view, &window, profile, array, capacity, &counted, &is_most) ||
        counted.word > capacity * SCALE_MOST_A_SLOT)
        return false;
    unsigned bits = counted.count->is_proven ? flag_bits_of(slots, capacity, &counted) : 0;
    if (bits > 0)
        return read_flagged(profile, array, capacity, slots, &counted, bits, reading);
    struct slot_contents contents;
    bool is_doubtful = counts_deleted(slots, capacity, &counted);
    if (is_doubtful && counts_erased(&window, counted.word - slots->live)) {
        *reading = *slots;
        reading->header = profile->place;
        reading->tombstones = counted.word - slots->live;
        reading->known |= DUMP_KNOWN_HEADER | DUMP_KNOWN_TOMBSTONES;
        reading->flags = (reading->flags & ~DUMP_TABLE_LIVE_IS_UPPER_BOUND) | DUMP_TABLE_COUNTED;
        return true;
    }
    if (is_doubtful && slot_contents_look(view, array, capacity, &contents) &&
        slot_contents_are_few(&contents, slots->live))
        return false;
    if (!is_sure(&counted, capacity) && !is_likely(view, array, capacity, slots, &counted))
        return false;
    *reading = (struct table_reading){
        .header = profile->place,
        .capacity = capacity,
        .live = counted.word,
        .slot_bytes = array->bytes / capacity,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_HEADER,
        .flags = is_most || is_doubtful ? DUMP_TABLE_LIVE_IS_UPPER_BOUND : DUMP_TABLE_COUNTED,
        .confidence_ppm = is_doubtful ? DOUBTFUL_PPM : CERTAIN_PPM,
        .growth_live = counted.count->word,
        .growth_load_ppm =
            (uint32_t)((double)counted.count->share * (double)array->bytes / (double)capacity),
    };
    return true;
}
