/* The plainest program there is; built in several ways that decide whether it can be tracked. */
#include <stdio.h>

int main(void)
{
    return puts("ran") < 0;
}
