/*
 * The size of a page of x86-64: the smallest piece of memory that can be there or not.
 */
#ifndef HASHTRACK_PAGE_H
#define HASHTRACK_PAGE_H

#define PAGE_BYTES 4096u

#endif
