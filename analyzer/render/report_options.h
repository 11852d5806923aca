/* What the options of a report set, whichever verb they were given to. */
#ifndef HASHTRACK_REPORT_OPTIONS_H
#define HASHTRACK_REPORT_OPTIONS_H

#include "error.h"
#include "report.h"

/* What getopt returns for them: REPORT_JSON and so on. Above all letters, so that a verb can have
 * short options of its own beside them. */
enum report_option {
    BEFORE_REPORT_OPTIONS = 255,
#define REPORT_OPTION(code, name, argument) REPORT_##code,
#include "report_option_list.h"
#undef REPORT_OPTION
    AFTER_REPORT_OPTIONS,
};

/* `value` is the option's argument, NULL where it takes none. False with *error, which says
 * what the option takes, when it makes no sense. */
bool report_option_set(struct report_options *options, enum report_option option, const char *value,
                       struct error *error);

#endif
