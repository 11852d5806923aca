/*
 * Does a layout predict what its library really does? Runs FIXTURE capacity, which applies the
 * advised fix to tables of several sizes and prints, for each, CAPACITY live capacity bytes
 * fixed-capacity fixed-bytes implementation and compares with capacity_for() and bytes_for(). The
 * capacity must be exact (within a doubling for uthash, which grows when one chain happens to be
 * long), the saving within 5 %.
 */
#include "layouts/layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAVING_TOLERANCE 0.05
#define SKIPPED          77 /* the fixture cannot run here */

struct fix {
    uint64_t live, capacity, bytes, fixed_capacity, fixed_bytes;
    char implementation[64];
};

static bool check_fix(const struct fix *fix)
{
    const struct layout *layout = layout_by_name(fix->implementation);
    if (layout == NULL) {
        fprintf(stderr, "no layout is called \"%s\"\n", fix->implementation);
        return false;
    }
    struct table_reading now = {.capacity = fix->capacity,
                                .live = fix->live,
                                .slot_bytes = fix->bytes / fix->capacity,
                                .known =
                                    DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES};
    uint64_t predicted = layout->capacity_for(fix->live);
    uint64_t bytes =
        layout->bytes_for != NULL
            ? layout->bytes_for(predicted, &now)
            : (uint64_t)((double)fix->bytes / (double)fix->capacity * (double)predicted);
    bool grows_by_chance = strcmp(layout->name, "uthash") == 0;
    bool capacity_fits = predicted == fix->fixed_capacity ||
                         (grows_by_chance && (predicted == fix->fixed_capacity / 2 ||
                                              predicted == fix->fixed_capacity * 2));
    double predicted_saving = (double)fix->bytes - (double)bytes;
    double real_saving = (double)fix->bytes - (double)fix->fixed_bytes;
    bool saving_fits = fabs(predicted_saving - real_saving) <= SAVING_TOLERANCE * fabs(real_saving);
    if (capacity_fits && saving_fits)
        return true;
    fprintf(stderr,
            "%s with %" PRIu64 " entries: capacity %" PRIu64 ", predicted %" PRIu64
            "; bytes saved %.0f, predicted %.0f\n",
            layout->name, fix->live, fix->fixed_capacity, predicted, real_saving, predicted_saving);
    return false;
}

static bool check_output(FILE *output)
{
    char line[256];
    unsigned checked = 0;
    bool right = true;
    while (fgets(line, sizeof(line), output) != NULL) {
        struct fix fix;
        if (sscanf(line,
                   "CAPACITY %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %63[^\n]",
                   &fix.live, &fix.capacity, &fix.bytes, &fix.fixed_capacity, &fix.fixed_bytes,
                   fix.implementation) != 6)
            continue;
        checked++;
        right = fix.capacity != 0 && check_fix(&fix) && right;
    }
    printf("%u fixes compared\n", checked);
    return right && checked >= 5;
}

int main(int argc, char **argv)
{
    int ends[2];
    if (argc < 2 || pipe(ends) != 0) {
        fprintf(stderr, "usage: check_capacity FIXTURE [ARGUMENT...]\n");
        return 2;
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    close(ends[1]);
    FILE *output = fdopen(ends[0], "r");
    bool right = child > 0 && output != NULL && check_output(output);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
            return SKIPPED;
        fprintf(stderr, "%s failed\n", argv[1]);
        return 1;
    }
    return right ? 0 : 1;
}
