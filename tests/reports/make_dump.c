/*
 * make_dump CASE FILE: writes the dump of a made-up program for the golden reports, so that the
 * tree holds no binary. Without arguments it lists the cases.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_builder.h"

#define COUNTED (DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES)

struct places {
    uint32_t insert, load, plugin;
};

static struct places add_places_of(struct dump_builder *builder, const char *build_id)
{
    uint32_t server = builder_module(builder, "/opt/example/server", build_id);
    uint32_t plugin = builder_module(builder, "/opt/example/plugin.so", "");
    return (struct places){
        .insert = builder_site(builder, server, (const uint64_t[]){0x1234, 0x2345, 0x3456, 0}),
        .load = builder_site(builder, server, (const uint64_t[]){0x4567, 0x3456, 0}),
        .plugin = builder_site(builder, plugin, (const uint64_t[]){0x777, 0}),
    };
}

static struct places add_places(struct dump_builder *builder)
{
    return add_places_of(builder, "8d21f0aa");
}

/* std::unordered_map<int, int> that held 2.5 million entries and holds 100. */
static struct dump_table emptied_map(const struct places *places)
{
    return (struct dump_table){
        .number = 7,
        .address = 0x7f0000001010,
        .bytes = 8 * 2938679ULL,
        .resident_bytes = 8 * 2938679ULL,
        .capacity = 2938679,
        .live = 100,
        .slot_bytes = 8,
        .entry_blocks = 100,
        .entry_bytes = 3200,
        .peak_live = 2500000,
        .kind = DUMP_KIND_CHAINED,
        .read = DUMP_READ_EXACT,
        .known = COUNTED | DUMP_KNOWN_ENTRIES | DUMP_KNOWN_PEAK | DUMP_KNOWN_RESIDENT,
        .confidence_ppm = 1000000,
        .birth_site = places->load,
        .growth_site = places->insert,
        .growths = 17,
        .growth_load_ppm = 1000000,
        .birth_ms = 120,
        .last_growth_ms = 9000,
        .read_ms = 60000,
    };
}

static void add_emptied_map(struct dump_builder *builder, const struct places *places)
{
    struct dump_table table = emptied_map(places);
    builder_table(builder, "std::unordered_map", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_BUCKETS);
    builder_growth(builder, 4000, 8 * 712697ULL, 8 * 1447153ULL, 712697);
    builder_growth(builder, 9000, 8 * 1447153ULL, 8 * 2938679ULL, 1447153);
    builder_reading(builder, 4000, 1447153, 712697);
    builder_reading(builder, 9000, 2938679, 1447153);
    builder_reading(builder, 15000, 2938679, 2500000);
    builder_reading(builder, 30000, 2938679, 300);
    builder_reading(builder, 60000, 2938679, 100);
}

/* The same map as it should be: two thirds full. */
static void add_full_map(struct dump_builder *builder, const struct places *places, uint64_t number)
{
    struct dump_table table = emptied_map(places);
    table.number = number;
    table.address += number << 28;
    table.live = table.entry_blocks = 1900000;
    table.entry_bytes = 32 * table.live;
    builder_table(builder, "std::unordered_map", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_BUCKETS);
}

static void make_hollow(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    add_emptied_map(builder, &places);
    builder_owner(builder, &(struct dump_owner){
                               .holds = DUMP_NONE,
                               .kind = DUMP_OWNER_HEAP,
                               .flags = DUMP_OWNER_IS_OBJECT | DUMP_OWNER_EXACT_BLOCK,
                               .module = DUMP_NONE,
                               .site = places.load,
                               .offset = 64,
                               .block_bytes = 2048,
                           });
    add_full_map(builder, &places, 8);
    add_full_map(builder, &places, 9);
}

static void make_full(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    add_full_map(builder, &places, 1);
}

/* khash with 216-byte values, emptied of its entries: boxing saves too. */
static void make_boxable(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table table = {
        .number = 3,
        .address = 0x7f0000002010,
        .bytes = 131072ULL * 224 + 131072 / 4,
        .capacity = 131072,
        .live = 5000,
        .slot_bytes = 224,
        .value_bytes = 216,
        .tombstones = 90000,
        .peak_live = 95000,
        .kind = DUMP_KIND_OPEN,
        .read = DUMP_READ_EXACT,
        .known = COUNTED | DUMP_KNOWN_VALUE_BYTES | DUMP_KNOWN_TOMBSTONES | DUMP_KNOWN_PEAK,
        .confidence_ppm = 1000000,
        .birth_site = places.insert,
        .growth_site = places.insert,
        .growths = 15,
        .growth_load_ppm = 770000,
        .last_growth_ms = 20000,
    };
    builder_table(builder, "khash", &table);
    builder_array(builder, 0x7f0000002010, 131072ULL * 8, DUMP_ROLE_KEYS);
    builder_array(builder, 0x7f0000902010, 131072ULL * 216, DUMP_ROLE_VALUES);
    builder_array(builder, 0x7f0009002010, 131072ULL / 4, DUMP_ROLE_METADATA);
    builder_owner(builder, &(struct dump_owner){
                               .holds = DUMP_NONE,
                               .kind = DUMP_OWNER_STACK,
                               .flags = DUMP_OWNER_IS_OBJECT,
                               .module = DUMP_NONE,
                               .site = DUMP_NONE,
                           });
}

/* Capacity in one jump; a table full of deleted slots; both from a plugin without a build-id. */
static void make_other_verdicts(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table reserved = emptied_map(&places);
    reserved.growths = 0;
    reserved.growth_site = DUMP_NONE;
    reserved.birth_site = places.plugin;
    reserved.known &= ~DUMP_KNOWN_PEAK;
    builder_table(builder, "std::unordered_map", &reserved);
    builder_array(builder, reserved.address, reserved.bytes, DUMP_ROLE_BUCKETS);

    struct dump_table churned = {
        .number = 11,
        .address = 0x7f0000003010,
        .bytes = 524288ULL * 16 + 524288 / 4,
        .capacity = 524288,
        .live = 2000,
        .tombstones = 350000,
        .slot_bytes = 16,
        .kind = DUMP_KIND_OPEN,
        .read = DUMP_READ_EXACT,
        .known = COUNTED | DUMP_KNOWN_TOMBSTONES,
        .confidence_ppm = 700000,
        .birth_site = places.plugin,
        .growth_site = DUMP_NONE,
    };
    builder_table(builder, "unknown", &churned);
    builder_array(builder, churned.address, 524288ULL * 16, DUMP_ROLE_KEYS);
    builder_array(builder, 0x7f0009003010, 524288ULL / 4, DUMP_ROLE_METADATA);
}

static struct dump_table private_table(const struct places *places)
{
    return (struct dump_table){
        .number = 21,
        .address = 0x7f0000005010,
        .bytes = 1048576ULL * 24,
        .capacity = 1048576,
        .live = 9000,
        .live_error = 400,
        .slot_bytes = 24,
        .peak_live = 366000,
        .kind = DUMP_KIND_OPEN,
        .read = DUMP_READ_ESTIMATED,
        .known = COUNTED | DUMP_KNOWN_PEAK,
        .confidence_ppm = 930000,
        .birth_site = places->load,
        .growth_site = places->load,
        .growths = 12,
        .growth_load_ppm = 700000,
        .last_growth_ms = 31000,
    };
}

/* Tables nobody knows: one sure, one not, one freed; live entries estimated. */
static void make_unknown(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table sure = private_table(&places);
    builder_table(builder, "unknown", &sure);
    builder_array(builder, sure.address, sure.bytes, DUMP_ROLE_SLOTS);
    builder_growth(builder, 31000, sure.bytes / 2, sure.bytes, 0);

    struct dump_table unsure = private_table(&places);
    unsure.number = 22;
    unsure.confidence_ppm = 300000;
    unsure.flags = DUMP_TABLE_LIVE_IS_UPPER_BOUND;
    unsure.growth_site = DUMP_NONE;
    builder_table(builder, "unknown", &unsure);
    builder_array(builder, unsure.address + (1 << 28), unsure.bytes, DUMP_ROLE_SLOTS);

    struct dump_table freed = private_table(&places);
    freed.number = 23;
    freed.flags = DUMP_TABLE_FREED;
    freed.birth_site = places.plugin;
    builder_table(builder, "unknown", &freed);
    builder_array(builder, freed.address + (2 << 28), freed.bytes, DUMP_ROLE_SLOTS);
}

/* A dict that CPython freed in Py_Finalize(), and nothing else: a finding like others. */
static void make_freed_at_end(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table dict = emptied_map(&places);
    dict.bytes = dict.resident_bytes = 10485896;
    dict.capacity = 524288;
    dict.slot_bytes = 20;
    dict.live = 2000;
    dict.peak_live = 349524;
    dict.kind = DUMP_KIND_COMPACT;
    dict.known = COUNTED | DUMP_KNOWN_PEAK | DUMP_KNOWN_RESIDENT;
    dict.flags = DUMP_TABLE_FREED;
    dict.read_ms = 59880;
    builder_table(builder, "CPython dict", &dict);
}

/* Two that were freed in the middle of the run, and a map that is fine. */
static void make_freed_before(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    add_full_map(builder, &places, 1);
    for (uint64_t number = 2; number <= 3; number++) {
        struct dump_table map = emptied_map(&places);
        map.number = number;
        map.flags = DUMP_TABLE_FREED;
        map.read_ms = 20000;
        builder_table(builder, "std::unordered_map", &map);
    }
}

static void make_nothing(struct dump_builder *builder)
{
    builder->info.tracked_blocks = 0;
    builder->info.tracked_bytes = 0;
}

static void make_no_tables(struct dump_builder *builder)
{
    builder->info.flags &= ~DUMP_INFO_COMPLETE;
    builder_counter(builder, "tables dropped because the table pool was full", 12);
    builder_warning(builder, "HASHTRACK_DEPTH makes no sense and was ignored");
}

static void make_own_allocator(struct dump_builder *builder)
{
    builder->info.flags |= DUMP_INFO_OWN_ALLOCATOR;
    builder->info.allocator = builder->info.program;
}

/* Names that would clear the screen, turn the text around or end a JSON string. */
static void make_hostile_names(struct dump_builder *builder)
{
    static const char hostile[] = "/tmp/\033[2J\"\n\xff\xe2\x80\xae";
    uint32_t module = builder_module(builder, hostile, "");
    uint32_t site = builder_site(builder, module, (const uint64_t[]){0x10, 0});
    struct places places = {site, site, site};
    builder->info.program = builder_string(builder, hostile);
    builder->info.label = builder_string(builder, "\r\tlabel\x7f");
    builder->info.reason = DUMP_REASON_CALL;
    builder->info.ordinal = 1;
    struct dump_table table = emptied_map(&places);
    builder_table(builder, hostile, &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_BUCKETS);
    builder_warning(builder, hostile);
}

/* The hollow program a minute before: the map full, another one still there. */
static void make_earlier(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    builder->info.at_ms = 15000;
    builder->info.ordinal = 1;
    builder->info.reason = DUMP_REASON_CALL;
    builder->info.label = builder_string(builder, "loaded");
    struct dump_table table = emptied_map(&places);
    table.live = 2500000;
    builder_table(builder, "std::unordered_map", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_BUCKETS);
    struct dump_table other = private_table(&places);
    builder_table(builder, "unknown", &other);
    builder_array(builder, other.address, other.bytes, DUMP_ROLE_SLOTS);
}

/* An estimate that has the limit below which a table is hollow in its interval: 0.175 of the slots.
 */
static void make_near_limit(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table table = private_table(&places);
    table.live = 180000;
    table.live_error = 5000;
    builder_table(builder, "unknown", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_SLOTS);
    builder_growth(builder, 31000, table.bytes / 2, table.bytes, 0);
}

/* The hollow map again, in another program that has some more of it. */
static void make_other_program(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    builder->info.program = builder_string(builder, "/opt/example/client");
    builder->info.pid = 4712;
    add_emptied_map(builder, &places);
    struct dump_table second = emptied_map(&places);
    second.number = 8;
    second.address += 1 << 28;
    builder_table(builder, "std::unordered_map", &second);
    builder_array(builder, second.address, second.bytes, DUMP_ROLE_BUCKETS);
}

/* A program that has nothing to do with the others. */
static void make_stranger(struct dump_builder *builder)
{
    builder->info.program = builder_string(builder, "/opt/example/stranger");
    struct places places = add_places(builder);
    struct dump_table table = private_table(&places);
    builder_table(builder, "unknown", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_SLOTS);
    builder_growth(builder, 31000, table.bytes / 2, table.bytes, 0);
}

/* Nearly empty, and nothing can be done about it. */
static void make_no_way(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table table = emptied_map(&places);
    table.bytes = table.resident_bytes = 4 << 20;
    table.capacity = 1 << 19;
    builder_table(builder, "Perl string table", &table);
    builder_array(builder, table.address, table.bytes, DUMP_ROLE_BUCKETS);
}

/* An emptied map that saves 300 kB: too little for a finding. */
static void add_small_map(struct dump_builder *builder, const struct places *places,
                          uint64_t number, uint32_t growths)
{
    struct dump_table map = emptied_map(places);
    map.number = number;
    map.address += number << 20;
    map.capacity = 38501;
    map.bytes = map.resident_bytes = 8 * map.capacity;
    map.live = map.entry_blocks = number % 3;
    map.entry_bytes = 32 * map.live;
    map.known &= ~DUMP_KNOWN_PEAK;
    map.growths = growths;
    if (growths == 0) {
        map.birth_site = map.growth_site;
        map.growth_site = DUMP_NONE;
    }
    builder_table(builder, "std::unordered_map", &map);
    builder_array(builder, map.address, map.bytes, DUMP_ROLE_BUCKETS);
}

/* Six maps of one place, of which one was seen growing; two of another place, too few; a freed one
 * in the middle of the run, which is no part of the six; and a map that is fine. */
static void make_many_small(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct places elsewhere = places;
    elsewhere.insert = places.plugin;
    for (uint64_t number = 1; number <= 6; number++)
        add_small_map(builder, &places, number, number == 4 ? 9 : 0);
    for (uint64_t number = 7; number <= 8; number++)
        add_small_map(builder, &elsewhere, number, 9);
    add_full_map(builder, &places, 9);
    struct dump_table map = emptied_map(&places);
    map.number = 10;
    map.flags = DUMP_TABLE_FREED;
    map.read_ms = 20000;
    map.bytes = 8 * 38501;
    map.capacity = 38501;
    builder_table(builder, "std::unordered_map", &map);
}

/* A map that is cleared and filled by turns, and is empty at the moment. */
static void make_refills(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    struct dump_table map = emptied_map(&places);
    builder_table(builder, "std::unordered_map", &map);
    builder_array(builder, map.address, map.bytes, DUMP_ROLE_BUCKETS);
    builder_growth(builder, 9000, 8 * 1447153ULL, 8 * 2938679ULL, 1447153);
    for (uint64_t at_ms = 15000; at_ms <= 55000; at_ms += 5000)
        builder_reading(builder, at_ms, 2938679, at_ms % 10000 ? 2500000 : 0);
    builder_reading(builder, 60000, 2938679, 100);
}

/* Five large maps of one place and a small one; another place has three,
 * of which the largest saves more than any of the five but less than they do together. */
static void make_many_large(struct dump_builder *builder)
{
    struct places places = add_places(builder);
    uint64_t number = 0;
    for (int i = 0; i < 5; i++) {
        struct dump_table map = emptied_map(&places);
        map.number = ++number;
        map.address += number << 28;
        builder_table(builder, "std::unordered_map", &map);
        builder_array(builder, map.address, map.bytes, DUMP_ROLE_BUCKETS);
    }
    add_small_map(builder, &places, ++number, 9);
    for (int i = 0; i < 3; i++) {
        struct dump_table map = emptied_map(&places);
        map.number = ++number;
        map.address += number << 28;
        map.growth_site = places.plugin;
        map.capacity = 5967347 - (uint64_t)i;
        map.bytes = map.resident_bytes = 8 * map.capacity;
        builder_table(builder, "std::unordered_map", &map);
        builder_array(builder, map.address, map.bytes, DUMP_ROLE_BUCKETS);
    }
}

/* Another build of the program, in which nothing is known of the functions. */
static void make_rebuilt(struct dump_builder *builder)
{
    struct places places = add_places_of(builder, "cafe0001");
    builder->info.pid++;
    add_full_map(builder, &places, 9);
}

static const struct {
    const char *name;
    void (*make)(struct dump_builder *builder);
} cases[] = {
    {"hollow", make_hollow},
    {"full", make_full},
    {"boxable", make_boxable},
    {"other-verdicts", make_other_verdicts},
    {"unknown", make_unknown},
    {"freed-at-end", make_freed_at_end},
    {"freed-before", make_freed_before},
    {"nothing", make_nothing},
    {"no-tables", make_no_tables},
    {"own-allocator", make_own_allocator},
    {"hostile-names", make_hostile_names},
    {"earlier", make_earlier},
    {"near-limit", make_near_limit},
    {"other-program", make_other_program},
    {"stranger", make_stranger},
    {"many-small", make_many_small},
    {"many-large", make_many_large},
    {"refills", make_refills},
    {"rebuilt", make_rebuilt},
    {"no-way", make_no_way},
};

static int write_case(void (*make)(struct dump_builder *builder), const char *path)
{
    struct dump_builder builder;
    builder_begin(&builder);
    make(&builder);
    struct buffer dump = builder_finish(&builder);
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(dump.bytes, 1, dump.count, file) : 0;
    bool complete = file && fclose(file) == 0 && written == dump.count;
    free(dump.bytes);
    if (!complete)
        perror(path);
    return complete ? 0 : 1;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (argc != 3)
            puts(cases[i].name);
        else if (strcmp(argv[1], cases[i].name) == 0)
            return write_case(cases[i].make, argv[2]);
    }
    return argc == 1 ? 0 : 2;
}
