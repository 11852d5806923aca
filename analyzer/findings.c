/* A dump with an opinion: see findings.h. */
#include "findings.h"

#include <stdlib.h>
#include <string.h>

#include "freed_at_end.h"
#include "siblings.h"

bool is_kept(const struct judged_table *judged)
{
    return !(judged->table->flags & DUMP_TABLE_FREED) || judged->freed_at_end;
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

static int by_class_then_saving(const void *left, const void *right)
{
    const struct judged_table *a = left, *b = right;
    enum finding_class class_a = finding_class(a), class_b = finding_class(b);
    if (class_a != class_b)
        return class_a < class_b ? -1 : 1;
    uint64_t saving_a = finding_saving(a), saving_b = finding_saving(b);
    if (class_a == CLASS_QUIET) {
        saving_a = a->table->bytes;
        saving_b = b->table->bytes;
    }
    if (saving_a != saving_b)
        return saving_a > saving_b ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1; /* NULL first */
    if (a->group && best_saving(&a->saving) != best_saving(&b->saving))
        return best_saving(&a->saving) > best_saving(&b->saving) ? -1 : 1;
    if (a->table->number != b->table->number)
        return a->table->number < b->table->number ? -1 : 1;
    return a->table < b->table ? -1 : a->table > b->table;
}

/* Counters are sentences (preload/counters.h); those of lost records say so with these words. */
static bool counts_lost_records(const char *name)
{
    return strstr(name, "dropped") || strstr(name, "not tracked") || strstr(name, "left out");
}

static void describe(const struct dump *dump, const struct dump_table *table,
                     struct judged_table *judged)
{
    judged->table = table;
    judged->freed_at_end = freed_at_end(dump, table);
    judged->implementation = dump_string(dump, table->implementation);
    judged->layout = layout_by_name(judged->implementation);
    judged->saving = saving_of(table, judged->layout, dump_growths(dump, table));
}

void findings_judge(const struct findings *findings, struct judged_table *judged,
                    uint64_t min_saving)
{
    const struct dump_table *table = judged->table;
    judged->judgement = judge_table(findings->dump, table, judged->layout, &judged->saving,
                                    min_saving, judged->sibling_grew);
    judged->advice_count =
        advise(table, judged->layout, &judged->saving, &judged->judgement, judged->advice);
}

static bool judge_all(struct findings *findings)
{
    if (!siblings_note(findings))
        return false;
    for (size_t i = 0; i < findings->count; i++)
        findings_judge(findings, &findings->tables[i], findings->min_saving);
    return table_groups_make(findings);
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

bool findings_make(const struct dump *dump, uint64_t min_saving, struct findings *findings,
                   struct error *error)
{
    memset(findings, 0, sizeof(*findings));
    if (dump->info.flags & DUMP_INFO_OWN_ALLOCATOR)
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s: %s brings its own allocator (%s): its memory calls never reached the "
                         "tracker, so nothing can be said about its tables",
                         dump->path, dump_string(dump, dump->info.program),
                         dump_string(dump, dump->info.allocator));
    findings->dump = dump;
    findings->min_saving = min_saving ? min_saving : default_min_saving(dump);
    findings->count = dump->table_count;
    findings->tables = calloc(dump->table_count + 1, sizeof(*findings->tables));
    findings->owners_by_table = calloc(dump->owner_count + 1, sizeof(uint32_t));
    char(*ids)[TABLE_ID_BYTES] = calloc(dump->table_count + 1, sizeof(*ids));
    bool made = false;
    if (!findings->tables || !findings->owners_by_table || !ids)
        error_set(error, STATUS_BAD_DUMP, "%s: out of memory", dump->path);
    else
        made = table_identities(dump, ids, error);
    if (made) {
        for (size_t i = 0; i < dump->table_count; i++) {
            describe(dump, &dump->tables[i], &findings->tables[i]);
            memcpy(findings->tables[i].id, ids[i], TABLE_ID_BYTES);
        }
        made = judge_all(findings) ||
               error_set(error, STATUS_BAD_DUMP, "%s: out of memory", dump->path);
    }
    if (made) {
        share_out_owners(findings);
        qsort(findings->tables, findings->count, sizeof(*findings->tables), by_class_then_saving);
        count(findings);
    } else {
        findings_free(findings);
    }
    free(ids);
    return made;
}

void findings_free(struct findings *findings)
{
    free(findings->tables);
    free(findings->owners_by_table);
    free(findings->groups);
    memset(findings, 0, sizeof(*findings));
}
