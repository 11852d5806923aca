/*
 * Slots with a byte of which either of two bits is set, as a class of the entry: as many bits are
 * set as there are entries, and might be those of two slots in each.
 */
#include <string.h>

#include "scenario.h"

struct card {
    uint64_t key;
    uint8_t is_used, class, copies[6];
    uint64_t value;
};

struct cards {
    struct card *card;
    size_t room, used;
};

static size_t home(const struct cards *cards, uint64_t key)
{
    key = (key ^ (key >> 33)) * 0xc4ceb9fe1a85ec53u;
    return (key ^ (key >> 30)) & (cards->room - 1);
}

static struct card *search(const struct cards *cards, uint64_t key)
{
    size_t at = home(cards, key);
    while (cards->card[at].is_used && cards->card[at].key != key)
        at = (at + 1) & (cards->room - 1);
    return &cards->card[at];
}

static void *create(void)
{
    struct cards *cards = must(malloc(sizeof *cards));
    *cards = (struct cards){.card = must(calloc(64, sizeof(struct card))), .room = 64};
    return cards;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct cards *cards = table;
    if (cards->used >= cards->room / 4 * 3) {
        struct card *old = cards->card;
        size_t room = cards->room;
        cards->room *= 2;
        cards->card = must(calloc(cards->room, sizeof *old));
        for (size_t i = 0; i < room; i++)
            if (old[i].is_used)
                *search(cards, old[i].key) = old[i];
        free(old);
    }
    struct card *card = search(cards, key);
    cards->used += !card->is_used;
    *card = (struct card){.key = key, .is_used = 1, .class = 1 + key % 2, .value = value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct card *card = search(table, key);
    if (card->is_used)
        *value = card->value;
    return card->is_used;
}

static bool erase(void *table, uint64_t key)
{
    struct cards *cards = table;
    struct card *card = search(cards, key);
    if (!card->is_used)
        return false;
    size_t hole = (size_t)(card - cards->card), at = hole;
    while (cards->card[at = (at + 1) & (cards->room - 1)].is_used) {
        size_t from = home(cards, cards->card[at].key);
        if (((at - from) & (cards->room - 1)) < ((at - hole) & (cards->room - 1)))
            continue;
        cards->card[hole] = cards->card[at];
        hole = at;
    }
    memset(&cards->card[hole], 0, sizeof(struct card));
    cards->used--;
    return true;
}

static void destroy(void *table)
{
    struct cards *cards = table;
    free(cards->card);
    free(cards);
}

static struct shape shape(const void *table)
{
    const struct cards *cards = table;
    return (struct shape){.address = cards->card, .capacity = cards->room, .live = cards->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
