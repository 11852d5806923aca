/*
 * What is laid out anew and is no table: a grid of lists that gets finer, and rows of numbers whose
 * bytes look like tags. Each has an owner that counts.
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

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"finer-grid", finer_grid},
        {"rows-of-doubles", rows_of_doubles},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
