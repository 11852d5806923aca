/*
 * A map that is a local of main(), filled and, with an argument, swept nearly empty: its destructor
 * empties the array before it frees it. The argument says how the program ends then; with another
 * one it waits for nobody.
 */
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string>
#include <unistd.h>
#include <unordered_map>

static double seconds(clockid_t clock)
{
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

static const double began = seconds(CLOCK_MONOTONIC);

/* A look takes 30 ms of the processor and at most 5 % of the time: 0.6 s lie between two, and four
 * times that are enough but on a busy machine. How much longer everything takes there is seen in
 * what this program did so far: the same holds for the one that looks. */
static bool is_looked_at = true;

static void wait_for_a_look()
{
    if (!is_looked_at)
        return;
    static double slept = 0;
    double worked = seconds(CLOCK_MONOTONIC) - began - slept;
    double slower = worked / seconds(CLOCK_PROCESS_CPUTIME_ID);
    double wait = 1.9 + 0.5 * std::min(std::max(slower, 1.0), 20.0);
    usleep(static_cast<useconds_t>(wait * 1e6));
    slept += wait;
}

int main(int argc, char **argv)
{
    const std::string ending = argc > 1 ? argv[1] : "";
    is_looked_at = argc <= 2;
    std::unordered_map<long, long> sessions;
    for (long i = 0; i < 400000; i++)
        sessions[i * 7919] = i;
    wait_for_a_look();
    if (ending.empty())
        return 0;
    if (ending == "taken-apart") {
        /* Slowly, so that looks fall in between: each finds less. */
        while (sessions.size() > 1000) {
            for (int i = 0; i < 2000 && !sessions.empty(); i++)
                sessions.erase(sessions.begin());
            usleep(10000);
        }
        sessions.clear();
        return 0;
    }
    for (long i = 10; i < 400000; i++)
        sessions.erase(i * 7919);
    wait_for_a_look();
    if (ending == "rebuilt")
        std::unordered_map<long, long>(sessions.begin(), sessions.end()).swap(sessions);
    if (ending == "filled-again") {
        sessions.clear();
        for (long i = 0; i < 300000; i++)
            sessions[i * 7919] = i;
    }
    std::string rest; /* what a program has besides, so that it is looked at to the end */
    if (ending == "lingers") {
        rest.resize(1 << 20);
        sessions.clear();
        usleep(150000);
    }
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
