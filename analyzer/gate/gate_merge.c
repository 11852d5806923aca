/*
 * Findings of one fingerprint made one: see gate_make.h.
 *
 * In one dump the tables of a fingerprint are summed. Over dumps the one where they waste most
 * counts: library code that is hollow in 200 test programs is one thing to repair. What is
 * suppressed is merged apart, for a suppression may name a caller that only some of them have.
 */
#include <stdlib.h>
#include <string.h>

#include "gate_make.h"
#include "text_buffer.h"

/* A line that suppresses. */
struct suppressor {
    const struct suppressions *of;
    ssize_t index; /* -1: none does */
};

struct item {
    struct gate_finding finding;
    struct suppressor by;
    size_t dump, table;       /* where it comes from */
    const struct item *first; /* of those of its dump that it is the sum of */
    size_t summed;
};

/* The suppressions that programs bring along, each text once. */
struct own_suppressions {
    const char *text;
    struct suppressions *suppressions;
};

struct merging {
    const struct gate_input *input;
    struct gate *gate;
    struct error *error;
    struct own_suppressions *own;
    size_t own_count;
    struct item *items;
    size_t item_count;
};

/* --- what is suppressed --- */

static const struct suppressions *own_suppressions_of(struct merging *merging,
                                                      const struct gate_dump *dump)
{
    for (size_t i = 0; i < merging->own_count; i++)
        if (strcmp(merging->own[i].text, dump->suppressions) == 0)
            return merging->own[i].suppressions;
    struct own_suppressions *more =
        realloc(merging->own, (merging->own_count + 1) * sizeof(*merging->own));
    if (!more) {
        error_no_memory(merging->error, NULL);
        return NULL;
    }
    merging->own = more;
    struct own_suppressions *own = &more[merging->own_count];
    *own = (struct own_suppressions){dump->suppressions, suppressions_new()};
    if (!own->suppressions) {
        error_no_memory(merging->error, NULL);
        return NULL;
    }
    merging->own_count++;
    char *from = NULL;
    if (asprintf(&from, "__lsan_default_suppressions() of %s",
                 dump->program ? dump->program : "a program") < 0) {
        error_no_memory(merging->error, NULL);
        return NULL;
    }
    bool added = suppressions_add_text(own->suppressions, from, dump->suppressions, merging->error);
    free(from);
    return added ? own->suppressions : NULL;
}

static struct suppressor suppressor_of(const struct suppressions *suppressions,
                                       const struct gate_table *table)
{
    const struct suppression_subject subject = {
        .frames = table->finding.frames,
        .frame_count = table->finding.frame_count,
        .birth = table->birth,
        .birth_count = table->birth_count,
        .owner = table->finding.owner,
    };
    return (struct suppressor){
        suppressions,
        suppressions ? suppressions_match(suppressions, &subject) : -1,
    };
}

static bool add_items(struct merging *merging, size_t dump_index)
{
    const struct gate_dump *dump = &merging->input->dumps[dump_index];
    const struct suppressions *own = NULL;
    if (dump->suppressions && !(own = own_suppressions_of(merging, dump)))
        return false;
    for (size_t i = 0; i < dump->hollow_count; i++) {
        struct item *item = &merging->items[merging->item_count++];
        *item = (struct item){
            .finding = dump->hollow[i].finding,
            .by = suppressor_of(merging->input->suppressions, &dump->hollow[i]),
            .dump = dump_index,
            .table = i,
        };
        item->finding.dump = dump->path;
        if (item->by.index < 0)
            item->by = suppressor_of(own, &dump->hollow[i]);
    }
    return true;
}

/* --- equal ones --- */

/* Tables of one finding of one dump follow each other, the largest first. */
static int by_finding_then_dump(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    int order = strcmp(a->finding.fingerprint, b->finding.fingerprint);
    if (order)
        return order;
    if ((a->by.index < 0) != (b->by.index < 0))
        return a->by.index < 0 ? -1 : 1;
    if (a->dump != b->dump)
        return a->dump < b->dump ? -1 : 1;
    return a->table < b->table ? -1 : a->table > b->table;
}

static bool is_same_finding(const struct item *a, const struct item *b)
{
    return strcmp(a->finding.fingerprint, b->finding.fingerprint) == 0 &&
           (a->by.index < 0) == (b->by.index < 0);
}

/* Which of two dumps shows a finding at its worst; the paths decide when they are equal, so that
 * the order of the arguments does not. */
static bool is_worse(const struct gate_finding *a, const struct gate_finding *b)
{
    if (a->saving != b->saving)
        return a->saving > b->saving;
    return strcmp(a->dump, b->dump) < 0;
}

/* The tables of one dump into the first of them. Returns how many items they are. */
static size_t sum_dump(struct item *items, size_t count)
{
    struct gate_finding *sum = &items[0].finding;
    size_t i = 1;
    for (; i < count && items[i].dump == items[0].dump && is_same_finding(&items[i], &items[0]);
         i++) {
        sum->saving += items[i].finding.saving;
        sum->saving_at_most += items[i].finding.saving_at_most;
        sum->bytes += items[i].finding.bytes;
        sum->freed_at_end |= items[i].finding.freed_at_end;
        sum->tables++;
    }
    items[0].first = items;
    items[0].summed = i;
    return i;
}

/* All that is one finding into *merged. Returns how many items it is. */
static size_t merge_dumps(struct item *items, size_t count, struct item *merged)
{
    size_t dumps = 0, i = 0;
    while (i < count && is_same_finding(&items[i], &items[0])) {
        struct item *of_dump = &items[i];
        i += sum_dump(of_dump, count - i);
        if (dumps++ == 0 || is_worse(&of_dump->finding, &merged->finding))
            *merged = *of_dump;
    }
    merged->finding.dumps = dumps;
    return i;
}

/* --- which suppressions were used --- */

static bool note_use(struct merging *merging, const struct item *item)
{
    struct gate *gate = merging->gate;
    const char *rule = suppression_rule(item->by.of, (size_t)item->by.index);
    const char *from = suppression_from(item->by.of, (size_t)item->by.index);
    size_t index = 0;
    while (index < gate->suppression_count && (strcmp(gate->suppressions[index].rule, rule) != 0 ||
                                               strcmp(gate->suppressions[index].from, from) != 0))
        index++;
    if (index == gate->suppression_count) {
        struct gate_suppression *more =
            realloc(gate->suppressions, (index + 1) * sizeof(*gate->suppressions));
        if (!more)
            return error_no_memory(merging->error, NULL);
        gate->suppressions = more;
        gate->suppression_count++;
        more[index] = (struct gate_suppression){.rule = strdup(rule), .from = strdup(from)};
        if (!more[index].rule || !more[index].from)
            return error_no_memory(merging->error, NULL);
    }
    struct gate_suppression *used = &gate->suppressions[index];
    used->findings++;
    used->bytes += item->finding.saving;
    return true;
}

static int by_use(const void *left, const void *right)
{
    const struct gate_suppression *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    int order = strcmp(a->rule, b->rule);
    return order ? order : strcmp(a->from, b->from);
}

static bool has_owner(const struct gate_finding *finding, const char *owner)
{
    if (finding->owner && strcmp(finding->owner, owner) == 0)
        return true;
    for (size_t i = 0; i < finding->other_owner_count; i++)
        if (strcmp(finding->other_owners[i], owner) == 0)
            return true;
    return false;
}

/* One place may fill the tables of many variables. */
static bool list_owners(const struct item *merged, struct gate_finding *finding)
{
    if (merged->summed < 2)
        return true;
    finding->other_owners = calloc(merged->summed, sizeof(*finding->other_owners));
    for (size_t i = 1; finding->other_owners && i < merged->summed; i++) {
        char *owner = merged->first[i].finding.owner;
        if (owner && !has_owner(finding, owner))
            finding->other_owners[finding->other_owner_count++] = owner;
    }
    return finding->other_owners;
}

static bool add_finding(struct merging *merging, const struct item *merged)
{
    struct gate *gate = merging->gate;
    struct gate_finding *finding = &gate->findings[gate->finding_count++];
    *finding = merged->finding;
    if (!list_owners(merged, finding))
        return error_no_memory(merging->error, NULL);
    if (merged->by.index < 0)
        return true;
    finding->state = GATE_SUPPRESSED;
    if (asprintf(&finding->reason, "%s (%s)",
                 suppression_rule(merged->by.of, (size_t)merged->by.index),
                 suppression_from(merged->by.of, (size_t)merged->by.index)) < 0) {
        finding->reason = NULL;
        return error_no_memory(merging->error, NULL);
    }
    return note_use(merging, merged);
}

static bool was_used(const struct gate *gate, const char *rule, const char *from)
{
    for (size_t i = 0; i < gate->suppression_count; i++)
        if (strcmp(gate->suppressions[i].rule, rule) == 0 &&
            strcmp(gate->suppressions[i].from, from) == 0)
            return true;
    return false;
}

#define UNUSED_NAMED 3u

/* One sentence for all lines that matched nothing. Those of "leak:" may be LeakSanitizer's, and
 * those of a program (__lsan_default_suppressions()) are not a file that somebody looks after. */
static bool tell_unused(struct merging *merging)
{
    const struct suppressions *all = merging->input->suppressions;
    struct text_buffer text;
    size_t unused = 0;
    text_begin(&text);
    if (!text.out)
        return error_no_memory(merging->error, NULL);
    for (size_t i = 0; all && i < suppressions_count(all); i++) {
        const char *rule = suppression_rule(all, i), *from = suppression_from(all, i);
        if (strncmp(rule, "hollow:", 7) != 0 || was_used(merging->gate, rule, from))
            continue;
        if (unused++ < UNUSED_NAMED)
            fprintf(text.out, "%s%s (%s)", unused > 1 ? ", " : "", rule, from);
    }
    if (unused > UNUSED_NAMED)
        fprintf(text.out, " and %zu more", unused - UNUSED_NAMED);
    char *names = text_end(&text);
    bool good =
        names && (unused == 0 || gate_say(&merging->gate->warnings, &merging->gate->warning_count,
                                          "%zu suppression%s matched nothing: %s", unused,
                                          unused == 1 ? "" : "s", names));
    free(names);
    return good || error_no_memory(merging->error, NULL);
}

static bool merge(struct merging *merging)
{
    const struct gate_input *input = merging->input;
    size_t count = 0;
    for (size_t i = 0; i < input->count; i++)
        count += input->dumps[i].hollow_count;
    merging->items = calloc(count + 1, sizeof(*merging->items));
    merging->gate->findings = calloc(count + 1, sizeof(*merging->gate->findings));
    if (!merging->items || !merging->gate->findings)
        return error_no_memory(merging->error, NULL);
    for (size_t i = 0; i < input->count; i++)
        if (!add_items(merging, i))
            return false;
    qsort(merging->items, count, sizeof(*merging->items), by_finding_then_dump);
    for (size_t i = 0; i < count;) {
        struct item merged = merging->items[i];
        i += merge_dumps(&merging->items[i], count - i, &merged);
        if (!add_finding(merging, &merged))
            return false;
    }
    if (merging->gate->suppression_count)
        qsort(merging->gate->suppressions, merging->gate->suppression_count,
              sizeof(*merging->gate->suppressions), by_use);
    return tell_unused(merging);
}

bool gate_merge(const struct gate_input *input, struct gate *gate, struct error *error)
{
    struct merging merging = {.input = input, .gate = gate, .error = error};
    bool merged = merge(&merging);
    for (size_t i = 0; i < merging.own_count; i++)
        suppressions_free(merging.own[i].suppressions);
    free(merging.own);
    free(merging.items);
    return merged;
}
