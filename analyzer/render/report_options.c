/* What the options of a report set: see report_options.h. */
#include "report_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "format.h"
#include "terminal.h"

static const char *name_of(enum report_option option)
{
    static const char *const names[] = {
#define REPORT_OPTION(code, name, argument) name,
#include "report_option_list.h"
#undef REPORT_OPTION
    };
    return names[option - BEFORE_REPORT_OPTIONS - 1];
}

/* From 1 on: 0 stands for "explain nothing". */
static bool parse_number(const char *text, unsigned *out)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false; /* strtoul would take a sign */
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *out = (unsigned)number;
    return errno == 0 && *end == '\0' && number > 0 && number <= UINT32_MAX;
}

static bool set(struct report_options *options, enum report_option option, const char *value)
{
    enum color_choice color;
    bool is_good = true;
    switch (option) {
    case REPORT_JSON:
        options->json = true;
        break;
    case REPORT_ALL:
        options->all = true;
        break;
    case REPORT_ALL_FRAMES:
        options->all_frames = true;
        break;
    case REPORT_EXPLAIN:
        is_good = parse_number(value, &options->explain);
        break;
    case REPORT_MIN_SAVING:
        is_good = parse_bytes(value, &options->min_saving);
        if (options->min_saving == 0)
            options->min_saving = 1; /* 0 stands for the default */
        break;
    case REPORT_NO_SYMBOLS:
        options->no_symbols = true;
        break;
    case REPORT_DEBUGINFOD:
        options->debuginfod = true;
        break;
    case REPORT_COLOR:
        is_good = color_choice_parse(value, &color);
        if (is_good)
            options->color = color;
        break;
    case BEFORE_REPORT_OPTIONS:
    case AFTER_REPORT_OPTIONS:
        is_good = false;
        break;
    }
    return is_good;
}

static const char *what_it_takes(enum report_option option)
{
    switch (option) {
    case REPORT_EXPLAIN:
        return "the number of a finding, from 1 on";
    case REPORT_MIN_SAVING:
        return TAKES_BYTES;
    case REPORT_COLOR:
        return "auto, always or never";
    default:
        return "no value";
    }
}

bool report_option_set(struct report_options *options, enum report_option option, const char *value,
                       struct error *error)
{
    return set(options, option, value) ||
           error_set(error, STATUS_USAGE, "--%s: '%s' makes no sense: it takes %s", name_of(option),
                     value, what_it_takes(option));
}
