/*
 * Damaged programs and libraries through what hashtrack(1) reads of them: what an ELF file is
 * (elf_facts.h), functions, lines and variables from symbols and DWARF (symbols.h).
 *
 * A dump names such files, and whoever has the dump may have other files there. As a test it
 * damages the library named by its argument in a fixed way; with -DHASHTRACK_LIBFUZZER it is a
 * libFuzzer target.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump_builder.h"
#include "dump_reader.h"
#include "elf_facts.h"
#include "error.h"
#include "symbols.h"
#include "variables.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A dump with a site in the file, at offsets all over its code. */
static bool make_dump(const char *path, struct dump *dump)
{
    struct dump_builder builder;
    struct error error;
    uint64_t offsets[32] = {0};
    for (uint64_t i = 0; i < 31; i++)
        offsets[i] = 0x1000 + i * 37;
    builder_begin(&builder);
    /* Without a build-id any file of that name will do that is older than the dump. */
    builder.info.start_realtime_ns = UINT64_MAX / 2;
    builder_site(&builder, builder_module(&builder, path, ""), offsets);
    struct buffer file = builder_finish(&builder);
    bool parsed = dump_parse("fuzz", file.bytes, file.count, dump, &error);
    free(file.bytes);
    return parsed;
}

static unsigned lines_found, variables_found;

static void ask_for_variables(struct variables *variables, size_t count)
{
    struct variable found[4];
    for (uint64_t address = 0; variables != NULL && address < 2 * (uint64_t)count + 0x4000;
         address += 8) {
        if (variables_find(variables, VARIABLE_STATIC, address, &found[0])) {
            variables_found++;
            variable_free(&found[0]);
        }
        if (variables_find(variables, VARIABLE_THREAD_LOCAL, address & 0xff, &found[0]))
            variable_free(&found[0]);
        size_t number = variables_of_frame(variables, address, -24, found, 4);
        for (size_t i = 0; i < number && i < 4; i++)
            variable_free(&found[i]);
    }
}

static void read_symbols(const char *path, size_t count)
{
    const struct symbolizer_options options = {0};
    const struct symbol_frame *frames;
    struct dump dump;
    if (!make_dump(path, &dump))
        abort();
    struct symbolizer *symbolizer = symbolizer_new(&options);
    if (symbolizer != NULL) {
        size_t number = symbolizer_site(symbolizer, &dump, 0, &frames);
        for (size_t i = 0; i < number; i++)
            lines_found += frames[i].line > 0;
        for (uint64_t address = 0x1000; address < 0x1000 + (uint64_t)count; address += 0x777)
            symbolizer_function(symbolizer, &dump, 0, address);
        ask_for_variables(symbolizer_variables(symbolizer, &dump, 0), count);
        symbolizer_free(symbolizer);
    }
    dump_unload(&dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char path[] = "/tmp/fuzz_symbols.XXXXXX";
    struct elf_facts facts;
    const char *why;
    int file = mkostemp(path, O_CLOEXEC);
    if (file < 0 || write(file, bytes, count) != (ssize_t)count)
        abort();
    elf_facts_read(file, &facts, &why);
    close(file);
    read_symbols(path, count);
    unlink(path);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define DAMAGED_COPIES 400

/* xorshift64 (Marsaglia, 2003): the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count);
    if (bytes != NULL && fread(bytes, 1, *count, file) != *count)
        *count = 0;
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    uint64_t state = 0x9e3779b97f4a7c15ULL;
    unsigned char *sound = argc == 2 ? read_file(argv[1], &count) : NULL;
    unsigned char *copy = malloc(count + 1);
    if (sound == NULL || copy == NULL || count == 0)
        return 2;
    LLVMFuzzerTestOneInput(sound, count);
    if (lines_found == 0 || variables_found == 0) {
        fprintf(stderr, "%s: %u lines and %u variables were found\n", argv[1], lines_found,
                variables_found);
        return 2;
    }
    for (int i = 0; i < DAMAGED_COPIES; i++) {
        memcpy(copy, sound, count);
        /* One byte, or a few hundred; every fourth time in the headers, every eighth cut short. */
        for (uint64_t hits = 1ull << next_random(&state) % 9; hits > 0; hits--) {
            size_t range = i % 4 == 0 && count > 512 ? 512 : count;
            copy[next_random(&state) % range] = (unsigned char)next_random(&state);
        }
        LLVMFuzzerTestOneInput(copy, i % 8 == 7 ? next_random(&state) % count : count);
    }
    printf("%d damaged copies of %zu bytes: none crashed\n", DAMAGED_COPIES, count);
    free(copy);
    free(sound);
    return 0;
}

#endif
