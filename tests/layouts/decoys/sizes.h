/*
 * The same structure at many sizes: for decoys whose elements may be of any size.
 *
 * A program run as PROGRAM CASE goes through a few pairs of element size and final size; as
 * PROGRAM CASE every through all of them, which takes minutes.
 */
#ifndef SIZES_H
#define SIZES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sizes {
    size_t element; /* bytes, 1 to 64 */
    size_t total;   /* bytes when it is largest, 64 KiB to 16 MiB */
};

/* Calls build for each pair. */
void for_sizes(void (*build)(struct sizes sizes));

/* A DECOY line and a snapshot, as decoy_look(), with the sizes among its words. */
void look_at_size(const char *what, struct sizes sizes, const void *address);

/* Writes an element such as programs have: a number, a pointer, text or a float, the rest zero. */
void write_element(void *at, size_t bytes, size_t number);

/* The same main() as decoy_main(), for programs with sizes. */
struct decoy_case;
int sizes_main(int argc, char **argv, const struct decoy_case *cases);

#ifdef __cplusplus
}
#endif

#endif
