/*
 * Reads many dumps at once, in processes of their own: libdw is not made for threads, and an ELF
 * file that brings one down must not take the others along.
 */
#ifndef HASHTRACK_CHECK_WORKERS_H
#define HASHTRACK_CHECK_WORKERS_H

#include "check_options.h"
#include "gate_record.h"

/* Fills dumps[], one for each path in the same order, whatever order they were read in. What is
 * wrong with one dump is in its `error`; a process that dies over it is such an error too. False
 * with *error when no process could be started or memory ran out. */
bool check_workers_read(char *const *paths, size_t count, const struct check_options *options,
                        struct gate_dump *dumps, struct error *error);

#endif
