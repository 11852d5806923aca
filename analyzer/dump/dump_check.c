/*
 * Do the records of a dump make sense together? One table says what every field may hold; to add a
 * field to the format that names something, add a line here.
 */
#include "dump_check.h"

#include <inttypes.h>
#include <string.h>

#define RECORDS_AT_ONCE 64u

enum rule_kind {
    RULE_STRING,        /* u32: an offset into STRINGS */
    RULE_NAME,          /* the same, of at most DUMP_MAX_NAME_BYTES */
    RULE_INDEX,         /* u32: a record of section `first` */
    RULE_INDEX_OR_NONE, /* the same, or DUMP_NONE */
    RULE_RANGE,         /* two u32: first record and count in section `first` */
    RULE_BETWEEN,       /* u32: from `first` to `last` */
    RULE_SIZE,          /* u64: below DUMP_NUMBER_LIMIT */
};

struct rule {
    uint32_t section;
    enum rule_kind kind;
    const char *field;
    size_t offset;
    uint32_t first, last;
};

#define FIELD(record, field) #field, offsetof(struct record, field)

static const struct rule rules[] = {
    {DUMP_SECTION_INFO, RULE_BETWEEN, FIELD(dump_info, reason), DUMP_REASON_MAIN_RETURNED,
     DUMP_REASON_UNTRACKED},
    {DUMP_SECTION_INFO, RULE_STRING, FIELD(dump_info, program), 0, 0},
    {DUMP_SECTION_INFO, RULE_STRING, FIELD(dump_info, label), 0, 0},
    {DUMP_SECTION_INFO, RULE_STRING, FIELD(dump_info, allocator), 0, 0},
    {DUMP_SECTION_INFO, RULE_STRING, FIELD(dump_info, unwinder), 0, 0},
    {DUMP_SECTION_INFO, RULE_SIZE, FIELD(dump_info, tracked_bytes), 0, 0},
    {DUMP_SECTION_COUNTERS, RULE_STRING, FIELD(dump_counter, name), 0, 0},
    {DUMP_SECTION_WARNINGS, RULE_STRING, FIELD(dump_warning, text), 0, 0},
    {DUMP_SECTION_MODULES, RULE_NAME, FIELD(dump_module, path), 0, 0},
    {DUMP_SECTION_MODULES, RULE_NAME, FIELD(dump_module, build_id), 0, 0},
    {DUMP_SECTION_FRAMES, RULE_INDEX_OR_NONE, FIELD(dump_frame, module), DUMP_SECTION_MODULES, 0},
    {DUMP_SECTION_SITES, RULE_RANGE, FIELD(dump_site, first_frame), DUMP_SECTION_FRAMES, 0},
    {DUMP_SECTION_SITES, RULE_BETWEEN, FIELD(dump_site, frame_count), 0, DUMP_MAX_SITE_FRAMES},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, bytes), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, resident_bytes), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, capacity), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, live), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, live_error), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, tombstones), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, slot_bytes), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, value_bytes), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, entry_blocks), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, entry_bytes), 0, 0},
    {DUMP_SECTION_TABLES, RULE_SIZE, FIELD(dump_table, peak_live), 0, 0},
    {DUMP_SECTION_TABLES, RULE_NAME, FIELD(dump_table, implementation), 0, 0},
    {DUMP_SECTION_TABLES, RULE_BETWEEN, FIELD(dump_table, kind), DUMP_KIND_UNKNOWN,
     DUMP_KIND_COMPACT},
    {DUMP_SECTION_TABLES, RULE_BETWEEN, FIELD(dump_table, read), DUMP_READ_NONE, DUMP_READ_EXACT},
    {DUMP_SECTION_TABLES, RULE_BETWEEN, FIELD(dump_table, confidence_ppm), 0, 1000000},
    {DUMP_SECTION_TABLES, RULE_INDEX_OR_NONE, FIELD(dump_table, birth_site), DUMP_SECTION_SITES, 0},
    {DUMP_SECTION_TABLES, RULE_INDEX_OR_NONE, FIELD(dump_table, growth_site), DUMP_SECTION_SITES,
     0},
    {DUMP_SECTION_TABLES, RULE_RANGE, FIELD(dump_table, first_array), DUMP_SECTION_ARRAYS, 0},
    {DUMP_SECTION_TABLES, RULE_RANGE, FIELD(dump_table, first_growth), DUMP_SECTION_GROWTHS, 0},
    {DUMP_SECTION_TABLES, RULE_RANGE, FIELD(dump_table, first_reading), DUMP_SECTION_READINGS, 0},
    {DUMP_SECTION_ARRAYS, RULE_INDEX, FIELD(dump_array, table), DUMP_SECTION_TABLES, 0},
    {DUMP_SECTION_ARRAYS, RULE_SIZE, FIELD(dump_array, bytes), 0, 0},
    {DUMP_SECTION_ARRAYS, RULE_SIZE, FIELD(dump_array, resident_bytes), 0, 0},
    {DUMP_SECTION_ARRAYS, RULE_BETWEEN, FIELD(dump_array, role), DUMP_ROLE_SLOTS,
     DUMP_ROLE_ENTRIES},
    {DUMP_SECTION_ARRAYS, RULE_INDEX_OR_NONE, FIELD(dump_array, site), DUMP_SECTION_SITES, 0},
    {DUMP_SECTION_GROWTHS, RULE_INDEX, FIELD(dump_growth, table), DUMP_SECTION_TABLES, 0},
    {DUMP_SECTION_GROWTHS, RULE_INDEX_OR_NONE, FIELD(dump_growth, site), DUMP_SECTION_SITES, 0},
    {DUMP_SECTION_GROWTHS, RULE_SIZE, FIELD(dump_growth, from_bytes), 0, 0},
    {DUMP_SECTION_GROWTHS, RULE_SIZE, FIELD(dump_growth, to_bytes), 0, 0},
    {DUMP_SECTION_GROWTHS, RULE_SIZE, FIELD(dump_growth, live), 0, 0},
    {DUMP_SECTION_READINGS, RULE_INDEX, FIELD(dump_reading, table), DUMP_SECTION_TABLES, 0},
    {DUMP_SECTION_READINGS, RULE_SIZE, FIELD(dump_reading, capacity), 0, 0},
    {DUMP_SECTION_READINGS, RULE_SIZE, FIELD(dump_reading, live), 0, 0},
    {DUMP_SECTION_OWNERS, RULE_INDEX, FIELD(dump_owner, table), DUMP_SECTION_TABLES, 0},
    {DUMP_SECTION_OWNERS, RULE_INDEX_OR_NONE, FIELD(dump_owner, holds), DUMP_SECTION_OWNERS, 0},
    {DUMP_SECTION_OWNERS, RULE_BETWEEN, FIELD(dump_owner, kind), DUMP_OWNER_STATIC,
     DUMP_OWNER_HEAP},
    {DUMP_SECTION_OWNERS, RULE_INDEX_OR_NONE, FIELD(dump_owner, module), DUMP_SECTION_MODULES, 0},
    {DUMP_SECTION_OWNERS, RULE_INDEX_OR_NONE, FIELD(dump_owner, site), DUMP_SECTION_SITES, 0},
    {DUMP_SECTION_OWNERS, RULE_SIZE, FIELD(dump_owner, block_bytes), 0, 0},
    {DUMP_SECTION_OWNERS, RULE_SIZE, FIELD(dump_owner, points_at), 0, 0},
    {DUMP_SECTION_SUPPRESSIONS, RULE_STRING, FIELD(dump_suppressions, text), 0, 0},
    {DUMP_SECTION_SCRIPTS, RULE_NAME, FIELD(dump_script, file), 0, 0},
    {DUMP_SECTION_SCRIPTS, RULE_NAME, FIELD(dump_script, function), 0, 0},
    {DUMP_SECTION_SCRIPTS, RULE_BETWEEN, FIELD(dump_script, line), 0, INT32_MAX},
    {DUMP_SECTION_GROWN_PLACES, RULE_INDEX, FIELD(dump_grown_place, site), DUMP_SECTION_SITES, 0},
    {DUMP_SECTION_GROWN_PLACES, RULE_SIZE, FIELD(dump_grown_place, bytes), 0, 0},
};

const char *dump_section_name(uint32_t kind)
{
    static const char *const names[] = {
        [DUMP_SECTION_INFO] = "INFO",
        [DUMP_SECTION_STRINGS] = "STRINGS",
#define SECTION(kind, array, count) [DUMP_SECTION_##kind] = #kind,
#include "dump_section_list.h"
#undef SECTION
    };
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

/* The unpacked records of a known section other than STRINGS, and how long each is in memory. */
static const void *records_of(const struct dump *dump, uint32_t kind, size_t *count,
                              size_t *record_bytes)
{
    switch (kind) {
    case DUMP_SECTION_INFO:
        *count = 1;
        *record_bytes = sizeof(dump->info);
        return &dump->info;
#define SECTION(section, array, array_count)                                                       \
    case DUMP_SECTION_##section:                                                                   \
        *count = dump->array_count;                                                                \
        *record_bytes = sizeof(*dump->array);                                                      \
        return dump->array;
#include "dump_section_list.h"
#undef SECTION
    default:
        *count = 0;
        *record_bytes = 0;
        return NULL;
    }
}

/* What an index or a string may reach at most. */
static uint64_t limit_of(const struct dump *dump, const struct rule *rule)
{
    size_t count, record_bytes;
    if (rule->kind == RULE_STRING || rule->kind == RULE_NAME)
        return dump->string_bytes;
    records_of(dump, rule->first, &count, &record_bytes);
    return count;
}

static bool follows(const struct rule *rule, const char *field, uint64_t limit, const char *strings)
{
    uint32_t value[2] = {0, 0};
    uint64_t size;
    memcpy(value, field, rule->kind == RULE_RANGE ? 8 : 4);
    switch (rule->kind) {
    case RULE_INDEX_OR_NONE:
        if (value[0] == DUMP_NONE)
            return true;
        /* fallthrough */
    case RULE_STRING:
    case RULE_INDEX:
        return value[0] < limit;
    case RULE_NAME:
        return value[0] < limit &&
               strnlen(strings + value[0], DUMP_MAX_NAME_BYTES + 1) <= DUMP_MAX_NAME_BYTES;
    case RULE_RANGE:
        return value[1] == 0 || (value[0] < limit && value[1] <= limit - value[0]);
    case RULE_BETWEEN:
        return value[0] >= rule->first && value[0] <= rule->last;
    case RULE_SIZE:
        memcpy(&size, field, sizeof(size));
        return size < DUMP_NUMBER_LIMIT;
    }
    return false;
}

static bool record_error(const struct dump *dump, uint32_t kind, uint64_t record, size_t offset,
                         const char *field, const char *what, struct error *error)
{
    const struct dump_section *section = &dump->sections[kind];
    return error_set(error, STATUS_BAD_DUMP, "%s: offset 0x%" PRIx64 ": %s[%" PRIu64 "].%s %s",
                     dump->path, section->offset + record * section->record_bytes + offset,
                     dump_section_name(kind), record, field, what);
}

/* The rule over the records [first, end). */
static bool check_rule(const struct dump *dump, const struct rule *rule, size_t first, size_t end,
                       struct error *error)
{
    static const char *const broken[] = {
        [RULE_STRING] = "lies outside STRINGS",
        [RULE_NAME] = "lies outside STRINGS or is too long for a name",
        [RULE_INDEX] = "names a record that is not there",
        [RULE_INDEX_OR_NONE] = "names a record that is not there",
        [RULE_RANGE] = "names records that are not there",
        [RULE_BETWEEN] = "has a value outside its range",
        [RULE_SIZE] = "is larger than an address space",
    };
    size_t count, record_bytes;
    const char *records = records_of(dump, rule->section, &count, &record_bytes);
    uint64_t limit = limit_of(dump, rule);
    for (size_t i = first; i < end; i++)
        if (!follows(rule, records + i * record_bytes + rule->offset, limit, dump->strings))
            return record_error(dump, rule->section, i, rule->offset, rule->field,
                                broken[rule->kind], error);
    return true;
}

/* All rules of a section, which stand together, over so many records that the processor's cache
 * holds them from the first rule to the last: a large section is read from memory once. */
static bool check_section(const struct dump *dump, const struct rule *of_section, size_t rule_count,
                          struct error *error)
{
    size_t count, record_bytes;
    records_of(dump, of_section->section, &count, &record_bytes);
    for (size_t first = 0; first < count; first += RECORDS_AT_ONCE) {
        size_t end = count - first < RECORDS_AT_ONCE ? count : first + RECORDS_AT_ONCE;
        for (size_t i = 0; i < rule_count; i++)
            if (!check_rule(dump, &of_section[i], first, end, error))
                return false;
    }
    return true;
}

/* The records that a table names must name the table: then no two tables share one, and walking
 * over all tables costs no more than the file is long. */
#define CHECK_OWNED(section_kind, record, records, first, count)                                   \
    for (uint32_t i = 0; i < table->count; i++)                                                    \
        if (dump->records[table->first + i].table != number)                                       \
            return record_error(dump, section_kind, table->first + i,                              \
                                offsetof(struct record, table), "table",                           \
                                "is not the table that names this record", error);

static bool check_owned(const struct dump *dump, uint32_t number, struct error *error)
{
    const struct dump_table *table = &dump->tables[number];
    CHECK_OWNED(DUMP_SECTION_ARRAYS, dump_array, arrays, first_array, array_count)
    CHECK_OWNED(DUMP_SECTION_GROWTHS, dump_growth, growths, first_growth, growth_count)
    CHECK_OWNED(DUMP_SECTION_READINGS, dump_reading, readings, first_reading, reading_count)
    return true;
}

/* Whoever adds up the tables, or what a fix of each saves, does so in 64 bits. */
static bool check_sums(const struct dump *dump, struct error *error)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < dump->table_count; i++) {
        const struct dump_table *table = &dump->tables[i];
        /* each below DUMP_NUMBER_LIMIT */
        sum += table->bytes + table->entry_bytes + table->capacity + table->live;
        if (sum >= UINT64_MAX / 2)
            return record_error(dump, DUMP_SECTION_TABLES, i, offsetof(struct dump_table, bytes),
                                "bytes", "is too much together with the tables before it", error);
    }
    return true;
}

/* A link leads to an earlier one of the same table, which lies in a heap block: every chain ends.
 */
static bool check_links(const struct dump *dump, struct error *error)
{
    for (size_t i = 0; i < dump->owner_count; i++) {
        const struct dump_owner *owner = &dump->owners[i];
        if (owner->holds == DUMP_NONE)
            continue;
        const struct dump_owner *held = &dump->owners[owner->holds];
        if (owner->holds >= i || held->table != owner->table || held->kind != DUMP_OWNER_HEAP)
            return record_error(dump, DUMP_SECTION_OWNERS, i, offsetof(struct dump_owner, holds),
                                "holds", "is no earlier link of the table in a heap block", error);
    }
    return true;
}

static bool check_script_frames(const struct dump *dump, struct error *error)
{
    for (size_t i = 0; i < dump->frame_count; i++)
        if (dump->frames[i].script > dump->script_count)
            return record_error(dump, DUMP_SECTION_FRAMES, i, offsetof(struct dump_frame, script),
                                "script", "names a record that is not there", error);
    return true;
}

bool dump_check(const struct dump *dump, struct error *error)
{
    size_t rule_count = sizeof(rules) / sizeof(rules[0]), next;
    for (size_t i = 0; i < rule_count; i = next) {
        for (next = i + 1; next < rule_count && rules[next].section == rules[i].section;)
            next++;
        if (!check_section(dump, &rules[i], next - i, error))
            return false;
    }
    for (size_t i = 0; i < dump->table_count; i++)
        if (!check_owned(dump, (uint32_t)i, error))
            return false;
    if (dump->suppressions_count > 1)
        return record_error(dump, DUMP_SECTION_SUPPRESSIONS, 1,
                            offsetof(struct dump_suppressions, text), "text",
                            "is a second text where there is one", error);
    return check_sums(dump, error) && check_script_frames(dump, error) && check_links(dump, error);
}
