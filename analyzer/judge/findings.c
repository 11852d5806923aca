/* A dump with an opinion: see findings.h. */
#include "findings.h"

#include <stdlib.h>
#include <string.h>

#include "freed_at_end.h"
#include "siblings.h"

bool is_kept(const struct judged_table *judged)
{
    return !judged->freed || judged->freed_at_end;
}

enum finding_class finding_class(const struct judged_table *judged)
{
    if (!verdict_is_finding(judged->judgement.verdict))
        return CLASS_QUIET;
    if (!is_kept(judged))
        return CLASS_FREED;
    return judged->table->confidence_ppm < CONFIDENT_PPM ? CLASS_SUSPECT : CLASS_FINDING;
}

uint32_t telling_site(const struct dump_table *table)
{
    return table->growth_site != DUMP_NONE ? table->growth_site : table->birth_site;
}

uint32_t telling_place(const struct findings *findings, const struct dump_table *table)
{
    uint32_t site = telling_site(table);
    return site == DUMP_NONE ? DUMP_NONE : findings->place_of_site[site];
}

uint64_t finding_saving(const struct judged_table *judged)
{
    return judged->group ? judged->group->saving : best_saving(&judged->saving);
}

size_t finding_end(const struct findings *findings, size_t first)
{
    const struct table_group *group = findings->tables[first].group;
    return group ? first + group->tables : first + 1;
}

size_t finding_numbers(const struct findings *findings)
{
    size_t numbers = 0;
    for (size_t i = 0; i < findings->count; i = finding_end(findings, i))
        numbers++;
    return numbers;
}

const struct judged_table *finding_of_number(const struct findings *findings, size_t number)
{
    for (size_t i = 0; i < findings->count; i = finding_end(findings, i))
        if (--number == 0)
            return &findings->tables[i];
    return NULL;
}

/* What sorts the tables, small enough to be sorted itself: a million tables are 300 MB. */
struct ranked {
    uint64_t rank; /* the class in the upper two bits, then what sorts its tables, inverted */
    uint64_t next; /* of a table alone its number, of others their group: those come after */
    struct judged_table *judged;
};

#define RANK_BITS 62

static struct ranked rank(const struct findings *findings, struct judged_table *judged)
{
    enum finding_class class = finding_class(judged);
    uint64_t most = (1ULL << RANK_BITS) - 1;
    uint64_t size = class == CLASS_QUIET ? judged->table->bytes : finding_saving(judged);
    uint64_t group = judged->group ? (uint64_t)(judged->group - findings->groups) : 0;
    return (struct ranked){
        .rank = (uint64_t) class << RANK_BITS | (most - (size < most ? size : most)),
        .next = judged->group ? 1ULL << 63 | group : judged->table->number & ~(1ULL << 63),
        .judged = judged,
    };
}

/* Within a group the best saving first. */
static int by_saving(const struct judged_table *a, const struct judged_table *b)
{
    uint64_t saving_a = best_saving(&a->saving), saving_b = best_saving(&b->saving);
    if (saving_a != saving_b)
        return saving_a > saving_b ? -1 : 1;
    if (a->table->number != b->table->number)
        return a->table->number < b->table->number ? -1 : 1;
    return 0;
}

static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->next != b->next)
        return a->next < b->next ? -1 : 1;
    int order = a->judged->group ? by_saving(a->judged, b->judged) : 0;
    return order != 0 ? order : a->judged < b->judged ? -1 : a->judged > b->judged;
}

/* Moves every table to its place along the circles of those that displace each other: a second
 * array of them would be the larger part of the memory. */
static void permute(struct judged_table *tables, struct ranked *order, size_t count)
{
    for (size_t first = 0; first < count; first++) {
        if (!order[first].judged)
            continue; /* moved already */
        struct judged_table displaced = tables[first];
        size_t to = first, from;
        while ((from = (size_t)(order[to].judged - tables)) != first) {
            tables[to] = tables[from];
            order[to].judged = NULL;
            to = from;
        }
        tables[to] = displaced;
        order[to].judged = NULL;
    }
}

static bool sort_tables(struct findings *findings)
{
    struct ranked *order = calloc(findings->count + 1, sizeof(*order));
    if (!order)
        return false;
    for (size_t i = 0; i < findings->count; i++)
        order[i] = rank(findings, &findings->tables[i]);
    qsort(order, findings->count, sizeof(*order), by_rank);
    permute(findings->tables, order, findings->count);
    free(order);
    return true;
}

/* Counters are sentences (preload/registry/counters.h); those of lost records say so with these
 * words. */
static bool counts_lost_records(const char *name)
{
    return strstr(name, "dropped") || strstr(name, "not tracked") || strstr(name, "left out");
}

static void describe(const struct dump *dump, const struct successors *successors,
                     const struct dump_table *table, struct judged_table *judged)
{
    judged->table = table;
    judged->freed = table->flags & DUMP_TABLE_FREED;
    judged->freed_at_end = freed_at_end(dump, successors, table);
    judged->implementation = dump_string(dump, table->implementation);
    judged->layout = layout_by_name(judged->implementation);
    judged->saving = saving_of(table, judged->layout, dump_growths(dump, table));
}

void findings_judge(const struct findings *findings, struct judged_table *judged,
                    uint64_t min_saving)
{
    const struct dump_table *table = judged->table;
    struct finding_limits limits = findings->limits;
    limits.min_saving = min_saving;
    judged->judgement = judge_table(findings->dump, table, judged->layout, &judged->saving, &limits,
                                    judged->sibling_grew);
}

static bool keep_advice(struct judged_table *judged)
{
    struct advice advice[ADVICE_MAX];
    judged->advice_count =
        advise(judged->table, judged->layout, &judged->saving, &judged->judgement, advice);
    if (judged->advice_count == 0)
        return true;
    judged->advice = malloc(judged->advice_count * sizeof(*advice));
    if (judged->advice)
        memcpy(judged->advice, advice, judged->advice_count * sizeof(*advice));
    return judged->advice != NULL;
}

static bool judge_all(struct findings *findings, struct symbolizer *symbolizer)
{
    if (!siblings_note(findings))
        return false;
    for (size_t i = 0; i < findings->count; i++)
        findings_judge(findings, &findings->tables[i], findings->limits.min_saving);
    bool has_memory = table_groups_make(findings, symbolizer);
    for (size_t i = 0; has_memory && i < findings->count; i++)
        has_memory = keep_advice(&findings->tables[i]);
    return has_memory;
}

/* The owners' links in the order of their tables, those of one table in the dump's order; each
 * table of the dump, which are not sorted yet, gets its part. */
static void share_out_owners(struct findings *findings)
{
    const struct dump *dump = findings->dump;
    for (size_t i = 0; i < dump->owner_count; i++)
        findings->tables[dump->owners[i].table].owner_count++;
    uint32_t *end = findings->owners_by_table;
    for (size_t i = 0; i < findings->count; i++) {
        findings->tables[i].owners = end;
        end += findings->tables[i].owner_count;
        findings->tables[i].owner_count = 0;
    }
    for (size_t i = 0; i < dump->owner_count; i++) {
        struct judged_table *judged = &findings->tables[dump->owners[i].table];
        size_t place = (size_t)(judged->owners - findings->owners_by_table) + judged->owner_count++;
        findings->owners_by_table[place] = (uint32_t)i;
    }
}

static void count(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        enum finding_class class = finding_class(judged);
        findings->class_count[class]++;
        uint32_t place = telling_place(findings, judged->table);
        if (place != DUMP_NONE) {
            findings->of_site[place].quiet += class == CLASS_QUIET;
            findings->of_site[place].findings += class == CLASS_FINDING;
        }
        if (is_kept(judged))
            findings->table_bytes += judged->table->bytes;
        if (class != CLASS_FINDING)
            continue;
        findings->hollow_bytes += best_saving(&judged->saving);
        if (judged->freed_at_end)
            findings->hollow_bytes_freed_at_end += best_saving(&judged->saving);
    }
    const struct dump *dump = findings->dump;
    for (size_t i = 0; i < dump->counter_count; i++)
        if (counts_lost_records(dump_string(dump, dump->counters[i].name)))
            findings->dropped_records += dump->counters[i].value;
}

bool findings_make(const struct dump *dump, const struct finding_limits *limits,
                   struct symbolizer *symbolizer, struct findings *findings, struct error *error)
{
    memset(findings, 0, sizeof(*findings));
    if (dump->info.flags & DUMP_INFO_OWN_ALLOCATOR)
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s: %s brings its own allocator: its memory calls never reached the "
                         "tracker, so nothing can be said about its tables",
                         dump->path, dump_string(dump, dump->info.program));
    findings->dump = dump;
    findings->limits = limits ? *limits : (struct finding_limits){0};
    if (findings->limits.min_saving == 0)
        findings->limits.min_saving = default_min_saving(dump);
    findings->count = dump->table_count;
    findings->tables = calloc(dump->table_count + 1, sizeof(*findings->tables));
    findings->owners_by_table = calloc(dump->owner_count + 1, sizeof(uint32_t));
    findings->of_site = calloc(dump->site_count + 1, sizeof(*findings->of_site));
    findings->place_of_site = calloc(dump->site_count + 1, sizeof(uint32_t));
    char(*ids)[TABLE_ID_BYTES] = calloc(dump->table_count + 1, sizeof(*ids));
    struct successors successors;
    bool has_memory = successors_find(dump, &successors) && findings->tables &&
                      findings->owners_by_table && findings->of_site && findings->place_of_site &&
                      ids;
    bool made = has_memory && table_identities(dump, ids, error);
    for (uint32_t site = 0; made && site < dump->site_count; site++)
        findings->place_of_site[site] = site;
    for (size_t i = 0; made && i < dump->table_count; i++) {
        describe(dump, &successors, &dump->tables[i], &findings->tables[i]);
        memcpy(findings->tables[i].id, ids[i], TABLE_ID_BYTES);
    }
    free(ids);
    successors_free(&successors);
    if (made) {
        share_out_owners(findings);
        has_memory = judge_all(findings, symbolizer);
    }
    if (made && has_memory) {
        count(findings);
        has_memory = sort_tables(findings);
    }
    if (!has_memory)
        made = error_no_memory(error, dump->path);
    if (!made)
        findings_free(findings);
    return made;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; findings->tables && i < findings->count; i++)
        free(findings->tables[i].advice);
    free(findings->tables);
    free(findings->owners_by_table);
    free(findings->groups);
    free(findings->of_site);
    free(findings->place_of_site);
    memset(findings, 0, sizeof(*findings));
}
