/*
 * Telling a neighbour's words by the pointers: see foreign_words.h.
 */
#include "foreign_words.h"

#include "layouts/layout.h"
#include "layouts/words.h"

/* Columns of pointers, and of the numbers of each table, in one object. */
#define MOST_COLUMNS_APART 24
#define ABOUT_NOTHING      64u /* a smaller part of what the other one says */

static int64_t size_of(int64_t distance)
{
    return distance < 0 ? -distance : distance;
}

static bool has_word(const struct foreign_view *view, int64_t offset)
{
    uint64_t at = view->place + (uint64_t)offset;
    return at >= view->start && at < view->end && view->end - at >= 4;
}

static uint32_t word_at(const struct foreign_view *view, int64_t offset)
{
    return word_u32(view->bytes, view->place + (uint64_t)offset - view->start);
}

void foreign_pointers_find(const struct foreign_view *view,
                           bool (*is_anothers)(uint64_t address, void *context), void *context,
                           struct foreign_pointers *out)
{
    out->number = 0;
    for (uint64_t at = (view->start + 7) & ~(uint64_t)7;
         at + 8 <= view->end && out->number < FOREIGN_MOST_POINTERS; at += 8) {
        uint64_t word = word_u64(view->bytes, at - view->start);
        if (at != view->place && layout_is_pointer(word, 8) && is_anothers(word, context))
            out->distances[out->number++] = (int64_t)(at - view->place);
    }
}

static bool is_nothing(const struct foreign_view *view, int64_t offset, uint32_t beside)
{
    return has_word(view, offset) && (offset <= -4 || offset >= 8) &&
           word_at(view, offset) <= beside / ABOUT_NOTHING;
}

bool foreign_word_is_nearer(const struct foreign_pointers *pointers, int64_t offset)
{
    for (unsigned i = 0; i < pointers->number; i++)
        if (size_of(offset - pointers->distances[i]) < size_of(offset))
            return true;
    return false;
}

bool foreign_word_is_room(const struct foreign_view *view, const struct foreign_pointers *pointers,
                          int64_t offset)
{
    if (!has_word(view, offset))
        return false;
    uint32_t word = word_at(view, offset);
    for (unsigned i = 0; i < pointers->number; i++) {
        /* From object to object, as far as the pointers are apart. In columns, numbers of half the
         * size of a pointer lie half as far apart. */
        int64_t apart = pointers->distances[i], own = offset - apart, half = offset - apart / 2;
        bool are_columns = size_of(apart) <= MOST_COLUMNS_APART;
        if (((are_columns || size_of(own) < size_of(apart)) && is_nothing(view, own, word)) ||
            (are_columns && is_nothing(view, half, word)))
            return true;
    }
    return false;
}
