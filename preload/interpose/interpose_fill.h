/* memset, as of when the next one is known: see interpose_fill.c. */
#ifndef HASHTRACK_INTERPOSE_FILL_H
#define HASHTRACK_INTERPOSE_FILL_H

/* Once, from our constructor, before there are threads. */
void interpose_fill_start(void);

#endif
