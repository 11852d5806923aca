/*
 * Numbers that lead to entries and are no table's: of eight bytes, in vectors that are copied to
 * twice their size and filled anew or not; behind the entries, in one block with them.
 */
#include <string.h>

#include "decoy.h"

#define NONE SIZE_MAX
#define MOST (1u << 17)

static size_t *resized(size_t *numbers, size_t from, size_t to)
{
    size_t *larger = must(malloc(to * sizeof(*larger)));
    memset(larger, 0xff, to * sizeof(*larger));
    if (numbers)
        memcpy(larger, numbers, from * sizeof(*larger));
    free(numbers);
    return larger;
}

/* --- a sparse set: where in the dense array each id is; ids are as large as there is room --- */

struct sparse_set {
    size_t *sparse, *dense;
    size_t room, count;
};

static void add_id(struct sparse_set *set, size_t id)
{
    if (set->sparse[id] != NONE)
        return;
    set->sparse[id] = set->count;
    set->dense[set->count++] = id;
}

static void remove_id(struct sparse_set *set, size_t id)
{
    size_t at = set->sparse[id];
    if (at == NONE)
        return;
    set->dense[at] = set->dense[--set->count];
    set->sparse[set->dense[at]] = at;
    set->sparse[id] = NONE;
}

static void sparse_set(void)
{
    struct sparse_set set = {0};
    while (set.room < MOST) {
        size_t room = set.room ? 2 * set.room : 64;
        set.sparse = resized(set.sparse, set.room, room);
        set.dense = resized(set.dense, set.room, room);
        set.room = room;
        while (set.count < room * 2 / 3) {
            add_id(&set, decoy_random() % room);
            if (decoy_random() % 4 == 0)
                remove_id(&set, decoy_random() % room);
        }
    }
    decoy_look("sparse set of wide numbers", set.sparse);
    for (size_t id = 0; id < set.room; id++)
        if (decoy_random() % 40 != 0)
            remove_id(&set, id);
    decoy_look("sparse set of wide numbers, emptied", set.sparse);
    free(set.sparse);
    free(set.dense);
}

/* --- places of records by rank: resized, then filled anew as the records were sorted again --- */

static void ranks(void)
{
    size_t *places = NULL, room = 0;
    while (room < MOST) {
        size_t more = room ? 2 * room : 64;
        places = resized(places, room, more);
        room = more;
        for (size_t i = 0; i < room; i++)
            places[i] = i < room * 3 / 4 ? i : NONE;
        for (size_t i = room * 3 / 4 - 1; i > 0; i--) {
            size_t other = decoy_random() % (i + 1), swapped = places[i];
            places[i] = places[other];
            places[other] = swapped;
        }
    }
    decoy_look("places by rank", places);
    for (size_t i = 0; i < room; i++)
        if (decoy_random() % 40 != 0)
            places[i] = NONE;
    decoy_look("places by rank, most withdrawn", places);
    free(places);
}

/* --- the first of each hour's entries in a log, at twice the resolution each time --- */

static void firsts(void)
{
    size_t *first = NULL, room = 0;
    while (room < MOST) {
        size_t more = room ? 2 * room : 64, entry = 0;
        first = resized(first, room, more);
        room = more;
        for (size_t hour = 0; hour < room; hour++) {
            size_t entries = decoy_random() % 5;
            first[hour] = entries ? entry : NONE;
            entry += entries;
        }
    }
    decoy_look("first entries of hours", first);
    for (size_t hour = 0; hour < room; hour++)
        if (decoy_random() % 40 != 0)
            first[hour] = NONE;
    decoy_look("first entries of hours, old ones dropped", first);
    free(first);
}

/* --- one block: a header, rows that are linked, and behind them the first row of each list --- */

#define ROWS  16384u
#define LISTS (2 * ROWS)

struct row {
    int32_t next;
    uint32_t name;
    uint64_t weight[3];
};

struct lists {
    int32_t uses, fresh;
    struct row rows[ROWS];
    int32_t first[LISTS];
};

static struct lists *lists_new(void)
{
    struct lists *lists = must(malloc(sizeof(*lists)));
    lists->uses = lists->fresh = 0;
    memset(lists->rows, 0, sizeof(lists->rows));
    memset(lists->first, 0xff, sizeof(lists->first));
    return lists;
}

static void add_row(struct lists *lists, uint32_t list, uint32_t name)
{
    int32_t number = lists->fresh++;
    lists->rows[number] = (struct row){
        .next = lists->first[list], .name = name, .weight = {decoy_random(), decoy_random()}};
    lists->first[list] = number;
}

static void drop_most(struct lists *lists)
{
    for (uint32_t list = 0; list < LISTS; list++)
        if (decoy_random() % 30 != 0)
            lists->first[list] = -1;
}

/* Edges of a random graph, each of which knows where it begins. */
static void edges_in_block(void)
{
    struct lists *lists = lists_new();
    for (uint32_t i = 0; i < ROWS * 3 / 4; i++) {
        uint32_t from = (uint32_t)(decoy_random() % LISTS);
        add_row(lists, from, from);
    }
    decoy_look("edges by where they begin", lists);
    drop_most(lists);
    decoy_look("edges by where they begin, most removed", lists);
    free(lists);
}

/* Versions of records: which record and which version, the newest first. */
static void versions_in_block(void)
{
    struct lists *lists = lists_new();
    while (lists->fresh < (int32_t)ROWS) {
        uint32_t record = (uint32_t)(decoy_random() % LISTS);
        int32_t before = lists->first[record];
        uint32_t version = before < 0 ? 0 : lists->rows[before].name / LISTS + 1;
        add_row(lists, record, version * LISTS + record);
    }
    decoy_look("versions of records", lists);
    drop_most(lists);
    decoy_look("versions of records, most purged", lists);
    free(lists);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"wide-sparse-set", sparse_set},
        {"wide-ranks", ranks},
        {"wide-firsts", firsts},
        {"edges-in-block", edges_in_block},
        {"versions-in-block", versions_in_block},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
