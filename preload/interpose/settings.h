/*
 * The options of options.h as values, read once from HASHTRACK_* when the library starts.
 */
#ifndef HASHTRACK_SETTINGS_H
#define HASHTRACK_SETTINGS_H

#include <stdint.h>

#define SETTINGS_PATH_BYTES    1024
#define SETTINGS_WARNING_BYTES 128
#define SETTINGS_MAX_WARNINGS  4

struct settings {
    uint64_t threshold;            /* bytes */
    uint64_t depth;                /* frames of a call stack */
    uint64_t signal;               /* number, 0 for none */
    uint64_t run_id;               /* HASHTRACK_RUN_ID, which `hashtrack run` sets; 0 for none */
    char dir[SETTINGS_PATH_BYTES]; /* absolute; where dumps go */
    uint32_t warning_count;
    char warnings[SETTINGS_MAX_WARNINGS][SETTINGS_WARNING_BYTES];
};

/* Reads the variables out of `environment` (as main's third argument). A value that makes no sense
 * leaves the default and a warning. Allocates nothing. */
void settings_read(struct settings *settings, char *const *environment);

/* Adds a sentence to those that every dump carries; cuts it, or drops it, where there is no room.
 */
void settings_warn(struct settings *settings, const char *warning);

#endif
