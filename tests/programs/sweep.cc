// An unordered_map that was swept, for check_program.py. A vector and a full map beside it.
// usage: sweep hollow | fixed
#include "in_use.h"

#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

static const uint64_t session_count = 400000;
static const uint64_t kept_of = 100;

static std::unordered_map<uint64_t, std::string> &sessions =
    *new std::unordered_map<uint64_t, std::string>;
static std::unordered_map<uint64_t, uint64_t> &full = *new std::unordered_map<uint64_t, uint64_t>;
static std::vector<uint64_t> &numbers = *new std::vector<uint64_t>;

[[gnu::noinline]] static void begin_sessions()
{
    for (uint64_t id = 0; id < session_count; id++)
        sessions.emplace(id, "a session"); // GROWS HERE
}

static void end_sessions()
{
    for (uint64_t id = 0; id < session_count; id++)
        if (id % kept_of != 0)
            sessions.erase(id);
}

template <class Map> static void print_truth(const Map &map, const char *verdict)
{
    const void *buckets; // the object's first word
    std::memcpy(&buckets, static_cast<const void *>(&map), sizeof(buckets));
    printf("TRUTH {\"implementation\": \"std::unordered_map\", \"address\": \"%p\", "
           "\"capacity\": %zu, \"live\": %zu, \"verdict\": \"%s\"%s}\n",
           buckets, map.bucket_count(), map.size(), verdict,
           std::strcmp(verdict, "hollow") == 0
               ? ", \"grown_in\": \"begin_sessions\", \"source\": \"sweep.cc\""
               : "");
}

int main(int argc, char **argv)
{
    begin_sessions();
    end_sessions();
    if (argc > 1 && std::strcmp(argv[1], "fixed") == 0) {
        int64_t before = bytes_in_use();
        sessions.rehash(0);
        print_given_back("std::unordered_map", before);
        return 0;
    }
    for (uint64_t id = 0; id < session_count / 2; id++)
        full.emplace(id, id);
    for (uint64_t number = 0; number < session_count * 2; number++)
        numbers.push_back(number);
    print_truth(sessions, "hollow");
    print_truth(full, "ok");
    printf("DECOY {\"what\": \"a vector\", \"address\": \"%p\"}\n",
           static_cast<void *>(numbers.data()));
}
