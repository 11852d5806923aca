/* Groups of slots with a byte for each of them, from memory alone: tagged_groups.h. */
#include "unit.h"

#include <string.h>

#include "readable.h"
#include "tagged_groups.h"

/* --- an array of groups, and the object that points at it --- */

#define GROUPS      1024u
#define GROUP_SLOTS 8u
#define SPARE       64u /* further groups, behind the others */
#define SMALL       32u /* groups of a small table */
#define TABLES      12u

struct group {
    uint8_t tags[GROUP_SLOTS];
    uint64_t slots[GROUP_SLOTS][2];
    struct group *further;
};

struct object {
    uint64_t name[8];
    struct group *groups;
    uint32_t count, capacity;
    uint64_t last[12];
};

static struct group groups[GROUPS + SPARE], elsewhere[SPARE];
static struct group small[TABLES][SMALL];
static struct object object, objects[TABLES];
static struct tagged_work work;
static unsigned char scratch[LAYOUT_SCRATCH_BYTES] __attribute__((aligned(8)));
static struct readable readable;
static uint64_t seed;

static struct layout_view view_of_all(void)
{
    readable_begin(&readable);
    readable_add(&readable, groups, sizeof(groups));
    readable_add(&readable, elsewhere, sizeof(elsewhere));
    readable_add(&readable, small, sizeof(small));
    readable_add(&readable, &object, sizeof(object));
    readable_add(&readable, objects, sizeof(objects));
    return (struct layout_view){.reader = &readable.reader, .scratch = scratch};
}

static void clear(struct group *first, uint32_t number, uint8_t empty)
{
    memset(first, 0, number * sizeof(*first));
    for (uint32_t i = 0; i < number; i++)
        memset(first[i].tags, empty, sizeof(first[i].tags));
}

/* Puts an entry with a tag of seven random bits into the group; false when it is full. */
static bool put(struct group *group, uint8_t empty)
{
    for (unsigned i = 0; i < GROUP_SLOTS; i++) {
        if (group->tags[i] != empty)
            continue;
        group->tags[i] = (uint8_t)(random_word(&seed) % 120 + 2);
        group->slots[i][0] = random_word(&seed);
        group->slots[i][1] = i;
        return true;
    }
    return false;
}

/* All but one in so many go, and leave a mark in every third place. */
static uint32_t erase(struct group *first, uint32_t number, uint8_t empty, uint8_t mark,
                      uint32_t kept_of)
{
    uint32_t left = 0, nth = 0;
    for (uint32_t i = 0; i < number; i++)
        for (unsigned slot = 0; slot < GROUP_SLOTS; slot++) {
            if (first[i].tags[slot] == empty)
                continue;
            if (random_word(&seed) % kept_of == 0)
                left++;
            else
                first[i].tags[slot] = nth++ % 3 == 0 ? mark : empty;
        }
    return left;
}

static bool learn_in(struct layout_view *view, const struct block *block, bool has_grown,
                     struct tagged_groups *how, struct table_reading *out)
{
    struct tagged_array array;
    uint64_t place = (uint64_t)(uintptr_t)&object.groups;
    assert_true(tagged_array_read(view, block, place, &array));
    return tagged_groups_learn(view, &work, &array, 1, has_grown, how) &&
           tagged_groups_read(view, &work, &array, how, out);
}

static bool learn(const struct block *block, struct tagged_groups *how, struct table_reading *out)
{
    struct layout_view view = view_of_all();
    return learn_in(&view, block, true, how, out);
}

static struct block all_groups(uint32_t number)
{
    return (struct block){(uint64_t)(uintptr_t)groups, number * sizeof(groups[0])};
}

/* --- tables --- */

/* A hollow table without spare groups. */
static uint32_t make_hollow(void)
{
    seed = 11;
    clear(groups, GROUPS, 0x80);
    for (uint32_t i = 0; i < GROUPS * 5; i++)
        put(&groups[random_word(&seed) % GROUPS], 0x80);
    uint32_t left = erase(groups, GROUPS, 0x80, 0xfe, 40);
    object = (struct object){.groups = groups, .count = left, .capacity = GROUPS * GROUP_SLOTS};
    return left;
}

static void groups_are_counted_without_marks(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t left = make_hollow();
    assert_true(learn(&block, &how, &reading));
    assert_int_equal(reading.live, left);
    assert_int_equal(reading.capacity, GROUPS * GROUP_SLOTS);
    assert_true(reading.flags & DUMP_TABLE_COUNTED);
    assert_int_equal(how.group_bytes, sizeof(struct group));
}

/* Of a table that nobody saw growing more is asked. */
static void groups_prove_themselves(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t left = make_hollow();
    assert_true(learn_in(&view, &block, false, &how, &reading));
    assert_int_equal(reading.live, left);
    assert_int_equal(reading.capacity, GROUPS * GROUP_SLOTS);
}

/* Half of a random word beside a capacity of four bytes. */
static void half_a_word_is_no_count(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t left = make_hollow();
    object.count = left | 0x74940000u;
    assert_false(learn(&block, &how, &reading));
}

/* Nor beside a logarithm, which any byte may be. */
static void half_a_word_is_no_count_beside_a_byte(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    object.count = make_hollow();
    object.capacity = 0;
    ((uint8_t *)&object.capacity)[1] = 10;
    assert_true(learn(&block, &how, &reading));
    object.count |= 0x74940000u;
    assert_false(learn(&block, &how, &reading));
}

static void a_count_that_is_not_right_is_none(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    make_hollow();
    object.count++;
    assert_false(learn(&block, &how, &reading));
    object.count--;
    object.capacity++;
    assert_false(learn(&block, &how, &reading));
}

/* The object has the logarithm of the groups; full ones go on in spare ones, and elsewhere. */
static void groups_go_on_elsewhere(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS + SPARE);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t count = 0, further = 0;
    seed = 5;
    clear(groups, GROUPS + SPARE, 0);
    clear(elsewhere, SPARE, 0);
    for (uint32_t i = 0; i < GROUPS * 5; i++) {
        struct group *group = &groups[random_word(&seed) % GROUPS];
        while (!put(group, 0)) {
            if (!group->further && further == 2 * SPARE)
                break;
            if (!group->further) {
                group->further =
                    further < SPARE ? &groups[GROUPS + further] : &elsewhere[further - SPARE];
                further++;
            }
            group = group->further;
        }
    }
    assert_true(further > SPARE);
    count = erase(groups, GROUPS + SPARE, 0, 1, 20) + erase(elsewhere, SPARE, 0, 1, 20);
    object = (struct object){.groups = groups, .count = count};
    ((uint8_t *)&object.capacity)[1] = 10;
    assert_true(learn(&block, &how, &reading));
    assert_int_equal(reading.live, count);
    assert_int_equal(reading.capacity, GROUPS * GROUP_SLOTS);
}

static void small_tables_prove_each_other(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct tagged_array arrays[TABLES];
    struct tagged_groups how;
    struct table_reading reading;
    seed = 3;
    for (uint32_t i = 0; i < TABLES; i++) {
        struct block block = {(uint64_t)(uintptr_t)small[i], sizeof(small[i])};
        clear(small[i], SMALL, 0x80);
        for (uint32_t nth = 0; nth < 9 + i % 5; nth++)
            put(&small[i][random_word(&seed) % SMALL], 0x80);
        objects[i] = (struct object){
            .groups = small[i], .count = 9 + i % 5, .capacity = SMALL * GROUP_SLOTS - 1};
        assert_true(
            tagged_array_read(&view, &block, (uint64_t)(uintptr_t)&objects[i].groups, &arrays[i]));
        assert_false(tagged_groups_learn(&view, &work, &arrays[i], 1, true, &how));
    }
    assert_true(tagged_groups_learn(&view, &work, arrays, TABLES, false, &how));
    for (uint32_t i = 0; i < TABLES; i++) {
        assert_true(tagged_groups_read(&view, &work, &arrays[i], &how, &reading));
        assert_int_equal(reading.live, 9 + i % 5);
        assert_int_equal(reading.capacity, SMALL * GROUP_SLOTS);
    }
}

/* --- spans: bytes that lead to entries in a block of the span's own --- */

#define SPANS      256u
#define SPAN_SLOTS 128u

struct span_entry {
    uint64_t key, value;
};

struct span {
    uint8_t places[SPAN_SLOTS];
    struct span_entry *entries;
    uint64_t used;
};

static struct span spans[SPANS];
static struct span_entry entries[SPANS][SPAN_SLOTS];

/* What the entries are: of a hash table, of pages of a sparse set, or of pictures. */
enum content { HASHED, INDEXED, PICTURED };

static uint32_t fill_spans(enum content content, uint32_t number)
{
    uint32_t left = 0;
    seed = 23;
    memset(spans, 0xff, sizeof(spans));
    for (uint32_t i = 0; i < SPANS; i++) {
        spans[i].entries = entries[i];
        spans[i].used = 0;
    }
    for (uint32_t i = 0; i < number; i++) {
        uint64_t bucket = random_word(&seed) % (SPANS * SPAN_SLOTS);
        struct span *span = &spans[bucket / SPAN_SLOTS];
        uint8_t *place = &span->places[bucket % SPAN_SLOTS];
        if (*place != 0xff)
            continue;
        uint64_t key = content == INDEXED ? bucket : random_word(&seed);
        *place = content == PICTURED ? (uint8_t)(random_word(&seed) % 40) : (uint8_t)span->used;
        span->entries[*place] = (struct span_entry){key, i};
        span->used++;
    }
    for (uint32_t i = 0; i < SPANS; i++)
        for (uint32_t slot = 0; slot < SPAN_SLOTS; slot++)
            if (spans[i].places[slot] != 0xff && random_word(&seed) % 20 != 0)
                spans[i].places[slot] = 0xff;
            else
                left += spans[i].places[slot] != 0xff;
    object =
        (struct object){.groups = (void *)spans, .count = left, .capacity = SPANS * SPAN_SLOTS};
    return left;
}

static bool learn_spans(struct table_reading *reading)
{
    struct layout_view view = view_of_all();
    struct block block = {(uint64_t)(uintptr_t)spans, sizeof(spans)};
    struct tagged_array array;
    struct tagged_groups how;
    readable_add(&readable, spans, sizeof(spans));
    readable_add(&readable, entries, sizeof(entries));
    assert_true(tagged_array_read(&view, &block, (uint64_t)(uintptr_t)&object.groups, &array));
    return tagged_groups_learn(&view, &work, &array, 1, false, &how) &&
           tagged_groups_read(&view, &work, &array, &how, reading);
}

static void spans_are_counted(void **state)
{
    (void)state;
    struct table_reading reading;
    uint32_t left = fill_spans(HASHED, 12000);
    assert_true(learn_spans(&reading));
    assert_int_equal(reading.live, left);
    assert_int_equal(reading.capacity, SPANS * SPAN_SLOTS);
}

static void pages_by_number_are_no_spans(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_spans(INDEXED, 12000);
    assert_false(learn_spans(&reading));
}

static void pictures_are_no_spans(void **state)
{
    (void)state;
    struct table_reading reading;
    fill_spans(PICTURED, 12000);
    assert_false(learn_spans(&reading));
}

/* --- what else has a byte for each slot --- */

/* A state for each object of a pool: in use, free, and some more. */
static void states_are_no_tags(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t count = make_hollow();
    for (uint32_t i = 0; i < GROUPS; i++)
        for (unsigned slot = 0; slot < GROUP_SLOTS; slot++)
            if (groups[i].tags[slot] < 0x80)
                groups[i].tags[slot] %= 6;
    object.count = count;
    assert_false(learn(&block, &how, &reading));
}

/* Nodes of a tree, in order of their bytes; those that were freed are empty. */
static void nodes_are_no_groups(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t count = 0;
    seed = 7;
    clear(groups, GROUPS, 0);
    for (uint32_t i = 0; i < GROUPS; i++) {
        uint32_t children = random_word(&seed) % 4 == 0 ? (uint32_t)(random_word(&seed) % 7) : 0;
        uint8_t tag = 1;
        for (uint32_t nth = 0; nth < children; nth++, count++) {
            tag = (uint8_t)(tag + 1 + random_word(&seed) % 30);
            groups[i].tags[nth] = tag;
            groups[i].slots[nth][0] = random_word(&seed);
        }
    }
    object = (struct object){.groups = groups, .count = count, .capacity = GROUPS * GROUP_SLOTS};
    assert_false(learn(&block, &how, &reading));
}

/* The groups that are in use lie side by side, as in a vector. */
static void a_vector_is_no_table(void **state)
{
    (void)state;
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    seed = 9;
    clear(groups, GROUPS, 0x80);
    for (uint32_t i = 0; i < GROUPS / 16 * GROUP_SLOTS; i++)
        assert_true(put(&groups[i / GROUP_SLOTS], 0x80));
    object = (struct object){
        .groups = groups, .count = GROUPS / 16 * GROUP_SLOTS, .capacity = GROUPS * GROUP_SLOTS};
    assert_false(learn(&block, &how, &reading));
}

/* A pool of records, the free ones in a list by number. The object names the records, and some
 * word of it is as often as the bytes of the first of each eight are in use. */
#define RECORDS 8192u

struct record {
    uint32_t next, previous;
    uint64_t deadline, context[2];
};

static struct record records[RECORDS];

/* No byte of it is 0. */
static uint32_t random_link(void)
{
    uint32_t link = 0;
    for (unsigned i = 0; i < sizeof(link); i++)
        link = link << 8 | (uint32_t)(1 + random_word(&seed) % 0xf0);
    return link;
}

static void a_pool_of_records_is_no_table(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct block block = {(uint64_t)(uintptr_t)records, sizeof(records)};
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t count = 0;
    seed = 31;
    readable_add(&readable, records, sizeof(records));
    memset(records, 0, sizeof(records));
    for (uint32_t i = 0; i < RECORDS; i++)
        records[i].next = random_word(&seed) % 5 == 0 ? 0 : random_link();
    for (uint32_t i = 0; i < RECORDS; i += GROUP_SLOTS)
        count += records[i].next != 0 ? sizeof(records[i].next) : 0;
    object = (struct object){.groups = (void *)records, .count = count, .capacity = RECORDS};
    assert_false(learn_in(&view, &block, false, &how, &reading));
}

/* The same by records that are named as groups: each has both bytes of its id, and nothing else
 * that looks like a part of a hash. */
static void records_with_an_id_are_no_groups(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    seed = 37;
    clear(groups, GROUPS, 0);
    for (uint32_t i = 0; i < GROUPS; i++) {
        uint32_t id = random_link() & 0xffff;
        memcpy(groups[i].tags, &id, sizeof(id));
    }
    object = (struct object){.groups = groups, .count = 2 * GROUPS, .capacity = GROUPS};
    assert_false(learn_in(&view, &block, false, &how, &reading));
}

/* One byte at one place of some records: of groups as empty as that none need have two entries. */
static void a_byte_of_few_records_is_no_tag(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct block block = all_groups(GROUPS);
    struct tagged_groups how;
    struct table_reading reading;
    uint32_t count = 0;
    seed = 41;
    clear(groups, GROUPS, 0);
    for (uint32_t i = 0; i < GROUPS; i++)
        if (random_word(&seed) % 12 == 0) {
            groups[i].tags[1] = (uint8_t)(1 + random_word(&seed) % 0xf0);
            count++;
        }
    object = (struct object){.groups = groups, .count = count, .capacity = GROUPS};
    assert_false(learn_in(&view, &block, false, &how, &reading));
}

/* Plain slots of a table that grew, the keys of which are random and the values none: the object
 * names them, and some word of it is as often as the bytes of every second slot are in use. */
static void slots_that_grew_are_no_groups(void **state)
{
    (void)state;
    struct layout_view view = view_of_all();
    struct block block = {(uint64_t)(uintptr_t)records, RECORDS / 2 * 32};
    struct tagged_groups how;
    struct table_reading reading;
    uint64_t(*slots)[2] = (void *)records;
    uint32_t count = 0;
    seed = 43;
    readable_add(&readable, records, sizeof(records));
    memset(records, 0, sizeof(records));
    for (uint32_t i = 0; i < RECORDS; i++)
        for (unsigned byte = 0; byte < 8 && i % 3 != 0; byte++)
            slots[i][1] = slots[i][1] << 8 | (1 + random_word(&seed) % 0xf0);
    for (uint32_t i = 0; i < RECORDS; i += 32)
        count += slots[i][1] != 0 ? 8 : 0;
    object =
        (struct object){.groups = (void *)records, .count = count, .capacity = RECORDS / 32 * 16};
    assert_false(learn_in(&view, &block, true, &how, &reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_counted_without_marks),
        cmocka_unit_test(groups_prove_themselves),
        cmocka_unit_test(half_a_word_is_no_count),
        cmocka_unit_test(half_a_word_is_no_count_beside_a_byte),
        cmocka_unit_test(a_count_that_is_not_right_is_none),
        cmocka_unit_test(groups_go_on_elsewhere),
        cmocka_unit_test(small_tables_prove_each_other),
        cmocka_unit_test(spans_are_counted),
        cmocka_unit_test(pages_by_number_are_no_spans),
        cmocka_unit_test(pictures_are_no_spans),
        cmocka_unit_test(states_are_no_tags),
        cmocka_unit_test(nodes_are_no_groups),
        cmocka_unit_test(a_vector_is_no_table),
        cmocka_unit_test(a_pool_of_records_is_no_table),
        cmocka_unit_test(records_with_an_id_are_no_groups),
        cmocka_unit_test(a_byte_of_few_records_is_no_tag),
        cmocka_unit_test(slots_that_grew_are_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
