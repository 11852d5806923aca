/*
 * Slots that each have a string or a list in them, by the addresses of their own place that these
 * hold where they are empty: see static_search.h. No state, no allocation.
 *
 * libstdc++'s std::string points at the letters within itself, an empty std::list at itself. In an
 * array of slots of which each was constructed such addresses lie as far apart as the slots do,
 * which tells how large these are; and where a string is. They are no guess, as what else looks
 * like an address of just that place?
 */
#include "static_search.h"

#include "key_text.h"
#include "own_hashes.h"
#include "primes.h"
#include "slot_profile.h"

#define LETTERS_AT   16u /* in a string, behind its address and its length */
#define STRING_WORDS 4u
#define LARGEST      256u /* slot that is told from another */
#define LEAST_WORDS  64u  /* addresses of their own places, in the pieces */
#define LEAST_PIECES 8u   /* and pieces that have some */
#define MOST_STRAY   64u  /* one of so many may lie elsewhere: memory that was used before */
#define MOST_PLACES  4u   /* in each slot */

/* How many of the addresses lie at each place of slots of that size. */
struct places {
    uint32_t size, count[LARGEST / 8];
    uint32_t strings[LARGEST / 8]; /* of them, those of letters */
};

static uint32_t count_places(const struct glimpse *glimpse, const struct block *block,
                             struct places *places, uint32_t *pieces)
{
    uint32_t all = 0;
    memset(places->count, 0, sizeof(places->count));
    memset(places->strings, 0, sizeof(places->strings));
    *pieces = 0;
    for (uint32_t piece = 0; piece < glimpse->pieces; piece++) {
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        const uint64_t start = glimpse->offset[piece];
        uint32_t before = all;
        for (uint32_t at = 0; at + 8 <= glimpse->piece_bytes; at += 8) {
            const uint64_t word = word_u64(memory, at), address = block->address + start + at;
            if (!slot_profile_is_own_address(word, address))
                continue;
            places->count[(start + at) % places->size / 8]++;
            places->strings[(start + at) % places->size / 8] += word == address + LETTERS_AT;
            all++;
        }
        *pieces += all > before;
    }
    return all;
}

/* How many of the places have more than strays; 0: too many. */
static uint32_t common_places(const struct places *places, uint32_t all)
{
    uint32_t common = 0, stray = 0;
    for (uint32_t i = 0; i < places->size / 8; i++) {
        const bool is_common = places->count[i] * MOST_STRAY > all;
        common += is_common;
        stray += is_common ? 0 : places->count[i];
    }
    return common > MOST_PLACES || stray * MOST_STRAY > all ? 0 : common;
}

/* The size of which the fewest of its words are such addresses: of another one that is no multiple
 * they lie everywhere, and of a multiple as many. */
void static_learn_stride(const struct block *block, const struct glimpse *glimpse,
                         struct static_pieces *pieces)
{
    struct places places = {.size = 8};
    uint32_t touched, best = 0;
    const uint32_t all = count_places(glimpse, block, &places, &touched);
    pieces->stride = pieces->strings = 0;
    if (all < LEAST_WORDS || touched < LEAST_PIECES)
        return;
    for (places.size = 24; places.size <= LARGEST; places.size += 8) {
        count_places(glimpse, block, &places, &touched);
        const uint32_t common = common_places(&places, all);
        if (common == 0 ||
            (best != 0 && (uint64_t)common * pieces->stride >= (uint64_t)best * places.size))
            continue;
        best = common;
        pieces->stride = places.size;
        pieces->strings = 0;
        for (uint32_t i = 0; i < places.size / 8; i++)
            if (places.strings[i] * MOST_STRAY > all)
                pieces->strings |= 1u << i;
    }
}

bool static_is_in_string(const struct static_search *search, uint32_t at)
{
    const struct static_pieces *pieces = search->pieces;
    const uint32_t words = pieces->stride / 8;
    for (uint32_t i = 0; i < STRING_WORDS && words >= STRING_WORDS; i++)
        if (pieces->strings >> (at / 8 + words - i) % words & 1)
            return true;
    return false;
}

/* --- strings as keys --- */

static bool are_strings(const struct static_search *search, uint32_t at)
{
    for (uint32_t i = 0; i < search->count; i++) {
        const unsigned char *slot = search->work->entries[i].bytes;
        const uint64_t address = word_u64(slot, at), length = word_u64(slot, at + 8);
        if (address == 0 ? !key_text_is_inside(slot, at, length)
                         : !layout_is_pointer(address, 1) || length >= KEYED_TEXT_BYTES)
            return false;
    }
    return true;
}

/* A slot is in use where the string is not empty: what letters it had may stand there yet. */
static bool try_string(struct static_search *search, const struct slot_shape *fit, uint32_t at)
{
    search->shape = *fit;
    search->shape.column = at + 8;
    return static_sample(search, STATIC_FIRST_SAMPLE) && are_strings(search, at) &&
           static_find_relation(search, true) && static_sample(search, RELATION_SAMPLES) &&
           are_strings(search, at) && static_find_relation(search, false);
}

bool static_try_strided_strings(struct static_search *search)
{
    const uint32_t size = search->pieces->stride;
    struct slot_shape fit = {.slot_bytes = size, .leads = LEADS_NOWHERE, .column_bytes = 8};
    bool has_power = false;
    if (size < 32 || size > RELATION_WINDOW)
        return false;
    search->is_number = search->is_loose = search->no_own = search->no_keys = false;
    search->is_keyed = search->is_strided = search->is_text = search->is_string = true;
    for (unsigned nth = 0; static_fit(search, nth, &fit); nth++) {
        const bool is_power = is_power_of_two(fit.capacity);
        if (fit.capacity < 64 || (has_power && !is_power && !is_prime(fit.capacity)))
            continue; /* each question to the code takes long */
        has_power = has_power || is_power;
        for (uint32_t at = 0; at + 32 <= size; at += 8) {
            const uint32_t place = (at + fit.header_bytes) % size / 8;
            if (search->pieces->strings >> place & 1 && try_string(search, &fit, at))
                return true;
        }
    }
    search->is_strided = search->is_text = search->is_string = false;
    if (search->view->own_hashes)
        own_hashes_again(search->view->own_hashes); /* they may be values */
    return false;
}
