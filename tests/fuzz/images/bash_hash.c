/* Bash's hash table: 128 buckets, six entries, one of them behind another. */
#include "../table_images.h"

#define BUCKETS 128
#define KEYS    (NODES + 4096)

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key != '\0'; key++)
        hash = (hash * 16777619u) ^ (uint32_t)*key;
    return hash;
}

static void build_table(struct image *image)
{
    static const char *const keys[] = {"HOME", "PATH", "PWD", "SHLVL", "a key of several words"};
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, BUCKETS);
    put32(image, OBJECT + 12, 6);
    for (unsigned i = 0; i < 5; i++) {
        size_t entry = NODES + i * 32, key = KEYS + i * 64 + 3;
        memcpy(image->bytes + key, keys[i], strlen(keys[i]) + 1);
        put64(image, entry + 8, at(key));
        put32(image, entry + 24, hash_of(keys[i]));
        put64(image, MAIN + (hash_of(keys[i]) & (BUCKETS - 1)) * 8, at(entry));
    }
    put64(image, NODES, at(NODES + 5 * 32));
    add_block(image, MAIN, BUCKETS * 8);
}

TABLE_IMAGES(bash_hash, {"Bash hash table", build_table, BUCKETS, 6, 0})
