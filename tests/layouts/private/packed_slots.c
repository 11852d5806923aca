/*
 * Twelve-byte slots of 32-bit fields, so that no machine word is a key: glyphs by code point. Only
 * keys 1..n, spread over 32 bits by an odd factor; double hashing, and erase leaves a tombstone of
 * key 1.
 */
#include "scenario.h"

#define SPREAD     0x9e3779b1u /* odd: a bijection; keys below 244,002,641 do not become 1 */
#define UNUSED     0u
#define TOMBSTONE  1u
#define MIN_GLYPHS 128u

struct glyph {
    uint32_t code;
    float advance;
    uint32_t bitmap;
};

struct font {
    struct glyph *glyphs;
    uint32_t size;
    uint32_t count;
    uint32_t tombstones;
};

static uint32_t code_of(uint64_t key)
{
    return (uint32_t)key * SPREAD;
}

static uint32_t mix(uint32_t code)
{
    code ^= code >> 17;
    code *= 0xed5ad4bbu;
    code ^= code >> 11;
    return code * 0xac4c1b51u;
}

static struct glyph *look(const struct font *font, uint32_t code)
{
    uint32_t hash = mix(code), step = (hash >> 20) | 1;
    uint32_t i = hash & (font->size - 1);
    while (font->glyphs[i].code != UNUSED && font->glyphs[i].code != code)
        i = (i + step) & (font->size - 1);
    return &font->glyphs[i];
}

static void resize(struct font *font, uint32_t size)
{
    struct font next = {.size = size, .count = font->count};
    next.glyphs = must(calloc(size, sizeof *next.glyphs));
    for (uint32_t i = 0; i < font->size; i++) {
        if (font->glyphs[i].code > TOMBSTONE)
            *look(&next, font->glyphs[i].code) = font->glyphs[i];
    }
    free(font->glyphs);
    *font = next;
}

static void *create(void)
{
    struct font *font = must(calloc(1, sizeof *font));
    resize(font, MIN_GLYPHS);
    return font;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct font *font = table;
    if ((font->count + font->tombstones) * 8 >= font->size * 5)
        resize(font, font->count * 3 > font->size ? font->size * 2 : font->size);
    struct glyph *glyph = look(font, code_of(key));
    font->count += glyph->code == UNUSED;
    *glyph = (struct glyph){code_of(key), 0.5f, (uint32_t)value};
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    struct glyph *glyph = look(table, code_of(key));
    *value = glyph->bitmap;
    return glyph->code != UNUSED;
}

static bool erase(void *table, uint64_t key)
{
    struct font *font = table;
    struct glyph *glyph = look(font, code_of(key));
    if (glyph->code == UNUSED)
        return false;
    *glyph = (struct glyph){TOMBSTONE, 0, 0};
    font->count--;
    font->tombstones++;
    return true;
}

static void destroy(void *table)
{
    free(((struct font *)table)->glyphs);
    free(table);
}

static struct shape shape(const void *table)
{
    const struct font *font = table;
    return (struct shape){.address = font->glyphs,
                          .capacity = font->size,
                          .live = font->count,
                          .tombstones = font->tombstones};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 300000,
                                              .erase_leaves_bytes = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
