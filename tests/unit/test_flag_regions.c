/* Flags of slots, and the word that counts them: flag_regions.h. */
#include "unit.h"

#include <string.h>

#include "flag_regions.h"
#include "readable.h"

#define MOST_SLOTS 4096u
#define SEQUENCE   77u

enum where { IN_FRONT, BEHIND, BESIDE };

/* A table whose slots keep the keys of what was erased, amid memory that belongs to others. */
static struct world {
    struct readable readable;
    struct block_index index;
    struct layout_view view;
    struct {
        uint64_t before[16];
        struct {
            void *slots;
            uint32_t capacity, live;
            void *flags;
        } object;
        uint64_t behind[16];
    } memory;
    enum flag_unit unit;
    enum where where;
    unsigned live_value;
    struct block array, old;
    uint64_t flags; /* address */
    uint64_t seed;
    uint64_t holder; /* address of what points at the array, but for the object; or 0 */
} world;

static uint64_t arrays[2][MOST_SLOTS * 2];
static unsigned char beside[MOST_SLOTS];
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));

static bool find_block(const struct block_index *index, uint64_t address, struct block *out)
{
    (void)index;
    *out = (struct block){.address = (uint64_t)(uintptr_t)beside,
                          .bytes = (world.memory.object.capacity + 7) / 8};
    if (world.unit == FLAG_PAIR)
        out->bytes = (world.memory.object.capacity + 3) / 4;
    else if (world.unit == FLAG_BYTE)
        out->bytes = world.memory.object.capacity;
    return address == out->address;
}

static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    (void)index;
    return nth == 0 && address == world.array.address ? world.holder : 0;
}

static void begin(enum flag_unit unit, enum where where, unsigned live_value)
{
    memset(&world, 0, sizeof(world));
    world.index.find = find_block;
    world.index.pointer_to = pointer_to;
    world.unit = unit;
    world.where = where;
    world.live_value = live_value;
    world.seed = 11;
    readable_begin(&world.readable);
    readable_add(&world.readable, &world.memory, sizeof(world.memory));
    readable_add(&world.readable, arrays[0], sizeof(arrays[0]));
    readable_add(&world.readable, arrays[1], sizeof(arrays[1]));
    readable_add(&world.readable, beside, sizeof(beside));
    world.view = (struct layout_view){
        .reader = &world.readable.reader, .blocks = &world.index, .scratch = scratch};
}

static unsigned char *flag_byte(uint32_t nth, unsigned *shift)
{
    unsigned a_byte = world.unit == FLAG_BIT ? 8 : world.unit == FLAG_PAIR ? 4 : 1;
    *shift = nth % a_byte * (8 / a_byte);
    return (unsigned char *)(uintptr_t)world.flags + nth / a_byte;
}

static bool is_hash(void)
{
    return world.unit == FLAG_HASH_4 || world.unit == FLAG_HASH_8;
}

static uint32_t hash_bytes(void)
{
    return world.unit == FLAG_HASH_4 ? 4 : 8;
}

/* Of the highest byte of a hash, where the rest is not zero. */
#define HASH_MARK 0x80u
enum { HASH_FREE, HASH_LIVE, HASH_MARKED };

static unsigned get_hash(uint32_t nth)
{
    uint64_t hash = 0;
    memcpy(&hash, (void *)(uintptr_t)(world.flags + (uint64_t)nth * hash_bytes()), hash_bytes());
    unsigned char last = (unsigned char)(hash >> (8 * hash_bytes() - 8));
    return hash == 0 ? HASH_FREE : last & HASH_MARK ? HASH_MARKED : HASH_LIVE;
}

static void set_hash(uint32_t nth, unsigned value)
{
    unsigned char *hash = (unsigned char *)(uintptr_t)world.flags + (uint64_t)nth * hash_bytes();
    uint64_t number = value == HASH_FREE ? 0 : random_word(&world.seed) | 1;
    memcpy(hash, &number, hash_bytes());
    hash[hash_bytes() - 1] &= (unsigned char)~HASH_MARK;
    hash[hash_bytes() - 1] |= value == HASH_MARKED ? HASH_MARK : 0;
}

static unsigned get_flag(uint32_t nth)
{
    if (is_hash())
        return get_hash(nth);
    unsigned shift, most = world.unit == FLAG_BIT ? 1 : world.unit == FLAG_PAIR ? 3 : 255;
    unsigned char byte = *flag_byte(nth, &shift);
    return byte >> shift & most;
}

static void set_flag(uint32_t nth, unsigned value)
{
    if (is_hash()) {
        set_hash(nth, value);
        return;
    }
    unsigned shift, most = world.unit == FLAG_BIT ? 1 : world.unit == FLAG_PAIR ? 3 : 255;
    unsigned char *byte = flag_byte(nth, &shift);
    *byte = (unsigned char)((*byte & ~(most << shift)) | value << shift);
}

/* Flags that were `value` become the other one, as many as that, anywhere. */
static void change_flags(uint32_t number, unsigned from, unsigned to)
{
    while (number > 0) {
        uint32_t nth = random_word(&world.seed) % world.memory.object.capacity;
        if (get_flag(nth) == from) {
            set_flag(nth, to);
            number--;
        }
    }
}

/* The table grew to so many slots, and has so many entries. */
static struct flag_growth grow(uint32_t slots, uint32_t live)
{
    uint64_t *array = world.array.address == (uint64_t)(uintptr_t)arrays[0] ? arrays[1] : arrays[0];
    uint64_t address = (uint64_t)(uintptr_t)array;
    uint32_t flags = world.unit == FLAG_BIT    ? slots / 8
                     : world.unit == FLAG_PAIR ? slots / 4
                     : is_hash()               ? slots * hash_bytes()
                                               : slots;
    uint32_t in_array = world.where == BESIDE ? 0 : flags;
    for (uint32_t i = 0; i < MOST_SLOTS * 2; i++)
        array[i] = random_word(&world.seed) | 1;
    world.old = world.array.bytes > 0
                    ? world.array
                    : (struct block){(uint64_t)(uintptr_t)arrays[1], slots * 4 + in_array / 2};
    world.array = (struct block){.address = address, .bytes = slots * 8 + in_array};
    world.flags = world.where == BESIDE     ? (uint64_t)(uintptr_t)beside
                  : world.where == IN_FRONT ? address
                                            : address + slots * 8;
    world.memory.object.slots = array;
    world.memory.object.capacity = slots;
    world.memory.object.live = live;
    world.memory.object.flags = world.where == BESIDE ? (void *)(uintptr_t)world.flags : NULL;
    memset((void *)(uintptr_t)world.flags, 0, flags);
    change_flags(live, 0, world.live_value);
    struct flag_growth growth = {
        .old = world.old, .array = world.array, .array_sequence = SEQUENCE};
    flag_regions_read_fronts(&world.readable.reader, &growth);
    return growth;
}

static bool match(const struct flag_growth *growth, const struct flag_regions *before,
                  struct flag_regions *out)
{
    struct header_place place = {.address = (uint64_t)(uintptr_t)&world.memory.object.slots,
                                 .word = (uint64_t)(uintptr_t)world.memory.object.slots};
    return flag_regions_match(&world.view, &place, growth, before, out);
}

static const struct table_reading shown = {
    .capacity = 512, .live = 500, .slot_bytes = 16, .known = DUMP_KNOWN_LIVE};

static bool read_flags(const struct flag_regions *regions, struct table_reading *out)
{
    *out = shown;
    return flag_regions_read(&world.view, &world.array, SEQUENCE, regions, out);
}

static void is_refused(const struct flag_regions *regions)
{
    struct table_reading reading;
    assert_false(read_flags(regions, &reading));
    assert_memory_equal(&reading, &shown, sizeof(shown));
}

/* To 1024 slots at 409, to 2048 at 819. */
static void learn(struct flag_regions *out)
{
    struct flag_regions first;
    struct flag_growth growth = grow(1024, 409);
    assert_true(match(&growth, NULL, &first));
    is_refused(&first); /* one growth proves nothing */
    growth = grow(2048, 819);
    assert_true(match(&growth, &first, out));
    assert_int_equal(out->growths, 2);
}

static void reads(const struct flag_regions *regions, uint32_t capacity, uint32_t live)
{
    struct table_reading reading;
    assert_true(read_flags(regions, &reading));
    assert_int_equal(reading.capacity, capacity);
    assert_int_equal(reading.live, live);
    assert_true(reading.flags & DUMP_TABLE_COUNTED);
    assert_int_equal(reading.header, (uint64_t)(uintptr_t)&world.memory.object.slots);
}

static void flags_of_all_kinds_are_counted(void **state)
{
    static const struct {
        enum flag_unit unit;
        enum where where;
        unsigned live, erased;
    } kinds[] = {
        {FLAG_BIT, BEHIND, 1, 0},
        {FLAG_BIT, IN_FRONT, 1, 0},
        {FLAG_BIT, BESIDE, 1, 0},
        {FLAG_PAIR, BEHIND, 2, 1},
        {FLAG_PAIR, IN_FRONT, 1, 2},
        {FLAG_PAIR, BESIDE, 3, 1},
        {FLAG_BYTE, BEHIND, 9, 3},
        {FLAG_BYTE, IN_FRONT, 1, 2},
        {FLAG_BYTE, BESIDE, 2, 1},
        {FLAG_HASH_4, BEHIND, HASH_LIVE, HASH_MARKED},
        {FLAG_HASH_4, IN_FRONT, HASH_LIVE, HASH_FREE},
        {FLAG_HASH_8, BEHIND, HASH_LIVE, HASH_MARKED},
        {FLAG_HASH_8, IN_FRONT, HASH_LIVE, HASH_FREE},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct flag_regions regions;
        begin(kinds[i].unit, kinds[i].where, kinds[i].live);
        learn(&regions);
        reads(&regions, 2048, 819);
        change_flags(700, kinds[i].live, kinds[i].erased);
        world.memory.object.live -= 700;
        reads(&regions, 2048, 119);
    }
}

static void the_load_at_the_growth_is_kept(void **state)
{
    (void)state;
    struct flag_regions regions;
    struct table_reading reading;
    begin(FLAG_BYTE, BESIDE, 1);
    learn(&regions);
    change_flags(700, 1, 0);
    world.memory.object.live -= 700;
    assert_true(read_flags(&regions, &reading));
    assert_int_equal(reading.growth_live, 819);
    assert_int_equal(reading.growth_load_ppm, 819 * 1000000 / 1024);
}

/* Entries that came after the growth say nothing of the load at which it grew. */
static void no_load_is_over_all_slots(void **state)
{
    (void)state;
    struct flag_regions first, again;
    begin(FLAG_BYTE, BESIDE, 1);
    struct flag_growth growth = grow(1024, 409);
    assert_true(match(&growth, NULL, &first));
    growth = grow(4096, 2000);
    assert_true(match(&growth, &first, &again));
    assert_int_equal(again.live, 2000);
    assert_int_equal(again.load_ppm, 0);
}

/* Nothing is believed of an array, or an object, that is another one now. */
static void what_does_not_agree_is_refused(void **state)
{
    (void)state;
    struct flag_regions regions, lie;
    begin(FLAG_BIT, BEHIND, 1);
    learn(&regions);
    reads(&regions, 2048, 819);

    world.memory.object.live++;
    is_refused(&regions);
    world.memory.object.live--;

    world.memory.object.capacity = 1024;
    is_refused(&regions);
    world.memory.object.capacity = 2048;

    void *slots = world.memory.object.slots;
    world.memory.object.slots = &world;
    is_refused(&regions);
    world.memory.object.slots = slots;

    lie = regions;
    lie.array_sequence++;
    is_refused(&lie);
    lie = regions;
    lie.way_number = 0;
    is_refused(&lie);

    set_flag(0, !get_flag(0));
    is_refused(&regions);
    set_flag(0, !get_flag(0));
    reads(&regions, 2048, 819);
}

static void flags_that_are_wrong_at_a_growth_are_dropped(void **state)
{
    (void)state;
    struct flag_regions first, again;
    begin(FLAG_PAIR, BEHIND, 2);
    struct flag_growth growth = grow(1024, 409);
    assert_true(match(&growth, NULL, &first));
    growth = grow(2048, 819);
    world.memory.object.live = 900;
    assert_false(match(&growth, &first, &again));
}

/* An id of which the power of two is near, and bits that some block was filled with. */
static void a_capacity_that_stays_as_it_was_is_none(void **state)
{
    (void)state;
    struct flag_regions first, again;
    begin(FLAG_BIT, BESIDE, 1);
    struct flag_growth growth = grow(2048, 819);
    assert_true(match(&growth, NULL, &first));
    growth = grow(4096, 1638);
    growth.array_sequence = SEQUENCE + 1;
    assert_true(match(&growth, &first, &again));
    world.memory.object.capacity = 2048;
    memset(beside, 0, sizeof(beside));
    change_flags(819, 0, 1);
    world.memory.object.live = 819;
    assert_false(match(&growth, &first, &again));
}

static void bytes_of_many_values_are_no_flags(void **state)
{
    (void)state;
    struct flag_regions first;
    begin(FLAG_BYTE, BEHIND, 9);
    struct flag_growth growth = grow(1024, 409);
    assert_true(match(&growth, NULL, &first));
    begin(FLAG_BYTE, BEHIND, 9);
    growth = grow(1024, 409);
    for (uint32_t i = 0; i < 1024; i++)
        if (get_flag(i) != 9)
            set_flag(i, i % 6);
    assert_false(match(&growth, NULL, &first));
}

/* A small number equals some word by chance. */
static void few_entries_prove_nothing(void **state)
{
    (void)state;
    struct flag_regions first;
    begin(FLAG_BYTE, BEHIND, 1);
    struct flag_growth growth = grow(1024, 200);
    assert_false(match(&growth, NULL, &first));
}

/* --- bits in each bucket --- */

#define BUCKETS      512u
#define BUCKET_WORDS 8u
#define BUCKET_SLOTS 7u

static uint32_t set_masks(unsigned char masks[BUCKETS], uint32_t live)
{
    uint32_t set = 0;
    while (set < live) {
        uint32_t nth = random_word(&world.seed) % (BUCKETS * BUCKET_SLOTS);
        unsigned char bit = (unsigned char)(1u << nth % BUCKET_SLOTS);
        set += !(masks[nth / BUCKET_SLOTS] & bit);
        masks[nth / BUCKET_SLOTS] |= bit;
    }
    return set;
}

/* Of a table that has 512 buckets now: a word of masks, and seven slots. */
static struct flag_growth make_buckets(uint64_t *array, unsigned char masks[BUCKETS])
{
    for (uint32_t i = 0; i < BUCKETS * BUCKET_WORDS; i++)
        array[i] = i % BUCKET_WORDS == 0 ? masks[i / BUCKET_WORDS] : random_word(&world.seed);
    world.memory.object.slots = array;
    world.memory.object.capacity = BUCKETS;
    world.array =
        (struct block){(uint64_t)(uintptr_t)array, sizeof(uint64_t) * BUCKETS * BUCKET_WORDS};
    world.old = (struct block){(uint64_t)(uintptr_t)arrays[1], world.array.bytes / 2};
    struct flag_growth growth = {
        .old = world.old, .array = world.array, .array_sequence = SEQUENCE};
    flag_regions_read_fronts(&world.readable.reader, &growth);
    return growth;
}

static void bits_of_buckets_are_counted(void **state)
{
    (void)state;
    unsigned char masks[BUCKETS] = {0};
    struct flag_regions first, again;
    begin(FLAG_BUCKET, BEHIND, 1);
    uint32_t live = world.memory.object.live = set_masks(masks, 1500);
    struct flag_growth growth = make_buckets(arrays[0], masks);
    memset(arrays[1], 0, sizeof(arrays[1]));
    assert_true(match(&growth, NULL, &first));
    assert_true(match(&growth, &first, &again));
    reads(&again, BUCKETS * BUCKET_SLOTS, live);

    /* All that are in the first slot of their bucket are erased. */
    for (uint32_t i = 0; i < BUCKETS; i++) {
        live -= masks[i] & 1;
        masks[i] &= 0xfe;
    }
    world.memory.object.live = live;
    make_buckets(arrays[0], masks);
    reads(&again, BUCKETS * BUCKET_SLOTS, live);
    /* Bits behind those of the slots are no flags. */
    for (unsigned i = 0; i < again.way_number; i++)
        again.ways[i].bucket_slots = 2;
    is_refused(&again);
}

/* What grew was built elsewhere and copied over the table then. */
static void the_object_may_have_moved(void **state)
{
    (void)state;
    static uint64_t elsewhere[64];
    struct table_reading reading;
    struct flag_regions regions;
    begin(FLAG_BIT, BEHIND, 1);
    learn(&regions);
    readable_add(&world.readable, elsewhere, sizeof(elsewhere));
    memcpy(&elsewhere[16], &world.memory.object, sizeof(world.memory.object));
    memset(&world.memory.object, 0, sizeof(world.memory.object));
    is_refused(&regions);

    world.holder = (uint64_t)(uintptr_t)&elsewhere[16];
    assert_true(read_flags(&regions, &reading));
    assert_int_equal(reading.capacity, 2048);
    assert_int_equal(reading.live, 819);
    assert_int_equal(reading.header, world.holder);
    /* A copy of before some were erased. */
    unsigned shift;
    for (uint32_t nth = 0; nth < 2048; nth += 64)
        *flag_byte(nth, &shift) = 0;
    is_refused(&regions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_of_all_kinds_are_counted),
        cmocka_unit_test(the_load_at_the_growth_is_kept),
        cmocka_unit_test(no_load_is_over_all_slots),
        cmocka_unit_test(what_does_not_agree_is_refused),
        cmocka_unit_test(flags_that_are_wrong_at_a_growth_are_dropped),
        cmocka_unit_test(a_capacity_that_stays_as_it_was_is_none),
        cmocka_unit_test(bytes_of_many_values_are_no_flags),
        cmocka_unit_test(few_entries_prove_nothing),
        cmocka_unit_test(bits_of_buckets_are_counted),
        cmocka_unit_test(the_object_may_have_moved),
    };
    return RUN(tests);
}
