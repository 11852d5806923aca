/*
 * The looks of `hashtrack run` at its program: see watch.h.
 *
 * The program may fork, exec or end at any moment. A snapshot counts only when afterwards the same
 * program is still there: an address space that is given up does not come back.
 */
#include "watch.h"

#include <stdio.h>

#include "rebuild_moment.h"
#include "seen_hollow.h"

/* Reading may take one part in so many of the time: after a long look the next one waits. What
 * counts is the processor's time: on a machine with a load of 20 a look of 30 ms takes half a
 * second, and the next one would come after ten. */
#define COST_SHARE 20u
/* A table that has become hollow, or is being taken apart, is looked at again soon: which of them
 * it is, two looks tell, and a short program ends before the next one in turn. */
#define SOONER 10u
/* As in findings.h: what is below may be no table. */
#define LEAST_CONFIDENCE_PPM 500000u

static uint64_t now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void forget(struct watch *watch)
{
    outside_snapshot_free(watch->last);
    outside_snapshot_free(watch->before);
    watch->last = watch->before = NULL;
    reading_log_free(&watch->log);
}

static uint64_t taken_at_ms(const struct outside_snapshot *taken)
{
    const struct buffer *info = &taken->snapshot.contents.sections[DUMP_SECTION_INFO];
    return ((const struct dump_info *)(const void *)info->memory)->at_ms;
}

bool watch_is_before_the_end(const struct watch *watch, uint64_t at_ms)
{
    uint64_t now = taken_at_ms(watch->last);
    return at_ms + at_least_of_run(now, RUN_END_MS, RUN_END_SHARE) < now;
}

const struct outside_snapshot *watch_before_the_end(const struct watch *watch)
{
    return watch->before && !watch_is_before_the_end(watch, watch->went_ms) ? watch->before : NULL;
}

/* A look may fall between the moment when a program that is ending empties a table and that when
 * the program is gone, on a busy machine more than one. So a snapshot is kept that has a hollow
 * table which the next one has not; the first such one for as long as the end of a run may take,
 * for it has what went after that as well. */
static void keep_before(struct watch *watch, const struct outside_snapshot *taken)
{
    if (watch_before_the_end(watch) || !hollow_table_went(watch->last, taken)) {
        outside_snapshot_free(watch->last);
        return;
    }
    outside_snapshot_free(watch->before);
    watch->before = watch->last;
    watch->went_ms = taken_at_ms(taken);
}

static bool is_same_program(const struct watch *watch, const struct outside_snapshot *taken)
{
    return !watch->last || watch->last->remote.registry.start_realtime_ns ==
                               taken->remote.registry.start_realtime_ns;
}

/* A process that still has an executable has called exec; one that is ending has none any more. */
static bool became_another(pid_t pid)
{
    char program[1024];
    snapshot_program(pid, program, sizeof(program));
    return program[0] != '\0';
}

static void keep_readings(struct watch *watch, const struct dump_contents *contents)
{
    const uint32_t wanted = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE;
    watch->is_unsure = false;
    const struct dump_table *tables =
        (const struct dump_table *)(const void *)contents->sections[DUMP_SECTION_TABLES].memory;
    for (uint32_t i = 0; i < dump_count(contents, DUMP_SECTION_TABLES); i++) {
        const struct dump_table *table = &tables[i];
        if (table->bytes < OUTSIDE_LEAST_BYTES || (table->known & wanted) != wanted ||
            table->flags & (DUMP_TABLE_FREED | DUMP_TABLE_REHASHING) ||
            table->confidence_ppm < LEAST_CONFIDENCE_PPM)
            continue;
        /* A peak is said to be "at least" what was read: of an estimate that is its lower end. */
        uint64_t error = table->live_error < table->live ? table->live_error : table->live;
        struct dump_reading reading = {
            .at_ms = table->read_ms, .capacity = table->capacity, .live = table->live - error};
        reading_log_add(&watch->log, table->number, &reading);
        watch->is_unsure =
            watch->is_unsure || (table_was_hollow(table) && table_holds_something(table) &&
                                 !table_stayed_hollow(table, &watch->log));
    }
}

static void look(struct watch *watch, pid_t pid)
{
    struct error reason; /* of a program that is not tracked yet or no more: no error of the run */
    struct outside_snapshot *taken = outside_snapshot_begin(pid, "last-seen", &reason);
    if (!taken) {
        if (watch->last && became_another(pid))
            forget(watch);
        return;
    }
    taken->snapshot.is_hurried = true; /* there will be a next look in a second */
    if (!is_same_program(watch, taken))
        forget(watch);
    if (taken->remote.registry.tracked_bytes < OUTSIDE_LEAST_BYTES ||
        !outside_snapshot_read(taken) || !remote_registry_is_current(pid, &taken->remote)) {
        outside_snapshot_free(taken);
        return;
    }
    if (watch->last)
        keep_before(watch, taken);
    watch->last = taken;
    clock_gettime(CLOCK_REALTIME_COARSE, &watch->last_at);
    keep_readings(watch, &taken->snapshot.contents);
}

unsigned watch_look(void *context, pid_t pid)
{
    struct watch *watch = context;
    /* Costs next to nothing, so it does not wait: what is kept of a program that is gone would be
     * taken for its successor's. */
    if (watch->last && !remote_registry_is_current(pid, &watch->last->remote) &&
        became_another(pid))
        forget(watch);
    if (now_ms(CLOCK_MONOTONIC) >= watch->next_read_ms) {
        uint64_t before = now_ms(CLOCK_THREAD_CPUTIME_ID);
        look(watch, pid);
        uint64_t cost = now_ms(CLOCK_THREAD_CPUTIME_ID) - before;
        watch->next_read_ms = now_ms(CLOCK_MONOTONIC) + cost * COST_SHARE;
    }
    return watch->is_unsure ? watch->interval_ms / SOONER : watch->interval_ms;
}

bool watch_write_last(struct watch *watch, const char *directory, char path[PATH_MAX],
                      struct error *error)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct dump_contents *contents = &watch->last->snapshot.contents;
    struct dump_info *info =
        (struct dump_info *)(void *)contents->sections[DUMP_SECTION_INFO].memory;
    info->flags &= ~DUMP_INFO_COMPLETE;
    if (!outside_snapshot_write(watch->last, directory, name, error))
        return false;
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) < PATH_MAX)
        return true;
    return error_set(error, STATUS_BAD_DUMP, "%s/%s: the path is too long", directory, name);
}

void watch_free(struct watch *watch)
{
    forget(watch);
}
