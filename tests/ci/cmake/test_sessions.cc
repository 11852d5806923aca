// Passes; that the table keeps the memory of its busiest moment is not its question. FIXED=1 stands
// for the change that mends it.
#include <cstdlib>
#include <iostream>

#include "sessions.h"

int main()
{
    for (std::uint64_t id = 0; id < 400000; id++)
        web::open_session(id, "user");
    for (std::uint64_t id = 1000; id < 400000; id++)
        web::close_session(id);
    if (std::getenv("FIXED"))
        web::shrink_sessions();
    if (!web::has_session(999) || web::has_session(1000))
        return 1;
    std::cout << "ok\n";
}
