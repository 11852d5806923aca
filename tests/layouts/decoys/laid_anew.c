/*
 * What is laid out anew and is no table: a grid of lists that gets finer, rows of numbers whose
 * bytes look like tags, and sorted records laid out with gaps. Each has an owner that counts.
 */
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

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"finer-grid", finer_grid},
        {"rows-of-doubles", rows_of_doubles},
        {"gaps-after-records", gaps_after_records},
        {"emptied-postings", emptied_postings},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
