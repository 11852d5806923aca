/* What main.c calls: a function for each verb of verb_list.h. */
#ifndef HASHTRACK_VERBS_H
#define HASHTRACK_VERBS_H

/* argv[0] is "hashtrack NAME"; returns the exit status. */
#define VERB(name, help) int cmd_##name(int argc, char **argv);
#include "verb_list.h"
#undef VERB

#endif
