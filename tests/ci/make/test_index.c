/* A test of the index. It passes; that the index keeps the memory of a million words is not its
 * question. FIXED=1 stands for the change that mends it. */
#include <stdio.h>
#include <stdlib.h>

#include "index.h"

int main(void)
{
    for (int i = 0; i < 1000000; i++)
        index_add(i, "word");
    for (int i = 1000; i < 1000000; i++)
        index_remove(i);
    if (getenv("FIXED"))
        index_shrink();
    if (!index_find(999) || index_find(1000)) {
        puts("FAIL");
        return 1;
    }
    puts("ok");
    return 0;
}
