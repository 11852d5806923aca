#ifndef SESSIONS_H
#define SESSIONS_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace web
{

void open_session(std::uint64_t id, std::string user);
bool has_session(std::uint64_t id);
void close_session(std::uint64_t id);
/* After many have been closed: gives back what the table no longer needs. */
void shrink_sessions();

} // namespace web

#endif
