/* Numbers as people read them: see format.h. */
#include "format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *format_bytes(char out[FORMAT_BYTES], uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(out, FORMAT_BYTES, "%" PRIu64 " B", bytes);
        return out;
    }
    double scaled = (double)bytes / 1024;
    size_t unit = 0;
    /* 1023.5 would print as 1024 of the smaller unit */
    while (scaled >= 1023.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        scaled /= 1024;
        unit++;
    }
    snprintf(out, FORMAT_BYTES, "%.*f %s",
             scaled < 9.995   ? 2
             : scaled < 99.95 ? 1
                              : 0,
             scaled, units[unit]);
    return out;
}

const char *format_bytes_change(char out[FORMAT_BYTES], uint64_t before, uint64_t after)
{
    char size[FORMAT_BYTES];
    format_bytes(size, after >= before ? after - before : before - after);
    snprintf(out, FORMAT_BYTES, "%c%.30s", after >= before ? '+' : '-', size);
    return out;
}

const char *format_count(char out[FORMAT_BYTES], uint64_t count)
{
    char digits[FORMAT_BYTES];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *to = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *format_duration(char out[FORMAT_BYTES], uint64_t milliseconds)
{
    uint64_t seconds = milliseconds / 1000;
    if (seconds < 10)
        snprintf(out, FORMAT_BYTES, "%.1f s", (double)milliseconds / 1000);
    else if (seconds < 60)
        snprintf(out, FORMAT_BYTES, "%" PRIu64 " s", seconds);
    else if (seconds < 3600)
        snprintf(out, FORMAT_BYTES, "%" PRIu64 "m%02" PRIu64 "s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(out, FORMAT_BYTES, "%" PRIu64 "h%02" PRIu64 "m", seconds / 3600,
                 seconds / 60 % 60);
    else
        snprintf(out, FORMAT_BYTES, "%" PRIu64 "d%02" PRIu64 "h", seconds / 86400,
                 seconds / 3600 % 24);
    return out;
}

const char *format_load(char out[FORMAT_BYTES], double load)
{
    if (load == 0)
        snprintf(out, FORMAT_BYTES, "0");
    else if (load >= 0.01)
        snprintf(out, FORMAT_BYTES, "%.2f", load);
    else if (load >= 1e-7)
        snprintf(out, FORMAT_BYTES, "%.*f", load >= 1e-3 ? 4 : load >= 1e-5 ? 6 : 8, load);
    else
        snprintf(out, FORMAT_BYTES, "%.1e", load);
    return out;
}

const char *format_share(char out[FORMAT_BYTES], uint64_t part, uint64_t whole)
{
    double percent = whole ? 100.0 * (double)part / (double)whole : 0;
    if (part > 0 && percent < 0.1)
        snprintf(out, FORMAT_BYTES, "less than 0.1%%");
    else
        snprintf(out, FORMAT_BYTES, "%.*f%%", percent < 10 && percent > 0 ? 1 : 0, percent);
    return out;
}

bool parse_bytes(const char *text, uint64_t *out)
{
    if (*text < '0' || *text > '9')
        return false; /* strtoull would take a sign */
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno)
        return false;
    unsigned shift = 0;
    if (*end) {
        static const char suffixes[] = "KMG";
        const char *suffix = strchr(suffixes, *end >= 'a' ? *end - ('a' - 'A') : *end);
        if (!suffix || end[1])
            return false;
        shift = 10 * (unsigned)(suffix - suffixes + 1);
    }
    if (number > UINT64_MAX >> shift)
        return false;
    *out = (uint64_t)number << shift;
    return true;
}
