/* A name for a table that stays the same from run to run: see table_identity.h. */
#include "table_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path_base.h"
#include "stable_hash.h"

struct named {
    uint64_t hash;
    uint64_t number;
    size_t index;
};

/* A number into a sum: the finalizer of MurmurHash3 (Appleby, public domain) lets every bit of it
 * change every bit of the sum. */
static uint64_t mix_number(uint64_t hash, uint64_t number)
{
    hash ^= number;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ hash >> 33;
}

/* What the modules and sites of a dump add to an id; many tables share a site. */
struct hashes {
    const struct dump *dump;
    uint64_t *modules; /* 0: of the tracker, which adds nothing */
    uint64_t *sites;   /* 0: not computed yet */
};

/* A hash of the text that is never 0. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = hash_text(STABLE_HASH_START, text);
    return hash ? hash : 1;
}

static uint64_t hash_module(const struct dump *dump, const struct dump_module *module)
{
    const char *name = path_base(dump_string(dump, module->path));
    if (strncmp(name, "libhashtrack.so", strlen("libhashtrack.so")) == 0)
        return 0; /* an update of ours must not rename every table */
    const char *build_id = dump_string(dump, module->build_id);
    return hash_of(*build_id ? build_id : name);
}

static uint64_t mix_script(uint64_t hash, const struct dump *dump, const struct dump_script *script)
{
    hash = mix_number(hash, hash_of(path_base(dump_string(dump, script->file))));
    hash = mix_number(hash, hash_of(dump_string(dump, script->function)));
    return mix_number(hash, script->line);
}

static uint64_t hash_site(const struct hashes *hashes, uint32_t index)
{
    if (index == DUMP_NONE)
        return hash_of("none");
    if (hashes->sites[index])
        return hashes->sites[index];
    const struct dump_site *site = &hashes->dump->sites[index];
    uint64_t hash = hash_of("site");
    for (uint32_t i = 0; i < site->frame_count; i++) {
        const struct dump_frame *frame = &hashes->dump->frames[site->first_frame + i];
        if (frame->script != 0)
            hash = mix_script(hash, hashes->dump, &hashes->dump->scripts[frame->script - 1]);
        else if (frame->module == DUMP_NONE)
            hash = mix_number(hash, 1); /* generated code: its address changes with each run */
        else if (hashes->modules[frame->module])
            hash = mix_number(mix_number(hash, hashes->modules[frame->module]), frame->offset);
    }
    hashes->sites[index] = hash ? hash : 1;
    return hashes->sites[index];
}

static bool hashes_begin(const struct dump *dump, struct hashes *hashes)
{
    hashes->dump = dump;
    hashes->modules = calloc(dump->module_count + 1, sizeof(uint64_t));
    hashes->sites = calloc(dump->site_count + 1, sizeof(uint64_t));
    for (size_t i = 0; hashes->modules && i < dump->module_count; i++)
        hashes->modules[i] = hash_module(dump, &dump->modules[i]);
    return hashes->modules && hashes->sites;
}

static void hashes_end(struct hashes *hashes)
{
    free(hashes->modules);
    free(hashes->sites);
}

static uint64_t hash_table(const struct hashes *hashes, const struct dump_table *table)
{
    uint64_t hash = hash_of(dump_string(hashes->dump, table->implementation));
    hash = mix_number(hash, hash_site(hashes, table->birth_site));
    return mix_number(hash, hash_site(hashes, table->growth_site));
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

/* "9c41e07b00a1b2c3", "9c41e07b00a1b2c3-2". As printf() does it, many times faster. */
static void write_id(char id[TABLE_ID_BYTES], uint64_t hash, size_t ordinal)
{
    for (int i = 0; i < 16; i++)
        id[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    id[16] = '\0';
    if (ordinal > 1)
        snprintf(id + 16, TABLE_ID_BYTES - 16, "-%zu", ordinal);
}

bool table_identities(const struct dump *dump, char (*ids)[TABLE_ID_BYTES], struct error *error)
{
    struct hashes hashes;
    struct named *named = calloc(dump->table_count + 1, sizeof(*named));
    bool has_memory = hashes_begin(dump, &hashes) && named;
    for (size_t i = 0; has_memory && i < dump->table_count; i++)
        named[i] = (struct named){hash_table(&hashes, &dump->tables[i]), dump->tables[i].number, i};
    hashes_end(&hashes);
    if (!has_memory) {
        free(named);
        return error_no_memory(error, dump->path);
    }
    qsort(named, dump->table_count, sizeof(*named), by_hash_then_number);
    size_t ordinal = 0;
    for (size_t i = 0; i < dump->table_count; i++) {
        ordinal = i > 0 && named[i].hash == named[i - 1].hash ? ordinal + 1 : 1;
        write_id(ids[named[i].index], named[i].hash, ordinal);
    }
    free(named);
    return true;
}
