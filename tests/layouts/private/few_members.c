/*
 * Numbers of members in a power of two of cells behind a header, of which most will never be used;
 * the members lie in an array that grows as they come.
 */
#include "scenario.h"

#define BITS  18u
#define CELLS ((size_t)1 << BITS)

struct member {
    uint64_t name, value;
    uint32_t room, joined;
};

struct cells {
    uint64_t count;
    uint32_t cell[]; /* 0, or a member's number and one */
};

struct chat {
    struct cells *cells;
    struct member *members;
    uint32_t live, room;
};

static APART size_t home_of(uint64_t name)
{
    return (size_t)(name * UINT64_C(0x71d2e49b0c5fa3d7) >> 39) & (CELLS - 1);
}

static uint32_t *seek(const struct chat *chat, uint64_t name)
{
    size_t at = home_of(name);
    while (chat->cells->cell[at] != 0 && chat->members[chat->cells->cell[at] - 1].name != name)
        at = (at + 1) & (CELLS - 1);
    return &chat->cells->cell[at];
}

static void *create(void)
{
    struct chat *chat = must(calloc(1, sizeof *chat));
    chat->cells = must(calloc(1, sizeof *chat->cells + CELLS * sizeof chat->cells->cell[0]));
    chat->cells->count = CELLS;
    return chat;
}

static void insert(void *memory, uint64_t key, uint64_t value)
{
    struct chat *chat = memory;
    uint32_t *cell = seek(chat, key);
    if (*cell == 0) {
        if (chat->live == chat->room) {
            uint32_t room = chat->room == 0 ? 16 : 2 * chat->room;
            struct member *members = must(calloc(room, sizeof *members));
            for (uint32_t i = 0; i < chat->live; i++)
                members[i] = chat->members[i];
            free(chat->members);
            chat->members = members;
            chat->room = room;
        }
        *cell = ++chat->live;
    }
    chat->members[*cell - 1] = (struct member){key, value, 30 + (uint32_t)(key % 7), 1764000000};
}

static bool find(void *memory, uint64_t key, uint64_t *value)
{
    const struct chat *chat = memory;
    const uint32_t *cell = seek(chat, key);
    if (*cell != 0)
        *value = chat->members[*cell - 1].value;
    return *cell != 0;
}

static bool erase(void *memory, uint64_t key)
{
    (void)memory;
    (void)key;
    return false; /* nobody leaves */
}

static void destroy(void *memory)
{
    struct chat *chat = memory;
    free(chat->cells);
    free(chat->members);
    free(chat);
}

static struct shape shape(const void *memory)
{
    const struct chat *chat = memory;
    return (struct shape){.address = chat->cells,
                          .others = {chat->members, NULL},
                          .capacity = CELLS,
                          .live = chat->live};
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
