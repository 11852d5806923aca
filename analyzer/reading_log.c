/* Readings of many tables in bounded memory: see reading_log.h. */
#include "reading_log.h"

#include <stdlib.h>
#include <string.h>

const struct reading_series *reading_log_of(const struct reading_log *log, uint64_t number)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->series[i].number == number)
            return &log->series[i];
    return NULL;
}

static struct reading_series *series_for(struct reading_log *log, uint64_t number)
{
    struct reading_series *known = (struct reading_series *)reading_log_of(log, number);
    if (known || log->count == LOG_MOST_TABLES)
        return known;
    if (log->count == log->room) {
        size_t room = log->room ? 2 * log->room : 16;
        struct reading_series *more = realloc(log->series, room * sizeof(*more));
        if (!more)
            return NULL; /* as if there were too many tables */
        log->series = more;
        log->room = room;
    }
    struct reading_series *series = &log->series[log->count++];
    series->number = number;
    series->count = 0;
    return series;
}

static void thin_out(struct reading_series *series)
{
    struct dump_reading *readings = series->readings;
    for (uint32_t i = 0; i < LOG_MOST_READINGS / 2; i++)
        readings[i] = readings[2 * i].live >= readings[2 * i + 1].live ? readings[2 * i]
                                                                       : readings[2 * i + 1];
    series->count = LOG_MOST_READINGS / 2;
}

static bool same(const struct dump_reading *a, const struct dump_reading *b)
{
    return a->capacity == b->capacity && a->live == b->live;
}

void reading_log_add(struct reading_log *log, uint64_t number, const struct dump_reading *reading)
{
    struct reading_series *series = series_for(log, number);
    if (!series)
        return;
    /* A table that does not change needs two readings: since when, and until when. */
    uint32_t count = series->count;
    if (count >= 2 && same(&series->readings[count - 1], reading) &&
        same(&series->readings[count - 2], reading)) {
        series->readings[count - 1].at_ms = reading->at_ms;
        return;
    }
    if (count == LOG_MOST_READINGS)
        thin_out(series);
    series->readings[series->count++] = *reading;
}

void reading_log_free(struct reading_log *log)
{
    free(log->series);
    memset(log, 0, sizeof(*log));
}
