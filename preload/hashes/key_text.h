/*
 * Keys that are text: in an entry, or where it points.
 */
#ifndef HASHTRACK_KEY_TEXT_H
#define HASHTRACK_KEY_TEXT_H

#include <stddef.h>

#include "hash_relation.h"

bool key_is_text(unsigned char byte);

/* Whether so many letters and a zero stand behind an address at `offset` of the window and its
 * length, as in libstdc++'s std::string. */
bool key_text_is_inside(const unsigned char *window, size_t offset, uint64_t length);

/* The key as text, or as bytes, or NULL. `room` is for what has to be fetched: KEYED_TEXT_BYTES. */
const unsigned char *key_text_of(const struct layout_view *view,
                                 const struct hash_relation *relation, const unsigned char *window,
                                 unsigned char *room, size_t *length);

/* Copies it, which has no more than KEYED_TEXT_BYTES, and a zero behind it. */
bool key_text_copy(const struct layout_view *view, const struct hash_relation *relation,
                   const unsigned char *window, unsigned char *into, size_t *length);

#endif
