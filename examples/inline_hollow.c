/*
 * The problem: the sessions are gone, their slots are not.
 */
#include "inline_sessions.h"

int main(void)
{
    begin_sessions();
    end_sessions();
    return 0;
}
