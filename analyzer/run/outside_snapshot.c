/*
 * Taking a snapshot of another process: see outside_snapshot.h.
 */
#include "outside_snapshot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The first number that no dump in the directory has: nothing is ever overwritten. */
static bool choose_name(struct outside_snapshot *outside, const char *directory, char *name,
                        struct error *error)
{
    struct snapshot *snapshot = &outside->snapshot;
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_set(error, STATUS_USAGE, "%s: %s", directory, strerror(errno));
    snapshot->ordinal = snapshot->registry->snapshots;
    do {
        snapshot->ordinal++;
        snapshot_file_name(snapshot, outside->program, name);
    } while (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    close(folder);
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
