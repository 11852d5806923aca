/* Whether a table fills again: see refills.h. */
#include "refills.h"

struct refills refills_of(const struct dump *dump, const struct dump_table *table,
                          double hollow_below)
{
    const struct dump_reading *readings = dump_readings(dump, table);
    struct refills refills = {0};
    bool was_full = false, is_hollow = false;
    for (uint32_t i = 0; i < table->reading_count; i++) {
        const struct dump_reading *reading = &readings[i];
        /* Another array: what is seen of this one begins here. */
        if (i > 0 && reading->capacity != reading[-1].capacity)
            was_full = is_hollow = false;
        /* What grew to this array filled the one before, whether somebody looked or not. */
        bool has_grown_here = table->growths > 0 && table->last_growth_ms <= reading->at_ms &&
                              reading->capacity == table->capacity;
        was_full = was_full || has_grown_here;
        if ((double)reading->live < hollow_below * (double)reading->capacity) {
            is_hollow = was_full;
            continue;
        }
        if (is_hollow) {
            refills.times++;
            refills.last_ms = reading->at_ms;
        }
        was_full = true;
        is_hollow = false;
    }
    return refills;
}
