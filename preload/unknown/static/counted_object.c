/*
 * What an object says about the array that it points at: see counted_search.h. No state, no
 * allocation.
 */
#include "counted_search.h"
#include "primes.h"

#define LEAST_CAPACITY 1024u
#define MOST_SLOT      128u
#define LEAST_BITS     10u /* of a capacity that is named by its logarithm */
#define MOST_BITS      36u

#define WORDS (2 * COUNTED_REACH / 4 + 2)

bool counted_object_read(const struct layout_view *view, const struct block *block, unsigned nth,
                         struct counted_object *out)
{
    uint64_t place = view->blocks->pointer_to(view->blocks, block->address, nth);
    return place > OBJECT_REACH && object_window_read_around(view->reader, place, &out->window);
}

bool counted_object_word(const struct counted_object *object, uint32_t nth, uint32_t *word)
{
    const struct object_window *window = &object->window;
    uint64_t at = window->place - COUNTED_REACH + 4 * (uint64_t)nth;
    if (nth >= WORDS)
        return false;
    bool is_pointer = at + 4 > window->place && at < window->place + 8;
    *word = is_pointer || !object_window_has(window, at) ? 0 : object_word_at(window, at);
    return true;
}

/* The words of eight bytes in the same reach, which may be addresses; 0: none. */
static bool address_at(const struct counted_object *object, uint32_t nth, uint64_t *word)
{
    const struct object_window *window = &object->window;
    uint64_t at = window->place - COUNTED_REACH + 8 * (uint64_t)nth;
    if (nth > WORDS / 2)
        return false;
    *word = object_window_has(window, at) && at + 8 <= window->end
                ? word_u64(window->bytes, at - window->start)
                : 0;
    return true;
}

bool counted_object_says(const struct counted_object *object, uint64_t number)
{
    uint32_t word;
    for (uint32_t nth = 0; counted_object_word(object, nth, &word); nth++)
        if (word == number)
            return true;
    return false;
}

bool counted_object_has(const struct counted_object *object, uint64_t number)
{
    const struct object_window *window = &object->window;
    for (uint64_t at = window->start; at + 4 <= window->end; at += 4)
        if (distance_between(object_word_at(window, at), number) <= 1)
            return true;
    return false;
}

bool counted_object_adds_up_to(const struct counted_object *object, uint64_t number)
{
    uint32_t one, other;
    for (uint32_t i = 0; counted_object_word(object, i, &one); i++)
        for (uint32_t n = i + 1;
             one >= COUNTED_LEAST && one < number && counted_object_word(object, n, &other); n++)
            if (other >= COUNTED_LEAST && distance_between((uint64_t)one + other, number) <= 1)
                return true;
    return false;
}

/* --- which capacities it names --- */

/* In the order in which they are tried: each word as it is, as a mask, as a logarithm, as what is
 * left of 64 or 32 bits; then addresses as the end of the slots, for slots of each size; then all
 * primes, for those may be named by their number in a table; and words as half of the slots. */
enum { AS_NUMBER, AS_MASK, AS_BITS, AS_SHIFT_64, AS_SHIFT_32, AS_HALF, AS_HALF_MASK, WAYS };

static uint64_t power_of(uint64_t bits)
{
    return bits >= LEAST_BITS && bits <= MOST_BITS ? 1ull << bits : 0;
}

static uint64_t half_of(const struct block *block, uint64_t word)
{
    const uint64_t slots = word * 2;
    if (word < LEAST_CAPACITY || slots > block->bytes || block->bytes / slots > MOST_SLOT ||
        block->bytes % slots > MOST_SLOT * COUNTED_TAIL)
        return 0;
    return is_power_of_two(word) || is_prime(word) || block->bytes % slots == 0 ? word : 0;
}

static uint64_t capacity_as(const struct block *block, uint32_t word, unsigned way)
{
    switch (way) {
    case AS_NUMBER:
        return word;
    case AS_MASK:
    case AS_HALF_MASK:
        return is_power_of_two((uint64_t)word + 1) ? (uint64_t)word + 1 : 0;
    case AS_BITS:
        return power_of(word);
    case AS_SHIFT_64:
        return power_of(64u - (uint64_t)word);
    case AS_SHIFT_32:
        return power_of(32u - (uint64_t)word);
    default:
        return half_of(block, word);
    }
}

#define BY_PRIMES MOST_SLOT
#define BY_WORDS  ((uint64_t)WORDS * AS_HALF)
#define BY_HALVES ((uint64_t)WORDS * (WAYS - AS_HALF))
#define BY_ENDS   ((uint64_t)(WORDS / 2 + 1) * MOST_SLOT)

static void nth_capacity(const struct block *block, const struct counted_object *object,
                         uint64_t nth, struct counted_shape *out)
{
    out->capacity = 0;
    out->are_halves = false;
    const bool is_last = nth >= BY_WORDS + BY_ENDS + BY_PRIMES;
    if (nth < BY_WORDS || is_last) {
        uint32_t word;
        nth -= is_last ? BY_ENDS + BY_PRIMES : 0;
        unsigned way = (unsigned)(nth / WORDS);
        if (!counted_object_word(object, (uint32_t)(nth % WORDS), &word))
            return;
        out->are_halves = way == AS_HALF || way == AS_HALF_MASK;
        out->capacity = capacity_as(block, word, way);
        return;
    }
    nth -= BY_WORDS;
    uint64_t slot_bytes = nth % MOST_SLOT + 1, end = block->bytes;
    if (nth < BY_ENDS) {
        uint64_t address;
        if (!address_at(object, (uint32_t)(nth / MOST_SLOT), &address) ||
            address - block->address > block->bytes || address == block->address)
            return;
        end = address - block->address;
        out->capacity = end % slot_bytes == 0 ? end / slot_bytes : 0;
        if (slot_bytes % 4 != 0 && !is_power_of_two(out->capacity) && !is_prime(out->capacity))
            out->capacity = 0;
        return;
    }
    nth -= BY_ENDS;
    if (end % slot_bytes == 0 && end / slot_bytes >= LEAST_CAPACITY && is_prime(end / slot_bytes))
        out->capacity = end / slot_bytes;
}

#define CAPACITIES (BY_WORDS + BY_ENDS + BY_PRIMES + BY_HALVES)

/* --- which arrays it has --- */

/* How large the elements are of an array of so many bytes; false where it has not as many as there
 * are slots. Lowers out->slots to what it has. */
static bool fit_array(struct counted_shape *out, uint64_t capacity, uint64_t bytes, bool is_page,
                      struct counted_array *array)
{
    uint64_t slot_bytes = bytes / capacity, rest = bytes % capacity;
    array->slot_bytes = array->bits = 0;
    if (slot_bytes > MOST_SLOT)
        return false;
    if (slot_bytes > 0) {
        uint64_t tail = rest / slot_bytes;
        if (tail > COUNTED_TAIL && !(is_page && rest < PAGE_BYTES))
            return false;
        tail = tail <= COUNTED_TAIL ? tail : 0;
        array->slot_bytes = (uint32_t)slot_bytes;
        out->slots = capacity + tail < out->slots ? capacity + tail : out->slots;
        return true;
    }
    for (array->bits = 1; array->bits <= 2; array->bits++)
        if (bytes >= (capacity * array->bits + 7) / 8 &&
            bytes <= (capacity + COUNTED_TAIL) * array->bits / 8 + sizeof(uint64_t))
            return true;
    return false;
}

static void add_array(struct counted_shape *out, const struct counted_array *array)
{
    uint32_t bytes = array->slot_bytes + 1;
    for (uint32_t i = 0; i < out->array_count; i++) {
        bytes += out->arrays[i].slot_bytes + 1;
        if (out->arrays[i].address == array->address)
            return;
    }
    if (out->array_count < COUNTED_ARRAYS && bytes <= COUNTED_SAMPLE_BYTES)
        out->arrays[out->array_count++] = *array;
}

/* The arrays that follow each other in the block, each of which the object points at. */
static bool add_inside(const struct block *block, const struct counted_object *object,
                       uint64_t capacity, struct counted_shape *out)
{
    uint64_t begins[COUNTED_ARRAYS + 1] = {block->address}, address;
    uint32_t count = 1;
    for (uint32_t nth = 0; address_at(object, nth, &address); nth++) {
        uint32_t at = 0;
        if (!block_has(block, address))
            continue;
        while (at < count && begins[at] < address)
            at++;
        if (at < count && begins[at] == address)
            continue;
        if (count == COUNTED_ARRAYS)
            return false;
        for (uint32_t i = count++; i > at; i--)
            begins[i] = begins[i - 1];
        begins[at] = address;
    }
    begins[count] = block->address + block->bytes;
    for (uint32_t i = 0; i < count; i++) {
        struct counted_array array = {.block = *block, .address = begins[i]};
        uint64_t bytes = begins[i + 1] - begins[i];
        if (fit_array(out, capacity, bytes, block->bytes % PAGE_BYTES == 0, &array))
            add_array(out, &array);
        else if (bytes * 8 > capacity)
            return false; /* what lies behind the last slot is less than a bit for each */
    }
    return out->array_count > 0 && out->arrays[0].address == block->address;
}

static void add_beside(const struct layout_view *view, const struct block *block,
                       const struct counted_object *object, uint64_t capacity,
                       struct counted_shape *out)
{
    uint64_t address;
    for (uint32_t nth = 0; address_at(object, nth, &address); nth++) {
        struct counted_array array = {.address = address};
        if (address == block->address || !view->blocks->find(view->blocks, address, &array.block))
            continue;
        uint64_t slots = out->slots;
        if (fit_array(out, capacity, array.block.bytes, array.block.bytes % PAGE_BYTES == 0,
                      &array))
            add_array(out, &array);
        else
            out->slots = slots;
        if (out->other_count < COUNTED_OTHERS)
            out->others[out->other_count++] = array.block;
    }
}

bool counted_object_shape(const struct layout_view *view, const struct block *block,
                          const struct counted_object *object, uint32_t nth,
                          struct counted_shape *out)
{
    out->slots = 0;
    out->array_count = out->other_count = 0;
    /* First those that leave nothing of the block: one slot less leaves a slot. */
    const bool may_leave = nth >= CAPACITIES;
    if (nth >= 2 * CAPACITIES)
        return false;
    nth_capacity(block, object, nth % CAPACITIES, out);
    const uint64_t all = out->are_halves ? out->capacity * 2 : out->capacity;
    if (all < LEAST_CAPACITY || all > block->bytes || block->bytes / all > MOST_SLOT)
        return true;
    out->slots = UINT64_MAX;
    if (!add_inside(block, object, all, out) || (out->slots != all && !may_leave)) {
        out->slots = 0;
        return true;
    }
    add_beside(view, block, object, all, out);
    return true;
}
