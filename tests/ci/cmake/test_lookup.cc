#include "sessions.h"

int main()
{
    web::open_session(1, "user");
    return web::has_session(1) && !web::has_session(2) ? 0 : 1;
}
