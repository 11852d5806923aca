/*
 * Permutations and their inverses: see inverse_numbers.h.
 */
#include "inverse_numbers.h"

#include "layouts/words.h"

#define LEAST_NUMBERS   16u /* that lead back: one does by chance in as many as the array has */
#define MOST_NUMBERS    256u
#define STRANGERS_OF    32u /* one in so many may lead elsewhere: the program may be writing */
#define STRETCH_NUMBERS 64u /* asked about in a row, before the next ones are further on */

struct follow {
    const struct layout_view *view;
    const struct block *other;
    uint32_t width;
    uint64_t base; /* the first number */
    uint64_t asked, back;
};

static bool follow_words(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct follow *follow = context;
    const uint32_t width = follow->width;
    const uint64_t slots = follow->other->bytes / width;
    for (size_t at = 0, asked = 0; at + width <= bytes && asked < STRETCH_NUMBERS; at += width) {
        uint64_t place = word_sized(piece, at, width) - follow->base, mine = (offset + at) / width;
        unsigned char word[sizeof(uint64_t)];
        if (place >= slots)
            continue;
        if (!layout_read(follow->view, follow->other->address + place * width, word, width))
            return false;
        follow->asked++;
        asked++;
        follow->back += word_sized(word, 0, width) == mine + follow->base;
    }
    return follow->asked < MOST_NUMBERS;
}

/* Whether all numbers of the first lead to where the other one leads back. */
static bool lead_back(const struct layout_view *view, const struct block *one,
                      const struct block *other, uint32_t width)
{
    for (uint64_t base = 0; base <= 1; base++) {
        struct follow follow = {.view = view, .other = other, .width = width, .base = base};
        layout_scan(view, one->address, one->bytes, width, follow_words, &follow);
        if (follow.back >= LEAST_NUMBERS &&
            follow.back >= follow.asked - follow.asked / STRANGERS_OF)
            return true;
    }
    return false;
}

/* What is in neither may be anything in one of them: a permutation's end that is not used. */
bool are_inverse_numbers(const struct layout_view *view, const struct block *one,
                         const struct block *other, uint32_t width)
{
    return (width == 4 || width == 8) && one->bytes == other->bytes &&
           (lead_back(view, one, other, width) || lead_back(view, other, one, width));
}
