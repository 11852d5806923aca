/*
 * A GHashTable that was swept, for check_program.py: it shrinks by itself, so nothing is to be
 * found.
 */
#include <glib.h>
#include <stdio.h>

#define SESSIONS 400000

static GHashTable *sessions;

int main(void)
{
    sessions = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (gulong id = 1; id <= SESSIONS; id++)
        g_hash_table_insert(sessions, (gpointer)id, (gpointer)(id + 1));
    for (gulong id = 1; id <= SESSIONS; id++)
        if (id % 100 != 0)
            g_hash_table_remove(sessions, (gpointer)id);
    printf("TRUTH {\"implementation\": \"GHashTable\", \"live\": %u, \"verdict\": \"ok\"}\n",
           g_hash_table_size(sessions));
    return 0;
}
