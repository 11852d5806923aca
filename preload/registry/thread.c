/*
 * The per-thread state: see thread.h.
 */
#include "thread.h"

_Static_assert(sizeof(struct thread_state) <= 128, "thread.h promises it");

__thread struct thread_state thread_state __attribute__((tls_model("initial-exec")));
