/*
 * One byte of a real dump is another one: corrupt_dump DUMP COUNT.
 *
 * Such a file must be refused, whichever byte it is and whatever it became: else a gate might let a
 * program pass for what a broken disk says of it. Every byte is changed in turn, each time to
 * another value, until COUNT files have been looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_reader.h"
#include "error.h"

static unsigned char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count + 1);
    if (bytes == NULL || fread(bytes, 1, *count, file) != *count)
        return NULL;
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    struct dump dump;
    struct error error = {0};
    size_t count = 0;
    if (argc != 3)
        return 2;
    unsigned char *bytes = read_file(argv[1], &count);
    unsigned long wanted = strtoul(argv[2], NULL, 10), accepted = 0;
    if (bytes == NULL || count == 0 || !dump_parse(argv[1], bytes, count, &dump, &error)) {
        fprintf(stderr, "%s: not a sound dump: %s\n", argv[1], error.text);
        return 2;
    }
    dump_unload(&dump);
    for (unsigned long i = 0; i < wanted; i++) {
        size_t at = i % count;
        /* 1 to 255: never the same value; the next round of the file takes the next one. */
        unsigned char change = (unsigned char)(1 + (i / count + at * 37) % 255);
        bytes[at] ^= change;
        if (dump_parse(argv[1], bytes, count, &dump, &error)) {
            accepted++;
            fprintf(stderr, "byte %zu xor %u was not noticed\n", at, change);
            dump_unload(&dump);
        }
        bytes[at] ^= change;
    }
    printf("%lu corrupted dumps of %zu bytes, %lu accepted\n", wanted, count, accepted);
    free(bytes);
    return accepted == 0 ? 0 : 1;
}
