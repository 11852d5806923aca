/* Tables of a C program: uthash's macros, khash's generated functions, a private table behind a
 * chain of small functions that end in calls. VALUE is the type of the values. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <htslib/khash.h>
#include <uthash.h>

#ifndef VALUE
#define VALUE long
#endif

enum { many = 20000 };

struct user {
    int id;
    VALUE value;
    UT_hash_handle hh;
};

static struct user *users;

static void add_user(int id)
{
    struct user *user = calloc(1, sizeof(*user));
    user->id = id;
    HASH_ADD_INT(users, id, user);
}

__attribute__((noinline)) static void load_users(void)
{
    for (int i = 0; i < many; i++)
        add_user(i);
}

KHASH_MAP_INIT_INT(sizes, VALUE)
static khash_t(sizes) * sizes;

__attribute__((noinline)) int put_size(int key)
{
    int result;
    return (int)kh_put(sizes, sizes, key, &result);
}

static void load_sizes(void)
{
    sizes = kh_init(sizes);
    for (int i = 1; i < many; i++)
        put_size(i);
}

/* Linear probing; 0 is an empty slot. */
struct slot {
    uint64_t key;
    VALUE value;
};

struct table {
    struct slot *slots;
    size_t capacity, used;
};

/* Ends in a call: a jump at -O2. */
__attribute__((noinline)) static struct slot *new_slots(size_t capacity)
{
    return calloc(capacity, sizeof(struct slot));
}

static void table_put(struct table *table, uint64_t key);

__attribute__((noinline)) static void table_grow(struct table *table)
{
    struct table old = *table;
    table->capacity = old.capacity ? 2 * old.capacity : 64;
    table->slots = new_slots(table->capacity);
    table->used = 0;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key != 0)
            table_put(table, old.slots[i].key);
    free(old.slots);
}

static void table_put(struct table *table, uint64_t key)
{
    if (4 * (table->used + 1) > 3 * table->capacity)
        table_grow(table);
    size_t at = key * 0x9e3779b97f4a7c15ULL % table->capacity;
    while (table->slots[at].key != 0 && table->slots[at].key != key)
        at = (at + 1) % table->capacity;
    table->used += table->slots[at].key == 0;
    table->slots[at].key = key;
}

static struct table files, pages;

/* Two callers that differ, of one function. */
__attribute__((noinline)) void open_file(uint64_t number)
{
    table_put(&files, number);
}

__attribute__((noinline)) void touch_page(uint64_t number)
{
    table_put(&pages, number * 64);
}

int main(int argc, char **argv)
{
    (void)argv;
    load_users();
    load_sizes();
    for (uint64_t i = 1; i < many; i++)
        open_file(i + (uint64_t)argc);
    for (uint64_t i = 1; i < many; i++)
        touch_page(i);
    printf("%u %u %zu %zu\n", HASH_COUNT(users), kh_size(sizes), files.used, pages.used);
    fflush(stdout);
    _exit(0);
}
