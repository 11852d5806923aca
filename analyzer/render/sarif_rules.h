/* The rules of the gate as SARIF describes them: what each is about and what to do. */
#ifndef HASHTRACK_SARIF_RULES_H
#define HASHTRACK_SARIF_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* reportingDescriptor objects, in an order that does not change. */
json_t *sarif_rules(bool *ok);

/* The place of a rule in that array. */
size_t sarif_rule_index(const char *id);

#endif
