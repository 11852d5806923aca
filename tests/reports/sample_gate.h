/* Gates made by hand, to see what the outputs of `check` make of them. */
#ifndef HASHTRACK_TESTS_SAMPLE_GATE_H
#define HASHTRACK_TESTS_SAMPLE_GATE_H

#include <stdbool.h>

#include "gate.h"

/* Fills *gate with the sample of that name: "red", "green", "empty", "sum", "nasty", "many",
 * "unread". The sources of its findings lie below `root`. False when there is none of that name.
 * What it is made of lives as long as the process. */
bool sample_gate(const char *name, const char *root, struct gate *gate);

#endif
