/* Addresses that are no code: to both unwinders the stack ends there. */
#ifndef HASHTRACK_ABSENT_CODE_H
#define HASHTRACK_ABSENT_CODE_H

#include <link.h>

/* Answers libunwind's dl_iterate_phdr, after no module was what it looks for: when nothing is to be
 * read there, a module is listed to it that says so. What the callback returns, or 0. */
int absent_code_list(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data);

#endif
