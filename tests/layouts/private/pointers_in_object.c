/*
 * Pointers to entries as the last member of an object of a fixed size, behind its counts and the
 * list of the recently used. What names an entry are two pointers, hashed together by the program's
 * own function; an erased one leaves a mark, where nothing but empty slots follows none.
 */
#include "scenario.h"

#define SLOTS  (1u << 18)
#define MASK   (SLOTS - 1)
#define MARKED ((glyph_t *)1)

typedef struct link {
    struct link *before, *behind;
} link_t;

typedef struct {
    const void *font;
    uint64_t glyph;
    int x, y;
    uint64_t image;
    link_t used;
} glyph_t;

typedef struct {
    int count, marked, frozen;
    link_t used;
    glyph_t *glyphs[SLOTS];
} cache_t;

/* The same in each run, as the marks that are left are then. */
#define FONT ((const void *)0x61d0)

static unsigned hash_of(const void *of_font, uint64_t glyph)
{
    uint64_t x = (uint64_t)(uintptr_t)of_font + glyph;
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
    glyph_t *glyph;
    for (unsigned i = hash_of(FONT, key); (glyph = c->glyphs[i & MASK]) != NULL; i++)
        if (glyph != MARKED && glyph->glyph == key && glyph->font == FONT)
            return glyph;
    return NULL;
}

/* Other calls lie between what makes an entry and this, so that the key comes from there. */
__attribute__((noinline)) static void enter(cache_t *c, glyph_t *glyph)
{
    unsigned i = hash_of(glyph->font, glyph->glyph);
    while (c->glyphs[i & MASK] != NULL && c->glyphs[i & MASK] != MARKED)
        i++;
    c->marked -= c->glyphs[i & MASK] == MARKED;
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
    c->glyphs[i & MASK] = MARKED;
    c->marked++;
    c->count--;
    for (; c->glyphs[(i + 1) & MASK] == NULL && c->glyphs[i & MASK] == MARKED; i--) {
        c->glyphs[i & MASK] = NULL;
        c->marked--;
    }
    glyph->used.before->behind = glyph->used.behind;
    glyph->used.behind->before = glyph->used.before;
    free(glyph);
    return true;
}

static void destroy(void *table)
{
    cache_t *c = table;
    for (unsigned i = 0; i < SLOTS; i++)
        if (c->glyphs[i] != MARKED)
            free(c->glyphs[i]);
    free(c);
}

static struct shape shape(const void *table)
{
    const cache_t *c = table;
    return (struct shape){.address = c->glyphs,
                          .capacity = SLOTS,
                          .live = (uint64_t)c->count,
                          .tombstones = (uint64_t)c->marked};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 120000,
                                              .never_grows = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
