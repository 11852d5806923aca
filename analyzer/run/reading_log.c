/* Readings of many tables in bounded memory: see reading_log.h. */
#include "reading_log.h"

#include <stdlib.h>
#include <string.h>

#define PLACES (2 * LOG_MOST_TABLES)
_Static_assert((PLACES & (PLACES - 1)) == 0, "a place is the lower bits of a hash");
_Static_assert(LOG_MOST_TABLES < UINT16_MAX, "a place names a series by 16 bits");

/* The place of the table's series, or the empty one where it belongs: at most half are taken. */
static uint16_t *place_of(const struct reading_log *log, uint64_t number)
{
    size_t place = (number * 0x9e3779b97f4a7c15ULL) >> 32 & (PLACES - 1);
    while (log->places[place] != 0 && log->series[log->places[place] - 1].number != number)
        place = (place + 1) & (PLACES - 1);
    return (uint16_t *)&log->places[place];
}

const struct reading_series *reading_log_of(const struct reading_log *log, uint64_t number)
{
    uint16_t place = *place_of(log, number);
    return place != 0 ? &log->series[place - 1] : NULL;
}

static struct reading_series *series_for(struct reading_log *log, uint64_t number)
{
    uint16_t *place = place_of(log, number);
    if (*place != 0)
        return &log->series[*place - 1];
    if (log->count == LOG_MOST_TABLES)
        return NULL;
    if (log->count == log->room) {
        size_t room = log->room ? 2 * log->room : 16;
        struct reading_series *more = realloc(log->series, room * sizeof(*more));
        if (!more)
            return NULL; /* as if there were too many tables */
        log->series = more;
        log->room = room;
    }
    struct reading_series *series = &log->series[log->count++];
    *place = (uint16_t)log->count;
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

uint64_t reading_series_empty_since(const struct reading_series *series)
{
    uint32_t first = series ? series->count : 0;
    while (first > 0 && series->readings[first - 1].live == 0)
        first--;
    return series && first < series->count ? series->readings[first].at_ms : UINT64_MAX;
}

/* What a table in use may have lost from one look to the next: a part, and a few entries. */
#define FALL_SHARE   32u
#define FALL_ENTRIES 16u
/* And so much slower than it lost its entries before: one that is emptied in half a minute loses a
 * hundredth of them from look to look. */
#define FALL_SLOWER 8u

static bool is_low(const struct dump_reading *reading, uint64_t capacity, uint64_t limit)
{
    return reading->capacity == capacity && reading->live <= limit;
}

/* Whether the table went on losing entries about as fast as it did until `first`, when it was found
 * low after it had not been at `high`. */
static bool falls_on(const struct dump_reading *high, const struct dump_reading *first,
                     const struct dump_reading *earlier, const struct dump_reading *later)
{
    uint64_t lost = earlier->live > later->live ? earlier->live - later->live : 0;
    uint64_t lost_before = high->live > first->live ? high->live - first->live : 0;
    return (double)lost * FALL_SLOWER * (double)(first->at_ms - high->at_ms) >
           (double)lost_before * (double)(later->at_ms - earlier->at_ms);
}

bool reading_series_stayed_low(const struct reading_series *series, uint64_t capacity,
                               uint64_t limit, uint64_t until_ms)
{
    uint32_t end = series ? series->count : 0;
    while (end > 0 && series->readings[end - 1].at_ms > until_ms)
        end--;
    uint32_t first = end;
    while (first > 0 && is_low(&series->readings[first - 1], capacity, limit))
        first--;
    const struct dump_reading *high = first > 0 && series->readings[first - 1].capacity == capacity
                                          ? &series->readings[first - 1]
                                          : NULL;
    for (uint32_t i = first + 1; i < end; i++) {
        const struct dump_reading *earlier = &series->readings[i - 1];
        const struct dump_reading *later = &series->readings[i];
        if (later->live > 0 &&
            later->live + earlier->live / FALL_SHARE + FALL_ENTRIES >= earlier->live &&
            !(high && falls_on(high, &series->readings[first], earlier, later)))
            return true;
    }
    return false;
}

void reading_log_free(struct reading_log *log)
{
    free(log->series);
    memset(log, 0, sizeof(*log));
}
