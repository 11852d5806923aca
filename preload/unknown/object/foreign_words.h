/*
 * Words near a table's pointer that may be of a table beside it.
 *
 * What a word says as an array is born and again when the entries have moved proves that it counts
 * them: the room that is left until the next growth is about nothing first. But where tables are
 * filled in turn the one before has grown just then, and its room says the same both times. Part of
 * table_header.c and table_scale.c; reads nothing itself.
 */
#ifndef HASHTRACK_FOREIGN_WORDS_H
#define HASHTRACK_FOREIGN_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define FOREIGN_MOST_POINTERS 16u

/* Memory from `start` up to `end`, copied to `bytes`, around the pointer at `place`. */
struct foreign_view {
    const unsigned char *bytes;
    uint64_t start, end, place;
};

/* How far from the place pointers to other tables' arrays are. */
struct foreign_pointers {
    unsigned number;
    int64_t distances[FOREIGN_MOST_POINTERS];
};

void foreign_pointers_find(const struct foreign_view *view,
                           bool (*is_anothers)(uint64_t address, void *context), void *context,
                           struct foreign_pointers *out);

/* Whether the word at that distance from the place stands nearer to one of those pointers. */
bool foreign_word_is_nearer(const struct foreign_pointers *pointers, int64_t offset);

/* Whether the word, as an array is born, may be the room of another table: where this one has what
 * that word is to the other one there is about nothing, as it has come to its limit. */
bool foreign_word_is_room(const struct foreign_view *view, const struct foreign_pointers *pointers,
                          int64_t offset);

#endif
