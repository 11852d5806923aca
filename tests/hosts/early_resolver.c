/*
 * A program with a library whose IFUNC resolver allocates (early_library.c), before the tracker
 * itself has been relocated: nothing that needs a relocation may be on malloc's way then.
 */
#include "host.h"

int answer_of_library(void);
bool blocks_are_sound(void);

int main(void)
{
    HOST_CHECK(answer_of_library() == 43);
    HOST_CHECK(blocks_are_sound());
    host_work(30000);
    host_describe();
    return 0;
}
