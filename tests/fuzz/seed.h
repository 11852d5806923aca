/*
 * Inputs for libFuzzer to begin with: what a target's fixed set is made of, written to a folder.
 */
#ifndef HASHTRACK_TESTS_FUZZ_SEED_H
#define HASHTRACK_TESTS_FUZZ_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

static inline bool write_seed(const char *folder, unsigned number, const void *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%u", folder, number);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes, size, 1, file) == 1;
    return file != NULL && fclose(file) == 0 && written;
}

#endif
