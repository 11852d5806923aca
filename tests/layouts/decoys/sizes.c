/* The pairs of sizes, and elements of any size: see sizes.h. */
#include "sizes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "decoy.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const size_t element_sizes[] = {1, 2, 4, 8, 12, 16, 24, 32, 48, 64};
static const size_t total_sizes[] = {64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20};
/* Every size of an element once or twice, every total. */
static const struct sizes usual[] = {
    {1, 4 << 20},  {2, 1 << 20},  {4, 4 << 20},  {8, 64 << 10},   {8, 16 << 20}, {12, 4 << 20},
    {16, 4 << 20}, {24, 4 << 20}, {32, 1 << 20}, {48, 256 << 10}, {64, 4 << 20},
};
static bool every_pair;

void for_sizes(void (*build)(struct sizes sizes))
{
    if (!every_pair) {
        for (size_t i = 0; i < COUNT(usual); i++)
            build(usual[i]);
        return;
    }
    for (size_t i = 0; i < COUNT(element_sizes); i++) {
        for (size_t k = 0; k < COUNT(total_sizes); k++)
            build((struct sizes){element_sizes[i], total_sizes[k]});
    }
}

void look_at_size(const char *what, struct sizes sizes, const void *address)
{
    char words[56];
    snprintf(words, sizeof words, "%s, %zu B of %zu KiB", what, sizes.element, sizes.total >> 10);
    decoy_look(words, address);
}

void write_element(void *at, size_t bytes, size_t number)
{
    memset(at, 0, bytes);
    uint64_t words[8] = {number, decoy_random(), 0, number * 0x10001, 0, decoy_random() >> 40};
    if (bytes < 8) {
        memcpy(at, &words[1], bytes);
        return;
    }
    if (number % 3 == 0)
        words[2] = (uintptr_t)at;
    if (bytes >= 24 && number % 4 == 1) {
        double weight = (double)number / 3.0;
        memcpy(&words[1], &weight, sizeof weight);
        snprintf((char *)&words[2], 8, "n%zu", number % 100000);
    }
    memcpy(at, words, bytes < sizeof words ? bytes : sizeof words);
}

int sizes_main(int argc, char **argv, const struct decoy_case *cases)
{
    every_pair = argc > 2 && strcmp(argv[2], "every") == 0;
    return decoy_main(argc, argv, cases);
}
