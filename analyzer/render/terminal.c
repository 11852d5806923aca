/* What the place we write to can show: see terminal.h. */
#include "terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN   100u
#define WIDTH_NARROWEST 40u
#define WIDTH_WIDEST    200u

static unsigned width_of(FILE *out, bool tty)
{
    unsigned long width = 0;
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    if (columns)
        width = strtoul(columns, NULL, 10);
    else if (tty && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0)
        return WIDTH_UNKNOWN;
    if (width < WIDTH_NARROWEST)
        return WIDTH_NARROWEST;
    return width > WIDTH_WIDEST ? WIDTH_WIDEST : (unsigned)width;
}

struct terminal terminal_of(FILE *out, enum color_choice choice)
{
    /* A stream without a descriptor (open_memstream) is no terminal: isatty(-1) says 0. */
    bool tty = isatty(fileno(out)) == 1;
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    const char *kind = getenv("TERM");
    bool able = tty && !(no_color && *no_color) && kind && strcmp(kind, "dumb") != 0;
    return (struct terminal){
        .width = width_of(out, tty),
        .color = choice == COLOR_ALWAYS || (choice == COLOR_AUTO && able),
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };
}

bool color_choice_parse(const char *text, enum color_choice *out)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = (enum color_choice)i;
            return true;
        }
    return false;
}

const char *terminal_style(const struct terminal *terminal, enum style style)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "\033[0m",      [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
        [STYLE_FINDING] = "\033[1;31m", [STYLE_SAVING] = "\033[1m", [STYLE_OK] = "\033[32m",
    };
    return terminal->color ? sequences[style] : "";
}

const char *terminal_ellipsis(const struct terminal *terminal)
{
    return terminal->utf8 ? "\xe2\x80\xa6" : "...";
}
