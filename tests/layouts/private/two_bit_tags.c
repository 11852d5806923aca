/* Double hashing; two bits for each entry (free, taken, erased) in words of their own. A rebuild
 * starts to count anew. Erasing changes nothing but the bits. */
#include <string.h>

#include "scenario.h"

enum tag { FREE, ERASED, TAKEN = 3 };

struct person {
    uint64_t id, birthday;
    uint32_t visits;
};

struct register_ {
    uint32_t *tags; /* sixteen in each */
    struct person *people;
    uint8_t log2;
    uint32_t taken, room; /* until it is rebuilt */
};

static enum tag tag_at(const struct register_ *r, uint32_t at)
{
    return r->tags[at / 16] >> (at % 16 * 2) & 3;
}

static void set_tag(struct register_ *r, uint32_t at, enum tag tag)
{
    uint32_t shift = at % 16 * 2;
    r->tags[at / 16] = (r->tags[at / 16] & ~(3u << shift)) | (uint32_t)tag << shift;
}

static void set_up(struct register_ *r, uint8_t log2)
{
    *r = (struct register_){.log2 = log2, .room = (1u << log2) / 3 * 2};
    r->people = must(malloc(sizeof(struct person) << log2));
    r->tags = must(calloc(1u << log2 >> 4, sizeof(uint32_t)));
}

/* Where it is, or the free place at which it would be. */
static uint32_t seek(const struct register_ *r, uint64_t id)
{
    uint64_t hash = (id ^ id >> 31) * 0xd6e8feb86659fd93ull;
    uint32_t mask = (1u << r->log2) - 1, at = (uint32_t)(hash >> 20) & mask;
    uint32_t step = (uint32_t)(hash >> 50) | 1;
    while (tag_at(r, at) != FREE && !(tag_at(r, at) == TAKEN && r->people[at].id == id))
        at = (at + step) & mask;
    return at;
}

static void put(struct register_ *r, const struct person *person)
{
    uint32_t at = seek(r, person->id);
    if (tag_at(r, at) == FREE) {
        set_tag(r, at, TAKEN);
        r->taken++;
        r->room--;
    }
    r->people[at] = *person;
}

static void rebuild(struct register_ *r)
{
    struct register_ old = *r;
    bool is_crowded = old.taken > (1u << old.log2) / 3;
    set_up(r, (uint8_t)(old.log2 + is_crowded));
    for (uint32_t at = 0; at < 1u << old.log2; at++)
        if (tag_at(&old, at) == TAKEN)
            put(r, &old.people[at]);
    free(old.people);
    free(old.tags);
}

static void *create(void)
{
    struct register_ *r = must(malloc(sizeof *r));
    set_up(r, 6);
    return r;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    struct register_ *r = table;
    if (r->room == 0)
        rebuild(r);
    put(r, &(struct person){.id = key, .birthday = value, .visits = 1});
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    const struct register_ *r = table;
    uint32_t at = seek(r, key);
    *value = r->people[at].birthday;
    return tag_at(r, at) == TAKEN;
}

static bool erase(void *table, uint64_t key)
{
    struct register_ *r = table;
    uint32_t at = seek(r, key);
    if (tag_at(r, at) != TAKEN)
        return false;
    set_tag(r, at, ERASED);
    r->taken--;
    return true;
}

static void destroy(void *table)
{
    struct register_ *r = table;
    free(r->people);
    free(r->tags);
    free(r);
}

static struct shape shape(const void *table)
{
    const struct register_ *r = table;
    return (struct shape){
        .address = r->people, .others = {r->tags}, .capacity = 1u << r->log2, .live = r->taken};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 90000,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
