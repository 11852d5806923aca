/* Seats by guest: the table is enlarged in a copy of its object, which is put back when all is
 * moved. What is erased keeps its bytes, but for the state in front of them. */
#include "scenario.h"

enum { VACANT, LEFT, TAKEN };

typedef struct {
    uint32_t state;
    uint32_t guest;
    uint32_t seat;
} place;

typedef struct {
    uint32_t left, taken;
    uint64_t mask;
    place *places;
} hall;

static uint32_t home(const hall *h, uint32_t guest)
{
    uint64_t mixed = guest * 0x9e3779b97f4a7c15u;
    return (uint32_t)(mixed >> 24 & h->mask);
}

static place *seek(const hall *h, uint32_t guest)
{
    uint64_t i = home(h, guest);
    place *left = NULL;
    for (; h->places[i].state != VACANT; i = (i + 1) & h->mask) {
        if (h->places[i].state == TAKEN && h->places[i].guest == guest)
            return &h->places[i];
        if (h->places[i].state == LEFT && !left)
            left = &h->places[i];
    }
    return left ? left : &h->places[i];
}

static APART void enlarge(hall *h)
{
    hall larger = {.mask = 2 * h->mask + 1};
    larger.places = must(calloc(larger.mask + 1, sizeof *larger.places));
    for (uint64_t i = 0; i <= h->mask; i++)
        if (h->places[i].state == TAKEN) {
            *seek(&larger, h->places[i].guest) = h->places[i];
            larger.taken++;
        }
    free(h->places);
    *h = larger;
}

static void *create(void)
{
    hall *h = must(calloc(1, sizeof *h));
    h->mask = 15;
    h->places = must(calloc(h->mask + 1, sizeof *h->places));
    return h;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    hall *h = table;
    if ((h->taken + h->left + 1) * 8 > (h->mask + 1) * 5)
        enlarge(h);
    place *p = seek(h, (uint32_t)key);
    if (p->state != TAKEN) {
        h->left -= p->state == LEFT;
        h->taken++;
    }
    *p = (place){TAKEN, (uint32_t)key, (uint32_t)value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const place *p = seek(table, (uint32_t)key);
    *value = p->seat;
    return p->state == TAKEN;
}

static bool erase(void *table, uint64_t key)
{
    hall *h = table;
    place *p = seek(h, (uint32_t)key);
    if (p->state != TAKEN)
        return false;
    p->state = LEFT;
    h->taken--;
    h->left++;
    return true;
}

/* Its frame lies over the one in which the table was enlarged. */
static APART void release(place *places)
{
    volatile char letter[1024];
    letter[0] = letter[sizeof letter - 1] = 0;
    free(places);
}

static void destroy(void *table)
{
    hall *h = table;
    release(h->places);
    free(h);
}

static struct shape shape(const void *table)
{
    const hall *h = table;
    return (struct shape){
        .address = h->places, .capacity = h->mask + 1, .live = h->taken, .tombstones = h->left};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .leaves_tombstones = true,
                                              .hides_shape = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
