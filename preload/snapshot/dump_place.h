/*
 * The names under which a dump is written, and under which it stays.
 *
 * Process numbers repeat, one after another in a container and at the same time in two containers
 * that share a directory. So nothing here takes a name for one process's own: a file that is being
 * written is locked, and what has the dump's name already gets another one (trap 45).
 */
#ifndef HASHTRACK_DUMP_PLACE_H
#define HASHTRACK_DUMP_PLACE_H

#include <limits.h>
#include <stdbool.h>

struct dump_place {
    char path[PATH_MAX];      /* directory/name */
    char temporary[PATH_MAX]; /* directory/.name.tmp or directory/.name.N.tmp */
    char kept[PATH_MAX];      /* where an older dump goes */
};

/* Makes the paths of directory/name. False when they are too long. */
bool dump_place_name(struct dump_place *place, const char *directory, const char *name);

/* Creates the temporary file, mode 0600, following no symbolic link: its descriptor, or a negative
 * errno. Keep it open until the file has its name: its lock tells others that it is not left over
 * by a process that died. */
int dump_place_create(struct dump_place *place);

/* Gives the temporary file the dump's name. A dump that has it is renamed to name.0-TIME when it is
 * a final one, which is snapshot number 0, and else to name-TIME: the time it was written. */
int dump_place_take(struct dump_place *place, bool is_final);

/* The same, but the dump that has the name goes. */
int dump_place_replace(const struct dump_place *place);

/* Removes the temporary file. */
void dump_place_give_up(const struct dump_place *place);

#endif
