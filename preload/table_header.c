/*
 * Matching the words of an object with what is known of its table: see table_header.h.
 */
#include "table_header.h"

#include <string.h>

#include "forget.h"
#include "layouts/words.h"
#include "page.h"
#include "slot_profile.h"

/* Bytes that are looked at before and behind the pointer. A stack frame holds spilled copies of all
 * the numbers that a growth works with, so there an object must begin before its pointer, and end
 * soon. */
#define OBJECT_REACH 128u
#define STACK_REACH  96u
#define ARRAY_REACH  64u
/* A count that is only known roughly must stand close to the capacity to be believed. */
#define ROUGH_REACH 32
/* A smaller number of entries equals some word by chance. */
#define LEAST_TELLING_LIVE 256u
#define LEAST_LONE_LIVE    2048u /* where no word names the capacity */
#define HOLDERS_MAX        8u

struct window {
    uint64_t place;
    uint64_t start, end; /* addresses */
    unsigned char bytes[2 * OBJECT_REACH];
    unsigned char outgrown[ARRAY_REACH]; /* the same of the old array, where the header is in it */
    bool has_outgrown;
};

static void window_forget(struct window *window)
{
    forget(window->bytes, sizeof(window->bytes));
    forget(window->outgrown, sizeof(window->outgrown));
}

static void bound_window(struct window *window, uint64_t place, enum header_kind kind,
                         uint64_t object)
{
    uint64_t before = OBJECT_REACH, behind = OBJECT_REACH;
    window->place = place;
    window->has_outgrown = false;
    if (kind == HEADER_ON_STACK) {
        before = place - object;
        behind = STACK_REACH - before;
    } else if (kind == HEADER_IN_ARRAY) {
        before = 0;
        behind = ARRAY_REACH;
    }
    window->start = place - before;
    window->end = place + behind;
}

/* The object may end where readable memory does: then only the page of the pointer is read. */
static bool read_window(const struct memory_reader *reader, struct window *window)
{
    if (window->end <= window->start || window->end - window->start > sizeof(window->bytes))
        return false;
    if (reader->read(reader, window->start, window->bytes, window->end - window->start))
        return true;
    uint64_t page = window->place & ~(uint64_t)(PAGE_BYTES - 1);
    if (window->start < page)
        window->start = page;
    if (window->end > page + PAGE_BYTES)
        window->end = page + PAGE_BYTES;
    return reader->read(reader, window->start, window->bytes, window->end - window->start);
}

static bool has_word(const struct window *window, uint64_t address)
{
    return address >= window->start && address < window->end && window->end - address >= 4;
}

/* Counts of 2^32 and more do not occur in memory that is looked at here: the lower half of an
 * 8-byte word stands for it. */
static uint32_t word_of(const struct window *window, uint64_t address)
{
    return word_u32(window->bytes, address - window->start);
}

static uint64_t address_of(const struct window *window, int16_t offset)
{
    return window->place + (uint64_t)(int64_t)offset;
}

/* Whether the 4 bytes are a half of an address, of a program at its usual place, of a mapping or of
 * the stack, whose upper half looks like a count of some 32,000. A lower half that small is a
 * number of its own, beside a capacity. */
static bool is_of_address(const struct window *window, int64_t offset)
{
    uint64_t whole = (window->place + (uint64_t)offset) & ~(uint64_t)7;
    if (!has_word(window, whole) || !has_word(window, whole + 4))
        return false;
    uint32_t low = word_of(window, whole), high = word_of(window, whole + 4);
    return low >= 1u << 20 &&
           ((high >= 0x5500 && high < 0x5700) || (high >= 0x7e00 && high < 0x8000));
}

/* Whether a word at that distance from the place may be a number: not the pointer itself. */
static bool may_be_number(const struct window *window, const struct header_profile *profile,
                          int64_t offset)
{
    return (profile->kind == HEADER_IN_ARRAY || offset + 4 <= 0 || offset >= 8) &&
           !is_of_address(window, offset);
}

/* Whether the word was the same in the old array: that had another capacity, but as many entries.
 */
static bool is_as_before(const struct window *window, uint64_t address)
{
    return window->has_outgrown &&
           word_u32(window->outgrown, address - window->start) == word_of(window, address);
}

static bool find_capacity(const struct window *window, uint64_t capacity,
                          struct header_profile *out)
{
    for (int form = HEADER_CAPACITY_WHOLE; form <= HEADER_CAPACITY_MASK; form++) {
        uint64_t wanted = capacity - (form == HEADER_CAPACITY_MASK);
        for (uint64_t at = window->start; has_word(window, at); at += 4) {
            int64_t offset = (int64_t)(at - window->place);
            if (!may_be_number(window, out, offset) || word_of(window, at) != wanted ||
                is_as_before(window, at))
                continue;
            out->capacity = (int16_t)offset;
            out->capacity_form = (uint8_t)form;
            return true;
        }
    }
    return false;
}

static bool is_close(int64_t a, int64_t b)
{
    return a - b <= ROUGH_REACH && b - a <= ROUGH_REACH;
}

/* All words that could be the count. */
static void find_counts(const struct window *window, uint64_t slack, struct header_profile *out)
{
    out->count_number = 0;
    for (uint64_t at = window->start; has_word(window, at); at += 4) {
        int64_t offset = (int64_t)(at - window->place);
        uint64_t word = word_of(window, at);
        if (word + slack < out->live || word > out->live + slack ||
            !may_be_number(window, out, offset) ||
            (out->capacity_form != HEADER_CAPACITY_UNKNOWN && offset == out->capacity) ||
            (slack > 1 && !is_close(offset, out->capacity) && !is_close(offset, 0)))
            continue;
        if (out->count_number < HEADER_MOST_COUNTS)
            out->counts[out->count_number++] = (int16_t)offset;
    }
}

/* Drops the words that an earlier growth did not take for a count. False when none is left. */
static bool confirm(const struct header_profile *before, struct header_profile *out)
{
    uint16_t kept = 0;
    if (before->kind != out->kind || before->capacity_form != out->capacity_form ||
        before->times != out->times || before->parts != out->parts ||
        (out->capacity_form != HEADER_CAPACITY_UNKNOWN && before->capacity != out->capacity))
        return false;
    for (uint16_t i = 0; i < out->count_number; i++)
        for (uint16_t j = 0; j < before->count_number; j++)
            if (before->counts[j] == out->counts[i]) {
                out->counts[kept++] = out->counts[i];
                break;
            }
    if (kept == 0)
        return false;
    out->count_number = kept;
    out->growths = before->growths + 1;
    return true;
}

/* Slots can be seen as larger or smaller than the table counts them: buckets of four entries, pairs
 * that look like two slots. */
static const struct {
    uint8_t times, parts;
} ratios[] = {{1, 1}, {1, 2}, {2, 1}, {1, 4}, {4, 1}, {1, 3}, {3, 1}, {1, 8}, {8, 1}};

static bool match(const struct memory_reader *reader, struct window *window,
                  const struct header_facts *facts, const struct header_profile *before,
                  const struct header_profile *form, struct header_profile *out)
{
    if (facts->live < LEAST_TELLING_LIVE || !read_window(reader, window))
        return false;
    for (unsigned i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        uint64_t capacity = facts->capacity * ratios[i].times;
        if (capacity % ratios[i].parts != 0)
            continue;
        *out = *form;
        out->place = window->place;
        out->array_sequence = facts->array_sequence;
        out->growths = 1;
        out->times = ratios[i].times;
        out->parts = ratios[i].parts;
        out->live = facts->live * ratios[i].times / ratios[i].parts;
        out->is_rough = facts->slack > 1;
        if (!find_capacity(window, capacity / ratios[i].parts, out) &&
            (i > 0 || facts->slack > 1 || out->live < LEAST_LONE_LIVE ||
             out->kind != HEADER_IN_OBJECT))
            continue;
        find_counts(window, facts->slack, out);
        if (out->count_number == 0)
            continue;
        if (before && !confirm(before, out) && before->growths > 1)
            continue; /* it was right at several growths: this one is some other object */
        return true;
    }
    return false;
}

bool header_match(const struct memory_reader *reader, const struct header_place *place,
                  const struct header_facts *facts, const struct header_profile *before,
                  struct header_profile *out)
{
    FORGOTTEN(window) struct window window;
    struct header_profile form = {.target = place->word - facts->array.address,
                                  .kind = (uint8_t)place->kind};
    if (place->kind == HEADER_ON_STACK &&
        (place->object > place->address || place->address - place->object > STACK_REACH / 2))
        return false;
    bound_window(&window, place->address, place->kind, place->object);
    return match(reader, &window, facts, before, &form, out);
}

bool header_match_array(const struct memory_reader *reader, const struct header_facts *facts,
                        const struct header_profile *before, struct header_profile *out)
{
    FORGOTTEN(window) struct window window;
    struct header_profile form = {.kind = HEADER_IN_ARRAY};
    bound_window(&window, facts->array.address, HEADER_IN_ARRAY, 0);
    window.has_outgrown =
        facts->outgrown != 0 && facts->outgrown != facts->array.address &&
        reader->read(reader, facts->outgrown, window.outgrown, sizeof(window.outgrown));
    return match(reader, &window, facts, before, &form, out);
}

bool header_facts_of_chains(const struct header_facts *facts, const struct slot_profile *profile,
                            struct header_facts *out)
{
    uint64_t error;
    if (profile->is_chained || profile->slot_bytes != profile->column_bytes || facts->live == 0 ||
        facts->live >= facts->capacity)
        return false;
    *out = *facts;
    slot_profile_chained_live(facts->live, facts->capacity, &out->live, &error);
    /* Hashes of sequential keys spread more evenly than by chance. */
    out->slack = 4 * error + out->live / 32 + 1;
    return true;
}

bool header_facts_of_numbers(const struct header_facts *facts, struct header_facts *out)
{
    if (facts->numbers <= facts->live + facts->live / 16 + 16)
        return false;
    *out = *facts;
    out->live = facts->numbers;
    out->slack = facts->numbers / 64 + 4; /* the last ones need not be heads */
    return true;
}

bool header_is_better(const struct header_profile *a, const struct header_profile *b)
{
    if (a->growths != b->growths)
        return a->growths > b->growths;
    if ((a->capacity_form != 0) != (b->capacity_form != 0))
        return a->capacity_form != 0;
    if ((a->target == 0) != (b->target == 0))
        return a->target == 0;
    return a->kind != HEADER_ON_STACK && b->kind == HEADER_ON_STACK;
}

bool header_find(const struct layout_view *view, const struct header_facts *facts,
                 bool (*is_object)(uint64_t place, void *context), void *context,
                 struct header_profile *out)
{
    bool found = header_match_array(view->reader, facts, NULL, out);
    for (unsigned nth = 0; view->blocks != NULL && nth < HOLDERS_MAX; nth++) {
        struct header_profile profile;
        struct header_place place = {
            .address = view->blocks->pointer_to(view->blocks, facts->array.address, nth),
            .word = facts->array.address,
            .kind = HEADER_IN_OBJECT,
        };
        if (place.address == 0)
            break;
        bool is_trusted = is_object(place.address, context);
        if (facts->slack > 1 && !is_trusted)
            continue;
        if (!header_match(view->reader, &place, facts, NULL, &profile))
            continue;
        /* Beside a copy on a stack lie the numbers that the program works with. */
        if (!is_trusted && profile.capacity_form == HEADER_CAPACITY_UNKNOWN)
            continue;
        if (is_trusted)
            profile.is_rough = 0; /* one match will do there */
        if (!found || header_is_better(&profile, out))
            *out = profile;
        found = true;
    }
    return found;
}

/* --- reading --- */

#define AMBIGUOUS (UINT64_MAX - 1)

struct numbers {
    uint64_t capacity, live;
    bool is_fewer; /* than the slots show: the rest was deleted, as a second number says */
};

/* What the slots show, in entries as the table counts them. */
struct seen {
    uint64_t slots;
    uint64_t live;
    uint64_t slack;   /* of an estimate; 0: live is the most that there can be */
    uint64_t numbers; /* of entries, the highest in the slots, and one; or 0 */
    bool is_exact;    /* one way to read the marks in the slots: the count must say just the same */
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
static bool may_be_room_left(uint64_t word, const struct seen *seen, uint64_t live_at_growth)
{
    if (seen->slack == 0 || seen->numbers == 0)
        return is_room_left(word, seen->live, seen->slack, live_at_growth);
    return is_room_left(word, seen->live, seen->live / ROOM_OF, live_at_growth) ||
           is_room_left(word, seen->numbers, seen->numbers / 64, live_at_growth);
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
 * those used, or of those deleted. */
static bool is_accounted_for(const struct window *window, uint64_t at, uint64_t occupied)
{
    uint64_t word = word_of(window, at);
    for (uint64_t other = at - FIELDS_REACH; other <= at + FIELDS_REACH; other += 4) {
        if (other == at || !has_word(window, other))
            continue;
        uint64_t beside = word_of(window, other);
        if (distance_between(beside, occupied) <= 1 ||
            distance_between(beside + word, occupied) <= 1)
            return true;
    }
    return false;
}

/* The same of chains, whose entries are known by an estimate and by their numbers. Right after a
 * growth nothing was deleted, so that all those used were as many as the live ones and those
 * deleted none; the room left and the entries were as many, and their sum is the limit. */
static bool is_accounted_roughly(const struct window *window, const struct header_profile *profile,
                                 uint64_t at, const struct seen *seen)
{
    for (uint64_t other = at - FIELDS_REACH; other <= at + FIELDS_REACH; other += 4) {
        if (other == at || !has_word(window, other))
            continue;
        uint64_t all = word_of(window, other);
        if (!is_counting(profile, (int64_t)(other - window->place)))
            all += word_of(window, at);
        if (distance_between(all, seen->live) <= seen->slack ||
            (seen->numbers != 0 && distance_between(all, seen->numbers) <= seen->numbers / 64 + 4))
            return true;
    }
    return false;
}

/* Of chains, in which deleted entries may stay until the next rehash, two growths and two words
 * tell that there are fewer than hang in them. */
static bool may_be_fewer(const struct header_profile *profile, const struct seen *seen)
{
    return seen->slack == 0 ||
           (profile->growths >= 2 && profile->capacity_form != HEADER_CAPACITY_UNKNOWN &&
            profile->kind != HEADER_ON_STACK);
}

/* Which of the counting words is the live entries. Several may have been right at the growth: a
 * neighbour's count, the room that is left, a copy. Of a chained table the one that is nearest to
 * the estimate. Else one that is less than the occupied slots says that some are stale, which is
 * believed when a second field says so, too, and no third one otherwise; or the one that is the
 * number of occupied slots. */
static bool choose_count(const struct window *window, const struct header_profile *profile,
                         const struct seen *seen, struct numbers *out)
{
    uint64_t nearest = UINT64_MAX, fewer = UINT64_MAX;
    for (uint16_t i = 0; i < profile->count_number && i < HEADER_MOST_COUNTS; i++) {
        uint64_t at = address_of(window, profile->counts[i]);
        if (!has_word(window, at))
            continue;
        uint64_t word = word_of(window, at);
        if (nearest == UINT64_MAX ||
            distance_between(word, seen->live) < distance_between(nearest, seen->live))
            nearest = word;
        if (word + 1 + seen->slack >= seen->live || word == profile->live ||
            may_be_room_left(word, seen, profile->live) ||
            !(seen->slack > 0 ? is_accounted_roughly(window, profile, at, seen)
                              : is_accounted_for(window, at, seen->live)))
            continue;
        fewer = fewer == UINT64_MAX || fewer == word ? word : AMBIGUOUS;
    }
    out->is_fewer =
        may_be_fewer(profile, seen) && !seen->is_exact && fewer != UINT64_MAX && fewer != AMBIGUOUS;
    out->live = out->is_fewer ? fewer : nearest;
    if (out->is_fewer)
        return true;
    return nearest != UINT64_MAX && (seen->slack > 0 || distance_between(nearest, seen->live) <= 1);
}

static bool read_numbers(const struct memory_reader *reader, const struct header_profile *profile,
                         uint64_t place, const struct seen *seen, struct numbers *out)
{
    FORGOTTEN(window) struct window window;
    bound_window(&window, place, profile->kind, place - STACK_REACH / 2);
    if (!read_window(reader, &window))
        return false;
    out->capacity = seen->slots * profile->times / profile->parts;
    if (profile->capacity_form != HEADER_CAPACITY_UNKNOWN) {
        uint64_t at = address_of(&window, profile->capacity);
        uint64_t wanted = out->capacity - (profile->capacity_form == HEADER_CAPACITY_MASK);
        if (!has_word(&window, at) || word_of(&window, at) != wanted)
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
        return read_numbers(view->reader, profile, array->address, seen, numbers) ? array->address
                                                                                  : 0;
    if (layout_read_u64(view, profile->place, &pointer) && leads_there(profile, array, pointer) &&
        read_numbers(view->reader, profile, profile->place, seen, numbers))
        return profile->place;
    /* Without a word for the capacity nothing tells the object from another holder. */
    if (profile->target != 0 || profile->capacity_form == HEADER_CAPACITY_UNKNOWN)
        return 0;
    for (unsigned nth = 0; view->blocks != NULL && nth < HOLDERS_MAX; nth++) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, array->address, nth);
        if (holder == 0)
            return 0;
        if (read_numbers(view->reader, profile, holder, seen, numbers))
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

bool header_read(const struct layout_view *view, const struct block *array,
                 const struct header_profile *profile, struct table_reading *reading)
{
    if (profile->growths == 0 || profile->parts == 0 || !(reading->known & DUMP_KNOWN_LIVE) ||
        reading->capacity == 0)
        return false;
    struct seen seen = {.slots = reading->capacity,
                        .live = reading->live * profile->times / profile->parts,
                        .numbers = profile->times == profile->parts ? reading->numbers : 0};
    if (reading->live_error > 0 || reading->entry_blocks > 0)
        seen.slack = 4 * reading->live_error + seen.live / 32 + 16;
    if ((profile->is_rough || profile->kind == HEADER_ON_STACK) && profile->growths < 2)
        return false;
    /* The fewer entries first: a count of the slots in use may stand beside theirs. A mark in the
     * place of an entry's number is of no entry. */
    bool are_believed = reading->known & DUMP_KNOWN_TOMBSTONES;
    if (!(are_believed && read_as(view, array, profile, &seen, reading)) &&
        !(seen.slack == 0 && !(are_believed && seen.numbers != 0) &&
          read_marks(view, array, profile, &seen, reading)) &&
        !(!are_believed && read_as(view, array, profile, &seen, reading)))
        return false;
    if (profile->times != profile->parts) {
        reading->slot_bytes = reading->slot_bytes * profile->parts / profile->times;
        reading->known &= ~(DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_TOMBSTONES);
        reading->value_bytes = reading->tombstones = 0;
    }
    reading->live_error = 0;
    if (profile->growths >= 2 && !profile->is_rough)
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
