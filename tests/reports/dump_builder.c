/* Builds small dumps for tests: see dump_builder.h. A test that has no memory ends. */
#include "dump_builder.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const uint32_t record_bytes[] = {
    [DUMP_SECTION_INFO] = sizeof(struct dump_info),
    [DUMP_SECTION_STRINGS] = 1,
    [DUMP_SECTION_COUNTERS] = sizeof(struct dump_counter),
    [DUMP_SECTION_WARNINGS] = sizeof(struct dump_warning),
    [DUMP_SECTION_MODULES] = sizeof(struct dump_module),
    [DUMP_SECTION_FRAMES] = sizeof(struct dump_frame),
    [DUMP_SECTION_SITES] = sizeof(struct dump_site),
    [DUMP_SECTION_TABLES] = sizeof(struct dump_table),
    [DUMP_SECTION_ARRAYS] = sizeof(struct dump_array),
    [DUMP_SECTION_GROWTHS] = sizeof(struct dump_growth),
    [DUMP_SECTION_READINGS] = sizeof(struct dump_reading),
    [DUMP_SECTION_OWNERS] = sizeof(struct dump_owner),
    [DUMP_SECTION_SCRIPTS] = sizeof(struct dump_script),
    [DUMP_SECTION_GROWN_PLACES] = sizeof(struct dump_grown_place),
    [DUMP_SECTION_SUPPRESSIONS] = sizeof(struct dump_suppressions),
};

/* Powers of two, so that a large dump is not copied for each of its records. */
static size_t room_for(size_t count)
{
    size_t room = 64;
    while (room <= count)
        room *= 2;
    return room;
}

static void append(struct buffer *buffer, const void *bytes, size_t count)
{
    size_t room = room_for(buffer->count + count);
    if (!buffer->bytes || room != room_for(buffer->count))
        buffer->bytes = realloc(buffer->bytes, room);
    if (!buffer->bytes)
        abort();
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

/* Appends a record; returns its index. */
static uint32_t add(struct dump_builder *builder, uint32_t kind, const void *record)
{
    struct buffer *section = &builder->sections[kind];
    append(section, record, record_bytes[kind]);
    return (uint32_t)(section->count / record_bytes[kind] - 1);
}

uint32_t builder_string(struct dump_builder *builder, const char *text)
{
    struct buffer *strings = &builder->sections[DUMP_SECTION_STRINGS];
    uint32_t offset = (uint32_t)strings->count;
    append(strings, text, strlen(text) + 1);
    return offset;
}

void builder_begin(struct dump_builder *builder)
{
    memset(builder, 0, sizeof(*builder));
    builder->info = (struct dump_info){
        .pid = 4711,
        .reason = DUMP_REASON_MAIN_RETURNED,
        .flags = DUMP_INFO_COMPLETE,
        .start_realtime_ns = 1700000000000000000ULL,
        .at_ms = 60000,
        .threshold_bytes = 1024,
        .tracked_bytes = 64 << 20,
        .tracked_blocks = 1234,
        .peak_tracked_bytes = 80 << 20,
        .program = builder_string(builder, "/opt/example/server"),
        .label = builder_string(builder, "main-returned"),
        .allocator = builder_string(builder, "/lib/x86_64-linux-gnu/libc.so.6"),
        .unwinder = builder_string(builder, "libunwind"),
        .own_bytes = 1 << 20,
    };
}

uint32_t builder_module(struct dump_builder *builder, const char *path, const char *build_id)
{
    struct dump_module module = {
        .start = 0x555555554000,
        .end = 0x555555654000,
        .bias = 0x555555554000,
        .path = builder_string(builder, path),
        .build_id = builder_string(builder, build_id),
    };
    return add(builder, DUMP_SECTION_MODULES, &module);
}

uint32_t builder_site(struct dump_builder *builder, uint32_t module, const uint64_t *offsets)
{
    size_t frames = builder->sections[DUMP_SECTION_FRAMES].count / sizeof(struct dump_frame);
    struct dump_site site = {.first_frame = (uint32_t)frames};
    for (; *offsets; offsets++) {
        struct dump_frame frame = {.module = module, .offset = *offsets};
        add(builder, DUMP_SECTION_FRAMES, &frame);
        site.frame_count++;
    }
    return add(builder, DUMP_SECTION_SITES, &site);
}

uint32_t builder_script(struct dump_builder *builder, const char *file, const char *function,
                        uint32_t line)
{
    struct dump_script script = {.file = builder_string(builder, file),
                                 .function = builder_string(builder, function),
                                 .line = line};
    return 1 + add(builder, DUMP_SECTION_SCRIPTS, &script);
}

uint32_t builder_script_site(struct dump_builder *builder, uint32_t script, uint32_t module,
                             uint64_t offset)
{
    size_t frames = builder->sections[DUMP_SECTION_FRAMES].count / sizeof(struct dump_frame);
    struct dump_site site = {.first_frame = (uint32_t)frames, .frame_count = 2};
    struct dump_frame line = {.module = DUMP_NONE, .script = script};
    struct dump_frame frame = {.module = module, .offset = offset};
    add(builder, DUMP_SECTION_FRAMES, &line);
    add(builder, DUMP_SECTION_FRAMES, &frame);
    return add(builder, DUMP_SECTION_SITES, &site);
}

uint32_t builder_table(struct dump_builder *builder, const char *implementation,
                       const struct dump_table *table)
{
    struct dump_table record = *table;
    record.implementation = builder_string(builder, implementation);
    return add(builder, DUMP_SECTION_TABLES, &record);
}

/* The table that was added last, and its index. */
static struct dump_table *last_table(struct dump_builder *builder, uint32_t *index)
{
    struct buffer *tables = &builder->sections[DUMP_SECTION_TABLES];
    *index = (uint32_t)(tables->count / sizeof(struct dump_table) - 1);
    return (struct dump_table *)(void *)tables->bytes + *index;
}

void builder_array(struct dump_builder *builder, uint64_t address, uint64_t bytes,
                   enum dump_role role)
{
    uint32_t index;
    struct dump_table *table = last_table(builder, &index);
    struct dump_array array = {
        .address = address,
        .bytes = bytes,
        .born_ms = table->birth_ms,
        .table = index,
        .role = role,
        .site = table->birth_site,
    };
    uint32_t record = add(builder, DUMP_SECTION_ARRAYS, &array);
    if (table->array_count++ == 0)
        table->first_array = record;
}

void builder_growth(struct dump_builder *builder, uint64_t at_ms, uint64_t from_bytes,
                    uint64_t to_bytes, uint64_t live)
{
    uint32_t index;
    struct dump_table *table = last_table(builder, &index);
    struct dump_growth growth = {
        .table = index,
        .site = table->growth_site,
        .at_ms = at_ms,
        .from_bytes = from_bytes,
        .to_bytes = to_bytes,
        .occupied_ppm = 632000,
        .moved_ppm = 990000,
        .live = live,
    };
    uint32_t record = add(builder, DUMP_SECTION_GROWTHS, &growth);
    if (table->growth_count++ == 0)
        table->first_growth = record;
}

void builder_reading(struct dump_builder *builder, uint64_t at_ms, uint64_t capacity, uint64_t live)
{
    uint32_t index;
    struct dump_table *table = last_table(builder, &index);
    struct dump_reading reading = {
        .table = index, .at_ms = at_ms, .capacity = capacity, .live = live};
    uint32_t record = add(builder, DUMP_SECTION_READINGS, &reading);
    if (table->reading_count++ == 0)
        table->first_reading = record;
}

uint32_t builder_owner(struct dump_builder *builder, const struct dump_owner *owner)
{
    struct dump_owner record = *owner;
    last_table(builder, &record.table);
    return add(builder, DUMP_SECTION_OWNERS, &record);
}

void builder_counter(struct dump_builder *builder, const char *name, uint64_t value)
{
    struct dump_counter counter = {.name = builder_string(builder, name), .value = value};
    add(builder, DUMP_SECTION_COUNTERS, &counter);
}

void builder_warning(struct dump_builder *builder, const char *text)
{
    struct dump_warning warning = {.text = builder_string(builder, text)};
    add(builder, DUMP_SECTION_WARNINGS, &warning);
}

void builder_suppressions(struct dump_builder *builder, const char *text)
{
    struct dump_suppressions record = {.text = builder_string(builder, text)};
    add(builder, DUMP_SECTION_SUPPRESSIONS, &record);
}

struct buffer builder_finish(struct dump_builder *builder)
{
    static const unsigned char zeros[8];
    struct buffer file = {0};
    struct dump_header header = {
        .version = DUMP_VERSION,
        .header_bytes = sizeof(header),
        .section_count = DUMP_SECTION_LAST,
    };
    memcpy(header.magic, DUMP_MAGIC, sizeof(header.magic));
    add(builder, DUMP_SECTION_INFO, &builder->info);

    struct dump_section directory[DUMP_SECTION_LAST] = {{0}};
    uint64_t offset = sizeof(header) + sizeof(directory);
    for (uint32_t kind = DUMP_SECTION_INFO; kind <= DUMP_SECTION_LAST; kind++) {
        struct buffer *section = &builder->sections[kind];
        uint64_t count = section->count / record_bytes[kind];
        if (section->count % 8)
            append(section, zeros, 8 - section->count % 8);
        directory[kind - 1] = (struct dump_section){
            .kind = kind,
            .record_bytes = record_bytes[kind],
            .offset = offset,
            .count = count,
        };
        offset += section->count;
    }
    header.file_bytes = offset;
    append(&file, &header, sizeof(header));
    append(&file, directory, sizeof(directory));
    for (uint32_t kind = DUMP_SECTION_INFO; kind <= DUMP_SECTION_LAST; kind++) {
        struct buffer *section = &builder->sections[kind];
        if (section->count)
            append(&file, section->bytes, section->count);
        free(section->bytes);
    }
    memset(builder, 0, sizeof(*builder));
    rechecksum(&file);
    return file;
}

/* Writes the sum of a section into its directory entry where the entry makes sense. */
static void rechecksum_section(struct buffer *file, size_t entry)
{
    struct dump_section section;
    memcpy(&section, file->bytes + entry, sizeof(section));
    if (section.offset > file->count)
        return;
    uint64_t room = file->count - section.offset;
    if (section.record_bytes && section.count > room / section.record_bytes)
        return;
    uint64_t padded = (section.count * section.record_bytes + 7) & ~7ULL;
    if (padded > room)
        return;
    section.crc = (uint32_t)crc32_z(0, file->bytes + section.offset, padded);
    memcpy(file->bytes + entry, &section, sizeof(section));
}

void rechecksum(struct buffer *file)
{
    struct dump_header header;
    if (file->count < sizeof(header))
        return;
    memcpy(&header, file->bytes, sizeof(header));
    size_t directory_bytes = (size_t)header.section_count * sizeof(struct dump_section);
    if (header.section_count > DUMP_MAX_SECTIONS || directory_bytes > file->count - sizeof(header))
        return;
    for (size_t i = 0; i < header.section_count; i++)
        rechecksum_section(file, sizeof(header) + i * sizeof(struct dump_section));
    header.crc = 0;
    uLong sum = crc32_z(0, (const Bytef *)&header, sizeof(header));
    header.crc = (uint32_t)crc32_z(sum, file->bytes + sizeof(header), directory_bytes);
    memcpy(file->bytes, &header, sizeof(header));
}
