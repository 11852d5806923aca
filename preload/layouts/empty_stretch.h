/*
 * When to give up on a block that shows nothing. A swept table has its few entries all over the
 * array; a megabyte of zeros at its start is rather some big, hardly used memory, and reading on
 * would cost 0.1 ms a megabyte for each layout that starts with zeros. A layout that has found the
 * table's own object reads on all the same.
 */
#ifndef HASHTRACK_EMPTY_STRETCH_H
#define HASHTRACK_EMPTY_STRETCH_H

#define EMPTY_STRETCH_BYTES (1u << 20)

#endif
