/*
 * Heads of four bytes over nodes in a vector (numbered_nodes.h), by a hash that spreads unevenly:
 * half of the keys go to every second bucket alone. As many heads as a good hash would have made of
 * fewer entries are in use, and only the links tell how many there are.
 */
#include "numbered_nodes.h"

struct Uneven {
    uint64_t operator()(uint64_t mixed) const
    {
        return (mixed >> 27) * (1 + (mixed >> 26 & 1));
    }
};

int main(int argc, char **argv)
{
    return run_numbered_nodes<NumberedNodes<uint32_t, Uneven>>(argc, argv);
}
