/* Arrays of other things in the midst of something larger, most of them empty in the end: pools and
 * registers by number in static data, boards and rings in objects, page tables in a mapping. */
#include <string.h>
#include <sys/mman.h>

#include "decoy.h"

#define SLOTS   (1u << 17)
#define KEPT_OF 50u

static uint64_t stays(uint32_t i)
{
    return (i * 0x9E3779B97F4A7C15u >> 40) % KEPT_OF == 0;
}

/* --- a pool of static records whose handles are their numbers below a random tag --- */

struct record {
    uint64_t handle;
    void *data;
    uint32_t next_free, uses;
};

static int before_pool[300];
static struct record pool[SLOTS];
static long behind_pool[90];

static void static_pool(void)
{
    before_pool[1] = 1;
    for (uint32_t i = 0; i < SLOTS; i++)
        pool[i] = (struct record){decoy_random() << 17 | i, &behind_pool[i % 90], 0, 1};
    decoy_look("static pool of records with handles", pool);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (!stays(i))
            memset(&pool[i], 0, sizeof pool[i]);
    decoy_look("static pool of records with handles, most free", pool);
    memset(pool, 0, sizeof pool);
}

/* --- sessions by number, in a static array; each has a token with that number in it --- */

struct session {
    struct session *next;
    uint64_t token;
    uint32_t number, generation;
    char user[16];
};

static char before_sessions[500];
static struct session *sessions[SLOTS];
static unsigned behind_sessions[64];

static void static_numbers(void)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session *session = must(calloc(1, sizeof *session));
        session->token = decoy_random() << 17 | i;
        session->number = 1000 + i;
        session->generation = (uint32_t)decoy_random();
        memcpy(session->user, "somebody", 8);
        sessions[i] = session;
        behind_sessions[i % 64]++;
    }
    before_sessions[0] = 's';
    decoy_look("static array of sessions by number", sessions);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (!stays(i)) {
            free(sessions[i]);
            sessions[i] = NULL;
        }
    decoy_look("static array of sessions by number, most ended", sessions);
    for (uint32_t i = 0; i < SLOTS; i++)
        free(sessions[i]);
    memset(sessions, 0, sizeof sessions);
}

/* --- the cells of a board in an object --- */

struct piece {
    uint64_t token;
    uint32_t cell, kind;
};

struct board {
    char title[60];
    double clocks[9];
    struct piece *cells[SLOTS];
    struct piece *last;
    uint32_t moves[700];
};

static void board_in_object(void)
{
    struct board *board = must(calloc(1, sizeof *board));
    strcpy(board->title, "a large one");
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t cell = (uint32_t)(decoy_random() >> 20) % SLOTS;
        if (board->cells[cell] != NULL)
            continue;
        struct piece *piece = must(malloc(sizeof *piece));
        *piece = (struct piece){decoy_random(), cell, i % 6};
        board->cells[cell] = board->last = piece;
        board->moves[i % 700] = cell;
    }
    decoy_look("board in an object", board);
    for (uint32_t i = 0; i < SLOTS; i++)
        free(board->cells[i]);
    free(board);
}

/* --- a ring by sequence number in an object --- */

struct message {
    uint64_t sequence, digest;
    uint32_t checksum, length;
    void *body;
};

struct ring {
    uint64_t head, tail;
    char peer[100];
    struct message messages[SLOTS];
    uint64_t acknowledged, lost;
    int timers[200];
};

static void ring_in_object(void)
{
    struct ring *ring = must(calloc(1, sizeof *ring));
    uint64_t first = decoy_random() >> 9;
    strcpy(ring->peer, "peer");
    for (uint64_t n = first; n < first + SLOTS; n++)
        ring->messages[n % SLOTS] =
            (struct message){n, decoy_random(), (uint32_t)decoy_random(), 1400, decoy_object()};
    ring->head = first + SLOTS;
    decoy_look("ring in an object", ring);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (!stays(i))
            memset(&ring->messages[i], 0, sizeof ring->messages[i]);
    decoy_look("ring in an object, most acknowledged", ring);
    free(ring);
}

/* --- page tables and what they are the inverse of, in one mapping --- */

#define MAPPED_BYTES (8u << 20)
#define FRAMES       (1u << 19)

static void tables_in_mapping(void)
{
    unsigned char *mapped =
        mmap(NULL, MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        abort();
    uint64_t *entries = (uint64_t *)(void *)(mapped + 12352);
    uint32_t *owners = (uint32_t *)(void *)(mapped + (4u << 20));
    memset(mapped, 'x', 5000);
    for (uint32_t page = 0; page < SLOTS; page++)
        if (stays(page)) {
            uint64_t frame = (decoy_random() >> 11) % FRAMES;
            entries[page] = frame << 12 | 0x67 | decoy_random() << 63;
            owners[frame] = page + 77;
        }
    decoy_look("page tables in a mapping", mapped);
    munmap(mapped, MAPPED_BYTES);
}

/* --- a grid of lists of units by place, in an object --- */

#define SIDE 400u

struct unit {
    struct unit *next;
    float x, y;
    uint32_t number;
    char name[20];
};

struct world {
    uint64_t tick, seed;
    double winds[20];
    struct unit *cells[SIDE][SIDE];
    uint32_t terrain[900];
};

static void grid_in_object(void)
{
    struct world *world = must(calloc(1, sizeof *world));
    world->seed = decoy_random();
    for (uint32_t i = 0; i < 4000; i++) {
        struct unit *unit = must(calloc(1, sizeof *unit));
        unit->x = (float)(decoy_random() >> 30 & 0xffffff) * SIDE / 0x1000000;
        unit->y = (float)(decoy_random() >> 30 & 0xffffff) * SIDE / 0x1000000;
        unit->number = i;
        unit->name[0] = (char)('a' + i % 26);
        struct unit **cell = &world->cells[(size_t)unit->y][(size_t)unit->x];
        unit->next = *cell;
        *cell = unit;
        world->terrain[i % 900]++;
    }
    decoy_look("grid of units in an object", world);
    for (uint32_t i = 0; i < SIDE * SIDE; i++)
        for (struct unit *unit = world->cells[i / SIDE][i % SIDE], *next; unit; unit = next) {
            next = unit->next;
            free(unit);
        }
    free(world);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"static-pool", static_pool},
        {"static-numbers", static_numbers},
        {"board-in-object", board_in_object},
        {"ring-in-object", ring_in_object},
        {"tables-in-mapping", tables_in_mapping},
        {"grid-in-object", grid_in_object},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
