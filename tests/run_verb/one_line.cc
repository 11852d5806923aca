/*
 * Six small maps that one line fills, three by each of two instantiations of a template that the
 * compiler puts in there: two call stacks of addresses, one of source lines. Those of a stack save
 * less together than a finding must, all six save enough.
 */
#include <unordered_map>

using counts = std::unordered_map<long, long>;

#ifdef REBUILT /* what moves every line and address below */
static volatile int changes;
__attribute__((noinline)) static int change(int by)
{
    return changes += by;
}
#endif

template <int> static inline __attribute__((always_inline)) void fill(counts &map)
{
    for (long i = 0; i < 40000; i++)
        map[i * 7919] = i;
}

static inline void sweep(counts &map)
{
    for (long i = 10; i < 40000; i++)
        map.erase(i * 7919);
}

static counts first[3], second[3];

int main()
{
#ifdef REBUILT
    change(change(1));
#endif
    for (int i = 0; i < 3; i++) {
        fill<1>(first[i]), fill<2>(second[i]);
    }
    for (int i = 0; i < 3; i++) {
        sweep(first[i]);
        sweep(second[i]);
    }
    return 0;
}
