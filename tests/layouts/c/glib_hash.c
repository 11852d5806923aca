/*
 * GLib's GHashTable as a program uses it. It shrinks by itself, so that no scenario ends in a
 * finding but those that remove through an iterator, which never resizes. Scenarios: full, swept,
 * churn, iterator, threads, many, capacity; kinds: map (pointers), set (pointers), small (integers:
 * 4 bytes a slot).
 */
#include "threads.h"
#include "truth.h"

#include <glib.h>
#include <string.h>

#define ENTRIES 300000u
#define KEPT_OF 50u

/* GLib has no call for the number of slots. The start of struct _GHashTable, glib/ghash.c,
 * GLib 2.74; truth_of() checks it against g_hash_table_size(). */
struct private_table {
    gsize size;
    gint mod;
    guint mask;
    guint node_count, occupied_count;
    guint have_big_keys : 1, have_big_values : 1;
    gpointer keys;
    guint32 *hashes;
    gpointer values;
};

static struct truth truth_of(GHashTable *table)
{
    const struct private_table *inside = (const void *)table;
    if (inside->node_count != g_hash_table_size(table))
        abort();
    return (struct truth){"GHashTable",
                          inside->hashes,
                          inside->size,
                          inside->node_count,
                          inside->occupied_count - inside->node_count,
                          ENTRIES};
}

static uint64_t bytes_of(GHashTable *table)
{
    const struct private_table *inside = (const void *)table;
    uint64_t bytes = 4 + (inside->have_big_keys ? 8 : 4);
    if (inside->values != inside->keys)
        bytes += inside->have_big_values ? 8 : 4;
    return inside->size * bytes;
}

static gpointer key_of(uint64_t i, const char *kind)
{
    uint64_t key = strcmp(kind, "small") == 0 ? i + 1 : 0x100000000u + i * 64;
    return (gpointer)(uintptr_t)key;
}

static void insert(GHashTable *table, uint64_t i, const char *kind)
{
    if (strcmp(kind, "set") == 0)
        g_hash_table_add(table, key_of(i, kind));
    else
        g_hash_table_insert(table, key_of(i, kind), key_of(i + 1, kind));
}

static gboolean is_swept(gpointer key, gpointer value, gpointer left)
{
    (void)key;
    (void)value;
    guint *still = left;
    return ++*still % KEPT_OF != 0;
}

/* What the layout advises after a sweep by iterator: GLib looks at the size after any
 * foreach_remove. */
static gboolean never(gpointer key, gpointer value, gpointer context)
{
    (void)key;
    (void)value;
    (void)context;
    return FALSE;
}

static void sweep_by_iterator(GHashTable *table, uint64_t leave)
{
    GHashTableIter iterator;
    g_hash_table_iter_init(&iterator, table);
    while (g_hash_table_size(table) > leave && g_hash_table_iter_next(&iterator, NULL, NULL))
        g_hash_table_iter_remove(&iterator);
}

static void print_capacities(const char *kind)
{
    static const uint64_t lives[] = {0, 5, 6, 7, 100, 192, 193, 1000, 6000, 50000};
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        GHashTable *table = g_hash_table_new(NULL, NULL);
        for (uint64_t k = 0; k < ENTRIES; k++)
            insert(table, k, kind);
        sweep_by_iterator(table, lives[i]);
        uint64_t capacity = truth_of(table).capacity, bytes = bytes_of(table);
        g_hash_table_foreach_remove(table, never, NULL);
        print_capacity("GHashTable", g_hash_table_size(table), capacity, bytes,
                       truth_of(table).capacity, bytes_of(table));
        g_hash_table_destroy(table);
    }
}

static GHashTable *fill(uint64_t entries, const char *kind)
{
    GHashTable *table = g_hash_table_new(NULL, NULL);
    for (uint64_t i = 0; i < entries; i++)
        insert(table, i, kind);
    return table;
}

static void *fill_and_sweep(void *unused)
{
    (void)unused;
    GHashTable *table = fill(ENTRIES, "map");
    sweep_by_iterator(table, ENTRIES / KEPT_OF);
    return table;
}

static void run_threads(void)
{
    void *tables[THREADS];
    in_threads(fill_and_sweep, tables);
    HASHTRACK_SNAPSHOT("end");
    for (unsigned i = 0; i < THREADS; i++)
        print_truth(truth_of(tables[i]), "hollow", "end", false);
}

/* Of two entries each that were 400, and never freed. */
static void run_many(void)
{
    static GHashTable *tables[3000];
    for (unsigned n = 0; n < 3000; n++) {
        tables[n] = fill(400, "map");
        sweep_by_iterator(tables[n], 2);
    }
    HASHTRACK_SNAPSHOT("end");
    print_many("GHashTable", 3000, truth_of(tables[0]).capacity, 2, bytes_of(tables[0]));
}

int main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "full", *kind = argc > 2 ? argv[2] : "map";
    if (strcmp(scenario, "capacity") == 0) {
        print_capacities(kind);
        return 0;
    }
    if (strcmp(scenario, "threads") == 0) {
        run_threads();
        return 0;
    }
    if (strcmp(scenario, "many") == 0) {
        run_many();
        return 0;
    }
    GHashTable *table = fill(ENTRIES, kind);
    const char *verdict = "ok";
    guint counter = 0;
    if (strcmp(scenario, "swept") == 0) {
        g_hash_table_foreach_remove(table, is_swept, &counter);
    } else if (strcmp(scenario, "iterator") == 0) {
        sweep_by_iterator(table, ENTRIES / KEPT_OF);
        verdict = "hollow";
    } else if (strcmp(scenario, "churn") == 0) {
        for (uint64_t i = 0; i < ENTRIES; i++) {
            g_hash_table_remove(table, key_of(i, kind));
            insert(table, i + ENTRIES, kind);
        }
    } else if (strcmp(scenario, "full") != 0) {
        unknown_scenario(scenario);
    }
    struct truth truth = truth_of(table);
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, verdict, "end", false);
    g_hash_table_destroy(table);
    return 0;
}
