/* What became of the tables between two dumps: see diff.h. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bytes_of(const struct judged_table *judged)
{
    return judged ? judged->table->bytes : 0;
}

uint64_t change_bytes(const struct changed_table *changed)
{
    if (changed->change == CHANGE_HOLLOWED)
        return best_saving(&changed->after->saving);
    if (changed->change == CHANGE_RECOVERED)
        return best_saving(&changed->before->saving);
    uint64_t before = bytes_of(changed->before), after = bytes_of(changed->after);
    return before > after ? before - after : after - before;
}

static int by_change_then_bytes(const void *left, const void *right)
{
    const struct changed_table *a = left, *b = right;
    if (a->change != b->change)
        return a->change < b->change ? -1 : 1;
    uint64_t bytes_a = change_bytes(a), bytes_b = change_bytes(b);
    if (bytes_a != bytes_b)
        return bytes_a > bytes_b ? -1 : 1;
    return strcmp(a->newest->id, b->newest->id);
}

/* Within one process a table keeps its number, while its id changes when another place grows it. */
bool diff_same_process(const struct dump *a, const struct dump *b)
{
    return a->info.pid == b->info.pid && a->info.start_realtime_ns == b->info.start_realtime_ns;
}

/* A table and that by which the tables of two dumps find each other, where sorting need not look
 * for it: the number, or the id's first 16 digits as a number. */
struct kept_table {
    uint64_t key;
    const struct judged_table *judged;
    bool is_by_id;
};

/* The order of the keys, and of whole ids where they share their digits. */
static int compare_kept(const struct kept_table *a, const struct kept_table *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->is_by_id ? strcmp(a->judged->id, b->judged->id) : 0;
}

static int by_key(const void *left, const void *right)
{
    return compare_kept(left, right);
}

/* The tables of a dump that were kept, in that order; NULL when there is no memory. */
static struct kept_table *kept_tables(const struct findings *findings, bool by_id, size_t *count)
{
    struct kept_table *tables = calloc(findings->count + 1, sizeof(*tables));
    *count = 0;
    if (!tables)
        return NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        uint64_t key = by_id ? strtoull(judged->id, NULL, 16) : judged->table->number;
        if (is_kept(judged))
            tables[(*count)++] = (struct kept_table){key, judged, by_id};
    }
    qsort(tables, *count, sizeof(*tables), by_key);
    return tables;
}

/* The kind of change; false when there is none to speak of. */
static bool classify(struct changed_table *changed)
{
    uint64_t before = bytes_of(changed->before), after = bytes_of(changed->after);
    if (!changed->before)
        changed->change = CHANGE_APPEARED;
    else if (!changed->after)
        changed->change = CHANGE_WENT;
    else if (after != before)
        changed->change = after > before ? CHANGE_GREW : CHANGE_SHRANK;
    else {
        bool was = verdict_is_finding(changed->before->judgement.verdict);
        bool is = verdict_is_finding(changed->after->judgement.verdict);
        changed->change = is ? CHANGE_HOLLOWED : CHANGE_RECOVERED;
        return was != is;
    }
    return true;
}

static void merge(const struct kept_table *before, size_t before_count,
                  const struct kept_table *after, size_t after_count, struct diff *diff)
{
    size_t i = 0, j = 0;
    while (i < before_count || j < after_count) {
        int order = i == before_count  ? 1
                    : j == after_count ? -1
                                       : compare_kept(&before[i], &after[j]);
        struct changed_table changed = {
            .before = order <= 0 ? before[i].judged : NULL,
            .after = order >= 0 ? after[j].judged : NULL,
            .newest = order >= 0 ? after[j].judged : before[i].judged,
        };
        i += order <= 0;
        j += order >= 0;
        if (classify(&changed))
            diff->tables[diff->count++] = changed;
        else
            diff->unchanged++;
    }
}

bool diff_make(const struct findings *before, const struct findings *after, struct diff *diff,
               struct error *error)
{
    memset(diff, 0, sizeof(*diff));
    size_t before_count = 0, after_count = 0;
    bool by_id = !diff_same_process(before->dump, after->dump);
    struct kept_table *old_tables = kept_tables(before, by_id, &before_count);
    struct kept_table *new_tables = kept_tables(after, by_id, &after_count);
    diff->tables = calloc(before_count + after_count + 1, sizeof(*diff->tables));
    bool made = old_tables && new_tables && diff->tables;
    if (made) {
        merge(old_tables, before_count, new_tables, after_count, diff);
        qsort(diff->tables, diff->count, sizeof(*diff->tables), by_change_then_bytes);
    } else {
        diff_free(diff);
        error_no_memory(error, NULL);
    }
    free(old_tables);
    free(new_tables);
    return made;
}

void diff_free(struct diff *diff)
{
    free(diff->tables);
    memset(diff, 0, sizeof(*diff));
}

const char *change_word(enum change change)
{
    static const char *const words[] = {
        [CHANGE_APPEARED] = "appeared", [CHANGE_GREW] = "grew",
        [CHANGE_HOLLOWED] = "hollowed", [CHANGE_RECOVERED] = "recovered",
        [CHANGE_SHRANK] = "shrank",     [CHANGE_WENT] = "went",
    };
    return words[change];
}
