/*
 * The per-thread state: see thread.h.
 */
#include "thread.h"

__thread struct thread_state thread_state __attribute__((tls_model("initial-exec")));
