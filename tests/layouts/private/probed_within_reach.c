/*
 * Pointers to entries in slots of one size from the beginning, probed in line: the table knows how
 * far from its own slot an entry lies at most, so that an erased one leaves no mark. Where it was
 * two thirds full, a third of what is left once met another, and nothing else shows that.
 */
#include "scenario.h"

#define SLOTS (1u << 18)
#define MASK  (SLOTS - 1)

typedef struct link {
    struct link *before, *behind;
} link_t;

typedef struct {
    uint64_t font;
    uint64_t glyph;
    int x, y;
    uint64_t image;
    link_t used;
} glyph_t;

typedef struct {
    int count, farthest, frozen;
    link_t used;
    glyph_t *glyphs[SLOTS];
} cache_t;

/* FONT is given by the build: with each the entries lie elsewhere. */
static unsigned hash_of(uint64_t font, uint64_t glyph)
{
    uint64_t x = font + glyph;
    x = (x << 15) - x - 1;
    x ^= x >> 12;
    x += x << 2;
    x ^= x >> 4;
    x += (x << 3) + (x << 11);
    return (unsigned)(x ^ x >> 16);
}

static void *create(void)
{
    cache_t *c = must(calloc(1, sizeof *c));
    c->used.before = c->used.behind = &c->used;
    return c;
}

static glyph_t *look_up(const cache_t *c, uint64_t key)
{
    unsigned i = hash_of(FONT, key);
    for (int n = 0; n <= c->farthest; n++, i++) {
        glyph_t *glyph = c->glyphs[i & MASK];
        if (glyph != NULL && glyph->glyph == key && glyph->font == FONT)
            return glyph;
    }
    return NULL;
}

__attribute__((noinline)) static void enter(cache_t *c, glyph_t *glyph)
{
    unsigned i = hash_of(glyph->font, glyph->glyph);
    int n = 0;
    for (; c->glyphs[i & MASK] != NULL; i++)
        n++;
    c->farthest = n > c->farthest ? n : c->farthest;
    c->count++;
    c->glyphs[i & MASK] = glyph;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    cache_t *c = table;
    glyph_t *glyph = must(malloc(sizeof *glyph));
    *glyph = (glyph_t){.font = FONT, .glyph = key, .image = value};
    glyph->used = (link_t){&c->used, c->used.behind};
    c->used.behind->before = &glyph->used;
    c->used.behind = &glyph->used;
    enter(c, glyph);
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    glyph_t *glyph = look_up(table, key);
    if (glyph != NULL)
        *value = glyph->image;
    return glyph != NULL;
}

static bool erase(void *table, uint64_t key)
{
    cache_t *c = table;
    glyph_t *glyph = look_up(c, key);
    if (glyph == NULL)
        return false;
    unsigned i = hash_of(glyph->font, glyph->glyph);
    while (c->glyphs[i & MASK] != glyph)
        i++;
    c->glyphs[i & MASK] = NULL;
    c->count--;
    glyph->used.before->behind = glyph->used.behind;
    glyph->used.behind->before = glyph->used.before;
    free(glyph);
    return true;
}

static void destroy(void *table)
{
    cache_t *c = table;
    for (unsigned i = 0; i < SLOTS; i++)
        free(c->glyphs[i]);
    free(c);
}

static struct shape shape(const void *table)
{
    const cache_t *c = table;
    return (struct shape){.address = c->glyphs, .capacity = SLOTS, .live = (uint64_t)c->count};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 180000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
