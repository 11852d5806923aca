/*
 * Perl's hash: an array of chains of HE. The SV that points at it says that it is a hash, the SV's
 * body names the size of the array and the number of its keys, and every entry carries its hash,
 * which leads to its bucket. The string table, which holds the keys of all hashes, is such a hash,
 * too; its entries are malloc's blocks, those of the others lie in Perl's own arenas.
 */
#include "buckets.h"
#include "object.h"

#define CAPACITY_MIN 64
#define CAPACITY_MAX (1u << 26) /* MAX_BUCKET_MAX + 1, hv.c */

/* struct hv, sv.h of Perl 5.12 to 5.40: a head of any SV. */
struct head {
    uint64_t body;
    uint32_t references;
    uint32_t flags; /* the low byte is the type */
    uint64_t array;
};
#define ARRAY_OFFSET 16
#define TYPE_MASK    0xffu /* SVTYPEMASK */
#define TYPE_HASH    12u   /* SVt_PVHV */

/* struct xpvhv, hv.h */
struct body {
    uint64_t package, magic;
    uint64_t keys;
    uint64_t highest_bucket; /* xhv_max */
};

/* struct he, hv.h. */
struct entry {
    uint64_t next;
    uint64_t key; /* struct hek, which begins with a 32-bit hash */
    uint64_t value;
};

/* struct xpvhv_aux, which Perl 5.20 to 5.34 append to the array of a hash that was iterated over;
 * since 5.36 it lies in the body. */
#define ITERATOR_BYTES 56

static uint64_t capacity_of(uint64_t bytes)
{
    return is_power_of_two(bytes / 8) ? bytes / 8 : (bytes - ITERATOR_BYTES) / 8;
}

struct search {
    uint64_t array;
    uint64_t capacity;
    struct body body;
};

static bool hash_fits(const struct layout_view *view, uint64_t address, void *context)
{
    struct search *search = context;
    struct body *body = &search->body;
    struct head head;
    return layout_is_pointer(address, 8) && layout_read(view, address, &head, sizeof(head)) &&
           (head.flags & TYPE_MASK) == TYPE_HASH && head.references != 0 &&
           head.array == search->array && layout_is_pointer(head.body, 8) &&
           layout_read(view, head.body, body, sizeof(*body)) &&
           body->highest_bucket == search->capacity - 1 && body->keys <= UINT32_MAX &&
           (body->package == 0 || layout_is_pointer(body->package, 8)) &&
           (body->magic == 0 || layout_is_pointer(body->magic, 8));
}

static bool bucket_of(const struct layout_view *view, uint64_t address, void *context,
                      uint64_t *bucket)
{
    const struct search *search = context;
    struct entry entry;
    uint32_t hash;
    if (!layout_read(view, address, &entry, sizeof(entry)) || !layout_is_pointer(entry.key, 8) ||
        !layout_read_u32(view, entry.key, &hash))
        return false;
    *bucket = hash & (search->capacity - 1);
    return true;
}

/* In the string table key and entry are one block, struct shared_he. */
static bool entries_have_keys_behind(const struct layout_view *view,
                                     const struct entry_sample *sample)
{
    for (uint32_t i = 0; i < sample->count; i++) {
        struct entry entry;
        if (!layout_read(view, sample->addresses[i], &entry, sizeof(entry)) ||
            entry.key != sample->addresses[i] + sizeof(entry))
            return false;
    }
    return sample->count != 0;
}

static bool recognise_either(const struct layout_view *view, const struct block *block,
                             bool string_table, struct table_reading *out)
{
    struct search search = {.array = block->address, .capacity = capacity_of(block->bytes)};
    struct buckets buckets = {0};
    if (view->blocks == NULL || block->bytes % 8 != 0 || !is_power_of_two(search.capacity) ||
        search.capacity < CAPACITY_MIN || search.capacity > CAPACITY_MAX ||
        !buckets_begin(view, &buckets))
        return false;
    uint64_t hash = layout_object(view, block->address, ARRAY_OFFSET, hash_fits, &search);
    if (hash == 0 || !buckets_count(view, block->address, search.capacity * 8, &buckets) ||
        buckets.occupied > search.body.keys || (buckets.occupied == 0) != (search.body.keys == 0) ||
        !buckets_are_hashed(view, block->address, &buckets.sample, bucket_of, &search) ||
        entries_have_keys_behind(view, &buckets.sample) != string_table)
        return false;

    const struct block array = {block->address, search.capacity * 8};
    buckets_reading(&array, hash, search.body.keys, out);
    out->arrays[0].bytes = block->bytes;
    if (string_table)
        entry_sample_measure(&buckets.sample, view, out->live, out);
    return true;
}

static bool recognise_hash(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return recognise_either(view, block, false, out);
}

static bool recognise_string_table(struct layout_view *view, const struct block *block,
                                   struct table_reading *out)
{
    return recognise_either(view, block, true, out);
}

/* Perl_hv_ksplit(), which a list assignment calls with the number of pairs: the power of two that
 * holds half as many again, at least 8 (PERL_HASH_DEFAULT_HvMAX + 1). */
static uint64_t capacity_for(uint64_t live)
{
    uint64_t capacity = next_power_of_two(live + live / 2);
    return capacity < 8 ? 8 : capacity;
}

/* DO_HSPLIT, hv.c: doubles when the keys are two thirds of the buckets and one was not alone in
 * its bucket. */
#define LOAD_LIMIT        0.667
#define LOAD_AFTER_GROWTH 0.333

const struct layout layout_perl_hash = {
    .name = "Perl hash",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_hash,
    .load_limit = LOAD_LIMIT,
    .load_after_growth = LOAD_AFTER_GROWTH,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .is_script_object = true,
    .on_erase = "never shrinks",
    .recreate = "my %t = %h; undef %h; %h = %t;",
    .source = "Perl 5.36.0, hv.h and hv.c: struct he, struct xpvhv, DO_HSPLIT, hv_ksplit",
};

/* Nothing in Perl makes the string table smaller, and it empties as the hashes go, last of all when
 * the program ends: it is known by name so that it is no finding, whatever its load. */
const struct layout layout_perl_string_table = {
    .name = "Perl string table",
    .kind = DUMP_KIND_CHAINED,
    .recognise = recognise_string_table,
    .load_limit = LOAD_LIMIT,
    .load_after_growth = 0,
    .capacity_for = capacity_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks, and nothing in Perl makes it",
    .source = "Perl 5.36.0, hv.h and hv.c: PL_strtab, struct shared_he, S_share_hek_flags",
};
