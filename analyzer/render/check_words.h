/*
 * A finding of the gate in plain text, the same in every output: printable, whatever the names in
 * it are made of. Formats escape what they must.
 */
#ifndef HASHTRACK_CHECK_WORDS_H
#define HASHTRACK_CHECK_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#include "check_output.h"
#include "gate.h"

/* How loud an output is about a finding. */
enum check_level {
    CHECK_QUIET,   /* accepted or suppressed */
    CHECK_NOTE,    /* pre-existing */
    CHECK_WARNING, /* counts, but is not what passes a limit */
    CHECK_ERROR,   /* passes a limit: alone, or in the sum where none does alone */
};

/* Whether the gate failed by no finding alone: then each that counts is to blame. */
bool check_sum_failed(const struct gate *gate);
enum check_level check_level(const struct gate *gate, const struct gate_finding *finding,
                             bool sum_failed);

/* "Cache::insert", "server+0x1234" or "an unknown place": the user's own frame. */
void words_site(FILE *out, const struct gate_finding *finding);

/* What does not change from run to run: "hollow std::unordered_map g_cache.sessions from
 * Cache::insert". */
void words_title(FILE *out, const struct gate_finding *finding);

/* One sentence with the figures, without a period at its end. */
void words_headline(FILE *out, const struct gate_finding *finding);

/* "g_names, g_ages, g_towns and 2 more": whose tables they are. */
void words_owners(FILE *out, const struct gate_finding *finding);

/* What a reader needs to act on it, a line each: what the baseline has, history, fix, call stack,
 * dump, how to reproduce and to accept it. */
void words_details(FILE *out, const struct check_rendering *rendering,
                   const struct gate_finding *finding);

/* The name of a frame: "Cache::insert", or "server+0x1234". */
void words_frame(FILE *out, const struct gate_frame *frame);

/* "Nothing is over the limits: ...", or the sentences that say which limit is passed; then what the
 * baseline has and nothing met, and the suppressions that were used: a line each. To be freed; NULL
 * when memory was refused. */
char *words_outcome(const struct gate *gate);

#endif
