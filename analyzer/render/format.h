/* Numbers as people read them: sizes, counts, times, loads. */
#ifndef HASHTRACK_FORMAT_H
#define HASHTRACK_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_BYTES 32 /* room that every result fits in */

/* "512 B", "1.50 KiB", "3.77 GiB" */
const char *format_bytes(char out[FORMAT_BYTES], uint64_t bytes);

/* As format_bytes, with its sign: "+1.50 KiB", "-512 B" */
const char *format_bytes_change(char out[FORMAT_BYTES], uint64_t before, uint64_t after);

/* "16,777,216", whatever the locale */
const char *format_count(char out[FORMAT_BYTES], uint64_t count);

/* "0.5 s", "41 s", "12m05s", "3h12m", "2d04h" */
const char *format_duration(char out[FORMAT_BYTES], uint64_t milliseconds);

/* "0.85", "0.02", "0.00012", "2.31" */
const char *format_load(char out[FORMAT_BYTES], double load);

/* "60%", "0.4%", "less than 0.1%" */
const char *format_share(char out[FORMAT_BYTES], uint64_t part, uint64_t whole);

/* "1048576", "64K", "1M", "2G": false when it is anything else or does not fit. */
bool parse_bytes(const char *text, uint64_t *out);

/* What such an option takes, for the message about a value that it cannot be. */
#define TAKES_BYTES "a number of bytes, like 512K or 4M"

#endif
