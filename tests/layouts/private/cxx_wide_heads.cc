/*
 * Heads of eight bytes in a vector of the standard library, which copies them when it is resized,
 * before they are set anew (numbered_nodes.h).
 */
#include "numbered_nodes.h"

struct Even {
    uint64_t operator()(uint64_t mixed) const
    {
        return mixed >> 27;
    }
};

int main(int argc, char **argv)
{
    return run_numbered_nodes<NumberedNodes<size_t, Even>>(argc, argv);
}
