/*
 * Reading what the words of a table's object say now: see table_header.h.
 */
#include "table_header.h"

#include "table_header_words.h"
#include "twins.h"

#define AMBIGUOUS     (UINT64_MAX - 1)
#define GROWTHS_PROVE 2u /* at which a word was right that no second one bears out */

struct numbers {
    uint64_t capacity, live;
    bool is_fewer; /* than the slots show: the rest was deleted, as a second number says */
};

/* What the slots show, in entries as the table counts them. */
struct seen {
    uint64_t slots;
    uint64_t live;
    uint64_t then;    /* entries that were in it when it grew to this size */
    uint64_t slack;   /* of an estimate; 0: live is the most that there can be */
    uint64_t numbers; /* of entries, the highest in the slots, and one; or 0 */
    bool is_exact;    /* one way to read the marks in the slots: the count must say just the same */
    bool are_chained; /* entries that were counted in a sample of chains */
};

/* Whether the word is the room that is left until the next growth: a table that doubles has as much
 * room left after it as it has entries. Other factors are rarer; 1.5 and 4 are known. */
static bool is_room_left(uint64_t word, uint64_t occupied, uint64_t slack, uint64_t live_at_growth)
{
    uint64_t limit = word + occupied;
    slack += live_at_growth / 100 + 2;
    return distance_between(limit, live_at_growth * 2) <= slack ||
           distance_between(limit, live_at_growth * 4) <= slack ||
           distance_between(limit, live_at_growth + live_at_growth / 2) <= slack;
}

#define ROOM_OF 16u /* of an estimate, in a table that numbers its entries */

/* By what is estimated, and by the numbers of the entries, if slots hold those. */
static bool may_be_room_left(uint64_t word, const struct seen *seen)
{
    if (seen->slack == 0 || seen->numbers == 0)
        return is_room_left(word, seen->live, seen->slack, seen->then);
    return is_room_left(word, seen->live, seen->live / ROOM_OF, seen->then) ||
           is_room_left(word, seen->numbers, seen->numbers / 64, seen->then);
}

/* Fields of one object: the count of a map beside this one lies at least a pointer and a capacity
 * further on. */
#define FIELDS_REACH 8u

static bool is_counting(const struct header_profile *profile, int64_t offset)
{
    for (uint16_t i = 0; i < profile->count_number && i < HEADER_MOST_COUNTS; i++)
        if (profile->counts[i] == offset)
            return true;
    return false;
}

/* Whether a field beside that one accounts for the occupied slots that are not live: a count of
 * those used, or of those deleted. The number of the newest entry was as many as there are at each
 * growth, too, and is any beside their count once the numbers of those erased are used again: of
 * entries with numbers only how many were deleted says it. Of a full cache of 400,000 entries one
 * was said, and it was called hollow. */
static bool is_accounted_for(const struct object_window *window,
                             const struct header_profile *profile, uint64_t at,
                             const struct seen *seen)
{
    uint64_t occupied = seen->live;
    uint64_t word = object_word_at(window, at);
    for (uint64_t other = at - FIELDS_REACH; other <= at + FIELDS_REACH; other += 4) {
        if (other == at || !object_window_has(window, other))
            continue;
        uint64_t beside = object_word_at(window, other);
        if (seen->numbers != 0 && is_counting(profile, (int64_t)(other - window->place)))
            continue;
        if (distance_between(beside, occupied) <= 1 ||
            distance_between(beside + word, occupied) <= 1)
            return true;
    }
    return false;
}

/* The same where the entries are known by an estimate and by their numbers. Of chains that are
 * moved step by step the word of those that have moved, which is 0 as a growth begins, looks so
 * beside that of the others: asked of what is proven there. Right after a growth nothing was
 * deleted, so that all those used were as many as the live ones and those deleted none; the room
 * left and the entries were as many, and their sum is the limit. Numbers say how many were used
 * better than an estimate. */
static bool is_accounted_roughly(const struct object_window *window,
                                 const struct header_profile *profile, uint64_t at,
                                 const struct seen *seen)
{
    for (uint64_t other = at - FIELDS_REACH; other <= at + FIELDS_REACH; other += 4) {
        if (other == at || !object_window_has(window, other))
            continue;
        bool counts = is_counting(profile, (int64_t)(other - window->place));
        uint64_t all = object_word_at(window, other) + (counts ? 0 : object_word_at(window, at));
        if (seen->numbers == 0
                ? distance_between(all, seen->live) <= seen->slack
                : !counts && distance_between(all, seen->numbers) <= seen->numbers / 64 + 4)
            return true;
    }
    return false;
}

/* Of chains, in which deleted entries may stay until the next rehash, two growths and two words
 * tell that there are fewer than hang in them. */
static bool may_be_fewer(const struct header_profile *profile, const struct seen *seen)
{
    return seen->slack == 0 ||
           (profile->growths >= GROWTHS_PROVE &&
            profile->capacity_form != HEADER_CAPACITY_UNKNOWN && profile->kind != HEADER_ON_STACK);
}

/* Whether the word alone is believed to count fewer than the occupied slots: it was the number of
 * entries before they moved, too, or so often that it can only be that or the room that is left,
 * and with the slots that are in use it is less than that would be. */
static bool is_trusted(const struct header_profile *profile, uint16_t nth, uint64_t word,
                       uint64_t occupied, uint64_t then)
{
    bool has_capacity = profile->capacity_form != HEADER_CAPACITY_UNKNOWN;
    bool is_often = profile->growths > GROWTHS_PROVE && profile->kind == HEADER_IN_OBJECT;
    if (profile->is_rough || profile->growths < GROWTHS_PROVE ||
        (profile->foreign | profile->rooms) >> nth & 1)
        return false;
    if (profile->proven >> nth & 1)
        return has_capacity || is_often;
    return has_capacity && is_often && word + occupied + (word + occupied) / 64 < then * 2;
}

/* Whether a word that was the number of entries before they moved, too, is the number of occupied
 * slots. One of the live entries among these would have been that number then as well; the room
 * that is left would not. */
static bool has_proven_of_slots(const struct object_window *window,
                                const struct header_profile *profile, uint64_t occupied)
{
    for (uint16_t i = 0; i < profile->count_number && i < HEADER_MOST_COUNTS; i++) {
        uint64_t at = header_address_of(window, profile->counts[i]);
        if (profile->proven >> i & 1 && object_window_has(window, at) &&
            distance_between(object_word_at(window, at), occupied) <= 1)
            return true;
    }
    return false;
}

/* Which of the counting words is the live entries. Several may have been right at the growth: a
 * neighbour's count, the room that is left, a copy. Of a chained table the one that is nearest to
 * the estimate. Else one that is less than the occupied slots says that some are stale, which is
 * believed when a second field says so, too, and no third one otherwise; or the one that is the
 * number of occupied slots; or one alone that can be nothing else. */
static bool choose_count(const struct object_window *window, const struct header_profile *profile,
                         const struct seen *seen, struct numbers *out)
{
    uint64_t nearest = UINT64_MAX, fewer = UINT64_MAX, trusted = UINT64_MAX;
    bool must_be_proven = seen->slack == 0 && has_proven_of_slots(window, profile, seen->live);
    for (uint16_t i = 0; i < profile->count_number && i < HEADER_MOST_COUNTS; i++) {
        uint64_t at = header_address_of(window, profile->counts[i]);
        if (!object_window_has(window, at))
            continue;
        uint64_t word = object_word_at(window, at);
        if (nearest == UINT64_MAX ||
            distance_between(word, seen->live) < distance_between(nearest, seen->live))
            nearest = word;
        if (word + 1 + seen->slack >= seen->live || word == seen->then || profile->is_open)
            continue;
        if (seen->slack == 0 && is_trusted(profile, i, word, seen->live, seen->then))
            trusted = trusted == UINT64_MAX || trusted == word ? word : AMBIGUOUS;
        bool is_proven = profile->proven >> i & 1;
        if ((is_proven || !(must_be_proven || seen->are_chained)) &&
            !may_be_room_left(word, seen) &&
            (seen->slack > 0 ? is_accounted_roughly(window, profile, at, seen)
                             : is_accounted_for(window, profile, at, seen)))
            fewer = fewer == UINT64_MAX || fewer == word ? word : AMBIGUOUS;
    }
    bool is_near = nearest != UINT64_MAX && distance_between(nearest, seen->live) <= 1;
    out->is_fewer = may_be_fewer(profile, seen) && !seen->is_exact &&
                    (fewer < AMBIGUOUS || (!is_near && trusted < AMBIGUOUS));
    out->live = !out->is_fewer ? nearest : fewer < AMBIGUOUS ? fewer : trusted;
    return out->is_fewer || (nearest != UINT64_MAX && (seen->slack > 0 || is_near));
}

static bool read_numbers(const struct memory_reader *reader, const struct block *array,
                         const struct header_profile *profile, uint64_t place,
                         const struct seen *seen, struct numbers *out)
{
    FORGOTTEN(object_window) struct object_window window;
    header_window_bound(&window, place, profile->kind, place - OBJECT_STACK_REACH / 2);
    if (!object_window_read(reader, &window))
        return false;
    out->capacity = seen->slots * profile->times / profile->parts;
    /* The end of a vector is where it is whatever its slots were taken for: of 24 bytes at four
     * growths, and of 4 at the next, a full table was hollow. */
    if (profile->capacity_form == HEADER_CAPACITY_END &&
        (out->capacity == 0 || array->bytes / out->capacity != profile->slot_bytes))
        return false;
    if (profile->capacity_form != HEADER_CAPACITY_UNKNOWN) {
        uint64_t at = header_address_of(&window, profile->capacity);
        if (!header_names_capacity(&window, at, (enum header_capacity)profile->capacity_form, array,
                                   out->capacity))
            return false;
    }
    return choose_count(&window, profile, seen, out);
}

/* Whether the pointer leads where the header's did. What points into the middle (control bytes, the
 * values behind the keys) does so at another offset in an array of another size. */
static bool leads_there(const struct header_profile *profile, const struct block *array,
                        uint64_t pointer)
{
    if (profile->target == 0 || profile->capacity_form == HEADER_CAPACITY_UNKNOWN)
        return pointer == array->address + profile->target;
    return pointer > array->address && pointer - array->address < array->bytes;
}

/* The header where it was, or wherever it was moved to; 0 when it is gone. */
static uint64_t find_place(const struct layout_view *view, const struct block *array,
                           const struct header_profile *profile, const struct seen *seen,
                           struct numbers *numbers)
{
    uint64_t pointer;
    if (profile->kind == HEADER_IN_ARRAY)
        return read_numbers(view->reader, array, profile, array->address, seen, numbers)
                   ? array->address
                   : 0;
    if (layout_read_u64(view, profile->place, &pointer) && leads_there(profile, array, pointer) &&
        read_numbers(view->reader, array, profile, profile->place, seen, numbers))
        return profile->place;
    /* Without a word for the capacity nothing tells the object from another holder. */
    if (profile->target != 0 || profile->capacity_form == HEADER_CAPACITY_UNKNOWN)
        return 0;
    for (unsigned nth = 0; view->blocks != NULL && nth < OBJECT_HOLDERS; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, array->address, nth);
        if (holder == 0)
            return 0;
        if (read_numbers(view->reader, array, profile, holder, seen, numbers))
            return holder;
    }
    return 0;
}

/* Whether the count can be true. Occupied slots are at least the live ones, stale ones included; of
 * a chained table, where they are counted by a sample, about as many. */
static bool is_possible(const struct header_profile *profile, const struct seen *seen,
                        const struct numbers *numbers)
{
    if (seen->slack > 0)
        return (numbers->is_fewer || numbers->live + seen->slack >= seen->live) &&
               numbers->live <= seen->live + seen->slack;
    /* Nothing in it at all, though its slots look occupied: only a word that was right often says
     * so. */
    if (numbers->live == 0 && seen->live > 0 &&
        (profile->growths < 2 || profile->kind == HEADER_ON_STACK))
        return false;
    return numbers->live <= seen->live + 1;
}

/* What is read for one way to understand the slots. */
static bool read_as(const struct layout_view *view, const struct block *array,
                    const struct header_profile *profile, const struct seen *seen,
                    struct table_reading *reading)
{
    struct numbers numbers;
    uint64_t place = find_place(view, array, profile, seen, &numbers);
    if (place == 0 || numbers.capacity == 0 || !is_possible(profile, seen, &numbers))
        return false;
    reading->header = place;
    reading->capacity = numbers.capacity;
    reading->live = numbers.live;
    return true;
}

/* Marks in the slots may be of deleted entries, or of slots that were used again. Where the table
 * counts as many entries as one of the two leaves, that is what they are. */
static bool read_marks(const struct layout_view *view, const struct block *array,
                       const struct header_profile *profile, const struct seen *seen,
                       struct table_reading *reading)
{
    uint64_t marked = reading->tombstones * profile->times / profile->parts;
    bool are_believed = reading->known & DUMP_KNOWN_TOMBSTONES;
    struct seen other = *seen;
    other.is_exact = true;
    other.live = are_believed ? seen->live + marked : seen->live - marked;
    if (marked == 0 || marked > reading->capacity || (!are_believed && marked > seen->live) ||
        !read_as(view, array, profile, &other, reading))
        return false;
    reading->known ^= DUMP_KNOWN_TOMBSTONES;
    if (are_believed)
        reading->tombstones = 0;
    return true;
}

#define LEAST_ERASED 64u /* a smaller number stands beside another by chance */

/* Where the count is of the slots that were used, erased ones included, a field beside it says how
 * many of them were erased: just as many as have a mark (Blender's map). */
static bool counts_erased(const struct layout_view *view, const struct header_profile *profile,
                          const struct table_reading *counted, uint64_t marked)
{
    FORGOTTEN(object_window) struct object_window window;
    if (marked < LEAST_ERASED || profile->kind != HEADER_IN_OBJECT ||
        profile->growths < GROWTHS_PROVE)
        return false;
    header_window_bound(&window, counted->header, profile->kind, 0);
    if (!object_window_read(view->reader, &window))
        return false;
    for (uint16_t i = 0; i < profile->count_number && i < HEADER_MOST_COUNTS; i++) {
        uint64_t at = header_address_of(&window, profile->counts[i]);
        if ((profile->foreign | profile->rooms) >> i & 1 || !object_window_has(&window, at) ||
            object_word_at(&window, at) != counted->live)
            continue;
        for (uint64_t other = at - FIELDS_REACH; other <= at + FIELDS_REACH; other += 4)
            if (other != at && object_window_has(&window, other) &&
                object_word_at(&window, other) == marked)
                return true;
    }
    return false;
}

/* The same where the object counts what was used and what was erased. */
static bool read_used_and_erased(const struct layout_view *view, const struct block *array,
                                 const struct header_profile *profile, const struct seen *seen,
                                 struct table_reading *reading)
{
    uint64_t marked = reading->tombstones;
    struct table_reading counted = *reading;
    if (profile->times != profile->parts || marked >= seen->live ||
        !read_as(view, array, profile, seen, &counted) || counted.live != seen->live ||
        !counts_erased(view, profile, &counted, marked))
        return false;
    *reading = counted;
    reading->live -= marked;
    reading->known |= DUMP_KNOWN_TOMBSTONES;
    return true;
}

/* Not every growth is studied: of a smaller array it was as much less. */
static uint64_t then_of(const struct header_profile *profile, const struct block *array)
{
    return profile->array_bytes == array->bytes || profile->array_bytes == 0
               ? profile->live
               : (uint64_t)((double)profile->live * (double)array->bytes /
                            (double)profile->array_bytes);
}

bool header_read(const struct layout_view *view, const struct block *array,
                 const struct header_profile *profile, struct table_reading *reading)
{
    if (profile->growths == 0 || profile->parts == 0 || !(reading->known & DUMP_KNOWN_LIVE) ||
        reading->capacity == 0)
        return false;
    struct seen seen = {.slots = reading->capacity,
                        .live = reading->live * profile->times / profile->parts,
                        .then = then_of(profile, array),
                        .numbers = profile->times == profile->parts ? reading->numbers : 0,
                        .are_chained = reading->entry_blocks > 0};
    if (reading->live_error > 0 || reading->entry_blocks > 0)
        seen.slack =
            4 * reading->live_error * profile->times / profile->parts + seen.live / 32 + 16;
    if ((profile->is_rough || profile->kind == HEADER_ON_STACK) && profile->growths < 2)
        return false;
    /* The fewer entries first: a count of the slots in use may stand beside theirs. A mark in the
     * place of an entry's number is of no entry. */
    bool are_believed = reading->known & DUMP_KNOWN_TOMBSTONES;
    if (!(are_believed && read_as(view, array, profile, &seen, reading)) &&
        !(seen.slack == 0 && !(are_believed && seen.numbers != 0) &&
          read_marks(view, array, profile, &seen, reading)) &&
        !(!are_believed && seen.slack == 0 && !profile->is_open &&
          read_used_and_erased(view, array, profile, &seen, reading)) &&
        !(!are_believed && read_as(view, array, profile, &seen, reading)))
        return false;
    if (profile->times != profile->parts) {
        reading->slot_bytes = reading->slot_bytes * profile->parts / profile->times;
        reading->known &= ~(DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_TOMBSTONES);
        reading->value_bytes = reading->tombstones = 0;
    }
    reading->live_error = 0;
    if (profile->growths >= 2 && !profile->is_rough && profile->array_bytes == array->bytes)
        reading->growth_live = profile->live;
    if (reading->entry_blocks != 0)
        reading->entry_blocks = reading->live;
    reading->known |= DUMP_KNOWN_HEADER;
    reading->flags = (reading->flags & ~DUMP_TABLE_LIVE_IS_UPPER_BOUND) | DUMP_TABLE_COUNTED;
    /* It scattered its entries, and an object names just so many slots and entries. */
    if (profile->capacity_form != HEADER_CAPACITY_UNKNOWN && reading->confidence_ppm < 950000)
        reading->confidence_ppm = 950000;
    return true;
}

static bool find_wanted(const struct layout_view *view, const struct header_facts *facts,
                        const struct header_wanted *wanted, struct header_profile *out)
{
    struct table_record found = {0};
    if (!header_find(view, facts, wanted->is_object, wanted->context, &found.header))
        return false;
    twins_settle(wanted->twins, wanted->table, &found);
    *out = found.header;
    return out->growths > 0;
}

bool header_read_found(const struct layout_view *view, const struct block *array,
                       uint32_t array_sequence, const struct slot_profile *profile,
                       const struct header_wanted *wanted, struct table_reading *reading)
{
    struct header_profile header;
    struct header_facts facts = {
        .array = *array,
        .array_sequence = array_sequence,
        .capacity = reading->capacity,
        .live = reading->live,
        .slack = reading->live_error > 0 ? 3 * reading->live_error + reading->live / 100 : 0,
    };
    /* The same two ways to understand marks in the slots as header_read has. */
    struct header_facts fewer = facts;
    fewer.live -= reading->tombstones < facts.live ? reading->tombstones : facts.live;
    if (reading->tombstones > 0 && !(reading->known & DUMP_KNOWN_TOMBSTONES) && facts.slack == 0 &&
        find_wanted(view, &fewer, wanted, &header) && header_read(view, array, &header, reading))
        return true;
    if (find_wanted(view, &facts, wanted, &header))
        return header_read(view, array, &header, reading);
    struct header_facts chains;
    struct table_reading of_chains = *reading;
    if (!header_facts_of_chains(&facts, profile, &chains) ||
        !find_wanted(view, &chains, wanted, &header))
        return false;
    of_chains.live = chains.live;
    of_chains.live_error = chains.slack;
    if (!header_read(view, array, &header, &of_chains))
        return false;
    *reading = of_chains;
    return true;
}
