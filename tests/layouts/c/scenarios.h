/*
 * What most fixtures do with their table: full, hollow (2 % left), few (two left), clear, reserve,
 * churn, freed, capacity. A fixture says how its library does each step.
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "truth.h"

#include <string.h>

#define KEPT_OF      50u
#define RESERVED_FOR 300u /* times as many as are inserted */

struct subject {
    const char *implementation;
    uint64_t entries;
    bool shrinks; /* a sweep leaves nothing to complain about */

    void (*create)(uint64_t expected); /* 0: as the library has it by default */
    void (*insert)(uint64_t key);
    void (*erase)(uint64_t key);
    void (*clear)(void); /* NULL: erase them one by one */
    void (*destroy)(void);

    const void *(*address)(void);
    uint64_t (*capacity)(void);
    uint64_t (*live)(void);
    uint64_t (*tombstones)(void); /* NULL: untold */
    uint64_t (*bytes)(void);      /* of the array */

    /* Does what the layout advises, for a table that still holds the keys below `live`. */
    void (*fix)(uint64_t live);
    const uint64_t *lives; /* to try that with; ends with UINT64_MAX */
};

static inline struct truth subject_truth(const struct subject *subject, uint64_t peak)
{
    return (struct truth){subject->implementation,
                          subject->address(),
                          subject->capacity(),
                          subject->live(),
                          subject->tombstones ? subject->tombstones() : TOMBSTONES_UNTOLD,
                          peak};
}

static inline void subject_fill(const struct subject *subject, uint64_t entries)
{
    for (uint64_t key = 0; key < entries; key++)
        subject->insert(key);
}

static inline void subject_print_capacities(const struct subject *subject)
{
    for (const uint64_t *live = subject->lives; *live != UINT64_MAX; live++) {
        subject->create(0);
        subject_fill(subject, subject->entries);
        for (uint64_t key = *live; key < subject->entries; key++)
            subject->erase(key);
        uint64_t capacity = subject->capacity(), bytes = subject->bytes();
        subject->fix(*live);
        print_capacity(subject->implementation, subject->live(), capacity, bytes,
                       subject->capacity(), subject->bytes());
        subject->destroy();
    }
}

/* Keeps one key of `kept_of`, or none for 0. */
static inline void subject_sweep(const struct subject *subject, uint64_t kept_of)
{
    for (uint64_t key = 0; key < subject->entries; key++)
        if (kept_of == 0 || key % kept_of != 0)
            subject->erase(key);
}

static inline void subject_run(const struct subject *subject, const char *scenario)
{
    bool reserve = strcmp(scenario, "reserve") == 0, freed = strcmp(scenario, "freed") == 0;
    uint64_t peak = reserve ? subject->entries / RESERVED_FOR : subject->entries;
    const char *verdict = subject->shrinks ? "ok" : "hollow";

    subject->create(reserve ? subject->entries : 0);
    subject_fill(subject, peak);
    if (!reserve)
        HASHTRACK_SNAPSHOT("filled"); /* a table that never grows shows only thus what it held */

    if (reserve) {
        verdict = "over-reserved";
    } else if (strcmp(scenario, "full") == 0) {
        verdict = "ok";
    } else if (freed || strcmp(scenario, "hollow") == 0) {
        subject_sweep(subject, KEPT_OF);
    } else if (strcmp(scenario, "few") == 0) {
        subject_sweep(subject, (subject->entries + 1) / 2);
    } else if (strcmp(scenario, "clear") == 0) {
        if (subject->clear != NULL) {
            subject->clear();
            verdict = "hollow";
        } else {
            subject_sweep(subject, 0);
        }
    } else if (strcmp(scenario, "churn") == 0) {
        for (uint64_t key = 0; key < subject->entries; key++) {
            subject->erase(key);
            subject->insert(key + subject->entries);
        }
        verdict = "ok";
    } else {
        unknown_scenario(scenario);
    }
    struct truth truth = subject_truth(subject, peak);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    subject->destroy();
    if (freed)
        print_truth(truth, verdict, "main-returned", true);
}

static inline int subject_main(const struct subject *subject, const char *scenario)
{
    if (strcmp(scenario, "capacity") == 0)
        subject_print_capacities(subject);
    else
        subject_run(subject, scenario);
    return 0;
}

#endif
