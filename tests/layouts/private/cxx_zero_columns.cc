// A set of a matrix' cells: slots are a row and a column, either of which is zero in some of the
// cells; bits in vectors of their own say which slots are in use and which were erased.
#include <cstdint>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

constexpr std::uint32_t kColumns = 509;

struct Cell {
    std::uint32_t row, column;
};

struct Matrix {
    std::vector<Cell> cells;
    std::vector<bool> used, erased;
    std::size_t live = 0, tombstones = 0;
};

Cell cell_of(std::uint64_t key)
{
    return {std::uint32_t(key / kColumns), std::uint32_t(key % kColumns)};
}

std::size_t home_of(const Cell &cell, std::size_t capacity)
{
    std::uint64_t hash = (std::uint64_t(cell.row) << 32 | cell.column) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 29) * 0x94d049bb133111ebu;
    return hash >> 32 & (capacity - 1);
}

// The cell's slot, or the number of slots.
std::size_t search(const Matrix &matrix, const Cell &cell)
{
    const std::size_t mask = matrix.cells.size() - 1;
    std::size_t at = home_of(cell, matrix.cells.size());
    for (std::size_t step = 1; matrix.used[at] || matrix.erased[at]; at = (at + step++) & mask)
        if (matrix.used[at] && matrix.cells[at].row == cell.row &&
            matrix.cells[at].column == cell.column)
            return at;
    return matrix.cells.size();
}

void place(Matrix *matrix, const Cell &cell)
{
    const std::size_t mask = matrix->cells.size() - 1;
    std::size_t at = home_of(cell, matrix->cells.size());
    for (std::size_t step = 1; matrix->used[at]; at = (at + step++) & mask)
        ;
    matrix->tombstones -= matrix->erased[at];
    matrix->erased[at] = false;
    matrix->used[at] = true;
    matrix->cells[at] = cell;
    matrix->live++;
}

void rebuild(Matrix *matrix, std::size_t capacity)
{
    const std::vector<Cell> cells = std::move(matrix->cells);
    const std::vector<bool> used = std::move(matrix->used);
    matrix->cells.assign(capacity, Cell{0, 0});
    matrix->used.assign(capacity, false);
    matrix->erased.assign(capacity, false);
    matrix->live = matrix->tombstones = 0;
    for (std::size_t i = 0; i < cells.size(); i++)
        if (used[i])
            place(matrix, cells[i]);
}

void *create()
{
    Matrix *matrix = new Matrix;
    rebuild(matrix, 64);
    return matrix;
}

void insert(void *opaque, std::uint64_t key, std::uint64_t)
{
    Matrix *matrix = static_cast<Matrix *>(opaque);
    const Cell cell = cell_of(key);
    const std::size_t capacity = matrix->cells.size();
    if (search(*matrix, cell) != capacity)
        return;
    if ((matrix->live + matrix->tombstones + 1) * 4 > capacity * 3)
        rebuild(matrix, matrix->live * 2 > capacity ? capacity * 2 : capacity);
    place(matrix, cell);
}

bool find(void *opaque, std::uint64_t key, std::uint64_t *value)
{
    const Matrix &matrix = *static_cast<Matrix *>(opaque);
    *value = key * 3 + 1; // a set stores none
    return search(matrix, cell_of(key)) != matrix.cells.size();
}

bool erase(void *opaque, std::uint64_t key)
{
    Matrix *matrix = static_cast<Matrix *>(opaque);
    const std::size_t at = search(*matrix, cell_of(key));
    if (at == matrix->cells.size())
        return false;
    matrix->used[at] = false;
    matrix->erased[at] = true;
    matrix->live--;
    matrix->tombstones++;
    return true;
}

void destroy(void *opaque)
{
    delete static_cast<Matrix *>(opaque);
}

shape shape_of(const void *opaque)
{
    const Matrix &matrix = *static_cast<const Matrix *>(opaque);
    shape shape = {};
    shape.address = matrix.cells.data();
    shape.capacity = matrix.cells.size();
    shape.live = matrix.live;
    shape.tombstones = matrix.tombstones;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind = {};
    kind.entries = 150000;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
