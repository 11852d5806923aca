/*
 * What is laid out anew and is no table: a grid of lists that gets finer, rows of numbers whose
 * bytes look like tags, full vectors put in another order before each growth, permutations, and
 * sorted records laid out with gaps. Each has an owner that counts.
 */
#include <stdbool.h>
#include <string.h>

#include "decoy.h"

/* --- objects in the cells of a grid whose sides double; then most of them go --- */

struct body {
    uint32_t x, y;
    struct body *next;
    uint64_t number;
};

struct finer_grid {
    struct body **cells;
    uint64_t cell_count, body_count;
    uint32_t side_bits;
    struct body **bodies;
};

static void put_body(struct finer_grid *grid, struct body *body)
{
    uint64_t row = body->y >> (32 - grid->side_bits), column = body->x >> (32 - grid->side_bits);
    struct body **cell = &grid->cells[row << grid->side_bits | column];
    body->next = *cell;
    *cell = body;
}

static void lay_grid(struct finer_grid *grid, uint32_t side_bits)
{
    struct body **old = grid->cells;
    grid->side_bits = side_bits;
    grid->cell_count = 1ull << 2 * side_bits;
    grid->cells = must(calloc(grid->cell_count, sizeof(struct body *)));
    for (uint64_t i = 0; i < grid->body_count; i++)
        put_body(grid, grid->bodies[i]);
    free(old);
}

static void finer_grid(void)
{
    enum { MOST = 100000 };
    struct finer_grid *grid = must(calloc(1, sizeof *grid));
    grid->bodies = must(malloc(MOST * sizeof(struct body *)));
    for (uint64_t i = 0; i < MOST; i++) {
        if (grid->body_count >= grid->cell_count)
            lay_grid(grid, grid->side_bits + (grid->side_bits == 0 ? 5 : 1));
        struct body *body = must(malloc(sizeof *body));
        *body = (struct body){.x = (uint32_t)(decoy_random() >> 32),
                              .y = (uint32_t)(decoy_random() >> 32),
                              .number = i};
        grid->bodies[grid->body_count++] = body;
        put_body(grid, body);
    }
    decoy_look("a grid of lists that got finer", grid->cells);
    uint64_t left = grid->body_count / 50;
    memset(grid->cells, 0, grid->cell_count * sizeof(struct body *));
    for (uint64_t i = left; i < grid->body_count; i++)
        free(grid->bodies[i]);
    grid->body_count = left;
    for (uint64_t i = 0; i < left; i++)
        put_body(grid, grid->bodies[i]);
    decoy_look("a grid that got finer, nearly empty", grid->cells);
    for (uint64_t i = 0; i < left; i++)
        free(grid->bodies[i]);
    free(grid->cells);
    free(grid->bodies);
    free(grid);
}

/* --- a matrix of small numbers as doubles, with more numbers beside it --- */

struct number_matrix {
    uint32_t counts[8]; /* any of which may be the number of bytes in use */
    uint64_t used, columns, rows;
    double *cells;
};

static void rows_of_doubles(void)
{
    for (uint32_t first = 40; first < 104; first += 8) {
        struct number_matrix *matrix = must(calloc(1, sizeof *matrix));
        matrix->rows = 144;
        matrix->columns = 64;
        for (uint32_t i = 0; i < 8; i++)
            matrix->counts[i] = first + i;
        matrix->cells = must(calloc(matrix->rows * matrix->columns, sizeof(double)));
        for (; matrix->used < matrix->rows * matrix->columns / 5; matrix->used++)
            matrix->cells[decoy_random() % (matrix->rows * matrix->columns)] = (double)matrix->used;
        decoy_look("rows of doubles", matrix->cells);
        free(matrix->cells);
        free(matrix);
    }
}

/* --- pointers sorted by a hash of what they point at before each growth, then most are cleared ---
 */

struct sorted_objects {
    uint32_t count, room;
    uint64_t **objects;
};

static int compare_mixed(const void *left, const void *right)
{
    uint64_t a = **(uint64_t *const *)left * 0x9E3779B97F4A7C15u;
    uint64_t b = **(uint64_t *const *)right * 0x9E3779B97F4A7C15u;
    return (a > b) - (a < b);
}

static void sort_before_growth(bool is_new_first)
{
    struct sorted_objects *vector = must(calloc(1, sizeof *vector));
    for (uint64_t i = 0; i < 12000; i++) {
        if (vector->count == vector->room) {
            uint32_t room = vector->room == 0 ? 64 : vector->room + vector->room / 8 + 6;
            uint64_t **larger = is_new_first ? must(calloc(room, sizeof *larger)) : NULL;
            if (vector->room != 0)
                qsort(vector->objects, vector->count, sizeof *larger, compare_mixed);
            if (!is_new_first)
                larger = must(calloc(room, sizeof *larger));
            if (vector->room != 0)
                memcpy(larger, vector->objects, vector->count * sizeof *larger);
            free(vector->objects);
            vector->objects = larger;
            vector->room = room;
        }
        uint64_t *object = must(malloc(80));
        *object = i;
        vector->objects[vector->count++] = object;
        if (i == 5000)
            decoy_look("a vector sorted before each growth, half", vector->objects);
    }
    decoy_look("a vector sorted before each growth", vector->objects);
    for (uint32_t i = 0; i < vector->count; i++) {
        if (decoy_random() % 100 != 0) {
            free(vector->objects[i]);
            vector->objects[i] = NULL;
        }
    }
    decoy_look("a vector sorted before each growth, nearly empty", vector->objects);
    for (uint32_t i = 0; i < vector->count; i++)
        free(vector->objects[i]);
    free(vector->objects);
    free(vector);
}

static void sorted_before_growth(void)
{
    sort_before_growth(false);
}

static void sorted_as_it_grows(void)
{
    sort_before_growth(true);
}

/* --- numbers in a radix sort's two arrays, sorted before they grow; then few are left --- */

struct radix_sorted {
    uint32_t *scratch, *numbers;
    uint64_t room, count;
};

static void sort_by_digits(struct radix_sorted *sorted)
{
    for (unsigned shift = 0; shift < 22; shift += 11) {
        uint32_t starts[1 << 11] = {0}, at = 0;
        for (uint64_t i = 0; i < sorted->count; i++)
            starts[sorted->numbers[i] >> shift & 0x7FF]++;
        for (uint32_t digit = 0; digit < 1 << 11; digit++) {
            uint32_t here = starts[digit];
            starts[digit] = at;
            at += here;
        }
        for (uint64_t i = 0; i < sorted->count; i++)
            sorted->scratch[starts[sorted->numbers[i] >> shift & 0x7FF]++] = sorted->numbers[i];
        uint32_t *numbers = sorted->numbers;
        sorted->numbers = sorted->scratch;
        sorted->scratch = numbers;
    }
}

static void grow_sorted(struct radix_sorted *sorted)
{
    uint64_t room = sorted->room == 0 ? 512 : sorted->room + sorted->room / 2;
    if (sorted->room != 0)
        sort_by_digits(sorted);
    sorted->numbers = must(realloc(sorted->numbers, room * sizeof(uint32_t)));
    memset(sorted->numbers + sorted->room, 0, (room - sorted->room) * sizeof(uint32_t));
    uint32_t *scratch = must(calloc(room, sizeof(uint32_t)));
    if (sorted->room != 0)
        memcpy(scratch, sorted->scratch, sorted->room * sizeof(uint32_t));
    free(sorted->scratch);
    sorted->scratch = scratch;
    sorted->room = room;
}

static void sorted_by_digits(void)
{
    struct radix_sorted *sorted = must(calloc(1, sizeof *sorted));
    for (unsigned i = 0; i < 20000; i++) {
        if (sorted->count == sorted->room)
            grow_sorted(sorted);
        sorted->numbers[sorted->count++] = (uint32_t)(decoy_random() >> 32);
        if (i % 4000 == 3999) {
            sort_by_digits(sorted);
            decoy_look("the numbers of a radix sort so far", sorted->numbers);
        }
    }
    decoy_look("the numbers of a radix sort", sorted->numbers);
    decoy_look("the scratch of a radix sort", sorted->scratch);
    sorted->count /= 100;
    memset(sorted->numbers + sorted->count, 0, (sorted->room - sorted->count) * sizeof(uint32_t));
    decoy_look("the numbers of a radix sort, few left", sorted->numbers);
    decoy_look("the scratch of a radix sort, few left", sorted->scratch);
    free(sorted->numbers);
    free(sorted->scratch);
    free(sorted);
}

/* --- sorted records of twelve bytes laid out with two gaps after each; then most are wiped --- */

struct packed_record {
    unsigned char key[4], value[8];
};

static int compare_records(const void *left, const void *right)
{
    return memcmp(left, right, 4);
}

static void gaps_after_records(void)
{
    enum { MOST = 12000 };
    struct {
        struct packed_record *records;
        uint64_t room, count;
    } *sorted = must(calloc(1, sizeof *sorted));
    struct packed_record *all = must(calloc(MOST, sizeof *all));
    while (sorted->count < MOST) {
        uint64_t number = decoy_random();
        memcpy(all[sorted->count].key, &number, 4);
        memset(all[sorted->count++].value, 7, 8);
        if (sorted->count * 2 < sorted->room)
            continue;
        uint64_t room = sorted->room == 0 ? 64 : sorted->room * 3 / 2;
        qsort(all, sorted->count, sizeof *all, compare_records);
        struct packed_record *records = must(calloc(room, sizeof *records));
        for (uint64_t i = 0; i < sorted->count; i++)
            records[i * room / sorted->count] = all[i];
        free(sorted->records);
        sorted->records = records;
        sorted->room = room;
    }
    decoy_look("sorted records with gaps", sorted->records);
    for (uint64_t i = 0; i < sorted->room; i++)
        if (decoy_random() % 50 != 0)
            memset(sorted->records + i, 0, sizeof *all);
    sorted->count /= 50;
    decoy_look("sorted records with gaps, nearly empty", sorted->records);
    free(sorted->records);
    free(sorted);
    free(all);
}

/* --- a permutation and its inverse, made anew and larger; then most is wiped --- */

static void new_permutations(void)
{
    struct {
        uint32_t *places;
        uint64_t room, count;
        uint32_t *numbers;
    } *permutation = must(calloc(1, sizeof *permutation));
    for (uint64_t count = 256; count <= 16384; count *= 4) {
        uint32_t *numbers = must(calloc(count, sizeof *numbers));
        uint32_t *places = must(malloc(count * sizeof *places));
        for (uint64_t i = 0; i < count; i++) {
            uint64_t at = decoy_random() % (i + 1);
            numbers[i] = numbers[at];
            numbers[at] = (uint32_t)i + 1;
        }
        for (uint32_t i = 0; i < count; i++)
            places[numbers[i] % count] = i;
        free(permutation->numbers);
        free(permutation->places);
        permutation->numbers = numbers;
        permutation->places = places;
        permutation->room = permutation->count = count;
    }
    decoy_look("a permutation", permutation->numbers);
    decoy_look("its inverse", permutation->places);
    for (uint64_t i = 0; i < permutation->room; i++)
        if (decoy_random() % 100 != 0)
            permutation->numbers[i] = 0;
    permutation->count /= 100;
    decoy_look("a permutation, mostly wiped", permutation->numbers);
    decoy_look("the inverse of one mostly wiped", permutation->places);
    free(permutation->numbers);
    free(permutation->places);
    free(permutation);
}

/* --- runners in the order of their times, and the rank of each, timed anew as more come; then
 * most of them give up --- */

struct race {
    uint64_t *times;
    int32_t *order, *ranks; /* -1: of none */
    int32_t runners, room;
};

static const struct race *sorted_race;

static int by_time(const void *one, const void *other)
{
    uint64_t a = sorted_race->times[*(const int32_t *)one],
             b = sorted_race->times[*(const int32_t *)other];
    return (a > b) - (a < b);
}

static void time_anew(struct race *race, int32_t room)
{
    int32_t *order = must(malloc((size_t)room * sizeof *order));
    int32_t *ranks = must(malloc((size_t)room * sizeof *ranks));
    race->times = must(realloc(race->times, (size_t)room * sizeof *race->times));
    memset(order, 0xff, (size_t)room * sizeof *order);
    memset(ranks, 0xff, (size_t)room * sizeof *ranks);
    int32_t runners = 0;
    for (int32_t i = 0; i < room; i++) {
        race->times[i] = decoy_random();
        if (i >= race->room || race->ranks[i] >= 0)
            order[runners++] = i;
    }
    sorted_race = race;
    qsort(order, (size_t)runners, sizeof *order, by_time);
    for (int32_t i = 0; i < runners; i++)
        ranks[order[i]] = i;
    free(race->order);
    free(race->ranks);
    race->order = order;
    race->ranks = ranks;
    race->room = room;
    race->runners = runners;
}

/* The last one in the order takes the rank. */
static void give_up(struct race *race, int32_t runner)
{
    int32_t rank = race->ranks[runner], last = race->order[--race->runners];
    race->order[rank] = last;
    race->ranks[last] = rank;
    race->ranks[runner] = -1;
    race->order[race->runners] = -1;
}

static void ranked_runners(void)
{
    enum { MOST = 131072 };
    struct race race = {0};
    for (int32_t room = 1024; room <= MOST; room *= 2) {
        time_anew(&race, room);
        for (int32_t i = 0; i < room / 8; i++)
            give_up(&race, race.order[decoy_random() % (uint64_t)race.runners]);
    }
    decoy_look("runners in the order of their times", race.order);
    decoy_look("their ranks", race.ranks);
    while (race.runners > MOST / 60)
        give_up(&race, race.order[decoy_random() % (uint64_t)race.runners]);
    decoy_look("the few runners left, in the order of their times", race.order);
    decoy_look("the ranks of the few runners left", race.ranks);
    free(race.order);
    free(race.ranks);
    free(race.times);
}

/* --- lists of places for a growing count of words, in records that move; then all are emptied ---
 */

struct posting_list {
    uint32_t seen, count;
    uint32_t *places;
    uint32_t room;
};

static void emptied_postings(void)
{
    struct {
        uint64_t word_count;
        uint64_t room;
        struct posting_list *lists;
        uint64_t place_count;
    } *index = must(calloc(1, sizeof *index));
    for (uint32_t place = 0; place < 50000; place++) {
        if (index->room == 0 || decoy_random() % 8 == 0) {
            if (index->word_count == index->room) {
                uint64_t room = index->room == 0 ? 64 : index->room * 2 + 1;
                index->lists = must(realloc(index->lists, room * sizeof *index->lists));
                memset(index->lists + index->room, 0, (room - index->room) * sizeof *index->lists);
                index->room = room;
            }
            index->word_count++;
        }
        struct posting_list *list = index->lists + decoy_random() % index->word_count;
        if (list->count == list->room) {
            list->room = list->room == 0 ? 2 : list->room * 2;
            list->places = must(realloc(list->places, list->room * sizeof *list->places));
        }
        list->places[list->count++] = place;
        index->place_count++;
    }
    decoy_look("lists of places", index->lists);
    for (uint64_t i = 0; i < index->word_count; i++)
        if (decoy_random() % 100 != 0)
            index->lists[i].count = 0;
    decoy_look("lists of places, nearly all empty", index->lists);
    for (uint64_t i = 0; i < index->word_count; i++)
        free(index->lists[i].places);
    free(index->lists);
    free(index);
}

/* --- records in the order of their names, put in order again in the room they got --- */

enum { NAME_BYTES = 20 };

struct name_list {
    unsigned char *records;
    uint64_t count, record_bytes, room;
};

static int compare_names(const void *left, const void *right)
{
    return memcmp(left, right, NAME_BYTES);
}

static void append_name(struct name_list *list)
{
    unsigned char *record = list->records + list->count * list->record_bytes;
    memset(record, 0, list->record_bytes);
    for (uint64_t i = 0; i + 8 <= NAME_BYTES; i += 8) {
        uint64_t part = __builtin_bswap64(decoy_random() >> (i == 0 ? 34 : 0));
        memcpy(record + i, &part, sizeof(part));
    }
    if (list->record_bytes > NAME_BYTES)
        memcpy(record + NAME_BYTES, &list->count, sizeof(list->count));
    list->count++;
}

static void sort_in_place(uint64_t record_bytes, bool appends_more)
{
    struct name_list *list = must(calloc(1, sizeof *list));
    list->record_bytes = record_bytes;
    for (list->room = 600; list->room < 100000; list->room += list->room / 2) {
        list->records = must(realloc(list->records, list->room * record_bytes));
        while (list->count < list->room * (appends_more ? 2 : 3) / 3)
            append_name(list);
        qsort(list->records, list->count, record_bytes, compare_names);
        while (list->count < list->room)
            append_name(list);
    }
    decoy_look("records that are sorted in place", list->records);
    memset(list->records + record_bytes, 0, (list->count - 1) * record_bytes);
    list->count = 1;
    decoy_look("records that are sorted in place, few left", list->records);
    free(list->records);
    free(list);
}

static void sorted_in_place(void)
{
    sort_in_place(NAME_BYTES, false);
    sort_in_place(44, true);
    sort_in_place(88, false);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"finer-grid", finer_grid},
        {"rows-of-doubles", rows_of_doubles},
        {"sorted-before-growth", sorted_before_growth},
        {"sorted-as-it-grows", sorted_as_it_grows},
        {"sorted-by-digits", sorted_by_digits},
        {"sorted-in-place", sorted_in_place},
        {"gaps-after-records", gaps_after_records},
        {"new-permutations", new_permutations},
        {"ranked-runners", ranked_runners},
        {"emptied-postings", emptied_postings},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
