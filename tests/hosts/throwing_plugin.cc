/*
 * A C++ plugin of a C program: throws, with allocation and destructors on the way, and says which
 * library it throws through. Belongs to exceptions.c.
 */
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unwind.h>

namespace
{
struct holder {
    std::string text;
    ~holder() noexcept(false)
    {
        text.assign(3000, 'd');
    }
};

__attribute__((noinline)) void descend(int depth)
{
    holder here{std::string(1500, 'x')};
    if (depth == 0)
        throw std::runtime_error(std::string(1200, 'm'));
    descend(depth - 1);
}
} // namespace

static int throws_from_callback(dl_phdr_info *, size_t, void *)
{
    throw holder{std::string(2000, 'c')};
}

/* Through the loader's functions, and the tracker's in front of them. */
extern "C" int plugin_throw_through(int times)
{
    int caught = 0;
    for (int i = 0; i < times; i++) {
        try {
            dl_iterate_phdr(throws_from_callback, nullptr);
        } catch (const holder &thrown) {
            caught += thrown.text.size() == 2000;
        }
    }
    return caught;
}

extern "C" int plugin_throw(int times)
{
    int caught = 0;
    std::unordered_map<int, int> counts;
    for (int i = 0; i < times; i++) {
        try {
            if (i % 100 == 0)
                descend(5);
            throw i;
        } catch (const std::runtime_error &error) {
            caught += std::strlen(error.what()) == 1200;
        } catch (int) {
            caught++;
        }
        counts[i % 5000]++;
    }
    return caught + (counts.empty() ? 1 : 0);
}

extern "C" const char *plugin_unwinder()
{
    Dl_info info;
    if (dladdr(reinterpret_cast<void *>(&_Unwind_RaiseException), &info) == 0)
        return "nobody";
    const char *slash = std::strrchr(info.dli_fname, '/');
    return slash ? slash + 1 : info.dli_fname;
}
