/* A table's readings as one line: see timeline.h. */
#include "timeline.h"

#include <string.h>

#define LEVELS 8u

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const letters[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

bool timeline(const struct dump *dump, const struct dump_table *table, uint64_t peak,
              const struct terminal *terminal, char out[TIMELINE_BYTES])
{
    const struct dump_reading *readings = dump_readings(dump, table);
    if (table->reading_count < 3)
        return false;
    uint64_t begin = readings[0].at_ms;
    uint64_t end = readings[table->reading_count - 1].at_ms;
    uint64_t most = peak ? peak : 1;
    for (uint32_t i = 0; i < table->reading_count; i++)
        most = readings[i].live > most ? readings[i].live : most;

    /* Each column shows the most that was read in its stretch of time, or else what was read last.
     */
    size_t used = 0;
    uint32_t next = 0;
    uint64_t shown = 0;
    for (unsigned column = 0; column < TIMELINE_COLUMNS; column++) {
        double until = (double)(end - begin) * (column + 1) / TIMELINE_COLUMNS;
        bool any = false;
        while (next < table->reading_count &&
               (readings[next].at_ms <= begin || (double)(readings[next].at_ms - begin) <= until ||
                column + 1 == TIMELINE_COLUMNS)) {
            shown = any && readings[next].live < shown ? shown : readings[next].live;
            any = true;
            next++;
        }
        unsigned level = (unsigned)((double)shown / (double)most * (LEVELS - 1) + 0.5);
        const char *mark = terminal->utf8 ? blocks[level] : letters[level];
        memcpy(out + used, mark, strlen(mark));
        used += strlen(mark);
    }
    out[used] = '\0';
    return true;
}

bool hollow_since(const struct dump *dump, const struct dump_table *table, double limit,
                  uint64_t *at_ms)
{
    const struct dump_reading *readings = dump_readings(dump, table);
    uint32_t i = table->reading_count;
    while (i > 0 && (double)readings[i - 1].live < limit * (double)readings[i - 1].capacity)
        i--;
    if (i == 0 || i == table->reading_count)
        return false;
    *at_ms = readings[i].at_ms;
    return true;
}
