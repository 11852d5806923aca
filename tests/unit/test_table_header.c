/* What an unknown table counts itself: table_header.h. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "readable.h"
#include "table_header.h"

#define SLOTS 4096u
#define LIVE  3000u

/* A table object as a stranger would write it, amid memory that belongs to others. */
struct world {
    struct readable readable;
    struct layout_view view;
    struct {
        uint64_t before[16];
        struct {
            uint32_t flags, entry_bytes;
            const void *slots;
            uint32_t mask, live;
            uint32_t used, copy_at_growth;
        } object;
        uint64_t behind[16];
    } memory;
    uint64_t slots[SLOTS];
};

static struct world world;

static void begin(void)
{
    memset(&world, 0, sizeof(world));
    readable_begin(&world.readable);
    readable_add(&world.readable, &world.memory, sizeof(world.memory));
    world.view = (struct layout_view){.reader = &world.readable.reader};
    world.memory.object.slots = world.slots;
    world.memory.object.mask = SLOTS - 1;
    world.memory.object.live = LIVE;
}

static struct header_facts facts(uint64_t live, uint64_t slack)
{
    return (struct header_facts){.array = {(uint64_t)(uintptr_t)world.slots, sizeof(world.slots)},
                                 .array_sequence = 7,
                                 .capacity = SLOTS,
                                 .live = live,
                                 .slack = slack};
}

static struct header_place place(enum header_kind kind)
{
    uint64_t address = (uint64_t)(uintptr_t)&world.memory.object.slots;
    return (struct header_place){.address = address,
                                 .word = (uint64_t)(uintptr_t)world.slots,
                                 .object = (uint64_t)(uintptr_t)&world.memory.object,
                                 .kind = kind};
}

static bool match(uint64_t live, const struct header_profile *before, struct header_profile *out)
{
    struct header_facts known = facts(live, 1);
    struct header_place where = place(HEADER_IN_OBJECT);
    return header_match(&world.readable.reader, &where, &known, before, out);
}

/* What the slots show: that many occupied of SLOTS, perhaps stale ones among them. */
static struct table_reading shown(uint64_t occupied)
{
    return (struct table_reading){.capacity = SLOTS,
                                  .live = occupied,
                                  .slot_bytes = 8,
                                  .confidence_ppm = 800000,
                                  .flags = DUMP_TABLE_LIVE_IS_UPPER_BOUND,
                                  .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE};
}

static bool read_table(const struct header_profile *profile, struct table_reading *reading)
{
    struct block array = facts(0, 0).array;
    return header_read(&world.view, &array, profile, reading);
}

static void finds_capacity_and_count(void **state)
{
    (void)state;
    struct header_profile header;
    begin();
    assert_true(match(LIVE, NULL, &header));
    assert_int_equal(header.capacity, 8);
    assert_int_equal(header.capacity_form, HEADER_CAPACITY_MASK);
    assert_int_equal(header.count_number, 1);
    assert_int_equal(header.counts[0], 12);
    assert_int_equal(header.growths, 1);
    /* The entry that made it grow may be counted already. */
    assert_true(match(LIVE - 1, NULL, &header));
    assert_false(match(LIVE - 2, NULL, &header));
}

static void reads_the_count_and_not_the_stale_slots(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE);
    begin();
    assert_true(match(LIVE, NULL, &header));
    world.memory.object.live = 60;
    world.memory.object.used = LIVE; /* the deleted ones, too: that is what the slots show */
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, 60);
    assert_int_equal(reading.capacity, SLOTS);
    assert_int_equal(reading.header, (uint64_t)(uintptr_t)&world.memory.object.slots);
    assert_true(reading.flags & DUMP_TABLE_COUNTED);
    assert_false(reading.flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND);
}

/* One word counts the tombstones, too, one is a copy that the growth left: the live count wins. */
static void tells_the_live_count_from_others(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE + 500);
    begin();
    world.memory.object.used = world.memory.object.copy_at_growth = LIVE;
    assert_true(match(LIVE, NULL, &header));
    assert_int_equal(header.count_number, 3);
    world.memory.object.live = LIVE + 100;
    world.memory.object.used = LIVE + 500;
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE + 100);
}

/* A number below that of the occupied slots is no count because it was one at a growth: it may be
 * the room that was left, or what a map in the same object holds. */
static void believes_no_lone_smaller_number(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE + 200);
    begin();
    assert_true(match(LIVE, NULL, &header));
    world.memory.object.live = 60;
    assert_false(read_table(&header, &reading));
    world.memory.object.live = LIVE - 200; /* a doubled limit, and 200 more entries */
    world.memory.object.used = LIVE + 200;
    assert_false(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE + 200);
    assert_true(reading.flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND);
}

/* The room that is left is less than the slots in use, too, and the count beside it accounts for
 * all of these: it was the number of entries before they moved, and the room was nothing. */
static void takes_no_room_beside_a_proven_count(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE + 300);
    begin();
    world.memory.object.used = LIVE; /* the room of a table that has just doubled */
    assert_true(match(LIVE, NULL, &header));
    assert_int_equal(header.count_number, 2);
    world.memory.object.live = LIVE + 300;
    world.memory.object.used = 100; /* as slots were erased and not used again */
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, 100); /* which it may be, for all that is known */
    for (unsigned i = 0; i < header.count_number; i++)
        if (header.counts[i] == 12)
            header.proven = (uint8_t)(1u << i);
    reading = shown(LIVE + 300);
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE + 300);
}

static void keeps_what_a_second_growth_confirms(void **state)
{
    (void)state;
    struct header_profile first, second;
    begin();
    world.memory.object.entry_bytes = LIVE; /* by chance */
    assert_true(match(LIVE, NULL, &first));
    assert_int_equal(first.count_number, 2);
    world.memory.object.live = 3500;
    assert_true(match(3500, &first, &second));
    assert_int_equal(second.growths, 2);
    assert_int_equal(second.count_number, 1);
    assert_int_equal(second.counts[0], 12);
}

/* Marks in the slots may be of deleted entries or of slots that were used again. */
static void tells_what_marks_mean_by_the_count(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE);
    begin();
    assert_true(match(LIVE, NULL, &header));
    reading.tombstones = LIVE - 60;
    world.memory.object.live = 60;
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, 60);
    assert_int_equal(reading.tombstones, LIVE - 60);
    assert_true(reading.known & DUMP_KNOWN_TOMBSTONES);

    reading = shown(LIVE);
    reading.tombstones = LIVE - 60;
    world.memory.object.live = LIVE;
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE);
    assert_false(reading.known & DUMP_KNOWN_TOMBSTONES);

    reading = shown(60); /* the marks were believed */
    reading.tombstones = LIVE - 60;
    reading.known |= DUMP_KNOWN_TOMBSTONES;
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE);
    assert_int_equal(reading.tombstones, 0);

    reading = shown(LIVE);
    reading.tombstones = LIVE - 60;
    world.memory.object.live = 1000; /* neither */
    assert_false(read_table(&header, &reading));
    assert_int_equal(reading.live, LIVE);
}

/* The upper half of an address on a stack is 32,767. */
static void takes_no_half_of_an_address(void **state)
{
    (void)state;
    struct header_profile header;
    uint64_t address = 0x7fff12345678;
    begin();
    world.memory.object.live = 0;
    memcpy(&world.memory.object.used, &address, sizeof(address));
    assert_false(match(0x7fff, NULL, &header));
    world.memory.object.used = LIVE; /* a number beside one */
    assert_true(match(0x7fff, NULL, &header));
}

/* Buckets of four entries, which look like single slots. */
static void counts_slots_as_the_table_does(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(LIVE);
    begin();
    world.memory.object.mask = SLOTS / 4 - 1;
    world.memory.object.live = LIVE / 4;
    assert_true(match(LIVE, NULL, &header));
    assert_int_equal(header.times, 1);
    assert_int_equal(header.parts, 4);
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.capacity, SLOTS / 4);
    assert_int_equal(reading.live, LIVE / 4);
    assert_int_equal(reading.slot_bytes, 32);
}

static void believes_nothing_impossible(void **state)
{
    (void)state;
    struct header_profile header;
    struct table_reading reading = shown(100);
    begin();
    assert_true(match(LIVE, NULL, &header));
    assert_false(read_table(&header, &reading)); /* more entries than occupied slots */
    assert_int_equal(reading.live, 100);
    world.memory.object.live = 0; /* one match, and nothing in it: rather another object by now */
    assert_false(read_table(&header, &reading));
    world.memory.object.live = 50;
    world.memory.object.mask = 2 * SLOTS - 1; /* of another array */
    assert_false(read_table(&header, &reading));
    world.memory.object.mask = SLOTS - 1;
    world.memory.object.slots = &world; /* points elsewhere, and no scan knows another holder */
    assert_false(read_table(&header, &reading));
    assert_false(reading.flags & DUMP_TABLE_COUNTED);
}

static void takes_no_small_number_for_a_count(void **state)
{
    (void)state;
    struct header_profile header;
    begin();
    world.memory.object.live = 40;
    assert_false(match(40, NULL, &header));
}

/* In a frame the numbers of a growth lie about: an object on a stack must have them behind its
 * beginning, and name its capacity. */
static void is_careful_with_stacks(void **state)
{
    (void)state;
    struct header_profile header;
    struct header_facts known = facts(LIVE, 1);
    struct header_place where = place(HEADER_ON_STACK);
    begin();
    assert_true(header_match(&world.readable.reader, &where, &known, NULL, &header));
    world.memory.object.mask = 0;
    assert_false(header_match(&world.readable.reader, &where, &known, NULL, &header));
    world.memory.before[15] = SLOTS; /* before the object: of another variable */
    assert_false(header_match(&world.readable.reader, &where, &known, NULL, &header));
    where.object = where.address + 8;
    assert_false(header_match(&world.readable.reader, &where, &known, NULL, &header));
}

static void reads_a_header_in_the_block_itself(void **state)
{
    (void)state;
    struct header_profile header;
    struct header_facts known = facts(LIVE, 1);
    struct table_reading reading = shown(LIVE);
    begin();
    readable_add(&world.readable, world.slots, sizeof(world.slots));
    uint32_t numbers[3] = {SLOTS, LIVE};
    memcpy(world.slots, numbers, sizeof(numbers));
    assert_true(header_match_array(&world.readable.reader, &known, NULL, &header));
    numbers[1] = 11;
    numbers[2] = LIVE - 11; /* deleted */
    memcpy(world.slots, numbers, sizeof(numbers));
    assert_true(read_table(&header, &reading));
    assert_int_equal(reading.live, 11);
}

/* The object may lie at the very end of what can be read. */
static void reads_up_to_the_end_of_memory(void **state)
{
    (void)state;
    static unsigned char pages[8192] __attribute__((aligned(4096)));
    struct header_profile header;
    struct header_facts known = facts(LIVE, 1);
    uint64_t pointer = (uint64_t)(uintptr_t)world.slots;
    begin();
    readable_add(&world.readable, pages + 4096, 4096);
    memcpy(pages + 4096, &pointer, 8);
    uint32_t numbers[2] = {SLOTS, LIVE};
    memcpy(pages + 4104, numbers, sizeof(numbers));
    struct header_place where = {
        .address = (uint64_t)(uintptr_t)(pages + 4096), .word = pointer, .kind = HEADER_IN_OBJECT};
    assert_true(header_match(&world.readable.reader, &where, &known, NULL, &header));
    where.address += 1ull << 40;
    assert_false(header_match(&world.readable.reader, &where, &known, NULL, &header));
}

/* Where each slot may be the head of a chain, the number of entries is known roughly only. */
static void takes_bare_words_for_heads_of_chains(void **state)
{
    (void)state;
    struct header_facts known = facts(1600, 1), chains;
    struct slot_profile profile = {.slot_bytes = 4, .column_bytes = 4};
    begin();
    assert_true(header_facts_of_chains(&known, &profile, &chains));
    assert_int_equal(chains.live, 2029); /* -4096 ln(1 - 1600/4096) */
    assert_true(chains.slack > 60 && chains.slack < 300);
    profile.slot_bytes = 16;
    assert_false(header_facts_of_chains(&known, &profile, &chains));
    profile.slot_bytes = 4;
    known.live = SLOTS;
    assert_false(header_facts_of_chains(&known, &profile, &chains));
}

/* A copy of a registry that was just being written may hold anything. */
static void survives_any_profile(void **state)
{
    (void)state;
    uint64_t seed = 5;
    begin();
    for (unsigned i = 0; i < 20000; i++) {
        struct header_profile header;
        struct table_reading reading = shown(LIVE);
        for (size_t at = 0; at + 8 <= sizeof(header); at += 8) {
            uint64_t word = random_word(&seed);
            memcpy((unsigned char *)&header + at, &word, 8);
        }
        if (i % 2 == 0) {
            header.place = place(HEADER_IN_OBJECT).address;
            header.target = 0;
            header.kind %= 4;
        }
        read_table(&header, &reading);
    }
}

/* Whether the word whose bits are the opposite stands below the caller's frame, where calls have
 * returned. The word itself would be found in this function's own frame. */
static __attribute__((noinline, no_sanitize("address"))) bool is_left_below(uint64_t inverted)
{
    const volatile uint64_t *frame = __builtin_frame_address(0);
    for (size_t i = 1; i <= 1024; i++)
        if ((frame[-(ptrdiff_t)i] ^ inverted) == UINT64_MAX)
            return true;
    return false;
}

static void leaves_no_copy_of_the_object_behind(void **state)
{
    (void)state;
    const uint64_t inverted = 0x5ec2e7ed5ec2e7edu;
    struct header_profile profile = {0};
    begin();
    /* Once before: the dynamic linker saves registers when a function is called first. */
    assert_true(match(LIVE, NULL, &profile));
    assert_false(false);
    /* Beside the object, so that nothing but the copy of the memory around it has the word. */
    world.memory.before[15] = ~inverted;
    assert_true(match(LIVE, NULL, &profile));
    assert_false(is_left_below(inverted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_no_copy_of_the_object_behind),
        cmocka_unit_test(finds_capacity_and_count),
        cmocka_unit_test(reads_the_count_and_not_the_stale_slots),
        cmocka_unit_test(tells_the_live_count_from_others),
        cmocka_unit_test(believes_no_lone_smaller_number),
        cmocka_unit_test(takes_no_room_beside_a_proven_count),
        cmocka_unit_test(keeps_what_a_second_growth_confirms),
        cmocka_unit_test(tells_what_marks_mean_by_the_count),
        cmocka_unit_test(takes_no_half_of_an_address),
        cmocka_unit_test(counts_slots_as_the_table_does),
        cmocka_unit_test(believes_nothing_impossible),
        cmocka_unit_test(takes_no_small_number_for_a_count),
        cmocka_unit_test(is_careful_with_stacks),
        cmocka_unit_test(reads_a_header_in_the_block_itself),
        cmocka_unit_test(reads_up_to_the_end_of_memory),
        cmocka_unit_test(takes_bare_words_for_heads_of_chains),
        cmocka_unit_test(survives_any_profile),
    };
    return RUN(tests);
}
