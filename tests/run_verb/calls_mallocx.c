/* Asks for a block by the function that the compiler was told. */
#include <stdlib.h>

extern void *mallocx(size_t bytes, int flags);

int main(void)
{
    free(ALLOCATE);
    return 0;
}
