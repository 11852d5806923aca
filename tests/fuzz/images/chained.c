/* Chained tables of C libraries: Tcl, OpenSSL, libbpf, tommyds, APR. */
#include "../table_images.h"

#define BUCKETS      64
#define FUNCTION     512
#define THREAD_BLOCK 16 /* of Tcl's allocator, before the array */

/* Two entries in one chain and one in another. */
static void put_tcl_entries(struct image *image, size_t array)
{
    put64(image, OBJECT, at(array));
    put64(image, array + 5 * 8, at(NODES));
    put64(image, NODES, at(NODES + 64));
    put64(image, array + 60 * 8, at(NODES + 128));
    for (size_t entry = NODES; entry <= NODES + 128; entry += 64)
        put64(image, entry + 8, at(OBJECT));
}

/* Tcl 8 with threads: the array lies behind the allocator's own words. */
static void build_tcl_hash(struct image *image)
{
    put32(image, MAIN, 0xEF000AEFu);
    put64(image, MAIN + 8, BUCKETS * 8);
    put32(image, OBJECT + 40, BUCKETS);
    put32(image, OBJECT + 44, 3);
    put32(image, OBJECT + 48, BUCKETS * 3);
    put32(image, OBJECT + 52, 24);
    put32(image, OBJECT + 56, BUCKETS - 1);
    put_tcl_entries(image, MAIN + THREAD_BLOCK);
    add_block(image, MAIN, THREAD_BLOCK + BUCKETS * 8);
}

/* Tcl 9: the numbers have 64 bits. */
static void build_tcl9_hash(struct image *image)
{
    put64(image, OBJECT + 40, BUCKETS);
    put64(image, OBJECT + 48, 3);
    put64(image, OBJECT + 56, BUCKETS * 3);
    put64(image, OBJECT + 64, BUCKETS - 1);
    put_tcl_entries(image, MAIN);
    add_block(image, MAIN, BUCKETS * 8);
}

static void put_lhash_entry(struct image *image, size_t entry, uint64_t hash)
{
    put64(image, entry, at(FUNCTION));
    put64(image, entry + 16, hash);
}

/* 40 buckets of 64 in use: 8 are split, so that hash 35 is in bucket 3 + 32, and 43 in 11. */
static void put_lhash(struct image *image, size_t numbers)
{
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, at(FUNCTION));
    put64(image, OBJECT + 16, at(FUNCTION));
    put32(image, numbers, 40);
    put32(image, numbers + 4, BUCKETS);
    put32(image, numbers + 8, 8);
    put32(image, numbers + 12, 32);
    put64(image, numbers + 32, 2);
    put64(image, MAIN + 35 * 8, at(NODES));
    put_lhash_entry(image, NODES, 35);
    put64(image, MAIN + 11 * 8, at(NODES + 64));
    put_lhash_entry(image, NODES + 64, 43);
    add_block(image, MAIN, BUCKETS * 8);
}

static void build_openssl_lhash(struct image *image)
{
    put_lhash(image, OBJECT + 24);
}

/* OpenSSL 3.3: four more functions. */
static void build_newer_openssl_lhash(struct image *image)
{
    put_lhash(image, OBJECT + 56);
}

static void build_libbpf_hashmap(struct image *image)
{
    put64(image, OBJECT, at(FUNCTION));
    put64(image, OBJECT + 8, at(FUNCTION));
    put64(image, OBJECT + 24, at(MAIN));
    put64(image, OBJECT + 32, BUCKETS);
    put64(image, OBJECT + 40, 6);
    put64(image, OBJECT + 48, 2);
    put64(image, MAIN + 7 * 8, at(NODES));
    put64(image, NODES + 16, at(NODES + 64));
    add_block(image, MAIN, BUCKETS * 8);
}

/* Nodes with their hashes in the first buckets. */
static void put_tommy_nodes(struct image *image, unsigned nodes)
{
    for (size_t i = 0; i < nodes; i++) {
        const size_t node = NODES + i * 32;
        put64(image, MAIN + i * 8, at(node));
        put64(image, node + 8, at(node));
        put32(image, node + 24, (uint32_t)(i + 3 * BUCKETS));
    }
    add_block(image, MAIN, BUCKETS * 8);
}

/* tommyds 3: numbers of 64 bits. */
static void build_tommy_hashdyn(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, BUCKETS);
    put64(image, OBJECT + 16, BUCKETS - 1);
    put64(image, OBJECT + 24, 10);
    put32(image, OBJECT + 32, 6);
    put_tommy_nodes(image, 10);
}

/* tommyds 2: numbers of 32 bits. */
static void build_tommy_hashtable(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, BUCKETS);
    put32(image, OBJECT + 12, BUCKETS - 1);
    put32(image, OBJECT + 16, 2);
    put_tommy_nodes(image, 2);
}

/* A node of two pages, the array first in it. */
static void build_apr_hash(struct image *image)
{
    const size_t node = NODES, node_bytes = 8192, array = NODES + 40, capacity = 512;
    const size_t entry = array + capacity * 8;
    put32(image, node + 16, (uint32_t)(node_bytes / 4096 - 1));
    put64(image, node + 24, at(entry + 80));
    put64(image, node + 32, at(node + node_bytes));
    put64(image, OBJECT, at(FUNCTION));
    put64(image, OBJECT + 8, at(array));
    put32(image, OBJECT + 48, 2);
    put32(image, OBJECT + 52, (uint32_t)capacity - 1);
    put64(image, array + 300 * 8, at(entry));
    put64(image, entry, at(entry + 40));
    put32(image, entry + 8, 300 + 512);
    put32(image, entry + 48, 300);
    add_block(image, node, node_bytes);
}

TABLE_IMAGES(chained, {"Tcl_HashTable", build_tcl_hash, BUCKETS, 3, 0},
             {"Tcl_HashTable", build_tcl9_hash, BUCKETS, 3, 0},
             {"OpenSSL LHASH", build_openssl_lhash, BUCKETS, 2, 0},
             {"OpenSSL LHASH", build_newer_openssl_lhash, BUCKETS, 2, 0},
             {"libbpf hashmap", build_libbpf_hashmap, BUCKETS, 2, 0},
             {"tommy_hashdyn", build_tommy_hashdyn, BUCKETS, 10, 0},
             {"tommy_hashtable", build_tommy_hashtable, BUCKETS, 2, 0},
             {"apr_hash_t", build_apr_hash, 512, 2, 0})
