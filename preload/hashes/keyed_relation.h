/*
 * Which field of an entry is the key that names its slot, hashed by a function that everybody knows
 * (known_hashes.h): a number, text in the entry, or text that the entry points at. For tables that
 * keep no hash. Part of hash_relation.h, which asks here when no field is a hash itself.
 *
 * That entries lie where FNV-1a of their names leads, each of them, happens nowhere but in a table
 * hashed by it: m slots and n entries make an accident m^n times less likely than the number of
 * functions that are tried, which is under 2^20.
 */
#ifndef HASHTRACK_KEYED_RELATION_H
#define HASHTRACK_KEYED_RELATION_H

#include "hash_relation.h"

/* Text is looked at up to here; its end may lie further on only for no key. */
#define KEYED_TEXT_BYTES 128u
#define KEYED_ROOM       (RELATION_SAMPLES * (KEYED_TEXT_BYTES + 8u))

/* The question must have a view and room. */
bool keyed_relation_find(const struct relation_question *question, struct hash_relation *out);

/* What the words that stand at `entry` may be keys as, by a few entries: numbers, text, or nothing
 * of the kind (RELATION_FIELD). Cheap, for slots, of which many columns are asked about. */
enum relation_key keyed_relation_kind(const struct relation_question *question);

/* Whether such numbers may name their slots by the functions that are met most. Takes 40 us. */
bool keyed_relation_may_be_number(const struct relation_question *question);

/* Whether the key is an address without its lowest bits, which names a slot by itself alone. */
bool keyed_relation_is_of_address(const struct hash_relation *relation);

/* The slot that an entry belongs into; `capacity`, which is none, where its key cannot be read. */
uint64_t keyed_relation_home(const struct layout_view *view, const struct hash_relation *relation,
                             uint64_t capacity, const unsigned char *window);

#endif
