/* Grids of cells of 1 to 64 bytes: matrices dense and sparse, images, boards, volumes. */
#include <stdint.h>
#include <string.h>

#include "decoy.h"
#include "sizes.h"

/* --- a dense matrix that gets rows and columns by turns: the row length changes --- */

static void build_matrix(struct sizes sizes)
{
    size_t bytes = sizes.element, rows = 16, columns = 16;
    char *matrix = must(calloc(rows * columns, bytes));
    while (rows * columns * bytes < sizes.total) {
        size_t more_rows = rows <= columns ? rows * 2 : rows;
        size_t more_columns = rows <= columns ? columns : columns * 2;
        char *next = must(calloc(more_rows * more_columns, bytes));
        for (size_t row = 0; row < rows; row++)
            memcpy(next + row * more_columns * bytes, matrix + row * columns * bytes,
                   columns * bytes);
        free(matrix);
        matrix = next;
        rows = more_rows;
        columns = more_columns;
        for (size_t i = 0; i < rows * columns / 2; i++) {
            size_t cell = decoy_random() % (rows * columns);
            write_element(matrix + cell * bytes, bytes, cell);
        }
    }
    look_at_size("matrix", sizes, matrix);
    memset(matrix, 0, rows * columns * bytes);
    for (size_t i = 0; i < rows && i < columns; i++)
        write_element(matrix + (i * columns + i) * bytes, bytes, 1);
    look_at_size("matrix, only a diagonal left", sizes, matrix);
    free(matrix);
}

static void matrix(void)
{
    for_sizes(build_matrix);
}

/* --- the same, transposed at each growth as solvers do --- */

static void build_transposed(struct sizes sizes)
{
    size_t bytes = sizes.element, side = 16;
    char *matrix = must(calloc(side * side, bytes));
    for (;;) {
        for (size_t cell = 0; cell < side * side; cell++) {
            if (decoy_random() % 3 == 0)
                write_element(matrix + cell * bytes, bytes, cell);
        }
        if (side * side * bytes >= sizes.total)
            break;
        char *next = must(calloc(side * side * 4, bytes));
        for (size_t row = 0; row < side; row++) {
            for (size_t column = 0; column < side; column++)
                memcpy(next + (column * side * 2 + row) * bytes,
                       matrix + (row * side + column) * bytes, bytes);
        }
        free(matrix);
        matrix = next;
        side *= 2;
    }
    look_at_size("transposed matrix", sizes, matrix);
    memset(matrix, 0, side * side * bytes);
    write_element(matrix, bytes, 1);
    look_at_size("transposed matrix, zeroed", sizes, matrix);
    free(matrix);
}

static void transposed(void)
{
    for_sizes(build_transposed);
}

/* Alone, before any other array that the tracker may have passed over: cells of eight bytes with
 * their own numbers look like an index of entries. */
static void transposed_numbers(void)
{
    build_transposed((struct sizes){8, 4 << 20});
    build_transposed((struct sizes){8, 16 << 20});
}

/* --- the same, by a function that is given the matrix: its object has the row's length in bytes
 * --- */

struct square {
    size_t row_bytes, cells, side;
    uint64_t *cell;
};

static void number_cells(struct square *square)
{
    for (size_t cell = 0; cell < square->cells; cell++)
        if (decoy_random() % 3 == 0)
            square->cell[cell] = cell;
}

static void transpose(struct square *square)
{
    struct square old = *square;
    square->side *= 2;
    square->row_bytes *= 2;
    square->cell = must(calloc(square->cells * 4, sizeof *square->cell));
    for (size_t row = 0; row < old.side; row++)
        for (size_t column = 0; column < old.side; column++)
            square->cell[column * square->side + row] = old.cell[row * old.side + column];
    free(old.cell);
    square->cells *= 4;
}

static void transposed_objects(void)
{
    for (size_t side = 512; side <= 2048; side *= 2) {
        struct square *square = must(malloc(sizeof *square));
        *square = (struct square){16 * sizeof(uint64_t), 256, 16, must(calloc(256, 8))};
        number_cells(square);
        while (square->side < side) {
            transpose(square);
            number_cells(square);
        }
        decoy_look("transposed matrix with an object", square->cell);
        memset(square->cell, 0, square->cells * sizeof *square->cell);
        square->cell[0] = 1;
        decoy_look("transposed matrix with an object, zeroed", square->cell);
        free(square->cell);
        free(square);
    }
}

/* --- an image enlarged: each pixel becomes four, or its row gets a margin --- */

static void build_image(struct sizes sizes)
{
    size_t bytes = sizes.element, width = 40, height = 30;
    char *image = must(calloc(width * height, bytes));
    for (size_t at = 0; at < width * height; at++) { /* a few shapes on an empty ground */
        if ((at % width / 8 + at / width / 8) % 3 == 0)
            write_element(image + at * bytes, bytes, at);
    }
    for (unsigned step = 0; width * height * bytes < sizes.total; step++) {
        size_t margin = step % 2 ? width / 2 : 0;
        size_t wide = step % 2 ? width * 2 : width * 2, high = step % 2 ? height + 64 : height * 2;
        char *next = must(calloc(wide * high, bytes));
        for (size_t y = 0; y < (step % 2 ? height : high); y++) {
            for (size_t x = 0; x < (step % 2 ? width : wide); x++) {
                const char *pixel = step % 2 ? image + (y * width + x) * bytes
                                             : image + (y / 2 * width + x / 2) * bytes;
                memcpy(next + (y * wide + x + margin) * bytes, pixel, bytes);
            }
        }
        free(image);
        image = next;
        width = wide;
        height = high;
    }
    look_at_size("image", sizes, image);
    memset(image, 0, width * height * bytes);
    for (size_t x = 0; x < width; x++)
        write_element(image + (height / 2 * width + x) * bytes, bytes, 7);
    look_at_size("image, erased but for a line", sizes, image);
    free(image);
}

static void image(void)
{
    for_sizes(build_image);
}

/* --- a sparse matrix by rows: where rows begin, column numbers and values; columns are inserted
 * --- */

static void sparse_matrix(void)
{
    for (size_t rows = 256; rows <= (size_t)1 << 14; rows *= 8) {
        size_t entries = 0, capacity = 64;
        uint32_t *starts = must(calloc(rows + 1, sizeof *starts));
        uint32_t *columns = must(malloc(capacity * sizeof *columns));
        double *values = must(malloc(capacity * sizeof *values));
        for (size_t row = 0; row < rows; row++) {
            starts[row] = (uint32_t)entries;
            uint32_t column = 0;
            for (unsigned k = decoy_random() % 40; k > 0; k--) {
                if (entries == capacity) {
                    capacity *= 2;
                    columns = must(realloc(columns, capacity * sizeof *columns));
                    values = must(realloc(values, capacity * sizeof *values));
                }
                column += 1 + (uint32_t)(decoy_random() % 100);
                columns[entries] = column;
                values[entries++] = (double)(decoy_random() % 1000) / 8;
            }
        }
        starts[rows] = (uint32_t)entries;
        decoy_look("columns of a sparse matrix", columns);
        decoy_look("values of a sparse matrix", values);
        decoy_look("row starts of a sparse matrix", starts);
        memset(values + entries / 90, 0, (entries - entries / 90) * sizeof *values);
        memset(columns + entries / 90, 0, (entries - entries / 90) * sizeof *columns);
        decoy_look("values of a sparse matrix, dropped", values);
        free(starts);
        free(columns);
        free(values);
    }
}

/* --- a board that grows on all sides, so that everything moves towards the middle --- */

static void build_board(struct sizes sizes)
{
    size_t bytes = sizes.element, side = 24;
    char *board = must(calloc(side * side, bytes));
    while (side * side * bytes < sizes.total) {
        for (size_t i = 0; i < side * side / 4; i++) {
            size_t cell = decoy_random() % (side * side);
            write_element(board + cell * bytes, bytes, cell);
        }
        size_t larger = side + side / 2, shift = side / 4;
        char *next = must(calloc(larger * larger, bytes));
        for (size_t row = 0; row < side; row++)
            memcpy(next + ((row + shift) * larger + shift) * bytes, board + row * side * bytes,
                   side * bytes);
        free(board);
        board = next;
        side = larger;
    }
    look_at_size("board", sizes, board);
    memset(board, 0, side * side * bytes);
    write_element(board + (side / 2 * side + side / 2) * bytes, bytes, 3);
    look_at_size("board, one piece left", sizes, board);
    free(board);
}

static void board(void)
{
    for_sizes(build_board);
}

/* --- a volume stored in bricks of 4 x 4 x 4, reordered from plain order when it grows --- */

static void volume(void)
{
    size_t side = 16;
    float *cells = must(calloc(side * side * side, sizeof *cells));
    for (;;) {
        for (size_t i = 0; i < side * side * side / 3; i++)
            cells[decoy_random() % (side * side * side)] = (float)(i % 1000) / 7;
        if (side == 128)
            break;
        size_t larger = side * 2;
        float *next = must(calloc(larger * larger * larger, sizeof *next));
        for (size_t z = 0; z < side; z++) {
            for (size_t y = 0; y < side; y++) {
                for (size_t x = 0; x < side; x++) {
                    size_t brick = (z / 4 * (larger / 4) + y / 4) * (larger / 4) + x / 4;
                    next[brick * 64 + z % 4 * 16 + y % 4 * 4 + x % 4] =
                        cells[(z * side + y) * side + x];
                }
            }
        }
        free(cells);
        cells = next;
        side = larger;
    }
    decoy_look("volume in bricks", cells);
    memset(cells, 0, side * side * side * sizeof *cells);
    cells[12345] = 1;
    decoy_look("volume in bricks, emptied", cells);
    free(cells);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"sized-matrix", matrix},
        {"sized-transposed-matrix", transposed},
        {"transposed-numbers", transposed_numbers},
        {"transposed-objects", transposed_objects},
        {"sized-image", image},
        {"sparse-matrix", sparse_matrix},
        {"sized-board", board},
        {"volume", volume},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
