/*
 * Functions that a program may reach with its stack off by eight. libc's malloc, memset, mmap and
 * exit do well with it, so that assembly written by hand calls them as it is entered; what the
 * compiler makes of ours stores sixteen bytes at a time there. One instruction where it is in order
 * (tests/hosts, stray_stack.c). To the frame pointer, and so to who unwinds, nothing changes.
 */
#ifndef HASHTRACK_STRAY_STACK_H
#define HASHTRACK_STRAY_STACK_H

#define ALIGNS_STACK __attribute__((force_align_arg_pointer, noinline))

#endif
