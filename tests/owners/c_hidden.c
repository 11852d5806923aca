/* What is behind struct hidden: private_table.h. */
#include "private_table.h"

struct shard {
    int number;
    struct table table;
};

struct hidden {
    char name[24];
    struct shard **shards;
};

struct hidden *hidden_make(void)
{
    struct hidden *hidden = calloc(1, sizeof(*hidden));
    if (!hidden || !(hidden->shards = calloc(1, sizeof(*hidden->shards))) ||
        !(hidden->shards[0] = calloc(1, sizeof(*hidden->shards[0]))))
        abort();
    return hidden;
}

struct table *hidden_table(struct hidden *hidden)
{
    return &hidden->shards[0]->table;
}
