/*
 * Tables whose array is a variable: `static struct node *heads[65536]`, in a module's static data
 * or a thread's. No allocation names where it begins and ends, so it is looked for as an array
 * within a block is (static_windows.h), with the same proof.
 *
 * The registry knows nothing of such an array: how full it was before is not known.
 */
#include "snapshot_table.h"

#include "modules.h"

#include "static_windows.h"

#define MOST_TABLES 8u /* of one module */

static void add_table(struct snapshot *snapshot, const struct block *array,
                      const struct static_reading *reading)
{
    static const struct array_record unknown;
    uint32_t number = dump_count(&snapshot->contents, DUMP_SECTION_TABLES);
    struct dump_table table = snapshot_new_table(snapshot, "unknown");
    table.kind = reading->kind;
    table.read = DUMP_READ_ESTIMATED;
    snapshot_fill_reading(&table, &reading->table);
    snapshot_fill_birth(snapshot, &unknown, &table);
    snapshot_add_part(snapshot, &table, number, &unknown, array);
    snapshot_finish_table(snapshot, &table);
}

static void read_region(struct snapshot *snapshot, const struct region *region)
{
    struct block rest = {.address = region->start, .bytes = region->end - region->start};
    struct static_reading reading;
    struct block array;
    for (unsigned i = 0; i < MOST_TABLES && rest.bytes >= WINDOW_LEAST_BYTES; i++) {
        if (residency_is_hardly_any(&snapshot->residency, rest.address, rest.bytes))
            return;
        snapshot_next_array(snapshot);
        if (!static_windows_read(&snapshot->view, snapshot->static_pieces, &rest, STATIC_ALL_EFFORT,
                                 &array, &reading))
            return;
        add_table(snapshot, &array, &reading);
        rest.address = array.address + array.bytes;
        rest.bytes = region->end - rest.address;
    }
}

void snapshot_global_tables(struct snapshot *snapshot)
{
    const struct regions *regions = snapshot_regions(snapshot);
    struct buffer modules = snapshot_loaded_modules(snapshot);
    if (!regions)
        return;
    const struct region *list = (const struct region *)(const void *)regions->named.memory;
    for (size_t i = 0; i < regions->named.used / sizeof(*list); i++) {
        const struct dump_module *module =
            (const struct dump_module *)(const void *)modules.memory + list[i].module;
        const char *strings = snapshot->contents.sections[DUMP_SECTION_STRINGS].memory;
        if (list[i].end - list[i].start < WINDOW_LEAST_BYTES ||
            modules_is_of_system(strings + module->path))
            continue;
        if (!snapshot_make_pieces(snapshot))
            return;
        snapshot->view.own_hashes = NULL;
        read_region(snapshot, &list[i]);
    }
}
