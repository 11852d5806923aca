/*
 * A program that is linked with the tracker, so that the loader loads it whatever the environment
 * says, and that check_secure.py runs with another user's rights as well (AT_SECURE).
 */
#include "host.h"

#include <sys/auxv.h>

int main(void)
{
    host_work(20000);
    host_say("secure: %lu", getauxval(AT_SECURE));
    return 0;
}
