/*
 * Counting arrays of pointers: see buckets.h.
 */
#include "buckets.h"

#include "object.h"
#include "words.h"

enum word_kind { WORD_EMPTY, WORD_ENTRY, WORD_MARK, WORD_OTHER };

static enum word_kind classify(const struct buckets *buckets, uint64_t word, unsigned *mark)
{
    if (word == 0)
        return WORD_EMPTY;
    for (*mark = 0; *mark < BUCKETS_MARKS; ++*mark)
        if (word == buckets->marks[*mark])
            return WORD_MARK;
    return layout_is_pointer(word & ~buckets->tag_bits, 8) ? WORD_ENTRY : WORD_OTHER;
}

bool buckets_begin(const struct layout_view *view, const struct buckets *buckets)
{
    for (size_t at = buckets->offset; at + 8 <= view->head_bytes; at += 8) {
        unsigned mark;
        if (classify(buckets, word_u64(view->head, at), &mark) == WORD_OTHER)
            return false;
    }
    return true;
}

struct scan {
    struct buckets *buckets;
    uint64_t array_bytes;
};

static bool visit(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct scan *scan = context;
    struct buckets *buckets = scan->buckets;
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
        uint64_t word = word_u64(piece, at);
        unsigned mark;
        switch (classify(buckets, word, &mark)) {
        case WORD_EMPTY:
            break;
        case WORD_MARK:
            buckets->marked[mark]++;
            break;
        case WORD_ENTRY:
            buckets->occupied++;
            entry_sample_offer(&buckets->sample, word & ~buckets->tag_bits, offset + at,
                               scan->array_bytes);
            break;
        case WORD_OTHER:
            return false;
        }
    }
    return true;
}

bool buckets_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                   struct buckets *buckets)
{
    struct scan scan = {.buckets = buckets, .array_bytes = bytes};
    return layout_scan(view, address, bytes, 8, visit, &scan);
}

bool buckets_are_hashed(const struct layout_view *view, uint64_t address,
                        const struct entry_sample *sample,
                        bool (*bucket_of)(const struct layout_view *view, uint64_t entry,
                                          void *context, uint64_t *bucket),
                        void *context)
{
    for (uint32_t i = 0; i < sample->count; i++) {
        uint64_t bucket, first;
        if (!bucket_of(view, sample->addresses[i], context, &bucket) ||
            !layout_read_u64(view, address + 8 * bucket, &first) || first != sample->addresses[i])
            return false;
    }
    return true;
}

void buckets_reading(const struct block *block, uint64_t header, uint64_t live,
                     struct table_reading *out)
{
    out->header = header;
    out->capacity = block->bytes / 8;
    out->live = live;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
}

bool hashed_buckets_recognise(struct layout_view *view, const struct block *block,
                              const struct hashed_buckets_form *form, struct table_reading *out)
{
    struct hashed_buckets table = {.block = block};
    struct buckets buckets = {0};
    if (view->blocks == NULL || !buckets_begin(view, &buckets))
        return false;
    uint64_t address =
        layout_object(view, block->address, form->pointer_offset, form->fits, &table);
    if (address == 0 || !buckets_count(view, block->address, block->bytes, &buckets) ||
        buckets.occupied > table.live || buckets.occupied == 0 ||
        !buckets_are_hashed(view, block->address, &buckets.sample, form->bucket_of, &table))
        return false;
    buckets_reading(block, address, table.live, out);
    if (form->are_blocks)
        entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}
