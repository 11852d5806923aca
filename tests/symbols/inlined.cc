// A map of a private type, grown through inlined functions: no function of that map is exported, so
// DWARF gives none of them a linker's name.
#include <cstdio>
#include <string>
#include <unordered_map>

namespace
{
struct Session {
    long fields[3];
};

struct Cache {
    std::unordered_map<std::string, Session> sessions;

    void remember(int i)
    {
        sessions[std::to_string(i)].fields[0] = i; // GROWS
    }
};
} // namespace

int main()
{
    Cache cache;
    for (int i = 0; i < 60000; i++)
        cache.remember(i); // CALLS
    return std::printf("%zu\n", cache.sessions.size()) < 0;
}
