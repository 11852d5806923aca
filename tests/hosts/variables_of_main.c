/*
 * What main had in its variables lies on the stack yet when it has returned, below the few words
 * that exit() needs. The tracker looks then, and reads tables that were variables of main: it must
 * not have written over them before. So a handler asks whether they are as they were.
 */
#include "host.h"

#include <stdlib.h>

#define ROOM_BYTES 8192u
#define MARK       0xa5u

static uintptr_t room_address;

static void looks(void)
{
    const volatile unsigned char *room = (const volatile unsigned char *)room_address;
    unsigned changed = 0;
    for (unsigned i = 0; i < ROOM_BYTES / 2; i++)
        changed += room[i] != MARK;
    host_say("%u bytes changed", changed);
}

int main(void)
{
    volatile unsigned char room[ROOM_BYTES];
    struct host_table table = {0};
    for (unsigned i = 0; i < ROOM_BYTES; i++)
        room[i] = MARK;
    room_address = (uintptr_t)room;
    HOST_CHECK(atexit(looks) == 0);
    host_table_fill(&table, 50000);
    return table.live == 50000 ? 17 : 1;
}
