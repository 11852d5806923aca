/*
 * What the examples print: how much memory the program uses at one moment.
 */
#ifndef EXAMPLES_MEMORY_H
#define EXAMPLES_MEMORY_H

/* Prints one line: the moment, what the program holds of the heap, and what is resident. */
void print_memory(const char *moment);

#endif
