/*
 * Arrays that begin with the bounds of their indices, as compilers of some languages make them.
 * Heads are put in place before anything is in them: the chains are made anew from the entries,
 * which lie in a second array and are named by their number.
 */
#include <string.h>

#include "scenario.h"

struct bounds {
    int32_t first, last;
};

struct line {
    uint64_t key, value;
    int32_t next;
    float weight;
};

struct book {
    int32_t *heads;     /* from 0 to last */
    struct line *lines; /* from 1 to last */
    int32_t used, spare, count;
};

static void *new_array(int32_t first, int32_t last, size_t item_bytes)
{
    struct bounds *bounds =
        must(calloc(1, sizeof *bounds + (size_t)(last - first + 1) * item_bytes));
    *bounds = (struct bounds){first, last};
    return bounds + 1;
}

static int32_t last_of(const void *array)
{
    return ((const struct bounds *)array - 1)->last;
}

static void free_array(void *array)
{
    free((struct bounds *)array - 1);
}

static int32_t *head_of(const struct book *book, uint64_t key)
{
    key = (key ^ (key >> 33)) * 0xff51afd7ed558ccdu;
    return &book->heads[(key ^ (key >> 33)) % ((uint64_t)last_of(book->heads) + 1)];
}

static struct line *line_at(const struct book *book, int32_t number)
{
    return &book->lines[number - 1];
}

static void put_in_chain(struct book *book, int32_t number)
{
    struct line *line = line_at(book, number);
    int32_t *head = head_of(book, line->key);
    line->next = *head;
    *head = number;
}

static void enlarge(struct book *book)
{
    int32_t lines = last_of(book->lines), heads = last_of(book->heads) + 1;
    int32_t *wider = new_array(0, heads * 2 - 1, sizeof *wider);
    struct line *more = new_array(1, lines * 2, sizeof *more);
    memcpy(more, book->lines, (size_t)lines * sizeof *more);
    free_array(book->lines);
    book->lines = more;
    free_array(book->heads);
    book->heads = wider;
    for (int32_t number = 1; number <= book->used; number++)
        put_in_chain(book, number);
}

static int32_t *search(const struct book *book, uint64_t key)
{
    int32_t *link = head_of(book, key);
    while (*link != 0 && line_at(book, *link)->key != key)
        link = &line_at(book, *link)->next;
    return link;
}

static void *create(void)
{
    struct book *book = must(calloc(1, sizeof *book));
    book->heads = new_array(0, 127, sizeof *book->heads);
    book->lines = new_array(1, 128, sizeof *book->lines);
    return book;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct book *book = table;
    int32_t number = *search(book, key);
    if (number == 0) {
        if (book->spare == 0 && book->used == last_of(book->lines))
            enlarge(book);
        number = book->spare != 0 ? book->spare : ++book->used;
        if (number == book->spare)
            book->spare = line_at(book, number)->next;
        *line_at(book, number) = (struct line){.key = key, .weight = (float)(value % 1000)};
        put_in_chain(book, number);
        book->count++;
    }
    line_at(book, number)->value = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct book *book = table;
    int32_t number = *search(book, key);
    if (number != 0)
        *value = line_at(book, number)->value;
    return number != 0;
}

static bool erase(void *table, uint64_t key)
{
    struct book *book = table;
    int32_t *link = search(book, key), number = *link;
    if (number == 0)
        return false;
    struct line *line = line_at(book, number);
    *link = line->next;
    *line = (struct line){.next = book->spare};
    book->spare = number;
    book->count--;
    return true;
}

static void destroy(void *table)
{
    struct book *book = table;
    free_array(book->heads);
    free_array(book->lines);
    free(book);
}

static struct shape shape(const void *table)
{
    const struct book *book = table;
    return (struct shape){.address = book->heads,
                          .others = {book->lines},
                          .capacity = (uint64_t)last_of(book->heads) + 1,
                          .live = (uint64_t)book->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 500000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
