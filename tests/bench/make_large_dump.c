/*
 * make_large_dump FILE [ARRAYS [SITES [ARRAYS_A_TABLE [PID]]]]: the dump of a made-up program with
 * very many tables, for the measurements of docs/performance.md. The same arguments give the same
 * file.
 *
 * As in a real program a few places make most tables, stacks share their outer frames, and one
 * table in eight is hollow.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "dump_builder.h"

#define MODULES      16u
#define FRAMES       24u
#define SHARED       12u
#define GROWTHS      3u
#define READINGS     3u
#define HOLLOW_EVERY 8u

struct program {
    struct dump_builder builder;
    uint32_t modules[MODULES];
    uint32_t *sites;
    uint32_t site_count;
    uint64_t random;
};

/* xorshift64 (Marsaglia, 2003): the same numbers everywhere. */
static uint64_t next_random(struct program *program)
{
    program->random ^= program->random << 13;
    program->random ^= program->random >> 7;
    program->random ^= program->random << 17;
    return program->random;
}

static void add_modules(struct program *program)
{
    for (uint32_t i = 0; i < MODULES; i++) {
        char path[64], build_id[64];
        snprintf(path, sizeof(path), "/opt/example/lib/libexample-%u.so.1", i);
        snprintf(build_id, sizeof(build_id), "%040x", 0x8d21f0aa + i);
        program->modules[i] = builder_module(&program->builder, path, build_id);
    }
}

static void add_sites(struct program *program)
{
    uint64_t offsets[FRAMES + 1] = {0};
    for (uint32_t i = 0; i < program->site_count; i++) {
        for (uint32_t k = 0; k < FRAMES; k++)
            if (i == 0 || k < FRAMES - SHARED || i % 64 == 0)
                offsets[k] = 0x1000 + next_random(program) % 0x1000000;
        program->sites[i] = builder_site(&program->builder, program->modules[i % MODULES], offsets);
    }
}

/* Half of the tables come from a sixteenth of the places. */
static uint32_t any_site(struct program *program)
{
    uint64_t random = next_random(program);
    uint32_t among = random & 1 ? program->site_count : program->site_count / 16 + 1;
    return program->sites[(random >> 8) % among];
}

static void add_table(struct program *program, uint64_t number, uint32_t arrays)
{
    static const struct {
        const char *name;
        enum dump_table_kind kind;
        uint64_t slot_bytes;
    } implementations[] = {
        {"std::unordered_map", DUMP_KIND_CHAINED, 8},
        {"khash", DUMP_KIND_OPEN, 24},
        {"absl::flat_hash_map", DUMP_KIND_OPEN, 49},
        {"unknown", DUMP_KIND_OPEN, 16},
    };
    struct dump_builder *builder = &program->builder;
    size_t which = next_random(program) % 4;
    uint64_t capacity = 1024ULL << next_random(program) % 10;
    bool is_hollow = next_random(program) % HOLLOW_EVERY == 0;
    struct dump_table table = {
        .number = number,
        .address = 0x7f0000000010 + (number << 24),
        .bytes = capacity * implementations[which].slot_bytes,
        .capacity = capacity,
        .live = is_hollow ? capacity / 64 : capacity / 2,
        .slot_bytes = implementations[which].slot_bytes,
        .peak_live = capacity / 2,
        .kind = implementations[which].kind,
        .read = which == 3 ? DUMP_READ_ESTIMATED : DUMP_READ_EXACT,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_PEAK,
        .confidence_ppm = 990000,
        .birth_site = any_site(program),
        .growth_site = any_site(program),
        .growths = GROWTHS,
        .growth_load_ppm = 750000,
        .birth_ms = 1000,
        .last_growth_ms = 9000,
        .read_ms = 60000,
    };
    builder_table(builder, implementations[which].name, &table);
    for (uint32_t i = 0; i < arrays; i++)
        builder_array(builder, table.address + i * (table.bytes / arrays), table.bytes / arrays,
                      i == 0 ? DUMP_ROLE_SLOTS : DUMP_ROLE_VALUES);
    for (uint64_t i = 1; i <= GROWTHS; i++)
        builder_growth(builder, 3000 * i, table.bytes >> (GROWTHS + 1 - i),
                       table.bytes >> (GROWTHS - i), capacity >> (GROWTHS + 1 - i));
    for (uint64_t i = 1; i <= READINGS; i++)
        builder_reading(builder, 20000 * i, capacity, i == READINGS ? table.live : capacity / 2);
    builder_owner(builder, &(struct dump_owner){
                               .holds = DUMP_NONE,
                               .kind = DUMP_OWNER_HEAP,
                               .flags = DUMP_OWNER_IS_OBJECT | DUMP_OWNER_EXACT_BLOCK,
                               .module = DUMP_NONE,
                               .site = table.birth_site,
                               .offset = 64,
                               .block_bytes = 2048,
                           });
}

static bool write_file(const struct buffer *dump, const char *path)
{
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(dump->bytes, 1, dump->count, file) : 0;
    bool complete = file && fclose(file) == 0 && written == dump->count;
    if (!complete)
        perror(path);
    return complete;
}

static uint32_t number_or(int argc, char **argv, int index, uint32_t otherwise)
{
    return index < argc ? (uint32_t)strtoul(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    struct program program = {.random = 0x9e3779b97f4a7c15ULL};
    uint32_t arrays = number_or(argc, argv, 2, 1000000);
    program.site_count = number_or(argc, argv, 3, 100000);
    uint32_t per_table = number_or(argc, argv, 4, 1);
    if (argc < 2 || arrays == 0 || program.site_count == 0 || per_table == 0) {
        fputs("usage: make_large_dump FILE [ARRAYS [SITES [ARRAYS_A_TABLE [PID]]]]\n", stderr);
        return 2;
    }
    program.sites = calloc(program.site_count, sizeof(*program.sites));
    if (!program.sites)
        return 1;
    builder_begin(&program.builder);
    program.builder.info.tracked_bytes = 64ULL << 30;
    program.builder.info.pid = number_or(argc, argv, 5, program.builder.info.pid);
    add_modules(&program);
    add_sites(&program);
    for (uint32_t i = 0; i < arrays / per_table; i++)
        add_table(&program, i + 1, per_table);
    free(program.sites);
    struct buffer dump = builder_finish(&program.builder);
    bool is_written = write_file(&dump, argv[1]);
    free(dump.bytes);
    return is_written ? 0 : 1;
}
