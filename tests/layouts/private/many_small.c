/* Two thousand users, each with a table of her own of what she has read: too small for a finding,
 * and for a look at each growth, but all alike. As many_small slots|chains. */
#include <string.h>

#include "scenario.h"

#include "../truth.h"

#define USERS    2000u
#define ARTICLES 380u /* a table each is grown to */
#define KEPT     60u  /* one in so many stays */

static uint64_t scramble(uint64_t x)
{
    x ^= 0x5bf03635d78f2a11u;
    x *= 0xc2b2ae3d27d4eb4fu;
    x ^= x >> 36;
    x *= 0x165667b19e3779f9u;
    return x ^ x >> 29;
}

/* --- in slots --- */

struct read_mark {
    uint64_t article; /* 0: none */
    uint64_t read_at;
};

struct read_marks {
    struct read_mark *marks;
    uint32_t room, count;
};

static struct read_mark *mark_of(const struct read_marks *r, uint64_t article)
{
    uint64_t at = scramble(article);
    while (r->marks[at & (r->room - 1)].article != 0 &&
           r->marks[at & (r->room - 1)].article != article)
        at++;
    return &r->marks[at & (r->room - 1)];
}

static void note_read(struct read_marks *r, uint64_t article)
{
    if (r->count * 4 >= r->room * 3) {
        struct read_marks larger = {.room = r->room ? r->room * 2 : 16, .count = r->count};
        larger.marks = must(calloc(larger.room, sizeof *larger.marks));
        for (uint32_t i = 0; i < r->room; i++)
            if (r->marks[i].article != 0)
                *mark_of(&larger, r->marks[i].article) = r->marks[i];
        free(r->marks);
        *r = larger;
    }
    *mark_of(r, article) = (struct read_mark){article, article / 3};
    r->count++;
}

/* Takes out the mark, and puts back those behind it that probed past it. */
static void forget_read(struct read_marks *r, uint64_t article)
{
    struct read_mark *mark = mark_of(r, article);
    uint32_t at = (uint32_t)(mark - r->marks);
    *mark = (struct read_mark){0};
    r->count--;
    while (r->marks[at = (at + 1) & (r->room - 1)].article != 0) {
        struct read_mark moved = r->marks[at];
        r->marks[at] = (struct read_mark){0};
        *mark_of(r, moved.article) = moved;
    }
}

static void in_slots(void)
{
    struct read_marks *users = must(calloc(USERS, sizeof *users));
    for (uint32_t u = 0; u < USERS; u++)
        for (uint64_t i = 1; i <= ARTICLES; i++)
            note_read(&users[u], i * 11 + u);
    for (uint32_t u = 0; u < USERS; u++)
        for (uint64_t i = 1; i <= ARTICLES; i++)
            if (i % KEPT != 0)
                forget_read(&users[u], i * 11 + u);
    HASHTRACK_SNAPSHOT("end");
    print_many("unknown", USERS, users[0].room, users[0].count,
               users[0].room * sizeof(struct read_mark));
    for (uint32_t u = 0; u < USERS; u++)
        free(users[u].marks);
    free(users);
}

/* --- in chains --- */

struct tag {
    struct tag *next;
    uint64_t article;
    char text[24];
};

struct tags {
    uint64_t count, heads_count;
    struct tag **heads;
};

static struct tag **head_of(const struct tags *t, uint64_t article)
{
    return &t->heads[scramble(article) & (t->heads_count - 1)];
}

static void add_tag(struct tags *t, uint64_t article)
{
    if (t->count == t->heads_count) {
        struct tags larger = {.count = t->count,
                              .heads_count = t->heads_count ? t->heads_count * 2 : 8};
        larger.heads = must(calloc(larger.heads_count, sizeof *larger.heads));
        for (uint64_t i = 0; i < t->heads_count; i++)
            for (struct tag *tag = t->heads[i], *next; tag != NULL; tag = next) {
                struct tag **head = head_of(&larger, tag->article);
                next = tag->next;
                tag->next = *head;
                *head = tag;
            }
        free(t->heads);
        *t = larger;
    }
    struct tag **head = head_of(t, article), *tag = must(calloc(1, sizeof *tag));
    *tag = (struct tag){.next = *head, .article = article};
    *head = tag;
    t->count++;
}

static void drop_tag(struct tags *t, uint64_t article)
{
    struct tag **link = head_of(t, article);
    while ((*link)->article != article)
        link = &(*link)->next;
    struct tag *gone = *link;
    *link = gone->next;
    free(gone);
    t->count--;
}

static void in_chains(void)
{
    struct tags *users = must(calloc(USERS, sizeof *users));
    for (uint64_t i = 1; i <= ARTICLES; i++) /* all of them grow at the same time */
        for (uint32_t u = 0; u < USERS; u++)
            add_tag(&users[u], i * 11 + u);
    for (uint32_t u = 0; u < USERS; u++)
        for (uint64_t i = 1; i <= ARTICLES; i++)
            if (i % KEPT != 0)
                drop_tag(&users[u], i * 11 + u);
    HASHTRACK_SNAPSHOT("end");
    print_many("unknown", USERS, users[0].heads_count, users[0].count,
               users[0].heads_count * sizeof(struct tag *));
    for (uint32_t u = 0; u < USERS; u++) {
        for (uint64_t i = KEPT; i <= ARTICLES; i += KEPT)
            drop_tag(&users[u], i * 11 + u);
        free(users[u].heads);
    }
    free(users);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "slots") == 0)
        in_slots();
    else if (argc > 1 && strcmp(argv[1], "chains") == 0)
        in_chains();
    else
        unknown_scenario(argc > 1 ? argv[1] : "none");
    return 0;
}
