/*
 * The findings a project knows of: a file beside its sources that only ever gets better by itself.
 * One JSON object a line, sorted, so that two branches merge. Entries are grandfathered, or
 * accepted by a person who says why and until when.
 */
#ifndef HASHTRACK_BASELINE_H
#define HASHTRACK_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gate.h"

#define BASELINE_SCHEMA "hashtrack-baseline/1"

struct baseline_entry {
    char *fingerprint;
    char *rule;    /* "hollow" */
    char *family;  /* implementation */
    char *site;    /* function names, innermost first: "Cache::insert < Session::prepare" */
    char *owner;   /* NULL when it was not known */
    char *program; /* last part of the path of the program that had most of it */
    uint64_t bytes;
    uint64_t tables; /* that had them; 0 when it was not written, which one table is */
    bool accepted;
    char *reason;  /* of an accepted one */
    char *expires; /* of an accepted one: its last day; NULL for ever */
    unsigned line; /* in the file; 0 for a new one */
};

struct baseline {
    char *path;
    bool exists; /* the file was there */
    struct baseline_entry *entries;
    size_t count;
    size_t dropped; /* entries taken out since it was read */
};

/* A file that is not there is an empty baseline. False with STATUS_BAD_DUMP, file and line when it
 * is damaged; *baseline is to be freed in either case. */
bool baseline_load(const char *path, struct baseline *baseline, struct error *error);

/* The same for a text; `path` is for messages. */
bool baseline_parse(const char *path, const char *text, size_t bytes, struct baseline *baseline,
                    struct error *error);

/* Replaces the file, whole or not at all. */
bool baseline_store(struct baseline *baseline, struct error *error);

void baseline_free(struct baseline *baseline);

/* NULL when it has no such entry. */
const struct baseline_entry *baseline_find(const struct baseline *baseline,
                                           const char *fingerprint);

/* An accepted entry whose last day is over. */
bool baseline_entry_expired(const struct baseline_entry *entry, const char *today);

/* --- changes; each is in memory only, until baseline_store() --- */

/* Takes over what was found; drops what gate->fixed names, but no acceptance. */
bool baseline_update(struct baseline *baseline, const struct gate *gate, struct error *error);

/* Drops what gate->fixed names. */
void baseline_prune(struct baseline *baseline, const struct gate *gate);

struct acceptance {
    const char *id; /* a fingerprint, or the beginning of one */
    const char *reason;
    const char *expires; /* NULL for never */
};

/* Notes a finding of the gate, or an entry that is there already, as accepted; `gate` may be NULL.
 * STATUS_USAGE when none or several begin with the id. */
bool baseline_accept(struct baseline *baseline, const struct gate *gate,
                     const struct acceptance *acceptance, struct error *error);

#endif
