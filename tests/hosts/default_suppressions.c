/*
 * A program with suppressions of its own for leak checkers. The text is made by a constructor, so
 * that who asks too early gets nothing; the argument says what kind it is.
 */
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *text;

const char *__lsan_default_suppressions(void);

static char *lines(size_t bytes)
{
    char *made = malloc(bytes + 64);
    HOST_CHECK(made != NULL);
    made[0] = '\0';
    for (char *end = made; end < made + bytes;)
        end = stpcpy(end, "hollow:Cache::remember\nleak:libthird.so\n");
    return made;
}

__attribute__((constructor)) static void make(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    if (strcmp(kind, "lines") == 0)
        text = lines(1);
    else if (strcmp(kind, "long") == 0)
        text = lines(200000);
    else if (strcmp(kind, "empty") == 0)
        text = strdup("");
    else if (strcmp(kind, "wild") == 0)
        text = (char *)8;
}

const char *__lsan_default_suppressions(void)
{
    free(malloc(100000));
    errno = EDOM;
    return text;
}

int main(void)
{
    HOST_CHECK(errno == 0);
    host_work(60000);
    host_describe();
    return 0;
}
