/*
 * Chains whose nodes name their bucket, sampled: a proof and a count where no object can be asked,
 * which is so while the program waits for a free. For tables of one list, in which a bucket holds
 * the address of the node before its first one, and a node begins with {next, word}.
 */
#ifndef HASHTRACK_CHAIN_SAMPLE_H
#define HASHTRACK_CHAIN_SAMPLE_H

#include "layout.h"

/* The bucket that a node's second word names. */
typedef uint64_t (*bucket_of_word)(uint64_t word, uint64_t bucket_count);

/* Counts the buckets in use and the nodes in 64 of them, and sets capacity, live and live_error.
 * False when one of the chains does not begin with a node of its bucket, when what is behind them
 * cannot be a list, or when there are too few to prove anything. */
bool chain_sample_read(const struct layout_view *view, uint64_t array, uint64_t bucket_count,
                       bucket_of_word bucket_of, struct table_reading *out);

#endif
