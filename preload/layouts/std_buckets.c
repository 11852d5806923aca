/*
 * The way between a bucket array and a container of the standard library: see std_buckets.h.
 */
#include "std_buckets.h"

#include "empty_stretch.h"
#include "object.h"
#include "words.h"

#define PROBES_MAX           256 /* words followed when no pointer scan names the object: 0.13 ms */
#define PROBES_AT_ONCE       16
#define CONTAINER_BYTES      64   /* enough for every shape */
#define CONTAINER_BYTES_MOST 52   /* what is read of those that are probed for */
#define LOAD_FACTOR_MAX      1000 /* nobody sets a higher one */

struct search {
    const struct block *block;
    uint64_t bucket_count;
    bool may_be_next;
    bool may_be_gone; /* the entries, and the array's address with them */
    const struct std_shape *shapes;
    unsigned shape_count;
    struct std_container *out;
};

/* What is read of a container of that shape. */
static size_t shape_bytes(const struct search *search, const struct std_shape *shape)
{
    return search->may_be_next && shape->next_resize != 0 ? shape->next_resize + sizeof(uint64_t)
                                                          : shape->max_load_factor + sizeof(float);
}

/* Whether the container will have the block: it was filled for as many elements as the container
 * says to grow at, and the array before is about to be freed. */
static bool is_next(const struct search *search, const struct std_shape *shape,
                    const unsigned char *bytes)
{
    uint64_t array = word_u64(bytes, 0), bucket_count = word_u64(bytes, 8);
    float max_load_factor;
    memcpy(&max_load_factor, bytes + shape->max_load_factor, sizeof(float));
    if (!search->may_be_next || shape->next_resize == 0 || bucket_count == 0 ||
        bucket_count >= search->bucket_count || !layout_is_pointer(array, 8) ||
        array == search->block->address || !(max_load_factor > 0) ||
        max_load_factor > LOAD_FACTOR_MAX)
        return false;
    double next_resize = (double)search->bucket_count * (double)max_load_factor;
    return word_u64(bytes, shape->next_resize) == (uint64_t)next_resize;
}

/* The array's address. A destructor takes it out first, where a pointer of its own owns the array.
 */
static bool names_array(const struct search *search, const unsigned char *bytes)
{
    uint64_t array = word_u64(bytes, 0);
    return array == search->block->address || (array == 0 && search->may_be_gone);
}

/* Whether these bytes, read at the address, are a container of that shape. */
static bool has_shape(const struct search *search, const struct std_shape *shape, uint64_t address,
                      const unsigned char *bytes)
{
    if ((!names_array(search, bytes) || word_u64(bytes, 8) != search->bucket_count) &&
        !is_next(search, shape, bytes))
        return false;
    struct std_container *out = search->out;
    out->address = address;
    out->is_left = word_u64(bytes, 0) == 0;
    out->bucket_count = search->bucket_count;
    out->shape = *shape;
    out->first_node = word_u64(bytes, shape->list_head);
    out->element_count = word_u64(bytes, shape->element_count);
    memcpy(&out->max_load_factor, bytes + shape->max_load_factor, sizeof(float));
    return (out->first_node == 0) == (out->element_count == 0) && out->max_load_factor > 0 &&
           out->max_load_factor <= LOAD_FACTOR_MAX &&
           out->element_count / LOAD_FACTOR_MAX <= out->bucket_count;
}

static bool read_shape(const struct layout_view *view, const struct search *search,
                       uint64_t address, const struct std_shape *shape)
{
    unsigned char bytes[CONTAINER_BYTES];
    return layout_is_pointer(address, 8) &&
           layout_read(view, address, bytes, shape_bytes(search, shape)) &&
           has_shape(search, shape, address, bytes);
}

static bool container_fits(const struct layout_view *view, uint64_t address, void *context)
{
    const struct search *search = context;
    for (unsigned i = 0; i < search->shape_count; i++)
        if (read_shape(view, search, address, &search->shapes[i]))
            return true;
    return false;
}

/* Whether the word of a bucket is the address of the list's head in such a container. */
static bool leads_to_container(const struct layout_view *view, const struct search *search,
                               uint64_t word)
{
    for (unsigned i = 0; i < search->shape_count; i++)
        if (read_shape(view, search, word - search->shapes[i].list_head, &search->shapes[i]))
            return true;
    return false;
}

static bool is_bucket(uint64_t word)
{
    return word == 0 || layout_is_pointer(word, 8);
}

bool std_buckets_begin(const struct layout_view *view)
{
    for (size_t at = 0; at + 8 <= view->head_bytes; at += 8)
        if (!is_bucket(word_u64(view->head, at)))
            return false;
    return true;
}

/* One pass over the buckets: first without a container, for the words that may lead to it, then
 * with it. */
struct pass {
    const struct layout_view *view;
    const struct search *search;
    uint64_t array_bytes;
    uint64_t list_head; /* what one bucket must hold, 0 while the container is not known */
    uint64_t occupied;
    uint64_t list_head_seen;
    uint64_t lowest, highest;
    unsigned probes;
    bool found;
};

/* Which buckets are in use is a matter of chance: to guess wrongly about each takes two to three
 * times as long as to gather those of so many first, without a branch. */
#define BATCH 64u

/* The places of the words that are not 0. */
static unsigned gather(const unsigned char *words, size_t count, uint8_t places[BATCH])
{
    unsigned used = 0;
    for (size_t i = 0; i < count; i++) {
        places[used] = (uint8_t)i;
        used += word_u64(words, i * 8) != 0;
    }
    return used;
}

static bool visit_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct pass *pass = context;
    uint8_t places[BATCH];
    if (pass->list_head == 0 && pass->occupied == 0 && offset >= EMPTY_STRETCH_BYTES)
        return false;
    for (size_t start = 0; start < bytes; start += sizeof(uint64_t) * BATCH) {
        size_t left = (bytes - start) / 8;
        unsigned used = gather(piece + start, left < BATCH ? left : BATCH, places);
        for (unsigned i = 0; i < used; i++) {
            size_t at = start + (size_t)places[i] * 8;
            uint64_t word = word_u64(piece, at);
            if (!is_bucket(word))
                return false;
            if (word == pass->list_head)
                pass->list_head_seen++;
            else
                entry_sample_offer(&pass->search->out->sample, word, offset + at,
                                   pass->array_bytes);
            if (word < pass->lowest)
                pass->lowest = word;
            if (word > pass->highest)
                pass->highest = word;
        }
        pass->occupied += used;
    }
    return true;
}

/* What is read first: the words before the list's head, whichever shape it is. */
#define BEFORE_HEAD_BYTES 24u

static bool names_block(const struct search *search, const struct std_shape *shape,
                        const unsigned char *before_head)
{
    const unsigned char *at = before_head + BEFORE_HEAD_BYTES - shape->list_head;
    return names_array(search, at) && word_u64(at, 8) == search->bucket_count;
}

/* Of several shapes, none of which may be another array's, the first two words say whether the rest
 * is worth reading. */
static bool may_lead_to_container(const struct search *search, const unsigned char *before_head)
{
    for (unsigned shape = 0; shape < search->shape_count; shape++)
        if (names_block(search, &search->shapes[shape], before_head))
            return true;
    return false;
}

static bool has_next(const struct search *search)
{
    return search->may_be_next && search->shapes[0].next_resize != 0;
}

static bool leads_by_words(const struct layout_view *view, const struct search *search,
                           const uint64_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (leads_to_container(view, search, words[i]))
            return true;
    return false;
}

/* leads_to_container() for many words at once: all are read by one system call, unless one of them
 * leads to nowhere. */
static bool any_leads_to_container(const struct layout_view *view, const struct search *search,
                                   const uint64_t *words, unsigned count)
{
    uint64_t at[PROBES_AT_ONCE];
    unsigned char bytes[PROBES_AT_ONCE * CONTAINER_BYTES_MOST];
    const struct std_shape *first = &search->shapes[0];
    bool is_front = !has_next(search);
    size_t each = is_front ? BEFORE_HEAD_BYTES : shape_bytes(search, first);
    for (unsigned i = 0; i < count; i++)
        at[i] = words[i] - (is_front ? BEFORE_HEAD_BYTES : first->list_head);
    if (each > CONTAINER_BYTES_MOST || !read_pieces(view->reader, at, count, bytes, each))
        return leads_by_words(view, search, words, count);
    for (unsigned i = 0; i < count; i++) {
        const unsigned char *there = bytes + i * each;
        if (is_front
                ? may_lead_to_container(search, there) && leads_to_container(view, search, words[i])
                : has_shape(search, first, at[i], there))
            return true;
    }
    return false;
}

static bool probe_buckets(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct pass *pass = context;
    uint64_t words[PROBES_AT_ONCE];
    unsigned count = 0;
    (void)offset;
    for (size_t at = 0; at < bytes && pass->probes < PROBES_MAX && !pass->found; at += 8) {
        uint64_t word = word_u64(piece, at);
        if (word == 0)
            continue;
        pass->probes++;
        words[count++] = word;
        if (count == PROBES_AT_ONCE) {
            pass->found = any_leads_to_container(pass->view, pass->search, words, count);
            count = 0;
        }
    }
    if (!pass->found && count > 0)
        pass->found = any_leads_to_container(pass->view, pass->search, words, count);
    return !pass->found && pass->probes < PROBES_MAX;
}

static struct pass new_pass(const struct layout_view *view, const struct search *search)
{
    search->out->sample.count = 0;
    return (struct pass){.view = view,
                         .search = search,
                         .array_bytes = search->bucket_count * 8,
                         .lowest = UINT64_MAX};
}

/* Through the buckets. The object is mostly older than its nodes, or on a stack or in static
 * memory, while the nodes are on the heap: the lowest and the highest word go first. */
static bool find_by_bucket(const struct layout_view *view, const struct search *search)
{
    struct pass pass = new_pass(view, search);
    uint64_t address = search->block->address;
    if (!layout_scan(view, address, pass.array_bytes, 8, visit_buckets, &pass) ||
        pass.occupied == 0)
        return false;
    if (leads_to_container(view, search, pass.lowest) ||
        leads_to_container(view, search, pass.highest))
        return true;
    layout_scan(view, address, pass.array_bytes, 8, probe_buckets, &pass);
    return pass.found;
}

/* Whether one of the buckets leads to the list's head in the container that was found: none does to
 * a copy of it. */
static bool buckets_lead_to(const struct layout_view *view, const struct search *search)
{
    const struct std_container *container = search->out;
    struct pass pass = new_pass(view, search);
    pass.list_head = container->address + container->shape.list_head;
    return layout_scan(view, search->block->address, pass.array_bytes, 8, visit_buckets, &pass) &&
           pass.occupied <= container->element_count &&
           pass.list_head_seen == (container->element_count == 0 ? 0 : 1);
}

bool std_container_find(const struct layout_view *view, const struct block *block,
                        uint64_t bucket_count, const struct std_shape *shapes, unsigned shape_count,
                        struct std_container *out)
{
    struct search search = {.block = block,
                            .bucket_count = bucket_count,
                            .may_be_next = view->is_hurried,
                            .may_be_gone = view->entries_may_be_gone,
                            .shapes = shapes,
                            .shape_count = shape_count,
                            .out = out};
    unsigned nth = 0;
    /* Only whoever holds the array's address leads to a container that clear() left empty. */
    if (layout_next_object(view, block->address, 0, &nth, container_fits, &search) == 0 &&
        ((layout_is_held_by_others(view, block->address) && !search.may_be_gone) ||
         !find_by_bucket(view, &search)))
        return false;
    while (!buckets_lead_to(view, &search))
        if (layout_next_object(view, block->address, 0, &nth, container_fits, &search) == 0)
            return false;
    if (out->is_left && !entry_sample_is_gone(&out->sample, view))
        return false;
    if (out->sample.count == 0 && out->first_node != 0)
        entry_sample_offer(&out->sample, out->first_node, 0, bucket_count * 8);
    return true;
}

void std_container_report(const struct std_container *container, const struct layout_view *view,
                          const struct block *block, struct table_reading *out)
{
    out->header = container->address;
    out->capacity = container->bucket_count;
    out->live = container->element_count;
    out->slot_bytes = 8;
    out->known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_HEADER;
    out->confidence_ppm = container->element_count == 0 ? 980000 : 1000000;
    out->array_count = 1;
    out->arrays[0] = (struct layout_array){block->address, block->bytes, DUMP_ROLE_BUCKETS};
    entry_sample_measure(&container->sample, view, out->live, out);
}
