/*
 * A khash map that was swept, for check_program.py. A full map beside it.
 * usage: sweep_khash hollow | fixed
 */
#include "in_use.h"

#include <htslib/khash.h>
#include <string.h>

#define SESSIONS 300000
#define KEPT_OF  100

KHASH_MAP_INIT_INT64(sessions, uint64_t)

static khash_t(sessions) * sessions, *full;

static __attribute__((noinline)) void begin_sessions(khash_t(sessions) * table, uint64_t count)
{
    for (uint64_t id = 0; id < count; id++) {
        int is_new;
        khint_t slot = kh_put(sessions, table, id, &is_new); /* GROWS HERE */
        kh_value(table, slot) = id;
    }
}

static void end_sessions(void)
{
    for (uint64_t id = 0; id < SESSIONS; id++)
        if (id % KEPT_OF != 0)
            kh_del(sessions, sessions, kh_get(sessions, sessions, id));
}

static void print_truth(const khash_t(sessions) * table, const char *verdict, const char *grown_in)
{
    printf("TRUTH {\"implementation\": \"khash\", \"address\": \"%p\", \"capacity\": %u, "
           "\"live\": %u, \"verdict\": \"%s\"%s}\n",
           (void *)table->keys, kh_n_buckets(table), kh_size(table), verdict, grown_in);
}

int main(int argc, char **argv)
{
    sessions = kh_init(sessions);
    full = kh_init(sessions);
    begin_sessions(sessions, SESSIONS);
    end_sessions();
    if (argc > 1 && strcmp(argv[1], "fixed") == 0) {
        int64_t before = bytes_in_use();
        kh_resize(sessions, sessions, kh_size(sessions) * 4 / 3 + 1);
        print_given_back("khash", before);
        return 0;
    }
    begin_sessions(full, 150000);
    print_truth(sessions, "hollow",
                ", \"grown_in\": \"begin_sessions\", \"source\": \"sweep_khash.c\"");
    print_truth(full, "ok", "");
    return 0;
}
