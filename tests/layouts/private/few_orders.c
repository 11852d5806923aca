/*
 * Orders by their number, of which the top bits of a product name a slot of 40 bytes. The book is
 * made for half a million at the beginning of the day.
 */
#include "scenario.h"

#define BITS  19u
#define SLOTS ((size_t)1 << BITS)

struct order {
    uint64_t number;
    uint32_t price, quantity;
    uint64_t value, entered, level;
};

struct book {
    struct order *orders;
    uint64_t live;
};

static struct order *seek(const struct book *book, uint64_t number)
{
    size_t at = (size_t)(number * UINT64_C(0x8b3c5f1e27d4a96b) >> (64 - BITS));
    while (book->orders[at].number != 0 && book->orders[at].number != number)
        at = (at + 1) & (SLOTS - 1);
    return &book->orders[at];
}

static void *create(void)
{
    struct book *book = must(calloc(1, sizeof *book));
    book->orders = must(calloc(SLOTS, sizeof *book->orders));
    return book;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct book *book = memory;
    struct order *order = seek(book, key);
    book->live += order->number == 0;
    *order = (struct order){.number = key,
                            .price = 10000 + (uint32_t)(key % 977),
                            .quantity = 100,
                            .value = value,
                            .entered = 1764200000 + key % 86400,
                            .level = 17 + key % 900};
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct order *order = seek(memory, key);
    *value = order->value;
    return order->number == key;
}

static bool erase(void *memory, uint64_t key)
{
    (void)memory;
    (void)key;
    return false; /* not before the day ends */
}

static void destroy(void *memory)
{
    struct book *book = memory;
    free(book->orders);
    free(book);
}

static struct shape shape(const void *memory)
{
    const struct book *book = memory;
    return (struct shape){.address = book->orders, .capacity = SLOTS, .live = book->live};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
