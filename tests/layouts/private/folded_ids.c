// Orders by number. The number goes through one product, and its upper half is folded onto the
// lower.
#include "scenario.h"

#define LOG   18
#define HEADS (1u << LOG)

typedef struct order order_t;
struct order {
    uint64_t quantity, price;
    uint64_t number;
    uint32_t flags;
    order_t *chained;
};

typedef struct {
    uint32_t count, mask;
    order_t **heads;
} order_book_t;

static uint32_t fold(uint64_t number)
{
    number *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(number ^ number >> 32);
}

static order_t **at(const order_book_t *book, uint64_t number)
{
    order_t **link = &book->heads[fold(number) & book->mask];
    for (; *link; link = &(*link)->chained)
        if ((*link)->number == number)
            break;
    return link;
}

static void *create(void)
{
    order_book_t *book = must(calloc(1, sizeof *book));
    book->heads = must(calloc(HEADS, sizeof *book->heads));
    book->mask = HEADS - 1;
    return book;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    order_book_t *book = table;
    order_t **link = at(book, key);
    if (!*link) {
        *link = must(calloc(1, sizeof **link));
        (*link)->number = key;
        book->count++;
    }
    (*link)->price = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    order_t *order = *at(table, key);
    *value = order ? order->price : 0;
    return order != NULL;
}

static bool erase(void *table, uint64_t key)
{
    order_book_t *book = table;
    order_t **link = at(book, key), *gone = *link;
    if (!gone)
        return false;
    *link = gone->chained;
    free(gone);
    book->count--;
    return true;
}

static void destroy(void *table)
{
    order_book_t *book = table;
    for (uint32_t i = 0; i <= book->mask; i++)
        for (order_t *order = book->heads[i], *next; order; order = next) {
            next = order->chained;
            free(order);
        }
    free(book->heads);
    free(book);
}

static struct shape shape(const void *table)
{
    const order_book_t *book = table;
    return (struct shape){.address = book->heads, .capacity = HEADS, .live = book->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
