/*
 * Taking a snapshot of another process: see outside_snapshot.h.
 */
#include "outside_snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outside_snapshot *outside_snapshot_begin(pid_t pid, const char *label, struct error *error)
{
    struct outside_snapshot *outside = calloc(1, sizeof(*outside));
    if (!outside) {
        error_set(error, STATUS_BAD_DUMP, "process %d: not enough memory", (int)pid);
        return NULL;
    }
    if (!remote_registry_copy(pid, &outside->remote, error)) {
        outside_snapshot_free(outside);
        return NULL;
    }
    outside->snapshot = (struct snapshot){
        .registry = &outside->remote.registry,
        .reader = process_reader(pid),
        .reason = DUMP_REASON_OUTSIDE,
        .label = label,
        .at_ms = registry_now(&outside->remote.registry),
        .is_outside = true,
    };
    outside->snapshot.pointers.excluded = outside->remote.own;
    outside->remote.own = (struct buffer){0};
    snapshot_program(pid, outside->program, sizeof(outside->program));
    return outside;
}

/* The program runs on: of a table whose array went while it was read nothing is known. A dict of
 * redis-server that had shrunk was called empty and hollow, for jemalloc had given its pages back.
 */
static void forget_gone(struct outside_snapshot *outside)
{
    struct dump_contents *contents = &outside->snapshot.contents;
    struct dump_table *tables =
        (struct dump_table *)(void *)contents->sections[DUMP_SECTION_TABLES].memory;
    const struct dump_array *arrays =
        (const struct dump_array *)(const void *)contents->sections[DUMP_SECTION_ARRAYS].memory;
    for (uint32_t i = 0; i < dump_count(contents, DUMP_SECTION_TABLES); i++) {
        struct dump_table *table = &tables[i];
        if (table->bytes < OUTSIDE_LEAST_BYTES)
            continue;
        for (uint32_t nth = 0; table->known & DUMP_KNOWN_LIVE && nth < table->array_count; nth++)
            if (!remote_registry_has_array(outside->snapshot.reader.pid, &outside->remote,
                                           arrays[table->first_array + nth].address))
                table->known &= ~(uint32_t)DUMP_KNOWN_LIVE;
    }
}

bool outside_snapshot_read(struct outside_snapshot *outside)
{
    struct registry *registry = &outside->remote.registry;
    /* Tables that only this snapshot recognises come behind those that the process knows. */
    registry->free_table = 0;
    outside->registered = atomic_load(&registry->tables.count);
    if (!snapshot_collect(&outside->snapshot))
        return false;
    forget_gone(outside);
    return true;
}

/* The number of a snapshot with that name, if it is one of the process whose names begin so, and
 * else 0. */
static uint32_t number_in(const char *name, const char *beginning, size_t length)
{
    char *end;
    if (strncmp(name, beginning, length) != 0 || name[length] < '0' || name[length] > '9')
        return 0;
    errno = 0;
    unsigned long number = strtoul(name + length, &end, 10);
    return *end == '-' && errno == 0 && number < UINT32_MAX ? (uint32_t)number : 0;
}

/* The number after the largest that a snapshot of the process has in the directory, whatever their
 * labels: nothing is ever overwritten, and the numbers say in which order they were taken. */
static bool choose_name(struct outside_snapshot *outside, const char *directory, char *name,
                        struct error *error)
{
    struct snapshot *snapshot = &outside->snapshot;
    char beginning[SNAPSHOT_NAME_BYTES];
    snapshot->ordinal = 0;
    snapshot_file_name(snapshot, outside->program, beginning);
    size_t length = strlen(beginning) - strlen(DUMP_SUFFIX) + 1; /* with the point */
    DIR *folder = opendir(directory);
    if (!folder)
        return error_set(error, STATUS_USAGE, "%s: %s", directory, strerror(errno));
    uint32_t last = snapshot->registry->snapshots;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        uint32_t number = number_in(entry->d_name, beginning, length);
        last = number > last ? number : last;
    }
    closedir(folder);
    snapshot->ordinal = last + 1;
    snapshot_file_name(snapshot, outside->program, name);
    return true;
}

bool outside_snapshot_write(struct outside_snapshot *outside, const char *directory,
                            char name[SNAPSHOT_NAME_BYTES], struct error *error)
{
    struct dump_contents *contents = &outside->snapshot.contents;
    if (!choose_name(outside, directory, name, error))
        return false;
    struct dump_info *info =
        (struct dump_info *)(void *)contents->sections[DUMP_SECTION_INFO].memory;
    info->ordinal = outside->snapshot.ordinal;
    int status = dump_write(contents, directory, name);
    return status == 0 ||
           error_set(error, STATUS_BAD_DUMP, "%s/%s: %s", directory, name, strerror(-status));
}

void outside_snapshot_free(struct outside_snapshot *outside)
{
    if (!outside)
        return;
    snapshot_free(&outside->snapshot);
    remote_registry_free(&outside->remote);
    free(outside);
}
