/*
 * Looking for an object like a table's own: see growth_elsewhere.h.
 */
#include "growth_elsewhere.h"

#include <dlfcn.h>
#include <string.h>

#include "header_search.h"
#include "layouts/words.h"

#define OBJECT_BYTES        192u /* as far as its numbers are looked for */
#define LEAST_OBJECT_BYTES  48u
#define BEFORE_HEADER_BYTES 64u   /* of the object the table's pointer is not the first word */
#define MOST_FOLLOWED       4096u /* objects behind pointers: up to 2 µs each */

/* Where in an object a number stands, in four or in eight bytes. */
struct place {
    uint32_t at, bytes;
};

/* Where in the table's object its words stand. */
struct object_shape {
    const struct registry *registry;
    const struct layout_view *view;
    const struct block *array;
    uint64_t object; /* where the first of its words stands */
    uint64_t capacity, live;
    struct place pointer_at, capacity_at, live_at;
    unsigned char bytes[OBJECT_BYTES];
    uint32_t size;          /* of it that can be read */
    uint32_t first, needed; /* from the first of the three, up to the last */
    uint64_t *followed;     /* SCRATCH_COUNTS of the words that were */
    unsigned follows;
    bool is_met; /* an object like it that holds as many entries elsewhere, in no more slots */
};

static uint64_t number_at(const unsigned char *object, struct place place)
{
    return place.bytes == 8 ? word_u64(object, place.at) : word_u32(object, place.at);
}

static bool take_place(struct object_shape *shape, uint32_t at, uint32_t bytes, struct place *out)
{
    *out = (struct place){at, bytes};
    shape->first = at / 8 * 8 < shape->first ? at / 8 * 8 : shape->first;
    shape->needed = at + bytes > shape->needed ? at + bytes : shape->needed;
    return true;
}

/* The first place of the number from the pointer on, else the first of all; of eight bytes if there
 * is one. */
static bool find_number(struct object_shape *shape, uint64_t number, struct place *out)
{
    const uint32_t starts[] = {shape->pointer_at.at, 0};
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t bytes = 8; bytes >= 4; bytes -= 4)
            for (uint32_t at = starts[i]; at + bytes <= shape->size; at += bytes)
                if (number_at(shape->bytes, (struct place){at, bytes}) == number)
                    return take_place(shape, at, bytes, out);
    return false;
}

/* From `header` on. A destructor may have taken the pointer out of where the object begins. */
static bool find_pointer(struct object_shape *shape, uint32_t header)
{
    for (uint32_t at = header; at + 8 <= shape->size; at += 8)
        if (block_has(shape->array, word_u64(shape->bytes, at)))
            return take_place(shape, at, 8, &shape->pointer_at);
    return word_u64(shape->bytes, header) == 0 && take_place(shape, header, 8, &shape->pointer_at);
}

/* The slots, a mask for them, or one more than there are. */
static bool find_capacity(struct object_shape *shape)
{
    return find_number(shape, shape->capacity, &shape->capacity_at) ||
           find_number(shape, shape->capacity - 1, &shape->capacity_at) ||
           find_number(shape, shape->capacity + 1, &shape->capacity_at);
}

/* As much around the place that the layout calls the object as can be read. */
static bool read_object(struct object_shape *shape, uint64_t header, uint32_t *header_at)
{
    shape->size = OBJECT_BYTES;
    for (*header_at = BEFORE_HEADER_BYTES;; *header_at = 0, shape->size /= 2) {
        shape->object = header - *header_at;
        if (shape->size < LEAST_OBJECT_BYTES)
            return false;
        if (layout_read(shape->view, shape->object, shape->bytes, shape->size))
            return true;
    }
}

/* From the first of the three words on. */
static void rebase(struct object_shape *shape)
{
    uint32_t first = shape->first;
    memmove(shape->bytes, shape->bytes + first, shape->size - first);
    shape->object += first;
    shape->size -= first;
    shape->needed -= first;
    shape->pointer_at.at -= first;
    shape->capacity_at.at -= first;
    shape->live_at.at -= first;
}

static bool learn_shape(struct object_shape *shape, uint64_t header)
{
    uint32_t header_at;
    if (header == 0 || !read_object(shape, header, &header_at) || !find_pointer(shape, header_at) ||
        !find_capacity(shape) || !find_number(shape, shape->live, &shape->live_at))
        return false;
    rebase(shape);
    return true;
}

static bool has(struct place place, uint32_t at)
{
    return place.at / 8 == at / 8;
}

/* The halves of a word, but for that of an address which all addresses share. */
static bool is_same_half(uint64_t ours, uint64_t other)
{
    return ((uint32_t)ours != 0 && (uint32_t)ours == (uint32_t)other) ||
           (!layout_is_pointer(ours, 1) && ours >> 32 != 0 && ours >> 32 == other >> 32);
}

/* Whether something else is the same in both, as the largest load factor of two maps is, beside
 * which may lie anything. Without it a module's dynamic section was such an object of 10 entries.
 */
static bool is_alike(const struct object_shape *shape, const unsigned char *object, size_t size)
{
    for (uint32_t at = 0; at + 8 <= size && at + 8 <= shape->size; at += 8)
        if (!has(shape->pointer_at, at) && !has(shape->capacity_at, at) &&
            !has(shape->live_at, at) &&
            is_same_half(word_u64(shape->bytes, at), word_u64(object, at)))
            return true;
    return false;
}

static bool is_smaller_one(const struct object_shape *shape, uint64_t address,
                           const unsigned char *object, size_t size)
{
    uint64_t array = word_u64(object, shape->pointer_at.at), first_word;
    uint64_t capacity = number_at(object, shape->capacity_at);
    return number_at(object, shape->live_at) == shape->live && layout_is_pointer(array, 8) &&
           !block_has(shape->array, array) && capacity > 0 &&
           capacity <= number_at(shape->bytes, shape->capacity_at) &&
           is_alike(shape, object, size) && address != shape->object &&
           !header_search_is_own(shape->registry, address) &&
           layout_read_u64(shape->view, array, &first_word);
}

/* The object that a word of another one leads to: whoever owns a table mostly has a pointer to it.
 * What lies in a module is shown anyway. _dl_find_object takes no lock (trap 29). */
static bool leads_to_smaller_one(struct object_shape *shape, uint64_t word)
{
    unsigned char object[OBJECT_BYTES];
    struct dl_find_object module;
    uint64_t *met = &shape->followed[word / 16 % SCRATCH_COUNTS];
    if (!layout_is_pointer(word, 8) || *met == word || shape->follows == MOST_FOLLOWED ||
        block_has(shape->array, word) || header_search_is_own(shape->registry, word) ||
        _dl_find_object((void *)(uintptr_t)word, &module) == 0)
        return false;
    *met = word;
    shape->follows++;
    size_t size = sizeof(object);
    while (!layout_read(shape->view, word, object, size)) {
        size /= 2;
        if (size < shape->needed)
            return false;
    }
    for (size_t at = 0; at <= BEFORE_HEADER_BYTES && at + shape->needed <= size; at += 8)
        if (is_smaller_one(shape, word + at, object + at, size - at))
            return true;
    return false;
}

static bool meet(uint64_t address, const unsigned char *bytes, size_t size, void *context)
{
    struct object_shape *shape = context;
    for (size_t at = -address % 8; !shape->is_met && at + 8 <= size; at += 8)
        shape->is_met = (at + shape->needed <= size &&
                         is_smaller_one(shape, address + at, bytes + at, size - at)) ||
                        leads_to_smaller_one(shape, word_u64(bytes, at));
    return shape->is_met;
}

enum elsewhere growth_elsewhere(const struct registry *registry, struct scratch *scratch,
                                const struct array_record *array,
                                const struct table_reading *reading)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    struct object_shape shape = {.registry = registry,
                                 .view = &scratch->view,
                                 .array = &block,
                                 .first = OBJECT_BYTES,
                                 .capacity = reading->capacity,
                                 .live = reading->live,
                                 .followed = scratch->counts};
    if (!learn_shape(&shape, reading->header))
        return ELSEWHERE_UNKNOWN;
    memset(scratch->counts, 0, sizeof(scratch->counts));
    header_search_memory(registry, scratch, &block, array->site, meet, &shape);
    return shape.is_met ? ELSEWHERE_YES : ELSEWHERE_NO;
}
