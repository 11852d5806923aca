/*
 * Random dumps through everything that hashtrack(1) does with one: load, judge, text, JSON, diff.
 *
 * With -DHASHTRACK_LIBFUZZER it is a libFuzzer target. Without, it is a test: main() damages small
 * sound dumps in a fixed way, in the same order on every machine. Checksums are made right again
 * after each damage, for otherwise nothing would be seen behind them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "dump_builder.h"
#include "dump_reader.h"
#include "rebuilt.h"
#include "render_diff.h"
#include "rendering.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void render_all(const struct findings *findings, struct symbolizer *symbolizer, FILE *out)
{
    struct error error;
    for (int variant = 0; variant < 4; variant++) {
        const struct report_options options = {
            .all = variant & 1,
            .all_frames = variant & 1,
            .no_symbols = true,
        };
        const struct rendering rendering = {
            .out = out,
            .findings = findings,
            .symbolizer = symbolizer,
            .options = &options,
            .terminal = {.width = 60, .color = variant & 2, .utf8 = variant & 2},
        };
        render_text(&rendering);
        render_json(&rendering, variant & 2, &error);
        if (findings->count)
            render_explanation(&rendering, &findings->tables[0], 1);
    }
}

static void use(const struct dump *dump, FILE *out)
{
    struct error error;
    struct findings findings;
    struct diff diff;
    const struct symbolizer_options off = {.off = true};
    const struct diff_options diff_options = {.report.no_symbols = true};
    if (!findings_make(dump, &(struct finding_limits){.min_saving = 1}, NULL, &findings, &error))
        return;
    struct symbolizer *symbolizer = symbolizer_new(&off);
    if (symbolizer)
        render_all(&findings, symbolizer, out);
    if (symbolizer && diff_make(&findings, &findings, &diff, &error)) {
        struct diff_sides sides = {&findings, &findings, symbolizer, symbolizer, {0}};
        if (rebuilt_ids(&findings, symbolizer, &sides.builds.unknown_before, &error))
            sides.builds.module = "rebuilt";
        render_diff(&diff, &sides, &diff_options, out, &error);
        diff_free(&diff);
    }
    symbolizer_free(symbolizer);
    findings_free(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct dump dump;
    struct error error;
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    struct buffer file = {malloc(count + 1), count};
    if (!nowhere || !file.bytes)
        abort();
    memcpy(file.bytes, bytes, count);
    rechecksum(&file);
    if (dump_parse("fuzz", file.bytes, file.count, &dump, &error)) {
        use(&dump, nowhere);
        dump_unload(&dump);
    }
    free(file.bytes);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define DAMAGED_COPIES 5000

/* xorshift64 (Marsaglia, 2003): the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct buffer sound_dump(void)
{
    struct dump_builder builder;
    builder_begin(&builder);
    uint32_t module = builder_module(&builder, "/bin/x", "abcd");
    uint32_t site = builder_site(&builder, module, (const uint64_t[]){0x10, 0x20, 0});
    uint32_t script = builder_script(&builder, "/opt/app/load.py", "load.<locals>.<lambda>", 12);
    uint32_t line = builder_script_site(&builder, script, module, 0x30);
    static const char *const implementations[] = {"unknown", "khash", "std::unordered_map"};
    for (uint64_t i = 0; i < 3; i++) {
        struct dump_table table = {
            .number = i + 1,
            .address = 0x1000 * (i + 1),
            .bytes = 1 << 24,
            .capacity = 1 << 20,
            .live = 100,
            .slot_bytes = 16,
            .value_bytes = 8,
            .peak_live = 600000,
            .kind = DUMP_KIND_OPEN,
            .read = DUMP_READ_EXACT,
            .known = UINT32_MAX,
            .confidence_ppm = 900000,
            .growths = 2,
            .growth_load_ppm = 700000,
            .birth_site = site,
            .growth_site = i == 0 ? line : site,
        };
        builder_table(&builder, implementations[i], &table);
        builder_array(&builder, table.address, table.bytes, DUMP_ROLE_SLOTS);
        for (uint64_t k = 1; k < 5; k++) {
            builder_growth(&builder, k, table.bytes >> (5 - k), table.bytes >> (4 - k), 100 * k);
            builder_reading(&builder, k, table.capacity, 1000 * k);
        }
        struct dump_owner owner = {
            .holds = DUMP_NONE,
            .kind = DUMP_OWNER_HEAP,
            .module = DUMP_NONE,
            .site = site,
            .offset = 8 * i,
            .block_bytes = 96,
        };
        owner.holds = builder_owner(&builder, &owner);
        owner.kind = DUMP_OWNER_STATIC;
        owner.module = module;
        builder_owner(&builder, &owner);
        owner.kind = DUMP_OWNER_FRAME;
        builder_owner(&builder, &owner);
    }
    builder_counter(&builder, "things dropped", 3);
    builder_warning(&builder, "a warning");
    return builder_finish(&builder);
}

/* Numbers at which arithmetic goes wrong, and numbers that are nearly right. */
static uint32_t damage(uint32_t old, uint64_t random)
{
    static const uint32_t awkward[] = {0, 1, 2, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    if (random & 8)
        return awkward[random & 7];
    return random & 16 ? old + 1 : old ^ 1u << (random >> 8) % 32;
}

/* For libFuzzer to begin with. */
static int write_seed(const char *directory, const struct buffer *sound)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/sound", directory);
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(sound->bytes, sound->count, 1, file) == 1;
    return file && fclose(file) == 0 && written ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct buffer sound = sound_dump();
    if (argc == 2)
        return write_seed(argv[1], &sound);
    uint64_t state = 0x9e3779b97f4a7c15ULL;
    unsigned char *copy = malloc(sound.count);
    if (!copy)
        return 1;
    for (int i = 0; i < DAMAGED_COPIES; i++) {
        memcpy(copy, sound.bytes, sound.count);
        for (uint64_t hits = next_random(&state) % 4; hits < 4; hits++) {
            size_t at = next_random(&state) % (sound.count / 4) * 4;
            uint32_t word;
            memcpy(&word, copy + at, 4);
            word = damage(word, next_random(&state));
            memcpy(copy + at, &word, 4);
        }
        LLVMFuzzerTestOneInput(copy, sound.count);
    }
    printf("%d damaged dumps of %zu bytes: none crashed\n", DAMAGED_COPIES, sound.count);
    free(copy);
    free(sound.bytes);
    return 0;
}

#endif
