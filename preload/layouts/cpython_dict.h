/*
 * What the layouts of CPython's dict and of its subclass in C have in common.
 */
#ifndef HASHTRACK_CPYTHON_DICT_H
#define HASHTRACK_CPYTHON_DICT_H

#include "layout.h"

#define CPYTHON_DICT_KEYS_OFFSET 32 /* PyDictObject.ma_keys */

/* How many slots the keys in the block have, as its first bytes say; 0 when these are no keys. */
uint64_t cpython_dict_capacity(const struct layout_view *view, const struct block *block);

/* Reads the keys in the block, and finds the dict that they belong to. */
bool cpython_dict_recognise(struct layout_view *view, const struct block *block,
                            struct table_reading *out);

/* The slots that a dict gets which is filled from another one with that many entries. */
uint64_t cpython_dict_capacity_for(uint64_t live);

/* The bytes of the keys with that many slots, when those of `now` have entries of the same kind. */
uint64_t cpython_dict_bytes_for(uint64_t capacity, const struct table_reading *now);

#endif
