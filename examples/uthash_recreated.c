/*
 * The fix: uthash has no call that shrinks a table, so the entries that are left move into a new
 * one. They are linked anew, not copied.
 */
#include "uthash_sessions.h"

static void recreate(void)
{
    struct entry *recreated = NULL;
    struct entry *entry, *next;

    HASH_ITER(hh, sessions, entry, next)
    {
        HASH_DEL(sessions, entry);
        HASH_ADD(hh, recreated, id, sizeof(entry->id), entry);
    }
    sessions = recreated;
    print_memory("uthash: table recreated");
}

int main(void)
{
    begin_sessions();
    end_sessions();
    recreate();
    return 0;
}
