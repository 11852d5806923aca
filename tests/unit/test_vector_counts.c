/* Buckets that are vectors, counted in a snapshot: vector_counts.h. */
#include "unit.h"

#include <string.h>

#include "layouts/words.h"
#include "readable.h"
#include "vector_counts.h"

#define SLOTS       4096u
#define MOST_SLOT   32u
#define COOKIE      8u
#define ARENA_BYTES (1u << 20)

static unsigned char array[COOKIE + SLOTS * MOST_SLOT] __attribute__((aligned(16)));
static unsigned char arena[ARENA_BYTES] __attribute__((aligned(16))); /* blocks as glibc has them */
static size_t arena_used;
static uint32_t object[64];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static uint64_t seed, target;

#define AT_POINTER 32 /* the object's pointer to the array */

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    (void)index;
    return nth == 0 && address == target ? (uint64_t)(uintptr_t)&object[AT_POINTER] : 0;
}

static bool read_array(uint64_t bytes, bool glibc_heap, struct table_reading *out)
{
    static const struct block_index blocks = {.pointer_to = pointer_to};
    static struct readable readable;
    struct layout_view view = {.reader = &readable.reader,
                               .blocks = &blocks,
                               .scratch = scratch,
                               .glibc_heap = glibc_heap};
    struct block block = {(uint64_t)(uintptr_t)array, bytes};
    readable_begin(&readable);
    readable_add(&readable, array, sizeof(array));
    readable_add(&readable, arena, sizeof(arena));
    readable_add(&readable, object, sizeof(object));
    *out = (struct table_reading){0};
    return vector_counts_read(&view, &block, out);
}

static int begin(void **state)
{
    (void)state;
    memset(array, 0, sizeof(array));
    memset(arena, 0, sizeof(arena));
    memset(object, 0, sizeof(object));
    arena_used = 0;
    seed = 11;
    target = (uint64_t)(uintptr_t)array;
    memcpy(&object[AT_POINTER], &target, sizeof(target));
    return 0;
}

static void put(unsigned char *at, uint64_t value, size_t bytes)
{
    memcpy(at, &value, bytes);
}

static uint64_t allocate(uint64_t bytes)
{
    uint64_t chunk = bytes + 8 < 32 ? 32 : (bytes + 8 + 15) & ~(uint64_t)15;
    unsigned char *memory = arena + arena_used + 16;
    assert_true(arena_used + chunk + 32 < sizeof(arena));
    put(memory - 8, chunk | 1, 8);
    arena_used += chunk;
    put(arena + arena_used + 8, 0x1000 | 1, 8);
    return (uint64_t)(uintptr_t)memory;
}

/* How a bucket is laid out; an offset of ABSENT: it has no such field. */
#define ABSENT UINT32_MAX
struct design {
    uint32_t slot, pointer, length, room;
    uint32_t width; /* of length and room */
    uint32_t cookie, entry, first_room;
    bool has_ends; /* instead of numbers */
    uint64_t empty;
};

/* What is in the bucket; erased ones have been in it before. */
static void put_bucket(const struct design *design, uint32_t nth, uint32_t length, uint32_t most)
{
    unsigned char *slot = array + design->cookie + (size_t)nth * design->slot;
    uint32_t room = design->first_room;
    put(slot + design->pointer, design->empty, 8);
    if (most == 0)
        return;
    while (room < most)
        room *= 2;
    uint64_t memory = allocate((uint64_t)room * design->entry);
    put(slot + design->pointer, memory, 8);
    put(slot + design->length, design->has_ends ? memory + length * design->entry : length,
        design->width);
    if (design->room != ABSENT)
        put(slot + design->room, design->has_ends ? memory + room * design->entry : room,
            design->width);
}

/* As many as a hash throws into a bucket, of which one in `kept_of` is left. Returns how many. */
static uint64_t fill(const struct design *design, uint32_t kept_of)
{
    uint64_t live = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t most = 0, length = 0;
        for (uint32_t ball = 0; ball < 8; ball++)
            if (random_word(&seed) % 8 == 0) {
                most++;
                length += random_word(&seed) % kept_of == 0;
            }
        put_bucket(design, i, length, most);
        live += length;
    }
    return live;
}

static uint64_t bytes_of(const struct design *design)
{
    return design->cookie + (uint64_t)SLOTS * design->slot;
}

static void say(uint64_t live)
{
    object[AT_POINTER + 3] = SLOTS;
    object[AT_POINTER + 5] = (uint32_t)live;
}

static const struct design designs[] = {
    {.slot = 16, .length = 8, .room = 12, .width = 4, .entry = 24, .first_room = 1},
    {.slot = 16, .length = 12, .room = 8, .width = 4, .entry = 16, .first_room = 2, .cookie = 8},
    {.slot = 24, .pointer = 16, .room = 8, .width = 8, .entry = 40, .first_room = 1},
    {.slot = 24, .pointer = 8, .length = 16, .width = 8, .entry = 8, .first_room = 4, .empty = 8},
    {.slot = 24, .length = 8, .room = 16, .width = 8, .entry = 24, .first_room = 1, .has_ends = 1},
    {.slot = 32, .length = 8, .room = 12, .width = 4, .entry = 24, .first_room = 1},
    {.slot = 16, .length = 8, .room = ABSENT, .width = 4, .entry = 24, .first_room = 4},
};
#define DESIGNS (sizeof(designs) / sizeof(designs[0]))

static void lengths_that_the_object_counts_are_added_up(void **state)
{
    static const uint32_t kept_of[] = {1, 2, 20};
    for (size_t i = 0; i < DESIGNS; i++)
        for (int heap = 0; heap < 2; heap++)
            for (size_t nth = 0; nth < 3; nth++) {
                struct table_reading reading;
                begin(state);
                target += designs[i].cookie;
                uint64_t live = fill(&designs[i], kept_of[nth]);
                say(live);
                assert_true(read_array(bytes_of(&designs[i]), heap, &reading));
                assert_int_equal(reading.live, live);
                assert_int_equal(reading.capacity, SLOTS);
                assert_int_equal(reading.slot_bytes, designs[i].slot);
                assert_true(reading.flags & DUMP_TABLE_COUNTED);
            }
}

static void what_nobody_counts_is_not_believed(void **state)
{
    static const size_t plain[] = {0, 1, 2, 5, 6};
    struct table_reading reading;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        begin(state);
        target += designs[plain[i]].cookie;
        say(fill(&designs[plain[i]], 20) + 1);
        assert_false(read_array(bytes_of(&designs[plain[i]]), true, &reading));
    }
}

static void vectors_of_rust_and_cxx_count_themselves(void **state)
{
    struct table_reading reading;
    for (size_t i = 3; i <= 4; i++)
        for (uint32_t kept_of = 1; kept_of < 400; kept_of *= 20) {
            begin(state);
            uint64_t live = fill(&designs[i], kept_of);
            assert_true(read_array(bytes_of(&designs[i]), true, &reading));
            assert_int_equal(reading.live, live);
            assert_false(reading.flags & DUMP_TABLE_COUNTED);
        }
}

static void all_may_be_empty(void **state)
{
    struct table_reading reading;
    for (size_t i = 3; i <= 4; i++) {
        begin(state);
        for (uint32_t nth = 0; nth < SLOTS; nth++)
            put_bucket(&designs[i], nth, 0, random_word(&seed) % 3);
        assert_true(read_array(bytes_of(&designs[i]), true, &reading));
        assert_int_equal(reading.live, 0);
    }
}

/* Rust's String in a slot each: a set of texts, with an alignment of one. */
static void texts_are_no_entries(void **state)
{
    struct design design = designs[3];
    struct table_reading reading;
    (void)state;
    design.empty = design.entry = 1;
    design.first_room = 8;
    for (uint32_t nth = 0; nth < SLOTS; nth++)
        put_bucket(&design, nth, nth % 3 == 0 ? 1 + nth % 8 : 0, nth % 3 == 0 ? 8 : 0);
    assert_false(read_array(bytes_of(&design), true, &reading));
}

/* A pointer to entries, how many there are, and how many of them are deleted; the object counts
 * those. */
static void numbers_of_deleted_entries_are_no_lengths(void **state)
{
    static const struct design design = {
        .slot = 16, .length = 8, .room = ABSENT, .width = 4, .entry = 24, .first_room = 1};
    struct table_reading reading;
    for (int heap = 0; heap < 2; heap++) {
        begin(state);
        uint64_t deleted = 0, all = fill(&design, 1);
        for (uint32_t i = 0; i < SLOTS; i++) {
            uint32_t number = word_u32(array, i * 16 + 8), some = number > 1 && i % 4 == 0;
            put(array + i * 16 + 12, some, 4);
            deleted += some;
        }
        say(deleted);
        assert_true(deleted > 64 && deleted < all / 4);
        assert_false(read_array(bytes_of(&design), heap, &reading));
    }
}

/* A slot with a text, its length, and how often it was asked for, in a table that is full; the
 * object counts the questions. */
static void numbers_of_uses_are_no_lengths(void **state)
{
    struct table_reading reading;
    for (int counts_entries = 0; counts_entries < 2; counts_entries++) {
        uint64_t uses = 0, entries = 0;
        begin(state);
        for (uint32_t i = 0; i < SLOTS; i++) {
            if (random_word(&seed) % 3 == 0)
                continue;
            uint32_t length = 12 + random_word(&seed) % 4 * 8, used = random_word(&seed) % 20 == 0;
            put(array + i * 16, allocate(length + 1), 8);
            put(array + i * 16 + 8, length, 4);
            put(array + i * 16 + 12, used, 4);
            uses += used;
            entries++;
        }
        say(uses);
        object[AT_POINTER + 6] = counts_entries ? (uint32_t)entries : 0;
        /* Without the sizes of blocks the number of entries must tell. */
        assert_false(read_array(SLOTS * 16, !counts_entries, &reading));
    }
}

/* A key beside the vector is an entry, though nothing is left in it. */
static void slots_with_keys_are_no_buckets(void **state)
{
    struct design design = designs[0];
    struct table_reading reading;
    (void)state;
    design.slot = 24;
    uint64_t live = fill(&design, 20);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (word_u64(array, i * 24) != 0)
            put(array + i * 24 + 16, random_word(&seed), 8);
    say(live);
    assert_false(read_array(bytes_of(&design), true, &reading));
}

static void smaller_blocks_are_no_vectors(void **state)
{
    struct table_reading reading;
    (void)state;
    say(fill(&designs[0], 1));
    assert_true(read_array(bytes_of(&designs[0]), true, &reading));
    for (size_t at = 0; at < arena_used;) {
        size_t chunk = (size_t)(word_u64(arena, at + 8) & ~(uint64_t)15);
        if (chunk > 64)
            put(arena + at + 8, 32 | 1, 8);
        put(arena + at + 32 + 8, chunk > 64 ? (chunk - 32) | 1 : word_u64(arena, at + 32 + 8), 8);
        at += chunk;
    }
    assert_false(read_array(bytes_of(&designs[0]), true, &reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lengths_that_the_object_counts_are_added_up, begin),
        cmocka_unit_test_setup(what_nobody_counts_is_not_believed, begin),
        cmocka_unit_test_setup(vectors_of_rust_and_cxx_count_themselves, begin),
        cmocka_unit_test_setup(all_may_be_empty, begin),
        cmocka_unit_test_setup(texts_are_no_entries, begin),
        cmocka_unit_test_setup(numbers_of_deleted_entries_are_no_lengths, begin),
        cmocka_unit_test_setup(numbers_of_uses_are_no_lengths, begin),
        cmocka_unit_test_setup(slots_with_keys_are_no_buckets, begin),
        cmocka_unit_test_setup(smaller_blocks_are_no_vectors, begin),
    };
    return RUN(tests);
}
