/*
 * A sound dump that names a hostile ELF file: functions, lines, inlined calls, variables, types and
 * the unwinding tables, as a report asks for them.
 *
 * With -DHASHTRACK_LIBFUZZER it is a libFuzzer target. Without, it is a test: main() damages the
 * ELF files of its arguments in a fixed way, in the same order on every machine.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump_builder.h"
#include "dump_reader.h"
#include "rendering.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Where the seeds (symbols_seed.c, linked without libc) have their code and their variables. */
#define CODE_FIRST   0x2f0u
#define CODE_STEP    0x1au
#define DATA_FIRST   0x1e60u
#define DATA_STEP    0x18u
#define TABLES       24u
#define FRAMES       4u
#define FRAME_OFFSET (-0x68)

static void add_owners(struct dump_builder *builder, uint32_t module, uint32_t site, uint32_t i)
{
    struct dump_owner owner = {
        .holds = DUMP_NONE,
        .kind = DUMP_OWNER_HEAP,
        .flags = DUMP_OWNER_EXACT_BLOCK | (i & 1 ? DUMP_OWNER_IS_OBJECT : 0),
        .module = DUMP_NONE,
        .site = site,
        .offset = 8 * (i % 8),
        .block_bytes = 96,
    };
    uint32_t held = builder_owner(builder, &owner);
    owner.module = module;
    owner.offset = DATA_FIRST + DATA_STEP * i;
    owner.kind = DUMP_OWNER_STATIC;
    owner.holds = held;
    builder_owner(builder, &owner);
    owner.holds = DUMP_NONE;
    owner.flags = DUMP_OWNER_IS_OBJECT;
    builder_owner(builder, &owner);
    owner.kind = DUMP_OWNER_THREAD_LOCAL;
    owner.offset = 8 * (i % 8);
    builder_owner(builder, &owner);
    owner.kind = DUMP_OWNER_FRAME;
    owner.offset = CODE_FIRST + CODE_STEP * i + 1;
    owner.frame_offset = FRAME_OFFSET + 8 * (i % 16);
    builder_owner(builder, &owner);
}

/* Hollow tables whose stacks and owners lie all over the module. */
static struct buffer dump_naming(const char *path)
{
    struct dump_builder builder;
    builder_begin(&builder);
    builder.info.at_ms = 0;
    builder.info.start_realtime_ns = INT64_MAX; /* the file is not younger than the dump */
    uint32_t module = builder_module(&builder, path, "");
    for (uint32_t i = 0; i < TABLES; i++) {
        uint64_t offsets[FRAMES + 1] = {0};
        for (uint32_t k = 0; k < FRAMES; k++)
            offsets[k] = CODE_FIRST + CODE_STEP * ((i + k * TABLES / FRAMES) % TABLES) + 1;
        uint32_t site = builder_site(&builder, module, offsets);
        struct dump_table table = {
            .number = i + 1,
            .address = 0x7f0000001010 + 0x10000000ULL * i,
            .bytes = 64 << 20,
            .capacity = 4 << 20,
            .live = 100,
            .slot_bytes = 16,
            .peak_live = 2 << 20,
            .kind = DUMP_KIND_OPEN,
            .read = DUMP_READ_EXACT,
            .known =
                DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES | DUMP_KNOWN_PEAK,
            .confidence_ppm = 1000000,
            .birth_site = site,
            .growth_site = site,
            .growths = 3,
        };
        builder_table(&builder, i % 3 ? "unknown" : "std::unordered_map", &table);
        builder_array(&builder, table.address, table.bytes, DUMP_ROLE_SLOTS);
        add_owners(&builder, module, site, i);
    }
    return builder_finish(&builder);
}

static void render(const struct findings *findings, FILE *out)
{
    struct error error;
    const struct symbolizer_options wanted = {.off = false};
    const struct report_options options = {.all = true, .all_frames = true};
    struct symbolizer *symbolizer = symbolizer_new(&wanted);
    const struct rendering rendering = {
        .out = out,
        .findings = findings,
        .symbolizer = symbolizer,
        .options = &options,
        .terminal = {.width = 80},
    };
    if (!symbolizer)
        abort();
    render_text(&rendering);
    render_json(&rendering, true, &error);
    symbolizer_free(symbolizer);
}

static void report_on(const char *path, FILE *out)
{
    struct dump dump;
    struct findings findings;
    struct error error;
    struct buffer file = dump_naming(path);
    if (!dump_parse("fuzz", file.bytes, file.count, &dump, &error) ||
        !findings_make(&dump, &(struct finding_limits){.min_saving = 1}, NULL, &findings, &error)) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    render(&findings, out);
    findings_free(&findings);
    dump_unload(&dump);
    free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    int file = memfd_create("hostile", MFD_CLOEXEC);
    if (!nowhere || file < 0 || write(file, bytes, count) != (ssize_t)count)
        abort();
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    report_on(path, nowhere);
    close(file);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define DAMAGED_COPIES 150
#define MOST_BYTES     (1u << 20)

/* xorshift64 (Marsaglia, 2003): the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A byte becomes another, or one at which lengths and numbers of DWARF end or begin. */
static void damage(unsigned char *bytes, size_t count, uint64_t *state)
{
    static const unsigned char awkward[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0x10};
    for (uint64_t hits = next_random(state) % 8; hits < 8; hits++) {
        size_t at = next_random(state) % count;
        uint64_t random = next_random(state);
        bytes[at] = random & 8 ? awkward[random & 7] : (unsigned char)(bytes[at] ^ (random >> 8));
    }
}

/* Whole, then cut off at places that get closer, then with damaged bytes. */
static bool try_file(const char *path, unsigned char *bytes)
{
    static unsigned char copy[MOST_BYTES];
    uint64_t state = 0x9e3779b97f4a7c15ULL;
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(bytes, 1, MOST_BYTES, file) : 0;
    if (!file || fclose(file) != 0 || count == 0) {
        perror(path);
        return false;
    }
    LLVMFuzzerTestOneInput(bytes, count);
    for (size_t cut = count / 2; cut > 0; cut /= 2)
        LLVMFuzzerTestOneInput(bytes, count - cut);
    for (int i = 0; i < DAMAGED_COPIES; i++) {
        memcpy(copy, bytes, count);
        damage(copy, count, &state);
        LLVMFuzzerTestOneInput(copy, count);
    }
    return true;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[MOST_BYTES];
    for (int i = 1; i < argc; i++)
        if (!try_file(argv[i], bytes))
            return 1;
    printf("%d damaged copies of each of %d files: none crashed\n", DAMAGED_COPIES, argc - 1);
    return argc > 1 ? 0 : 1;
}

#endif
