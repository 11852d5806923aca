/*
 * Objects in lists, or alone in slots, by an index that the program's own code computes from
 * several fields of theirs: cells, pages of a space, cubes, times, handles that were scrambled. As
 * members of a list they point back at its head, as those of a hash table do. Full, and then nearly
 * empty.
 */
#include <string.h>

#include "decoy.h"

#define LISTS        (1u << 18)
#define MASK         (LISTS - 1)
#define KEPT_OF      30u
#define KEPT_OF_THEM 10u /* so few then that two of a hash table hardly ever meet */

struct body {
    struct body *next, **back;
    uint32_t color, high;
    uint32_t low, middle;
    uint64_t moment;
};

typedef size_t index_t(const struct body *body);

static struct body *body_at(uint32_t high, uint32_t middle, uint32_t low)
{
    struct body *body = must(calloc(1, sizeof *body));
    body->high = high;
    body->middle = middle;
    body->low = low;
    body->color = (uint32_t)decoy_random();
    body->moment = decoy_random();
    return body;
}

static void add(struct body **lists, index_t *index_of, struct body *body)
{
    struct body **list = &lists[index_of(body)];
    body->next = *list;
    if (*list != NULL)
        (*list)->back = &body->next;
    body->back = list;
    *list = body;
}

/* Takes all out but one in so many; all where that is none. */
static void thin_out(struct body **lists, unsigned kept_of)
{
    unsigned count = 0;
    for (size_t i = 0; i < LISTS; i++)
        for (struct body *body = lists[i], *next; body != NULL; body = next) {
            next = body->next;
            if (kept_of != 0 && ++count % kept_of == 0)
                continue;
            *body->back = next;
            if (next != NULL)
                next->back = body->back;
            free(body);
        }
}

static void look_on(const char *what, struct body **lists)
{
    decoy_look(what, lists);
    thin_out(lists, KEPT_OF);
    decoy_look(what, lists);
    thin_out(lists, KEPT_OF_THEM);
    decoy_look(what, lists);
    thin_out(lists, 0);
    free(lists);
}

static struct body **new_lists(void)
{
    return must(calloc(LISTS, sizeof(struct body *)));
}

/* So many of them, with fields below these numbers. */
static void fill(const char *what, index_t *index_of, uint32_t high, uint32_t middle, uint32_t low)
{
    struct body **lists = new_lists();
    for (unsigned i = 0; i < LISTS * 3 / 4; i++) {
        uint64_t random = decoy_random();
        add(lists, index_of,
            body_at((uint32_t)(random % high), (uint32_t)(random / 65536 % middle),
                    (uint32_t)(random >> 32) % low));
    }
    look_on(what, lists);
}

static __attribute__((noinline)) size_t cell_of(const struct body *body)
{
    return (size_t)(body->high >> 7) * 512 + (body->low >> 7);
}

static void cells_of_pairs(void)
{
    fill("bodies by cell of two fields", cell_of, 65536, 1, 65536);
}

static __attribute__((noinline)) size_t page_of(const struct body *body)
{
    return ((size_t)body->high * 8192 + body->low) & MASK;
}

static void pages_of_spaces(void)
{
    fill("pages by space and number", page_of, 32, 1, 8192);
}

static uint64_t spread(uint64_t bits)
{
    bits = (bits | bits << 16) & 0x30000ff;
    bits = (bits | bits << 8) & 0x300f00f;
    bits = (bits | bits << 4) & 0x30c30c3;
    return (bits | bits << 2) & 0x9249249;
}

static __attribute__((noinline)) size_t cube_of(const struct body *body)
{
    return spread(body->high) | spread(body->middle) << 1 | spread(body->low) << 2;
}

static void cubes(void)
{
    fill("cubes along a curve", cube_of, 64, 64, 64);
}

static __attribute__((noinline)) size_t tick_of(const struct body *body)
{
    return ((size_t)body->high * 1000000 + body->low) / 4000 & MASK;
}

static void times(void)
{
    fill("timers by second and microsecond", tick_of, 100000, 1, 1000000);
}

static const uint32_t first_row[8] = {0, 70000, 71000, 120000, 150000, 150100, 190000, 240000};

static __attribute__((noinline)) size_t row_of(const struct body *body)
{
    return (first_row[body->middle & 7] + (body->low ^ body->high >> 20)) & MASK;
}

static void rows(void)
{
    fill("rows by table and number", row_of, 65536, 8, 20000);
}

/* Each alone in the slot that its handle tells, in a way that nobody guesses. */
static __attribute__((noinline)) size_t place_of(const struct body *body)
{
    uint32_t salted = body->low ^ (body->high * 0x85ebca6bu ^ body->high >> 13) * 0xc2b2ae35u;
    return (salted * 0x9e3779b1u ^ salted >> 7) & MASK;
}

static void scrambled_handles(void)
{
    struct body **lists = new_lists();
    for (unsigned i = 0; i < LISTS * 3; i++) {
        uint64_t random = decoy_random();
        struct body *body = body_at((uint32_t)random, 0, (uint32_t)(random >> 32));
        if (lists[place_of(body)] == NULL)
            add(lists, place_of, body);
        else
            free(body);
    }
    decoy_look("objects by scrambled handles", lists);
    thin_out(lists, KEPT_OF);
    decoy_look("objects by scrambled handles", lists);
    thin_out(lists, 0);
    free(lists);
}

/* --- numbered objects of several sizes in the rows of three columns, made one after the other:
 * before each lies an older one, which bears a number as well --- */

static void numbered_in_columns(void)
{
    enum { COLUMNS = 3, ROWS = 32000 };
    uint64_t **columns[COLUMNS] = {NULL};
    uint64_t room = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        for (unsigned column = 0; column < COLUMNS && row == room; column++) {
            uint64_t **larger = must(calloc(room == 0 ? 8 : room + 1000, sizeof(uint64_t *)));
            if (room != 0)
                memcpy(larger, columns[column], room * sizeof(uint64_t *));
            free(columns[column]);
            columns[column] = larger;
        }
        if (row == room)
            room = room == 0 ? 8 : room + 1000;
        for (unsigned column = 0; column < COLUMNS; column++) {
            uint64_t *object = must(malloc((2 + row % 4) * sizeof(uint64_t)));
            object[0] = row;
            object[1] = 0;
            columns[column][row] = object;
        }
    }
    decoy_look("columns of numbered objects", columns[0]);
    for (uint64_t row = 0; row < ROWS; row++)
        if (decoy_random() % 100 != 0)
            columns[0][row] = columns[2][row] = NULL;
    decoy_look("columns of numbered objects, few left in the first", columns[0]);
    decoy_look("columns of numbered objects, few left in the last", columns[2]);
    for (unsigned column = 0; column < COLUMNS; column++)
        free(columns[column]);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"cells-of-pairs", cells_of_pairs},
        {"pages-of-spaces", pages_of_spaces},
        {"cubes", cubes},
        {"times", times},
        {"rows", rows},
        {"scrambled-handles", scrambled_handles},
        {"numbered-in-columns", numbered_in_columns},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
