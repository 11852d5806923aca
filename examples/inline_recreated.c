/*
 * The first fix: after a sweep that left the table nearly empty, rebuild it at the size it needs.
 * The next burst pays for growing again.
 */
#include "inline_sessions.h"

static void recreate_when_hollow(void)
{
    if (sessions.live < sessions.slot_count / 8 && table_recreate(&sessions) != 0)
        abort();
    print_memory("inline: table recreated");
}

int main(void)
{
    begin_sessions();
    end_sessions();
    recreate_when_hollow();
    return 0;
}
