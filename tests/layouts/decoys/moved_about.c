/*
 * What looks rehashed when two moments far apart are compared: an array with gaps that is put in
 * another order before it grows, and is copied then. It has an owner that counts.
 */
#include <string.h>

#include "decoy.h"

/* --- records at their ids, put in another order in place before the array grows --- */

struct record {
    uint64_t kind;
    uint32_t used, weight;
};

struct records {
    struct record *all;
    uint64_t room, count, last;
};

static void shuffle(struct records *records)
{
    for (uint64_t i = 1; i < records->room; i++) {
        uint64_t other = decoy_random() % (i + 1);
        struct record record = records->all[i];
        records->all[i] = records->all[other];
        records->all[other] = record;
    }
}

static void grow_records(struct records *records)
{
    uint64_t room = records->room == 0 ? 64 : records->room + records->room / 2;
    size_t had = records->room * sizeof(struct record), bytes = room * sizeof(struct record);
    shuffle(records);
    struct record *all = must(calloc(1, bytes));
    if (had > 0)
        memcpy(all, records->all, had);
    free(records->all);
    records->all = all;
    records->room = room;
}

static void shuffled_then_copied(void)
{
    struct records *records = must(calloc(1, sizeof *records));
    while (records->count < 1600) {
        uint64_t id = records->last += 1 + decoy_random() % 3;
        while (id >= records->room || records->count * 2 > records->room)
            grow_records(records);
        if (records->all[id].used)
            continue;
        records->all[id] =
            (struct record){.kind = decoy_random() % 4 ? 1 : decoy_random(), .used = 1};
        records->all[id].weight = (uint32_t)decoy_random();
        records->count++;
    }
    decoy_look("records with gaps that were shuffled", records->all);
    for (uint64_t i = 0; i < records->room; i++)
        if (records->all[i].used && decoy_random() % 100 != 0) {
            memset(&records->all[i], 0, sizeof records->all[i]);
            records->count--;
        }
    decoy_look("records that were shuffled, nearly all gone", records->all);
    free(records->all);
    free(records);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"shuffled-then-copied", shuffled_then_copied},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
