/* What `run --check` does when the program has ended: see run_check.h. */
#include "run_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "printable.h"

static bool are_kept(const struct run_options *options)
{
    const char *directory = getenv("HASHTRACK_DIR");
    return options->keep_dumps || options->directory != NULL ||
           (directory != NULL && directory[0] != '\0');
}

int run_check(const struct run_options *options, const struct run_dumps *dumps, bool failed)
{
    struct check_options gate = options->gate; /* borrowed, but for the flags */
    if (dumps->count == 0)
        return STATUS_BAD_DUMP;
    if (failed && check_writes_baseline(&gate)) {
        char path[PATH_MAX];
        printable(path, sizeof(path), gate.baseline.path);
        fprintf(stderr, "hashtrack: %s was not written: the program failed\n", path);
        /* One that was to be made now is no file that is missing. */
        if ((gate.update_baseline || gate.accept) && access(gate.baseline.path, F_OK) != 0)
            gate.baseline.path = NULL;
        gate.update_baseline = gate.prune_baseline = false;
        gate.accept = NULL;
    }
    gate.removes_dumps = !are_kept(options);
    return check_dumps((const char **)dumps->paths, dumps->count, &gate);
}
