/* Two builds of one program: see rebuilt.h. */
#include "rebuilt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "path_base.h"
#include "symbols.h"

static const char *module_name(const struct dump *dump, size_t module)
{
    return path_base(dump_string(dump, dump->modules[module].path));
}

const char *rebuilt_module(const struct dump *before, const struct dump *after)
{
    for (size_t i = 0; i < before->module_count; i++) {
        const char *old_id = dump_string(before, before->modules[i].build_id);
        const char *name = module_name(before, i);
        if (strcmp(name, "libhashtrack.so") == 0)
            continue; /* a newer tracker is no other program */
        for (size_t j = 0; *old_id && j < after->module_count; j++) {
            const char *new_id = dump_string(after, after->modules[j].build_id);
            if (*new_id && strcmp(name, module_name(after, j)) == 0 && strcmp(old_id, new_id) != 0)
                return name;
        }
    }
    return NULL;
}

struct named_table {
    char fingerprint[FINGERPRINT_BYTES];
    struct judged_table *judged;
};

static int by_fingerprint(const void *left, const void *right)
{
    const struct named_table *a = left, *b = right;
    int order = strcmp(a->fingerprint, b->fingerprint);
    if (order != 0)
        return order;
    uint64_t number_a = a->judged->table->number, number_b = b->judged->table->number;
    return number_a < number_b ? -1 : number_a > number_b;
}

/* False when no function of the program is known. */
static bool name_by_functions(const struct findings *findings, struct symbolizer *symbolizer,
                              struct judged_table *judged, struct named_table *named)
{
    const struct symbol_frame *frames = NULL;
    char *functions[FINGERPRINT_FUNCTIONS_MAX];
    uint32_t site = telling_site(judged->table);
    size_t frame_count =
        site == DUMP_NONE ? 0 : symbolizer_site(symbolizer, findings->dump, site, &frames);
    size_t count = fingerprint_functions(frames, frame_count, functions);
    named->judged = judged;
    if (count > 0)
        fingerprint_make("", judged->implementation, functions, count, NULL, named->fingerprint);
    for (size_t i = 0; i < count; i++)
        free(functions[i]);
    return count > 0;
}

bool rebuilt_ids(struct findings *findings, struct symbolizer *symbolizer, size_t *unknown,
                 struct error *error)
{
    struct named_table *tables = calloc(findings->count + 1, sizeof(*tables));
    size_t count = 0, number = 0;
    *unknown = 0;
    if (!tables)
        return error_no_memory(error, findings->dump->path);
    for (size_t i = 0; i < findings->count; i++) {
        if (name_by_functions(findings, symbolizer, &findings->tables[i], &tables[count]))
            count++;
        else
            *unknown += is_kept(&findings->tables[i]);
    }
    qsort(tables, count, sizeof(*tables), by_fingerprint);
    for (size_t i = 0; i < count; i++) {
        bool is_same = i > 0 && strcmp(tables[i - 1].fingerprint, tables[i].fingerprint) == 0;
        number = is_same ? number + 1 : 1;
        if (number == 1)
            snprintf(tables[i].judged->id, TABLE_ID_BYTES, "%.16s", tables[i].fingerprint);
        else
            snprintf(tables[i].judged->id, TABLE_ID_BYTES, "%.16s-%zu", tables[i].fingerprint,
                     number);
    }
    free(tables);
    return true;
}
