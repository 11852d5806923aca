/*
 * OpenSSL's LHASH as a program uses it; see scenarios.h. It gives memory back when entries are
 * deleted, so that only `clear`, a flush, leaves it hollow, and `hollow kept`, with a down_load of
 * 0.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "scenarios.h"

#include <openssl/bio.h>
#include <openssl/lhash.h>

struct session {
    uint64_t id;
};

static bool keeps; /* down_load 0 */
static OPENSSL_LHASH *table;
static struct session *sessions; /* by id */

#define SESSIONS 1000000u

static unsigned long hash_session(const void *session)
{
    return (unsigned long)(((const struct session *)session)->id * 2654435761u);
}

static int compare_sessions(const void *left, const void *right)
{
    uint64_t a = ((const struct session *)left)->id, b = ((const struct session *)right)->id;
    return a == b ? 0 : a < b ? -1 : 1;
}

static void create(uint64_t expected)
{
    (void)expected;
    if (sessions == NULL)
        sessions = calloc(SESSIONS, sizeof(*sessions));
    table = OPENSSL_LH_new(hash_session, compare_sessions);
    if (table == NULL || sessions == NULL)
        abort();
    if (keeps)
        OPENSSL_LH_set_down_load(table, 0);
}

static void insert(uint64_t key)
{
    sessions[key].id = key;
    if (OPENSSL_LH_insert(table, &sessions[key]) != NULL || OPENSSL_LH_error(table))
        abort();
}

static void erase(uint64_t key)
{
    if (OPENSSL_LH_delete(table, &sessions[key]) == NULL)
        abort();
}

static void clear(void)
{
    OPENSSL_LH_flush(table);
}

static void destroy(void)
{
    OPENSSL_LH_free(table);
}

static uint64_t live(void)
{
    return OPENSSL_LH_num_items(table);
}

/* The first field of struct lhash_st, crypto/lhash/lhash_local.h. */
static const void *address(void)
{
    const void *buckets;
    memcpy(&buckets, table, sizeof(buckets));
    return buckets;
}

static uint64_t capacity(void)
{
    static const char name[] = "num_alloc_nodes";
    uint64_t allocated = 0;
    char line[64];
    BIO *text = BIO_new(BIO_s_mem());
    OPENSSL_LH_stats_bio(table, text);
    while (BIO_gets(text, line, sizeof(line)) > 0)
        if (strncmp(line, name, strlen(name)) == 0)
            allocated = strtoul(strchr(line, '=') + 1, NULL, 10);
    BIO_free(text);
    return allocated;
}

static uint64_t bytes(void)
{
    return capacity() * 8;
}

static void fix(uint64_t live)
{
    destroy();
    create(0);
    subject_fill(&(struct subject){.insert = insert}, live);
}

int main(int argc, char **argv)
{
    static const uint64_t lives[] = {0, 16, 17, 30, 31, 32, 33, 1000, 6001, 50000, UINT64_MAX};
    const char *kind = argc > 2 ? argv[2] : "";
    keeps = strcmp(kind, "kept") == 0;
    const struct subject subject = {
        .implementation = "OpenSSL LHASH",
        .entries = 300000,
        .shrinks = !keeps,
        .create = create,
        .insert = insert,
        .erase = erase,
        .clear = clear,
        .destroy = destroy,
        .address = address,
        .capacity = capacity,
        .live = live,
        .bytes = bytes,
        .fix = fix,
        .lives = lives,
    };
    return subject_main(&subject, argc > 1 ? argv[1] : "hollow");
}
