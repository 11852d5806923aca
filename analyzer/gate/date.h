/* Days as the baseline has them: "2026-12-31". They compare as text. */
#ifndef HASHTRACK_DATE_H
#define HASHTRACK_DATE_H

#include <stdbool.h>

#define DATE_BYTES 11u

/* Whether it is a day of the calendar, written so. */
bool is_date(const char *text);

/* Today in UTC: the same on every machine of a project. */
void date_of_today(char out[DATE_BYTES]);

#endif
