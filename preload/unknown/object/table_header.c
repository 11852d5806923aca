/*
 * Matching the words of an object with what is known of its table: see table_header.h.
 */
#include "table_header.h"

#include "foreign_words.h"
#include "slot_profile.h"
#include "table_header_words.h"

/* A count that is only known roughly must stand close to the capacity to be believed. */
#define ROUGH_REACH 32
/* A smaller number of entries equals some word by chance. */
#define LEAST_TELLING_LIVE 256u
#define LEAST_LONE_LIVE    2048u /* where no word names the capacity */
#define SAME_PART          64u   /* a word off by a smaller part is the same */
#define MOST_TIMES_UNEVEN  2u    /* entries behind so many heads, for those that are by chance */

/* Around a pointer to the array, or its first bytes. */
struct header_words {
    struct object_window window;
    /* The first bytes of the old array, where the header is in the array. */
    unsigned char outgrown[HEADER_ARRAY_REACH];
    bool has_outgrown;
};

static void header_words_forget(struct header_words *words)
{
    object_window_forget(&words->window);
    forget(words->outgrown, sizeof(words->outgrown));
}

/* Whether the 4 bytes are a half of an address, of a program at its usual place, of a mapping or of
 * the stack, whose upper half looks like a count of some 32,000. A lower half that small is a
 * number of its own, beside a capacity. */
static bool is_of_address(const struct object_window *window, int64_t offset)
{
    uint64_t whole = (window->place + (uint64_t)offset) & ~(uint64_t)7;
    if (!object_window_has(window, whole) || !object_window_has(window, whole + 4))
        return false;
    uint32_t low = object_word_at(window, whole), high = object_word_at(window, whole + 4);
    return low >= 1u << 20 &&
           ((high >= 0x5500 && high < 0x5700) || (high >= 0x7e00 && high < 0x8000));
}

/* Whether a word at that distance from the place may be a number: not the pointer itself. */
static bool may_be_number(const struct object_window *window, const struct header_profile *profile,
                          int64_t offset)
{
    return (profile->kind == HEADER_IN_ARRAY || offset + 4 <= 0 || offset >= 8) &&
           !is_of_address(window, offset);
}

/* Whether the word was the same in the old array: that had another capacity, but as many entries.
 */
static bool is_as_before(const struct header_words *words, uint64_t address)
{
    const struct object_window *window = &words->window;
    return words->has_outgrown &&
           word_u32(words->outgrown, address - window->start) == object_word_at(window, address);
}

static bool may_be_capacity(const struct header_words *words, const struct block *array,
                            uint64_t capacity, int form, int64_t offset,
                            const struct header_profile *profile)
{
    const struct object_window *window = &words->window;
    uint64_t at = window->place + (uint64_t)offset;
    bool is_apart = form == HEADER_CAPACITY_END ? at % 8 == 0 && offset != 0
                                                : may_be_number(window, profile, offset);
    return object_window_has(window, at) && is_apart && !is_as_before(words, at) &&
           header_names_capacity(window, at, (enum header_capacity)form, array, capacity);
}

/* Where it was at the growth before; else the one next to the pointer, for further away lies that
 * of a table beside this one, which may be as large. */
static bool find_capacity(const struct header_words *words, const struct block *array,
                          uint64_t capacity, const struct header_profile *before,
                          struct header_profile *out)
{
    if (before && before->capacity_form != HEADER_CAPACITY_UNKNOWN && before->kind == out->kind &&
        may_be_capacity(words, array, capacity, before->capacity_form, before->capacity, out)) {
        out->capacity = before->capacity;
        out->capacity_form = before->capacity_form;
        return true;
    }
    for (int form = HEADER_CAPACITY_WHOLE; form <= HEADER_CAPACITY_END; form++)
        for (int64_t distance = 0; distance <= (int64_t)sizeof(words->window.bytes); distance += 4)
            for (int side = 0; side < 2; side++) {
                int64_t offset = side == 0 ? distance : -distance;
                if (!may_be_capacity(words, array, capacity, form, offset, out))
                    continue;
                out->capacity = (int16_t)offset;
                out->capacity_form = (uint8_t)form;
                return true;
            }
    return false;
}

static bool is_close(int64_t a, int64_t b)
{
    return a - b <= ROUGH_REACH && b - a <= ROUGH_REACH;
}

/* Whether the word is as many as the array before had slots, or one less. Open addressing did not
 * fill it, though as many heads of chains may be in use; a table that moves its entries step by
 * step keeps its size, and how far it has come, and has as many entries by then if each addition
 * moves four slots. Both are 0 behind the growth. */
static bool is_outgrown(const struct header_facts *facts, const struct header_profile *out,
                        uint64_t word)
{
    uint64_t slots = facts->outgrown_slots * out->times / out->parts;
    bool may_be_heads = facts->array.bytes <= facts->capacity * sizeof(uint64_t);
    return facts->slack <= 1 && slots > 0 && !may_be_heads && (word == slots || word + 1 == slots);
}

/* All words that could be the count, those next to the pointer first. */
static void find_counts(const struct object_window *window, const struct header_facts *facts,
                        uint64_t slack, struct header_profile *out)
{
    out->count_number = 0;
    for (int64_t distance = 0; distance <= (int64_t)sizeof(window->bytes); distance += 4)
        for (int side = 0; side < 2 && out->count_number < HEADER_MOST_COUNTS; side++) {
            int64_t offset = side == 0 ? distance : -distance;
            uint64_t at = window->place + (uint64_t)offset;
            if ((side == 1 && distance == 0) || !object_window_has(window, at))
                continue;
            uint64_t word = object_word_at(window, at);
            if (word + slack < out->live || word > out->live + slack ||
                !may_be_number(window, out, offset) || is_outgrown(facts, out, word) ||
                (out->capacity_form != HEADER_CAPACITY_UNKNOWN && offset == out->capacity) ||
                (slack > 1 && !is_close(offset, out->capacity) && !is_close(offset, 0)))
                continue;
            out->counts[out->count_number++] = (int16_t)offset;
        }
}

/* Whether the word counts entries for certain: they are as many before they move as after. */
static bool was_at_birth(const struct header_profile *before, uint16_t nth,
                         const struct header_profile *now)
{
    return before->proven >> nth & 1 ||
           (before->born_sequence == now->array_sequence && before->born_sequence != 0 &&
            distance_between(before->at_birth[nth], now->live) <= now->live / SAME_PART + 2);
}

/* Drops the words that an earlier growth did not take for a count. False when none is left. */
static bool confirm(const struct header_profile *before, struct header_profile *out)
{
    uint16_t kept = 0;
    if (before->kind != out->kind || before->capacity_form != out->capacity_form ||
        before->times != out->times || before->parts != out->parts ||
        (out->capacity_form == HEADER_CAPACITY_END && before->slot_bytes != out->slot_bytes) ||
        (out->capacity_form != HEADER_CAPACITY_UNKNOWN && before->capacity != out->capacity))
        return false;
    for (uint16_t i = 0; i < out->count_number; i++)
        for (uint16_t j = 0; j < before->count_number; j++)
            if (before->counts[j] == out->counts[i]) {
                out->proven |= (uint8_t)(was_at_birth(before, j, out) << kept);
                out->foreign |= (uint8_t)((before->foreign >> j & 1) << kept);
                out->rooms |= (uint8_t)((before->rooms >> j & 1) << kept);
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

static bool match(const struct memory_reader *reader, struct header_words *words,
                  const struct header_facts *facts, const struct header_profile *before,
                  const struct header_profile *form, struct header_profile *out)
{
    struct object_window *window = &words->window;
    if (facts->live < LEAST_TELLING_LIVE || !object_window_read(reader, window))
        return false;
    for (unsigned i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        uint64_t capacity = facts->capacity * ratios[i].times;
        if (capacity == 0 || capacity % ratios[i].parts != 0)
            continue;
        *out = *form;
        out->place = window->place;
        out->array_sequence = facts->array_sequence;
        out->growths = 1;
        out->times = ratios[i].times;
        out->parts = ratios[i].parts;
        out->live = facts->live * ratios[i].times / ratios[i].parts;
        out->is_rough = facts->slack > 1;
        out->array_bytes = facts->array.bytes;
        out->slot_bytes = (uint32_t)(facts->array.bytes * ratios[i].parts / capacity);
        bool is_named =
            find_capacity(words, &facts->array, capacity / ratios[i].parts, before, out);
        /* Where the array ends says nothing of slots half as long: it ends there with any. */
        if (is_named ? i > 0 && out->capacity_form == HEADER_CAPACITY_END
                     : i > 0 || facts->slack > 1 || out->live < LEAST_LONE_LIVE ||
                           out->kind != HEADER_IN_OBJECT)
            continue;
        /* An estimate that leaves all open is borne out by any number. */
        uint64_t slack = facts->slack;
        if (slack > 1)
            slack = slack * ratios[i].times / ratios[i].parts + 1;
        if (out->live < LEAST_TELLING_LIVE || (slack > 1 && slack > out->live / 2))
            continue;
        find_counts(window, facts, slack, out);
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
    FORGOTTEN(header_words) struct header_words words;
    struct header_profile form = {.target = place->word - facts->array.address,
                                  .kind = (uint8_t)place->kind};
    if (place->kind == HEADER_ON_STACK &&
        (place->object > place->address || place->address - place->object > OBJECT_STACK_REACH / 2))
        return false;
    words.has_outgrown = false;
    header_window_bound(&words.window, place->address, place->kind, place->object);
    return match(reader, &words, facts, before, &form, out);
}

bool header_match_array(const struct memory_reader *reader, const struct header_facts *facts,
                        const struct header_profile *before, struct header_profile *out)
{
    FORGOTTEN(header_words) struct header_words words;
    struct header_profile form = {.kind = HEADER_IN_ARRAY};
    header_window_bound(&words.window, facts->array.address, HEADER_IN_ARRAY, 0);
    words.has_outgrown =
        facts->outgrown != 0 && facts->outgrown != facts->array.address &&
        reader->read(reader, facts->outgrown, words.outgrown, sizeof(words.outgrown));
    return match(reader, &words, facts, before, &form, out);
}

static bool read_around(const struct memory_reader *reader, const struct header_profile *profile,
                        uint64_t place, struct object_window *window)
{
    header_window_bound(window, place, (enum header_kind)profile->kind,
                        place - OBJECT_STACK_REACH / 2);
    return object_window_read(reader, window);
}

static void doubt_foreign(const struct object_window *window,
                          bool (*is_anothers)(uint64_t address, void *context), void *context,
                          struct header_profile *profile)
{
    const struct foreign_view view = {window->bytes, window->start, window->end, window->place};
    struct foreign_pointers pointers;
    foreign_pointers_find(&view, is_anothers, context, &pointers);
    for (uint16_t i = 0; i < profile->count_number; i++) {
        if (foreign_word_is_nearer(&pointers, profile->counts[i]))
            profile->foreign |= (uint8_t)(1u << i);
        if (foreign_word_is_room(&view, &pointers, profile->counts[i]))
            profile->rooms |= (uint8_t)(1u << i);
    }
}

bool header_note_birth(const struct memory_reader *reader, uint32_t array_sequence,
                       bool (*is_anothers)(uint64_t address, void *context), void *context,
                       struct header_profile *profile)
{
    FORGOTTEN(object_window) struct object_window window;
    if (profile->kind == HEADER_IN_ARRAY || !read_around(reader, profile, profile->place, &window))
        return false;
    profile->born_sequence = array_sequence;
    for (uint16_t i = 0; i < profile->count_number; i++) {
        uint64_t at = header_address_of(&window, profile->counts[i]);
        profile->at_birth[i] = object_window_has(&window, at) ? object_word_at(&window, at) : 0;
    }
    doubt_foreign(&window, is_anothers, context, profile);
    return true;
}

void header_prove_in_array(const struct memory_reader *reader, uint64_t old,
                           struct header_profile *profile)
{
    FORGOTTEN(object_window) struct object_window window;
    if (profile->kind != HEADER_IN_ARRAY || !read_around(reader, profile, old, &window))
        return;
    for (uint16_t i = 0; i < profile->count_number; i++) {
        uint64_t at = header_address_of(&window, profile->counts[i]);
        if (object_window_has(&window, at) &&
            distance_between(object_word_at(&window, at), profile->live) <= 1)
            profile->proven |= (uint8_t)(1u << i);
    }
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

bool header_facts_may_hang(const struct header_facts *facts)
{
    uint64_t by_chance, error;
    if (facts->live >= facts->capacity)
        return true;
    slot_profile_chained_live(facts->live, facts->capacity, &by_chance, &error);
    return facts->numbers <= (by_chance + 4 * error) * MOST_TIMES_UNEVEN;
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
    for (unsigned nth = 0; view->blocks != NULL && nth < OBJECT_HOLDERS; nth++) {
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
