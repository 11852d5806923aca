/*
 * C++ objects that live longer than main on both sides: static constructors allocate before it,
 * static destructors free, grow and allocate after it.
 */
#include "host.h"

#include <iostream>
#include <locale>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{
struct keeper {
    std::unordered_map<int, std::string> table;
    std::vector<char> bytes;

    keeper() : bytes(10000, 'x')
    {
        for (int i = 0; i < 20000; i++)
            table[i] = std::to_string(i);
    }

    ~keeper()
    {
        for (int i = 0; i < 19900; i++)
            table.erase(i);
        std::unordered_map<int, int> late;
        for (int i = 0; i < 20000; i++)
            late[i] = i;
        HOST_CHECK(table.size() == 100 && late.size() == 20000);
        bytes.resize(100000);
        host_say("destructor: %zu of %zu", table.size(), late.size());
    }
};

keeper before_main;
thread_local keeper of_main_thread;
std::locale classic("C");
} // namespace

int main()
{
    HOST_CHECK(before_main.table.size() == 20000);
    HOST_CHECK(of_main_thread.table.size() == 20000);
    std::cout << "iostreams work: " << before_main.table[777] << std::endl;
    static keeper in_main;
    host_describe();
    return 0;
}
