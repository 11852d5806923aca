/* Words that scale with a table, and which of them counts: table_scale.h. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "readable.h"
#include "table_scale.h"

#define SLOT_BYTES  24u
#define FIRST_SLOTS 2048u
#define GROWTHS     4u

/* A table's object as a stranger would write it, with a count and the room left, or one of them. */
struct world {
    struct readable readable;
    struct layout_view view;
    struct {
        uint64_t before[16];
        struct {
            void *slots;
            uint64_t capacity;
            uint32_t count, padding;
            uint32_t room, more_padding;
        } object;
        uint64_t behind[16];
    } memory;
    struct scale_profile profile;
    uint64_t capacity;
    uint64_t seed;
    bool has_count, has_room;
    unsigned flag_bits;    /* of the word that counts, the lowest of which is set */
    unsigned chain_length; /* each bucket has as many entries; 0: slots of one */
    unsigned hash_bits;    /* of which the highest name a slot: by how much they are shifted is the
                              capacity; 0: its number is */
};

static struct world world;

/* Every slot that is in use differs from all others. */
static void fill_slots(uint64_t used)
{
    uint64_t left = used;
    for (uint64_t i = 0; i < world.capacity; i++) {
        unsigned char *slot = (unsigned char *)world.memory.object.slots + i * SLOT_BYTES;
        memset(slot, 0, SLOT_BYTES);
        if (random_word(&world.seed) % (world.capacity - i) >= left)
            continue;
        uint64_t key = random_word(&world.seed);
        memcpy(slot, &key, sizeof(key));
        left--;
    }
}

static void set_object(uint64_t count, uint64_t room)
{
    world.memory.object.capacity = world.capacity;
    if (world.hash_bits > 0)
        world.memory.object.capacity = world.hash_bits - (uint64_t)__builtin_ctzll(world.capacity);
    uint32_t flagged = (uint32_t)count << world.flag_bits | (world.flag_bits > 0);
    world.memory.object.count = world.has_count ? flagged : 0;
    world.memory.object.room = world.has_room ? (uint32_t)room : 0;
}

static bool is_nobodys(uint64_t address, void *context)
{
    (void)address;
    (void)context;
    return false;
}

/* Grows at three quarters, by two. `is_begun_anew`: it counts from zero while the entries move. */
static void grow(uint32_t sequence, bool is_begun_anew)
{
    uint64_t limit =
        world.chain_length ? world.capacity * 2 * world.chain_length : world.capacity / 4 * 3;
    struct block old = {(uint64_t)(uintptr_t)world.memory.object.slots,
                        world.capacity * SLOT_BYTES};
    struct scale_profile before = world.profile;
    set_object(is_begun_anew ? 0 : limit, 0);
    if (before.growths > 0)
        assert_true(
            table_scale_note_birth(&world.readable.reader, sequence, is_nobodys, NULL, &before));
    void *old_slots = world.memory.object.slots;
    world.capacity *= 2;
    world.memory.object.slots = calloc(world.capacity, SLOT_BYTES);
    assert_non_null(world.memory.object.slots);
    readable_add(&world.readable, world.memory.object.slots, world.capacity * SLOT_BYTES);
    set_object(limit, world.capacity / 4 * 3 - limit);
    struct scale_search search = {
        .reader = &world.readable.reader,
        .old = old,
        .array = {(uint64_t)(uintptr_t)world.memory.object.slots, world.capacity * SLOT_BYTES},
        .before = before.growths > 0 ? &before : NULL,
        .array_sequence = sequence};
    struct header_place place = {.address = (uint64_t)(uintptr_t)&world.memory.object.slots,
                                 .word = search.array.address,
                                 .kind = HEADER_IN_OBJECT};
    assert_true(table_scale_match(&search, &place, &world.profile));
    if (world.flag_bits > 0 || world.chain_length > 0)
        table_scale_compare(&world.profile, search.array.bytes, world.capacity,
                            world.chain_length ? world.capacity : limit);
    free(old_slots);
}

static void grow_often(bool is_begun_anew)
{
    world.seed = 3;
    world.capacity = FIRST_SLOTS;
    world.memory.object.slots = calloc(world.capacity, SLOT_BYTES);
    readable_begin(&world.readable);
    readable_add(&world.readable, &world.memory, sizeof(world.memory));
    world.view = (struct layout_view){.reader = &world.readable.reader};
    for (uint32_t i = 0; i < GROWTHS; i++)
        grow(10 + i, is_begun_anew);
}

static void begin(bool has_count, bool has_room, bool is_begun_anew)
{
    memset(&world, 0, sizeof(world));
    world.has_count = has_count;
    world.has_room = has_room;
    grow_often(is_begun_anew);
}

/* Then so many entries come, and all but some go. `used` slots differ from the empty ones. */
static bool read_later(uint64_t inserted, uint64_t live, uint64_t used,
                       struct table_reading *reading)
{
    struct block array = {(uint64_t)(uintptr_t)world.memory.object.slots,
                          world.capacity * SLOT_BYTES};
    struct table_reading no_slots = {0};
    unsigned char scratch[65536];
    fill_slots(used);
    set_object(live, world.capacity / 4 * 3 - inserted);
    world.view.scratch = scratch;
    memset(reading, 0, sizeof(*reading));
    bool is_read = table_scale_read(&world.view, &array, &world.profile, &no_slots, reading);
    free(world.memory.object.slots);
    return is_read;
}

static void reads_a_count(void **state)
{
    (void)state;
    struct table_reading reading;
    begin(true, false, false);
    assert_true(read_later(20000, 500, 20000, &reading)); /* erasing left all bytes */
    assert_int_equal(reading.live, 500);
    assert_int_equal(reading.capacity, FIRST_SLOTS << GROWTHS);
}

static void reads_a_count_above_flags(void **state)
{
    (void)state;
    struct table_reading reading;
    memset(&world, 0, sizeof(world));
    world.has_count = true;
    world.flag_bits = 3;
    grow_often(false);
    assert_true(read_later(20000, 500, 20000, &reading));
    assert_int_equal(reading.live, 500);
    assert_int_equal(reading.capacity, FIRST_SLOTS << GROWTHS);
    assert_int_equal(reading.growth_live, (FIRST_SLOTS << (GROWTHS - 1)) / 4 * 3);
}

static void reads_a_capacity_by_the_shift_of_a_hash(void **state)
{
    (void)state;
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        struct table_reading reading;
        memset(&world, 0, sizeof(world));
        world.has_count = true;
        world.hash_bits = bits;
        grow_often(false);
        assert_true(read_later(20000, 500, 20000, &reading));
        assert_int_equal(reading.live, 500);
        assert_int_equal(reading.capacity, FIRST_SLOTS << GROWTHS);
    }
}

/* At each growth it was twice the heads, for all chains were as long. */
static void takes_no_chains_for_flags(void **state)
{
    (void)state;
    struct table_reading reading;
    memset(&world, 0, sizeof(world));
    world.has_count = true;
    world.chain_length = 2;
    grow_often(false);
    assert_true(read_later(0, 30001, 20000, &reading));
    assert_int_equal(reading.live, 30001);
}

static void takes_no_room_for_a_count(void **state)
{
    (void)state;
    struct table_reading reading;
    begin(false, true, false);
    assert_false(read_later(24000, 24000, 24000, &reading)); /* full: little room is left */
    begin(false, true, false);
    assert_false(read_later(24000, 500, 24000, &reading));
}

static void tells_the_count_from_the_room_beside_it(void **state)
{
    (void)state;
    struct table_reading reading;
    begin(true, true, false);
    assert_true(read_later(24000, 24000, 24000, &reading));
    assert_int_equal(reading.live, 24000);
    begin(true, true, false);
    assert_true(read_later(24000, 700, 24000, &reading));
    assert_int_equal(reading.live, 700);
}

/* Which of the two it is the births do not tell then; that hardly a slot is in use does, or that
 * fewer are than if it were the room. */
static void asks_the_slots_about_a_count_that_is_begun_anew(void **state)
{
    (void)state;
    struct table_reading reading;
    begin(true, false, true);
    assert_true(read_later(24000, 700, 700, &reading));
    assert_int_equal(reading.live, 700);
    begin(true, false, true);
    assert_true(read_later(16000, 700, 16000, &reading));
    begin(true, false, true);
    assert_false(read_later(24300, 700, 24300, &reading));
}

/* How many slots another array has, and a limit, are told of the new array after the growth. */
static void takes_no_limit_for_a_count(void **state)
{
    (void)state;
    struct table_reading reading;
    begin(true, false, false);
    uint64_t limit = world.capacity / 4 * 3;
    assert_false(read_later(limit, limit, limit, &reading));
}

/* A header in front of the slots, and a limit of three quarters that divides the bytes as well as
 * the slots do: the old limit is just what the count has come to. */
static void takes_a_count_that_has_come_to_the_limit(void **state)
{
    (void)state;
    static struct {
        uint64_t before[16];
        uint32_t count, padding;
        void *slots;
        uint64_t limit;
        uint64_t behind[16];
    } memory;
    enum { HEADER = 16, OLD_SLOTS = 2048, LIMIT = OLD_SLOTS / 4 * 3 };
    static uint64_t old_array[(HEADER + OLD_SLOTS * SLOT_BYTES) / 8];
    static uint64_t array[(HEADER + 2 * OLD_SLOTS * SLOT_BYTES) / 8];
    struct readable readable;
    struct scale_profile profile;
    struct scale_fronts fronts;
    old_array[1] = OLD_SLOTS;
    array[1] = 2 * OLD_SLOTS;
    memory.count = LIMIT;
    memory.slots = &array[HEADER / 8];
    memory.limit = 2 * LIMIT;
    readable_begin(&readable);
    readable_add(&readable, &memory, sizeof(memory));
    readable_add(&readable, old_array, sizeof(old_array));
    readable_add(&readable, array, sizeof(array));
    struct scale_search search = {.reader = &readable.reader,
                                  .old = {(uint64_t)(uintptr_t)old_array, sizeof(old_array)},
                                  .array = {(uint64_t)(uintptr_t)array, sizeof(array)},
                                  .array_sequence = 10};
    struct header_place place = {.address = (uint64_t)(uintptr_t)&memory.slots,
                                 .word = (uint64_t)(uintptr_t)memory.slots,
                                 .kind = HEADER_IN_OBJECT};
    assert_true(table_scale_read_fronts(&search, &fronts));
    search.fronts = &fronts;
    assert_true(table_scale_match(&search, &place, &profile));
    bool has_count = false;
    for (unsigned i = 0; i < profile.count_number; i++)
        has_count |= profile.counts[i].offset == -8 && profile.counts[i].word == LIMIT;
    assert_true(has_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_count),
        cmocka_unit_test(reads_a_count_above_flags),
        cmocka_unit_test(reads_a_capacity_by_the_shift_of_a_hash),
        cmocka_unit_test(takes_no_chains_for_flags),
        cmocka_unit_test(takes_no_room_for_a_count),
        cmocka_unit_test(tells_the_count_from_the_room_beside_it),
        cmocka_unit_test(asks_the_slots_about_a_count_that_is_begun_anew),
        cmocka_unit_test(takes_no_limit_for_a_count),
        cmocka_unit_test(takes_a_count_that_has_come_to_the_limit),
    };
    return RUN(tests);
}
