/* An index of words by number. */
#ifndef INDEX_H
#define INDEX_H

void index_add(int number, const char *word);
const char *index_find(int number);
void index_remove(int number);

/* After many removals: gives back what the index no longer needs. */
void index_shrink(void);

#endif
