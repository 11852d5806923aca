/* Days as the baseline has them: see date.h. */
#include "date.h"

#include <string.h>
#include <time.h>

bool is_date(const char *text)
{
    struct tm date = {0};
    char again[DATE_BYTES];
    const char *end = strptime(text, "%Y-%m-%d", &date);
    if (!end || *end != '\0')
        return false;
    struct tm normal = date; /* the 31st of June is none: it comes back as the 1st of July */
    return strlen(text) == DATE_BYTES - 1 && timegm(&normal) != -1 &&
           normal.tm_mday == date.tm_mday &&
           strftime(again, sizeof(again), "%Y-%m-%d", &date) > 0 && strcmp(again, text) == 0;
}

void date_of_today(char out[DATE_BYTES])
{
    time_t now = time(NULL);
    struct tm date;
    if (!gmtime_r(&now, &date) || strftime(out, DATE_BYTES, "%Y-%m-%d", &date) == 0)
        memcpy(out, "9999-12-31", DATE_BYTES); /* a clock that far off: everything has expired */
}
