/* Any text as the name of a function: demangled, and what a fingerprint keeps of it. */
#include "text_driver.h"

#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "fold.h"
#include "function_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char *name = malloc(count + 1);
    if (name == NULL)
        abort();
    memcpy(name, bytes, count);
    name[count] = '\0';
    for (char *line = strtok(name, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *key = function_key(line);
        if (key == NULL || strlen(key) > strlen(line))
            abort();
        free(key);
        fold_family(line, "/usr/bin/program");
        char *demangled = strlen(line) < 4096 ? demangle_function(line) : NULL;
        free(demangled);
    }
    free(name);
    return 0;
}
