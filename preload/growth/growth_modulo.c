/*
 * Keys that are their own hashes: see growth_modulo.h. Runs inside the tracker, reads through the
 * scratch's reader, takes no lock.
 */
#include "growth_modulo.h"

#include <string.h>

#include "layouts/words.h"
#include "slot_profile.h"

#define PLACES       192u  /* of an array that are looked at, */
#define LOOKED_ON    2048u /* and so many bytes from there: keys may be multiples of something */
#define LEAST        16u   /* entries: fewer prove nothing */
#define ENTRY_BYTES  64u   /* of a slot, or of what it leads to, in which the key is looked for */
#define FIELDS       (ENTRY_BYTES / 4 * 2) /* of 4 bytes, and of 8 */
#define MOST_AHEAD   64u                   /* slots that an entry lies behind its own */
#define MOST_BYTES   256u                  /* of a slot */
#define LEAST_MET    4u
#define MET_PART     100u /* one of so many, at least; a ring that is added to has one */
#define MIXED_PART   8u   /* a run of keys in sequence has two ends */
#define APART_PART   3u   /* entries of which one is further from the last one than a ring's */
#define ROUND_TIMES  2u   /* 9 and 0 of a table; 3 and 7, 8 and 19, 23 and 65 of rings */
#define LEAST_OLDEST 3u
#define ROOM_SLOTS   16u /* at a place that are looked at for room, */
#define ROOM_PART    8u  /* of which one is empty */
#define ALIKE_PART   8u  /* of those that met, one of so many may have the same number */

struct placed {
    uint64_t slot, word;
    uint32_t bytes; /* that are known */
    unsigned char entry[ENTRY_BYTES];
};

/* Entries of one array. */
struct places {
    const struct array_record *array;
    uint64_t capacity;
    uint32_t slot_bytes, count;
    uint32_t mixed;          /* places where slots in use and empty ones lie side by side */
    uint64_t looked, in_use; /* slots around these places; 0: not looked */
    bool are_addresses;
    struct placed place[PLACES];
};
_Static_assert(2 * sizeof(struct places) <= LAYOUT_SCRATCH_BYTES, "the scratch holds both arrays'");

static bool field_of(const struct placed *place, uint32_t field, uint64_t *value)
{
    const uint32_t offset = field / 2 * 4, width = field % 2 ? 8 : 4;
    if (offset + width > place->bytes || offset % width != 0)
        return false;
    *value = width == 8 ? word_u64(place->entry, offset) : word_u32(place->entry, offset);
    return true;
}

/* Blocks of 24 bytes are the smallest; what lies behind one can be read nearly always. */
static bool read_entry(const struct memory_reader *reader, uint64_t address, struct placed *place)
{
    for (place->bytes = ENTRY_BYTES; place->bytes >= 16; place->bytes /= 2)
        if (reader->read(reader, address, place->entry, place->bytes))
            return true;
    return false;
}

static inline uint64_t first_word(const unsigned char *slot, uint32_t slot_bytes)
{
    return slot_bytes >= 8 ? word_u64(slot, 0) : word_u32(slot, 0);
}

/* Most slots tell by their first word. */
static inline bool is_empty(const unsigned char *slot, uint32_t slot_bytes)
{
    const uint64_t first = first_word(slot, slot_bytes);
    return first == (slot_bytes >= 8 ? UINT64_MAX : UINT32_MAX) ||
           (first == 0 && bytes_are_zero(slot, slot_bytes));
}

/* The first slot from `from` on that is empty, or is not. */
static uint32_t find_slot(const unsigned char *window, uint32_t from, uint32_t slots,
                          uint32_t slot_bytes, bool empty)
{
    while (from < slots && is_empty(window + (size_t)from * slot_bytes, slot_bytes) != empty)
        from++;
    return from;
}

/* The entry in a slot, a copy of which is given. */
static bool take_place(const struct memory_reader *reader, const struct places *places,
                       uint64_t slot, const unsigned char *bytes, struct placed *out)
{
    const uint32_t known = places->slot_bytes < ENTRY_BYTES ? places->slot_bytes : ENTRY_BYTES;
    out->slot = slot;
    out->word = first_word(bytes, places->slot_bytes);
    if (places->are_addresses)
        return slot_profile_is_pointer(out->word) && read_entry(reader, out->word, out);
    out->bytes = known;
    memcpy(out->entry, bytes, known);
    return true;
}

/* Entries here and there, in no step that keys may have. */
static void take_places(const struct memory_reader *reader, struct places *places)
{
    unsigned char window[LOOKED_ON];
    const uint32_t slot_bytes = places->slot_bytes;
    const uint64_t most = LOOKED_ON / slot_bytes;
    const uint32_t slots = (uint32_t)(most < places->capacity / 2 ? most : places->capacity / 2);
    const uint32_t room_slots = slots < ROOM_SLOTS ? slots : ROOM_SLOTS;
    const uint64_t last = places->capacity - slots;
    uint64_t next = 0;
    places->count = places->mixed = 0;
    places->looked = places->in_use = 0;
    for (uint32_t i = 0; i < PLACES; i++) {
        uint64_t stretch = last * i / PLACES, length = last / PLACES + 1;
        uint64_t slot = stretch + (i * 0x9E3779B97F4A7C15ull >> 32) % length;
        slot = slot < next ? next : slot;
        if (slot > last || !reader->read(reader, places->array->address + slot * slot_bytes, window,
                                         (size_t)slots * slot_bytes))
            continue;
        uint32_t on = find_slot(window, 0, slots, slot_bytes, false);
        places->mixed +=
            on < slots && (on > 0 || find_slot(window, 1, slots, slot_bytes, true) < slots);
        for (uint32_t room_slot = 0; room_slot < room_slots; room_slot++)
            places->in_use += !is_empty(window + (size_t)room_slot * slot_bytes, slot_bytes);
        places->looked += room_slots;
        next = slot + on + 1;
        places->count +=
            on < slots && take_place(reader, places, slot + on, window + (size_t)on * slot_bytes,
                                     &places->place[places->count]);
    }
}

/* Keys are stored plus one or two where zero is none. */
#define MOST_BEFORE 2u

/* How many slots the entry lies behind that where the field leads, and MOST_BEFORE; UINT64_MAX: it
 * has no such field. */
static uint64_t behind(const struct places *places, const struct placed *place, uint32_t field)
{
    uint64_t value;
    if (!field_of(place, field, &value))
        return UINT64_MAX;
    return (place->slot + MOST_BEFORE + places->capacity - value % places->capacity) %
           places->capacity;
}

/* Whether nine of ten entries lie where the field leads; or a little behind, and then a quarter
 * there, or one or two slots before. *before: how many. *ahead: how many lie behind. */
static bool leads(const struct places *places, uint32_t field, uint32_t *before, uint32_t *ahead)
{
    uint32_t there[MOST_BEFORE + 1] = {0}, near = 0, home = 0;
    for (uint32_t i = 0; i < places->count; i++) {
        uint64_t slots = behind(places, &places->place[i], field);
        near += slots <= MOST_BEFORE + MOST_AHEAD;
        if (slots <= MOST_BEFORE)
            there[slots]++;
    }
    for (uint32_t i = *before = 0; i <= MOST_BEFORE; i++) {
        *before = there[i] > home ? MOST_BEFORE - i : *before;
        home = there[i] > home ? there[i] : home;
    }
    *ahead = near - home;
    return places->count >= LEAST && near * 10 >= places->count * 9 && home * 4 >= places->count &&
           (!places->are_addresses || home * 10 >= places->count * 9);
}

static uint32_t count_moved(const struct places *old, uint64_t capacity, uint32_t field)
{
    uint32_t moved = 0;
    for (uint32_t i = 0; i < old->count; i++) {
        uint64_t value;
        moved +=
            field_of(&old->place[i], field, &value) && value % capacity != value % old->capacity;
    }
    return moved;
}

/* Entries of the new array in whose slot of the old one, so many before that where the field leads,
 * another stood: they hung behind it. *alike: those with the same number as that one. */
static uint32_t count_parted(const struct memory_reader *reader, const struct places *old,
                             const struct places *array, uint32_t field, uint32_t before,
                             uint32_t *alike)
{
    uint32_t parted = *alike = 0;
    for (uint32_t i = 0; i < array->count; i++) {
        struct placed first = {0};
        uint64_t value, first_value;
        if (!field_of(&array->place[i], field, &value))
            continue;
        uint64_t slot = (value % old->capacity + old->capacity - before) % old->capacity;
        if (!reader->read(reader, old->array->address + slot * sizeof(first.word), &first.word,
                          sizeof(first.word)) ||
            first.word == array->place[i].word || !slot_profile_is_pointer(first.word) ||
            !read_entry(reader, first.word, &first) || !field_of(&first, field, &first_value))
            continue;
        parted++;
        *alike += first_value == value;
    }
    return parted;
}

/* Whether the array has room, as one has that is a ring's of numbers with gaps only until these
 * have gone round once or twice. */
static bool has_room(const struct places *places)
{
    return (places->looked - places->in_use) * ROOM_PART >= places->looked && places->looked > 0;
}

/* Entries that are at least a round, of as many numbers as there are slots, from the last one, and
 * those so far from the first one that are in their own slots. */
struct rounds {
    uint32_t oldest, newest;
};

static struct rounds rounds_of(const struct places *places, uint32_t field)
{
    struct rounds rounds = {0};
    uint64_t least = UINT64_MAX, most = 0, value;
    for (uint32_t i = 0; i < places->count; i++)
        if (field_of(&places->place[i], field, &value)) {
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
    for (uint32_t i = 0; i < places->count; i++) {
        if (!field_of(&places->place[i], field, &value))
            continue;
        rounds.oldest += most - value >= places->capacity;
        rounds.newest += value - least >= places->capacity &&
                         behind(places, &places->place[i], field) <= MOST_BEFORE;
    }
    return rounds;
}

/* Whether there are more of the last round than of the first, by twice what chance makes of it: of
 * two numbers for one slot a ring has always the newer one. Keys of a table are as many in each,
 * and of two for one slot the older one is there. */
static bool fade_by_round(const struct places *places, const struct rounds *rounds)
{
    const uint64_t last = places->count - rounds->oldest, first = places->count - rounds->newest;
    return last > first && (last - first) * (last - first) > 4 * (last + first);
}

/* Whether the keys are further apart than there are slots: a ring of so many has none such, or, if
 * what was not overwritten stays in it where its numbers have gaps, some among many of the last
 * round, and hardly any room: the counters of seconds, those of a log. Once its numbers have gone
 * round but a little, a ring has room as well. */
static bool are_further_apart(const struct places *places, const struct rounds *rounds)
{
    return (rounds->oldest * APART_PART >= places->count && !fade_by_round(places, rounds)) ||
           (rounds->oldest >= ROUND_TIMES * rounds->newest + LEAST_OLDEST && has_room(places));
}

/* Whether a field leads to the places of both arrays' entries; of the new one they are yet to be
 * taken. */
static bool lead_in_both(const struct memory_reader *reader, const struct places *before,
                         struct places *after, struct modulo_growth *out)
{
    const bool are_addresses = before->are_addresses;
    bool is_taken = false;
    for (uint32_t field = 0; field < FIELDS; field++) {
        uint32_t by, by_there, ahead, ahead_there;
        if (!leads(before, field, &by, &ahead))
            continue;
        if (!is_taken)
            take_places(reader, after);
        is_taken = true;
        if (!leads(after, field, &by_there, &ahead_there) || (are_addresses && by != by_there))
            continue;
        uint32_t alike = 0;
        uint32_t met =
            are_addresses ? count_parted(reader, before, after, field, by, &alike) : ahead;
        /* Timers that are due at one time hang in one slot of a wheel. */
        if (alike >= LEAST_MET && alike * ALIKE_PART > met)
            return false;
        *out = (struct modulo_growth){.slot_bytes = before->slot_bytes,
                                      .looked = before->count,
                                      .moved = count_moved(before, after->capacity, field)};
        const struct rounds rounds = rounds_of(before, field);
        const bool have_met = met >= LEAST_MET && met * MET_PART >= before->count;
        out->is_no_ring = have_met || are_further_apart(before, &rounds);
        out->is_ring =
            !have_met && rounds.oldest > 0 &&
            (rounds.newest >= ROUND_TIMES * rounds.oldest || fade_by_round(before, &rounds));
        out->is_solid = before->mixed * MIXED_PART <= before->count;
        return true;
    }
    return false;
}

static bool try_kind(const struct memory_reader *reader, struct places *before,
                     struct places *after, bool are_addresses, struct modulo_growth *out)
{
    before->are_addresses = after->are_addresses = are_addresses;
    take_places(reader, before);
    return lead_in_both(reader, before, after, out);
}

/* Room for the entries of both, in slots of so many bytes; NULL where these do not fit. */
static struct places *places_of(struct scratch *scratch, const struct array_record *old,
                                const struct array_record *array, uint32_t slot_bytes)
{
    struct places *before = (struct places *)(void *)scratch->layout_scratch, *after = before + 1;
    if (slot_bytes < 4 || slot_bytes > MOST_BYTES || slot_bytes % 4 != 0 ||
        old->bytes % slot_bytes != 0 || array->bytes % slot_bytes != 0)
        return NULL;
    before->array = old;
    after->array = array;
    before->slot_bytes = after->slot_bytes = slot_bytes;
    before->capacity = old->bytes / slot_bytes;
    after->capacity = array->bytes / slot_bytes;
    return before->capacity >= LEAST && after->capacity > before->capacity ? before : NULL;
}

bool growth_modulo_find(struct scratch *scratch, const struct array_record *old,
                        const struct array_record *array, uint32_t slot_bytes,
                        struct modulo_growth *out)
{
    struct places *before = places_of(scratch, old, array, slot_bytes);
    return (before && try_kind(scratch->view.reader, before, before + 1, false, out)) ||
           (slot_bytes == 8 && growth_modulo_find_heads(scratch, old, array, out));
}

bool growth_modulo_find_heads(struct scratch *scratch, const struct array_record *old,
                              const struct array_record *array, struct modulo_growth *out)
{
    struct places *before = places_of(scratch, old, array, sizeof(uint64_t));
    return before && try_kind(scratch->view.reader, before, before + 1, true, out);
}

bool growth_modulo_find_sampled(struct scratch *scratch, const struct array_record *old,
                                const struct array_record *array, struct modulo_growth *out)
{
    const struct sample *sample = &scratch->signature.sample;
    struct places *before = places_of(scratch, old, array, sizeof(uint64_t));
    if (!before || sample->unit != sizeof(uint64_t) || sample->paired)
        return false;
    before->are_addresses = before[1].are_addresses = true;
    before->count = 0;
    before->looked = before->in_use = 0;
    before->mixed = PLACES; /* not looked for */
    for (uint32_t i = 0; i < sample->count && before->count < PLACES;
         i += sample->count / PLACES + 1) {
        unsigned char word[sizeof(uint64_t)];
        memcpy(word, &sample->words[i].word, sizeof(word));
        before->count += take_place(scratch->view.reader, before, sample->words[i].offset, word,
                                    &before->place[before->count]);
    }
    return lead_in_both(scratch->view.reader, before, before + 1, out);
}

bool growth_modulo_proves(struct scratch *scratch, const struct array_record *old,
                          const struct array_record *array, struct modulo_growth *out)
{
    static const uint16_t sizes[] = {8, 16, 24, 32, 12, 4, 40, 48, 20, 64};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (growth_modulo_find(scratch, old, array, sizes[i], out))
            return growth_modulo_is_proof(out);
    return false;
}
