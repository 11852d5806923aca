#include "index.h"

#include <stdlib.h>
#include <uthash.h>

struct entry {
    int number;
    const char *word;
    UT_hash_handle hh;
};

static struct entry *entries;

void index_add(int number, const char *word)
{
    struct entry *entry = malloc(sizeof(*entry));
    if (!entry)
        abort();
    entry->number = number;
    entry->word = word;
    HASH_ADD_INT(entries, number, entry); /* GROWS HERE */
}

const char *index_find(int number)
{
    struct entry *found;
    HASH_FIND_INT(entries, &number, found);
    return found ? found->word : NULL;
}

void index_remove(int number)
{
    struct entry *found;
    HASH_FIND_INT(entries, &number, found);
    if (found) {
        HASH_DEL(entries, found);
        free(found);
    }
}

void index_shrink(void)
{
    struct entry *entry, *next, *kept = NULL;
    HASH_ITER(hh, entries, entry, next)
    {
        HASH_DEL(entries, entry);
        HASH_ADD_INT(kept, number, entry);
    }
    entries = kept;
}
