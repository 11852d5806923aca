/*
 * The problem in its small form: uthash doubles its buckets and never halves them.
 */
#include "uthash_sessions.h"

int main(void)
{
    begin_sessions();
    end_sessions();
    return 0;
}
