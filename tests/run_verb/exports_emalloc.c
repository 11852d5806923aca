/* Has the function by which a PHP is known, and says what its allocator is told. */
#include <stdio.h>
#include <stdlib.h>

void *_emalloc(size_t bytes); /* NOLINT(bugprone-reserved-identifier): PHP's own name */

void *_emalloc(size_t bytes)
{
    return malloc(bytes);
}

int main(void)
{
    const char *value = getenv("USE_ZEND_ALLOC");
    printf(value ? "USE_ZEND_ALLOC is %s\n" : "USE_ZEND_ALLOC is not set\n", value);
    return 0;
}
