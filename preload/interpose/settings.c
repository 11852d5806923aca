/*
 * Reading HASHTRACK_*: see settings.h. Runs once, in the constructor; touches only *settings.
 */
#include "settings.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "system.h"

enum option_kind { BYTES, NUMBER, SIGNAL, PATH };

static const char *variable(char *const *environment, const char *name)
{
    static const char prefix[] = "HASHTRACK_";
    for (char *const *entry = environment; entry && *entry; entry++) {
        const char *text = *entry;
        if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
            continue;
        text += sizeof(prefix) - 1;
        const char *wanted = name;
        while (*wanted != '\0' &&
               *text == (*wanted == '-' ? '_' : (char)(*wanted >= 'a' ? *wanted - 32 : *wanted))) {
            wanted++;
            text++;
        }
        if (*wanted == '\0' && *text == '=')
            return text + 1;
    }
    return NULL;
}

static bool parse_number(const char *text, bool suffixes, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    unsigned shift = 0;
    if (suffixes && *text != '\0') {
        shift = *text == 'K' || *text == 'k'   ? 10
                : *text == 'M' || *text == 'm' ? 20
                : *text == 'G' || *text == 'g' ? 30
                                               : 0;
        if (shift == 0)
            return false;
        text++;
    }
    if (*text != '\0' || value > (UINT64_MAX >> shift))
        return false;
    *out = value << shift;
    return true;
}

/* The signals that a program may reasonably keep free for a tool, and those that end it. */
static bool parse_signal(const char *text, uint64_t *out)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"HUP", SIGHUP},   {"WINCH", SIGWINCH},
                   {"URG", SIGURG},   {"PWR", SIGPWR},   {"CONT", SIGCONT}, {"PROF", SIGPROF},
                   {"IO", SIGIO},     {"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT},
                   {"ABRT", SIGABRT}, {"SEGV", SIGSEGV}, {"BUS", SIGBUS}};
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (strcmp(text, signals[i].name) == 0) {
            *out = (uint64_t)signals[i].number;
            return true;
        }
    /* KILL and STOP cannot be caught; the rest is the user's own choice. */
    return parse_number(text, false, out) && *out != SIGKILL && *out != SIGSTOP;
}

static void append(char *to, size_t room, const char *text)
{
    size_t used = strlen(to);
    size_t length = strlen(text);
    if (length > room - 1 - used)
        length = room - 1 - used;
    memcpy(to + used, text, length);
    to[used + length] = '\0';
}

void settings_warn(struct settings *settings, const char *warning)
{
    if (settings->warning_count == SETTINGS_MAX_WARNINGS)
        return;
    char *text = settings->warnings[settings->warning_count++];
    text[0] = '\0';
    append(text, SETTINGS_WARNING_BYTES, warning);
}

/* The value itself stays out of the warning: a dump holds nothing from the environment. */
static void warn(struct settings *settings, const char *name, const char *what)
{
    if (settings->warning_count == SETTINGS_MAX_WARNINGS)
        return;
    char *text = settings->warnings[settings->warning_count];
    settings_warn(settings, "HASHTRACK_");
    size_t start = strlen(text);
    append(text, SETTINGS_WARNING_BYTES, name);
    for (char *c = text + start; *c != '\0'; c++)
        *c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    append(text, SETTINGS_WARNING_BYTES, what);
}

static void read_number(struct settings *settings, const char *name, enum option_kind kind,
                        const char *text, uint64_t minimum, uint64_t maximum, uint64_t *field)
{
    uint64_t value = 0;
    bool good =
        kind == SIGNAL ? parse_signal(text, &value) : parse_number(text, kind == BYTES, &value);
    if (!good)
        warn(settings, name, " was ignored: it is not a value of its kind");
    else if (value < minimum || value > maximum)
        warn(settings, name, " was ignored: it is out of range");
    else
        *field = value;
}

/* Dumps go where the program was started even if it changes its directory later (trap 42). */
static void read_directory(struct settings *settings, const char *text)
{
    char *dir = settings->dir;
    size_t used = 0;
    if (text && strlen(text) >= SETTINGS_PATH_BYTES / 2) {
        warn(settings, "dir", " was ignored: it is too long");
        text = NULL;
    }
    if (!text || text[0] != '/') {
        long length = system_call(SYS_getcwd, dir, SETTINGS_PATH_BYTES / 2, 0, 0);
        /* An unlinked directory reads as "(unreachable)": then the name stays relative. */
        used = length > 1 && dir[0] == '/' ? (size_t)length - 1 : 0;
        dir[used] = '\0';
    }
    if (text && *text != '\0') {
        if (used > 0 && dir[used - 1] != '/')
            append(dir, SETTINGS_PATH_BYTES, "/");
        append(dir, SETTINGS_PATH_BYTES, text);
    }
    if (dir[0] == '\0')
        append(dir, SETTINGS_PATH_BYTES, ".");
}

/* No option of the user's: `hashtrack run` tells by it which dumps are of its run. */
static uint64_t read_run_id(struct settings *settings, const char *text)
{
    uint64_t value = 0;
    size_t digits = 0;
    for (; text && text[digits] != '\0'; digits++) {
        char c = text[digits];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : 16;
        if (digit == 16 || digits == 16) {
            warn(settings, "run-id", " was ignored: it is not a value of its kind");
            return 0;
        }
        value = value << 4 | digit;
    }
    return value;
}

void settings_read(struct settings *settings, char *const *environment)
{
#define DEFAULT_BYTES(field, value)  settings->field = (value);
#define DEFAULT_NUMBER(field, value) settings->field = (value);
#define DEFAULT_SIGNAL(field, value) settings->field = (value);
#define DEFAULT_PATH(field, value)
#define READ_BYTES(field, name, minimum, maximum)                                                  \
    if ((text = variable(environment, name)) != NULL)                                              \
        read_number(settings, name, BYTES, text, minimum, maximum, &settings->field);
#define READ_NUMBER(field, name, minimum, maximum)                                                 \
    if ((text = variable(environment, name)) != NULL)                                              \
        read_number(settings, name, NUMBER, text, minimum, maximum, &settings->field);
#define READ_SIGNAL(field, name, minimum, maximum)                                                 \
    if ((text = variable(environment, name)) != NULL)                                              \
        read_number(settings, name, SIGNAL, text, minimum, maximum, &settings->field);
#define READ_PATH(field, name, minimum, maximum)                                                   \
    read_directory(settings, variable(environment, name));
#define OPTION(field, name, kind, initial, minimum, maximum, help)                                 \
    DEFAULT_##kind(field, initial) READ_##kind(field, name, minimum, maximum)
    const char *text;
#include "options.h"
#undef OPTION
    settings->run_id = read_run_id(settings, variable(environment, "run-id"));
}
