/* The rules of the gate as SARIF describes them: see sarif_rules.h. */
#include "sarif_rules.h"

#include <string.h>

#include "json_text.h"
#include "sarif_text.h"
#include "verdict.h"

struct rule {
    enum verdict verdict;
    const char *name, *summary, *description, *remedy;
    const char *precision; /* how often such a finding is right, in GitHub's words */
};

static const struct rule rules[] = {
    {VERDICT_HOLLOW, "HollowHashTable", "A hash table keeps the memory of its busiest moment",
     "The table held many more entries than it does now. Hash tables grow and do not shrink: its "
     "array is still as large as at its peak, and nearly empty.",
     "Rebuild the table at the right size when many entries have gone, or use the call that the "
     "implementation has for it. When its values are large, keep pointers in the slots: an empty "
     "slot then costs a pointer.",
     "high"},
    {VERDICT_OVER_RESERVED, "OverReservedHashTable",
     "A hash table was given more room than it ever used",
     "The table got its capacity in one step, by a reserve or by a size hint, and never came near "
     "it.",
     "Reserve what is needed, or let the table grow by itself. When the room is for a load that "
     "this run did not have, accept the finding with that reason.",
     "medium"},
    {VERDICT_TOMBSTONES, "TombstoneGrowth", "A hash table grows although it holds no more entries",
     "Deleted entries leave marks in the slots of the table. It fills up with them and grows, "
     "while "
     "the number of its entries stays the same.",
     "Rebuild the table from time to time, at the size of what it holds, or use an implementation "
     "that deletes without marks.",
     "high"},
};
#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

static const char accepting[] =
    "To accept a finding: hashtrack check --accept ID --reason WHY DUMP. To leave out all of a "
    "function, a file or a library: a line hollow:NAME in a file for --suppressions.";

static json_t *help_of(const struct rule *rule, bool *ok)
{
    json_t *help = json_object();
    json_put(help, "text",
             json_sprintf("%s\n\n%s\n\n%s", rule->description, rule->remedy, accepting), ok);
    json_put(help, "markdown",
             json_sprintf("%s\n\n**What to do.** %s\n\n**When it is meant to be so.** To accept a "
                          "finding: `hashtrack check --accept ID --reason WHY DUMP`. To leave out "
                          "all of a function, a file or a library: a line `hollow:NAME` in a file "
                          "for `--suppressions`.",
                          rule->description, rule->remedy),
             ok);
    return help;
}

static json_t *properties_of(const struct rule *rule, bool *ok)
{
    json_t *properties = json_object();
    json_put(properties, "tags", json_pack("[s,s]", "memory", "performance"), ok);
    json_put_text(properties, "precision", rule->precision, ok);
    json_put_text(properties, "problem.severity", "warning", ok);
    return properties;
}

json_t *sarif_rules(bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *rule = &rules[i];
        json_t *object = json_object();
        json_put_text(object, "id", verdict_word(rule->verdict), ok);
        json_put_text(object, "name", rule->name, ok);
        json_put(object, "shortDescription", sarif_message(rule->summary), ok);
        json_put(object, "fullDescription", sarif_message(rule->description), ok);
        json_put(object, "help", help_of(rule, ok), ok);
        json_put(object, "defaultConfiguration", json_pack("{s:s}", "level", "warning"), ok);
        json_put(object, "properties", properties_of(rule, ok), ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

size_t sarif_rule_index(const char *id)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcmp(verdict_word(rules[i].verdict), id) == 0)
            return i;
    return 0;
}
