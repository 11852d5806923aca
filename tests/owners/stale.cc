/* Copies of an address that make nobody the owner. */
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "owners.h"

using Table = std::unordered_map<uint64_t, uint64_t>;

struct Cache {
    uint64_t number;
    Table sessions;
};

struct Holder {
    uint64_t number;
    Cache *cache;
};

#define USED __attribute__((used))

USED static Cache *g_real;
USED static Holder *g_dangling; /* at a holder that was freed */
USED static void *g_bytes;      /* at a buffer with an address in the middle */
USED static char g_log[4096];   /* with addresses among its characters */
USED static Cache *g_recent[8]; /* the last ones that were freed, as a free list keeps them */
USED static Holder *g_holders;

static void copy_address(char *to, const void *address)
{
    std::memcpy(to, &address, sizeof(address));
}

int main()
{
    Cache *cache = new Cache;
    g_real = cache;
    Holder *holders[40];
    for (Holder *&holder : holders)
        holder = new Holder{1, cache};
    for (Holder *holder : holders)
        delete holder;
    g_dangling = holders[3];
    char *buffer = static_cast<char *>(std::malloc(800));
    copy_address(buffer + 64, cache);
    g_bytes = buffer;
    copy_address(g_log + 80, cache);
    fill(cache->sessions, "g_real->sessions");

    Cache *only_in_bytes = new Cache;
    copy_address(g_log + 160, only_in_bytes);
    copy_address(buffer + 128, only_in_bytes);
    fill(only_in_bytes->sessions, "-");

    /* In use again, and somebody else's: the array still has its address. */
    Cache *again = new Cache;
    g_recent[5] = again;
    g_holders = new Holder[3]{{1, nullptr}, {2, again}, {3, nullptr}};
    fill(again->sessions, "-");
    return 0;
}
