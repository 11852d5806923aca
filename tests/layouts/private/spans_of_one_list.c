/*
 * All entries in one list, those of a bucket next to each other: a bucket names the first and the
 * last of them. An empty one names the list's own head twice.
 */
#include "scenario.h"

typedef struct knot {
    struct knot *prior, *after;
} knot_t;

typedef struct {
    uint64_t name, content;
    knot_t knot;
} item_t;

typedef struct {
    knot_t *head, *tail;
} span_t;

typedef struct {
    uint32_t used;
    uint32_t bits;
    span_t *spans;
    knot_t all;
} store_t;

static item_t *item_of(knot_t *knot)
{
    return (item_t *)(void *)((char *)knot - offsetof(item_t, knot));
}

static span_t *span_of(store_t *s, uint64_t name)
{
    return &s->spans[(name ^ name >> 23) * 0x2127599bf4325c37u >> (64 - s->bits)];
}

static void add_to_span(store_t *s, item_t *item)
{
    span_t *span = span_of(s, item->name);
    bool is_empty = span->head == &s->all;
    knot_t *knot = &item->knot, *after = is_empty ? &s->all : span->head;
    knot->after = after;
    knot->prior = after->prior;
    knot->prior->after = after->prior = knot;
    span->head = knot;
    if (is_empty)
        span->tail = knot;
}

static void make_spans(store_t *s, uint32_t bits)
{
    s->bits = bits;
    s->spans = must(malloc(sizeof(span_t) << bits));
    for (size_t i = 0; i < (size_t)1 << bits; i++)
        s->spans[i] = (span_t){&s->all, &s->all};
}

static void widen(store_t *s)
{
    span_t *old = s->spans;
    knot_t *knot = s->all.after;
    make_spans(s, s->bits + 1);
    s->all.prior = s->all.after = &s->all;
    for (knot_t *after; knot != &s->all; knot = after) {
        after = knot->after;
        add_to_span(s, item_of(knot));
    }
    free(old);
}

static item_t *search(store_t *s, uint64_t name)
{
    span_t *span = span_of(s, name);
    for (knot_t *knot = span->head; knot != &s->all; knot = knot->after) {
        if (item_of(knot)->name == name)
            return item_of(knot);
        if (knot == span->tail)
            break;
    }
    return NULL;
}

static void *create(void)
{
    store_t *s = must(calloc(1, sizeof(*s)));
    s->all.prior = s->all.after = &s->all;
    make_spans(s, 4);
    return s;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    store_t *s = table;
    item_t *item = search(s, key);
    if (item == NULL) {
        if (s->used >> s->bits != 0)
            widen(s);
        item = must(malloc(sizeof(*item)));
        item->name = key;
        add_to_span(s, item);
        s->used++;
    }
    item->content = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    item_t *item = search(table, key);
    if (item != NULL)
        *value = item->content;
    return item != NULL;
}

static bool erase(void *table, uint64_t key)
{
    store_t *s = table;
    item_t *item = search(s, key);
    if (item == NULL)
        return false;
    span_t *span = span_of(s, key);
    knot_t *knot = &item->knot;
    if (span->head == knot && span->tail == knot)
        span->head = span->tail = &s->all;
    else if (span->head == knot)
        span->head = knot->after;
    else if (span->tail == knot)
        span->tail = knot->prior;
    knot->prior->after = knot->after;
    knot->after->prior = knot->prior;
    free(item);
    s->used--;
    return true;
}

static void destroy(void *table)
{
    store_t *s = table;
    for (knot_t *knot = s->all.after, *after; knot != &s->all; knot = after) {
        after = knot->after;
        free(item_of(knot));
    }
    free(s->spans);
    free(s);
}

static struct shape shape(const void *table)
{
    const store_t *s = table;
    return (struct shape){.address = s->spans, .capacity = (uint64_t)1 << s->bits, .live = s->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {
        .entries = 150000,
        .create = create,
        .insert = insert,
        .find = find,
        .erase = erase,
        .destroy = destroy,
        .shape = shape,
    };
    return run_scenario(argc, argv, &kind);
}
