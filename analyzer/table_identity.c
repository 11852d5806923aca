/* A name for a table that stays the same from run to run: see table_identity.h. */
#include "table_identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named {
    uint64_t hash;
    uint64_t number;
    size_t index;
};

/* FNV-1a, 64 bits (draft-eastlake-fnv): short, and the same on every machine. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3ULL;
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return mix(hash, text, strlen(text) + 1);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static uint64_t mix_frame(uint64_t hash, const struct dump *dump, const struct dump_frame *frame)
{
    if (frame->script != 0) {
        const struct dump_script *script = &dump->scripts[frame->script - 1];
        hash = mix_text(hash, base_name(dump_string(dump, script->file)));
        hash = mix_text(hash, dump_string(dump, script->function));
        return mix(hash, &script->line, sizeof(script->line));
    }
    if (frame->module == DUMP_NONE)
        return mix_text(hash, "?"); /* generated code: its address changes with each run */
    const struct dump_module *module = &dump->modules[frame->module];
    const char *name = base_name(dump_string(dump, module->path));
    if (strncmp(name, "libhashtrack.so", strlen("libhashtrack.so")) == 0)
        return hash; /* an update of ours must not rename every table */
    const char *build_id = dump_string(dump, module->build_id);
    hash = mix_text(hash, *build_id ? build_id : name);
    return mix(hash, &frame->offset, sizeof(frame->offset));
}

static uint64_t mix_site(uint64_t hash, const struct dump *dump, uint32_t index)
{
    if (index == DUMP_NONE)
        return mix_text(hash, "none");
    const struct dump_site *site = &dump->sites[index];
    for (uint32_t i = 0; i < site->frame_count; i++)
        hash = mix_frame(hash, dump, &dump->frames[site->first_frame + i]);
    return mix_text(hash, "end");
}

static int by_hash_then_number(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

bool table_identities(const struct dump *dump, char (*ids)[TABLE_ID_BYTES], struct error *error)
{
    if (dump->table_count == 0)
        return true;
    struct named *named = calloc(dump->table_count, sizeof(*named));
    if (!named)
        return error_set(error, STATUS_BAD_DUMP, "%s: out of memory", dump->path);
    for (size_t i = 0; i < dump->table_count; i++) {
        const struct dump_table *table = &dump->tables[i];
        uint64_t hash = mix_text(0xcbf29ce484222325ULL, dump_string(dump, table->implementation));
        hash = mix_site(hash, dump, table->birth_site);
        named[i] = (struct named){mix_site(hash, dump, table->growth_site), table->number, i};
    }
    qsort(named, dump->table_count, sizeof(*named), by_hash_then_number);
    size_t ordinal = 0;
    for (size_t i = 0; i < dump->table_count; i++) {
        ordinal = i > 0 && named[i].hash == named[i - 1].hash ? ordinal + 1 : 1;
        char *id = ids[named[i].index];
        if (ordinal == 1)
            snprintf(id, TABLE_ID_BYTES, "%016" PRIx64, named[i].hash);
        else
            snprintf(id, TABLE_ID_BYTES, "%016" PRIx64 "-%zu", named[i].hash, ordinal);
    }
    free(named);
    return true;
}
