/*
 * Following some chains of a bucket array: see chain_sample.h.
 */
#include "chain_sample.h"

#include "empty_stretch.h"
#include "words.h"

#define CHAINS_MAX 64
#define CHAINS_MIN 16
#define NODES_MAX  16 /* of one chain */

struct sample {
    const struct layout_view *view;
    uint64_t bucket_count;
    bucket_of_word bucket_of;
    uint64_t occupied;
    uint64_t chains, nodes;
    uint64_t behind; /* what the last chain leads to */
    unsigned off;    /* chains behind which there cannot be what is there */
};

#define MANY_NODES 1u /* no pointer */
#define MOST_OFF   1u /* for the program goes on while it is looked at from outside */

/* How many nodes are in the bucket behind that one; *behind: what the last of them leads to. */
static unsigned chain_length(const struct sample *sample, uint64_t before, uint64_t bucket,
                             uint64_t *behind)
{
    uint64_t node[2];
    unsigned length = 0;
    if (!layout_read_u64(sample->view, before, behind))
        return 0;
    while (length < NODES_MAX && layout_is_pointer(*behind, 8) &&
           layout_read(sample->view, *behind, node, sizeof(node)) &&
           sample->bucket_of(node[1], sample->bucket_count) == bucket) {
        length++;
        *behind = node[0];
    }
    if (length == NODES_MAX)
        *behind = MANY_NODES;
    return length;
}

/* Whether the list can go on like that: to a node, which no other node has behind it, or with
 * nothing, once. Nodes that lead to objects which bear the same number do neither, and nor does
 * memory that was freed. */
static bool may_go_on(struct sample *sample, uint64_t behind)
{
    if (behind == MANY_NODES)
        return true;
    sample->off += behind == sample->behind || (behind != 0 && !layout_is_pointer(behind, 8));
    sample->behind = behind;
    return sample->off <= MOST_OFF;
}

static bool visit(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct sample *sample = context;
    if (sample->occupied == 0 && offset >= EMPTY_STRETCH_BYTES)
        return false;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_u64(piece, at), bucket = (offset + at) / 8;
        if (word == 0)
            continue;
        if (!layout_is_pointer(word, 8))
            return false;
        sample->occupied++;
        if (sample->chains == CHAINS_MAX ||
            bucket < sample->bucket_count / CHAINS_MAX * sample->chains)
            continue;
        uint64_t behind;
        unsigned length = chain_length(sample, word, bucket, &behind);
        if (length == 0 || !may_go_on(sample, behind))
            return false;
        sample->chains++;
        sample->nodes += length;
    }
    return true;
}

bool chain_sample_read(const struct layout_view *view, uint64_t array, uint64_t bucket_count,
                       bucket_of_word bucket_of, struct table_reading *out)
{
    struct sample sample = {
        .view = view, .bucket_count = bucket_count, .bucket_of = bucket_of, .behind = MANY_NODES};
    if (!layout_scan(view, array, bucket_count * 8, 8, visit, &sample) ||
        sample.chains < CHAINS_MIN)
        return false;
    double mean = (double)sample.nodes / (double)sample.chains;
    out->capacity = bucket_count;
    out->live = (uint64_t)((double)sample.occupied * mean);
    /* At load 1, where tables grow, the lengths of the chains in use scatter by half of their mean:
     * 16 of them are off by an eighth, 64 by a sixteenth. */
    out->live_error = out->live / (sample.chains == CHAINS_MAX ? 16 : 8);
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES;
    out->confidence_ppm = 990000;
    return true;
}
