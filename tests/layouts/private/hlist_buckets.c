/* Heads of one pointer, links with the address of the pointer before them, entries from slabs. */
#include "scenario.h"

enum { Buckets = 1 << 18, SlabEntries = 512 };

typedef struct Link {
    struct Link *next;
    struct Link **pprev;
} Link;

typedef struct Inode {
    uint64_t ino;
    uint32_t hashval;
    uint32_t flags;
    Link chain; /* free: next of the free list */
    uint64_t size;
} Inode;

typedef struct Slab {
    struct Slab *before;
    Inode inodes[SlabEntries];
} Slab;

typedef struct Cache {
    Link **heads;
    uint32_t used;
    Slab *slabs;
    Inode *unused;
} Cache;

static uint32_t HashInode(uint64_t ino)
{
    uint32_t a = (uint32_t)ino * 0xcc9e2d51u, b = (uint32_t)(ino >> 32) ^ 0x1b873593u;
    for (int i = 0; i < 4; i++) {
        a ^= b << 7 | b >> 25;
        b += a * 0x27d4eb2fu;
        a ^= b >> 13;
    }
    return a ^ b;
}

static Inode *OfLink(Link *link)
{
    return (Inode *)(void *)((char *)link - offsetof(Inode, chain));
}

static Inode *Lookup(Cache *cache, uint64_t ino)
{
    for (Link *link = cache->heads[HashInode(ino) % Buckets]; link; link = link->next)
        if (OfLink(link)->ino == ino)
            return OfLink(link);
    return NULL;
}

static Inode *NewInode(Cache *cache)
{
    if (!cache->unused) {
        Slab *slab = must(calloc(1, sizeof(Slab)));
        slab->before = cache->slabs;
        cache->slabs = slab;
        for (int i = SlabEntries - 1; i >= 0; i--) {
            slab->inodes[i].chain.next = (Link *)(void *)cache->unused;
            cache->unused = &slab->inodes[i];
        }
    }
    Inode *inode = cache->unused;
    cache->unused = (Inode *)(void *)inode->chain.next;
    return inode;
}

static void *Create(void)
{
    Cache *cache = must(calloc(1, sizeof(Cache)));
    cache->heads = must(calloc(Buckets, sizeof(Link *)));
    return cache;
}

static void Insert(void *table, uint64_t key, uint64_t value)
{
    Cache *cache = table;
    Inode *inode = Lookup(cache, key);
    if (!inode) {
        inode = NewInode(cache);
        inode->ino = key;
        inode->hashval = HashInode(key);
        Link **head = &cache->heads[inode->hashval % Buckets];
        inode->chain.next = *head;
        if (*head)
            (*head)->pprev = &inode->chain.next;
        *head = &inode->chain;
        inode->chain.pprev = head;
        cache->used++;
    }
    inode->size = value;
}

static bool Find(void *table, uint64_t key, uint64_t *value)
{
    Inode *inode = Lookup(table, key);
    if (inode)
        *value = inode->size;
    return inode != NULL;
}

static bool Erase(void *table, uint64_t key)
{
    Cache *cache = table;
    Inode *inode = Lookup(cache, key);
    if (!inode)
        return false;
    *inode->chain.pprev = inode->chain.next;
    if (inode->chain.next)
        inode->chain.next->pprev = inode->chain.pprev;
    inode->chain.next = (Link *)(void *)cache->unused;
    cache->unused = inode;
    cache->used--;
    return true;
}

static void Destroy(void *table)
{
    Cache *cache = table;
    for (Slab *slab = cache->slabs, *before; slab; slab = before) {
        before = slab->before;
        free(slab);
    }
    free(cache->heads);
    free(cache);
}

static struct shape Shape(const void *table)
{
    const Cache *cache = table;
    return (struct shape){.address = cache->heads, .capacity = Buckets, .live = cache->used};
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 200000,
                                              .never_grows = true,
                                              .create = Create,
                                              .insert = Insert,
                                              .find = Find,
                                              .erase = Erase,
                                              .destroy = Destroy,
                                              .shape = Shape};
    return run_scenario(argc, argv, &kind);
}
