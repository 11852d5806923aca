/*
 * hashtrack.h as a program uses it that is not run under hashtrack: strict C99 and C++98 compile
 * it, nothing has to be linked, and the call does nothing. Compiled twice, once as each.
 */
#include "hashtrack.h"

int main(void)
{
    if (hashtrack_snapshot) /* somebody preloads the library into the tests: not what this asks */
        return 77;
    return HASHTRACK_SNAPSHOT("nobody listens");
}
