#include "sessions.h"

#include <unordered_map>

namespace web {

static std::unordered_map<std::uint64_t, std::string> sessions;

void open_session(std::uint64_t id, std::string user)
{
    sessions.emplace(id, std::move(user)); // GROWS HERE
}

bool has_session(std::uint64_t id)
{
    return sessions.count(id) != 0;
}

void close_session(std::uint64_t id)
{
    sessions.erase(id);
}

void shrink_sessions()
{
    sessions.rehash(0);
}

} // namespace web
