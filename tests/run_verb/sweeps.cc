/*
 * A map that is a local of main(), filled and, with an argument, swept nearly empty: its destructor
 * empties the array before it frees it. The argument says how the program ends then.
 */
#include <csignal>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <unordered_map>

/* A look takes 30 ms here and at most 5 % of the time; four times that for a busy machine. */
static void wait_for_a_look()
{
    usleep(2400000);
}

int main(int argc, char **argv)
{
    const std::string ending = argc > 1 ? argv[1] : "";
    std::unordered_map<long, long> sessions;
    for (long i = 0; i < 400000; i++)
        sessions[i * 7919] = i;
    wait_for_a_look();
    if (ending.empty())
        return 0;
    for (long i = 10; i < 400000; i++)
        sessions.erase(i * 7919);
    wait_for_a_look();
    if (ending == "killed")
        raise(SIGKILL);
    if (ending == "aborts")
        abort();
    if (ending == "leaves")
        _exit(5);
    if (ending == "becomes-another")
        execl("/bin/sh", "sh", "-c", "sleep 1.5; kill -KILL $$", nullptr);
    return 0;
}
