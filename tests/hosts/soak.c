/*
 * Mixed load in one process for a given time, for check_soak.py, which watches from outside.
 *
 *     soak SECONDS PLUGIN
 *
 * Rounds: threads come, work and go; between two rounds it is quiet: nothing is held but what the
 * line "quiet ROUND BYTES BLOCKS MAPPED" counts (MAPPED bytes of malloc's blocks have mappings of
 * their own), and the heap has been trimmed. Then it waits for a line.
 * Threads run on stacks of the program's own, there is one arena, and large blocks have mappings of
 * their own, so that at a quiet moment the anonymous memory beside the heap is as it was, and what
 * is more of it under the tracker is the tracker's.
 */
#include "host.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hashtrack.h"

#define LEAST_ROUNDS 24    /* on a slow machine */
#define TRACKED      1024u /* HASHTRACK_THRESHOLD, as it is if nobody sets it */
#define WORKERS      4
#define STACK_BYTES  ((size_t)256 * 1024)
#define ROUND_MS     150
#define MAILBOXES    64
#define KEPT         256
#define TABLES       12

static const char *plugin_path;
static atomic_bool is_over; /* of this round */
static _Atomic(void *) mailboxes[MAILBOXES];

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t below)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice->state >> 33) % below;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void table_and_gone(struct dice *dice)
{
    host_work(500 + roll(dice, 1u << roll(dice, 16)));
}

/* Chained, and emptied but for a few before it is freed: hollow when it goes. */
struct node {
    struct node *next;
    uint64_t key;
};

static void chained_table(struct dice *dice)
{
    size_t buckets = 128, live = 0, wanted = 200 + roll(dice, 30000);
    struct node **heads = calloc(buckets, sizeof *heads);
    HOST_CHECK(heads != NULL);
    for (uint64_t key = 1; key <= wanted; key++) {
        if (live >= buckets) {
            struct node **bigger = calloc(2 * buckets, sizeof *heads);
            HOST_CHECK(bigger != NULL);
            for (size_t i = 0; i < buckets; i++) {
                for (struct node *node = heads[i], *next; node != NULL; node = next) {
                    next = node->next;
                    size_t at = node->key * 0x9e3779b97f4a7c15 >> 20 & (2 * buckets - 1);
                    node->next = bigger[at];
                    bigger[at] = node;
                }
            }
            free(heads);
            heads = bigger;
            buckets *= 2;
        }
        struct node *node = malloc(sizeof *node);
        HOST_CHECK(node != NULL);
        size_t at = key * 0x9e3779b97f4a7c15 >> 20 & (buckets - 1);
        *node = (struct node){.next = heads[at], .key = key};
        heads[at] = node;
        live++;
    }
    for (size_t i = 0; i < buckets; i++) {
        for (struct node *node = heads[i], *next; node != NULL; node = next) {
            next = node->next;
            live--;
            free(node);
        }
    }
    HOST_CHECK(live == 0);
    free(heads);
}

/* A vector by realloc: bigger, smaller, below the threshold, refused, and moved. */
static void reallocated(struct dice *dice)
{
    size_t bytes = 600;
    unsigned char *block = malloc(bytes);
    HOST_CHECK(block != NULL);
    memset(block, 0x5a, bytes);
    for (int step = 0; step < 24; step++) {
        size_t wanted = 600 + roll(dice, 1u << (8 + roll(dice, 12)));
        unsigned char *moved = realloc(block, wanted);
        HOST_CHECK(moved != NULL && moved[0] == 0x5a && moved[599] == 0x5a);
        block = moved;
        HOST_CHECK(realloc(block, (size_t)PTRDIFF_MAX + roll(dice, 1000)) == NULL);
    }
    block = reallocarray(block, 64, 100);
    HOST_CHECK(block != NULL && block[599] == 0x5a);
    HOST_CHECK(realloc(block, 0) == NULL);
}

static void aligned_blocks(struct dice *dice)
{
    size_t bytes = 1024 + roll(dice, 20000);
    void *blocks[5] = {NULL};
    HOST_CHECK(posix_memalign(&blocks[0], 4096, bytes) == 0);
    blocks[1] = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    blocks[2] = memalign(256, bytes);
    blocks[3] = valloc(bytes);
    blocks[4] = pvalloc(bytes);
    for (int i = 0; i < 5; i++) {
        HOST_CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= bytes);
        free(blocks[i]);
    }
}

static void mappings(struct dice *dice)
{
    size_t page = 4096, bytes = (64 + roll(dice, 512)) * page;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(memory != MAP_FAILED);
    memset(memory, 1, bytes);
    if (roll(dice, 2)) {
        memory = mremap(memory, bytes, 2 * bytes, MREMAP_MAYMOVE);
        HOST_CHECK(memory != MAP_FAILED);
        bytes *= 2;
    }
    if (roll(dice, 4) == 0) /* in two pieces */
        HOST_CHECK(munmap(memory, 8 * page) == 0 &&
                   munmap(memory + 8 * page, bytes - 8 * page) == 0);
    else
        HOST_CHECK(munmap(memory, bytes) == 0);
}

static void plugin(struct dice *dice)
{
    void *handle = dlopen(plugin_path, RTLD_NOW);
    HOST_CHECK(handle != NULL);
    void *(*table)(size_t);
    *(void **)&table = dlsym(handle, "plugin_table");
    HOST_CHECK(table != NULL);
    free(table(300 + roll(dice, 20000)));
    HOST_CHECK(dlclose(handle) == 0);
}

static void child(struct dice *dice)
{
    size_t entries = 500 + roll(dice, 2000);
    pid_t pid = fork();
    HOST_CHECK(pid >= 0);
    if (pid == 0) {
        host_work(entries);
        _exit(7);
    }
    int status = 0;
    HOST_CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* Blocks that another thread frees, or the end of the round. */
static void exchange(struct dice *dice)
{
    for (int i = 0; i < 200; i++) {
        size_t bytes = 16 + roll(dice, roll(dice, 10) ? 1500 : 300000);
        void *block = roll(dice, 2) ? malloc(bytes) : calloc(1, bytes);
        HOST_CHECK(block != NULL);
        free(atomic_exchange(&mailboxes[roll(dice, MAILBOXES)], block));
    }
}

/* In stacks of many depths, as recursive programs have them. */
static __attribute__((noinline)) void deep(struct dice *dice, uint32_t depth)
{
    char frame[64];
    memset(frame, (int)depth, sizeof frame);
    if (depth > 0)
        deep(dice, depth - 1);
    else
        reallocated(dice);
    HOST_CHECK(frame[depth % sizeof frame] == (char)depth);
}

static void in_depth(struct dice *dice)
{
    deep(dice, roll(dice, 60));
}

static void *of_thread(void *argument);
static void short_thread(struct dice *dice);

static void (*const actions[])(struct dice *) = {
    table_and_gone, table_and_gone, chained_table, reallocated, aligned_blocks, mappings,
    plugin,         child,          exchange,      exchange,    in_depth,       short_thread,
};

#define ACTIONS (sizeof actions / sizeof actions[0])

static void *of_thread(void *argument)
{
    struct dice *dice = argument;
    do
        actions[roll(dice, ACTIONS)](dice);
    while (!atomic_load(&is_over));
    return NULL;
}

static void *of_short_thread(void *argument)
{
    table_and_gone(argument);
    return NULL;
}

struct thread {
    pthread_t id;
    void *stack;
    struct dice dice;
};

static void begin(struct thread *thread, void *(*function)(void *))
{
    pthread_attr_t attributes;
    thread->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    HOST_CHECK(thread->stack != MAP_FAILED && pthread_attr_init(&attributes) == 0 &&
               pthread_attr_setstack(&attributes, thread->stack, STACK_BYTES) == 0 &&
               pthread_create(&thread->id, &attributes, function, &thread->dice) == 0);
    pthread_attr_destroy(&attributes);
}

static void end(struct thread *thread)
{
    HOST_CHECK(pthread_join(thread->id, NULL) == 0 && munmap(thread->stack, STACK_BYTES) == 0);
}

static void short_thread(struct dice *dice)
{
    struct thread thread = {.dice = {.state = dice->state + 1}};
    begin(&thread, of_short_thread);
    end(&thread);
}

/* What stays over many rounds, so that there is always something to count. */
static struct {
    void *block;
    size_t bytes;
} kept[KEPT];

static struct host_table tables[TABLES];

static void change_kept(struct dice *dice)
{
    for (int i = 0; i < 16; i++) {
        uint32_t at = roll(dice, KEPT);
        free(kept[at].block);
        kept[at].bytes = 700 + roll(dice, 40000);
        kept[at].block = malloc(kept[at].bytes);
        HOST_CHECK(kept[at].block != NULL);
    }
    struct host_table *table = &tables[roll(dice, TABLES)];
    if (roll(dice, 4) == 0)
        host_table_free(table);
    else
        host_table_fill(table, table->live + roll(dice, 20000));
    /* Swept: the slots are empty, the array stays. Its keys begin at 1 again. */
    if (table->slots != NULL && roll(dice, 3) == 0) {
        memset(table->slots, 0, table->capacity * sizeof *table->slots);
        table->live = 0;
    }
}

static void count(size_t bytes, size_t *total, unsigned *blocks)
{
    if (bytes >= TRACKED) {
        *total += bytes;
        ++*blocks;
    }
}

static void say_quiet(unsigned round)
{
    size_t bytes = 0;
    unsigned blocks = 0;
    char answer[8];
    for (int i = 0; i < KEPT; i++)
        count(kept[i].bytes, &bytes, &blocks);
    for (int i = 0; i < TABLES; i++)
        count(tables[i].capacity * sizeof *tables[i].slots, &bytes, &blocks);
    malloc_trim(0);
    HASHTRACK_SNAPSHOT("quiet");
    host_say("quiet %u %zu %u %zu", round, bytes, blocks, mallinfo2().hblkhd);
    HOST_CHECK(read(STDIN_FILENO, answer, sizeof answer) > 0);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    uint64_t deadline = now_ms() + 1000 * strtoull(argv[1], NULL, 10);
    struct dice dice = {.state = 1};
    plugin_path = argv[2];
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    unsigned round = 0;
    do {
        struct thread threads[WORKERS];
        atomic_store(&is_over, false);
        for (unsigned i = 0; i < WORKERS; i++) {
            threads[i] = (struct thread){.dice = {.state = ((uint64_t)round << 8) + i}};
            begin(&threads[i], of_thread);
        }
        struct timespec pause = {.tv_nsec = ROUND_MS * 1000000L};
        nanosleep(&pause, NULL);
        if (round % 16 == 5)
            HASHTRACK_SNAPSHOT("busy");
        atomic_store(&is_over, true);
        for (unsigned i = 0; i < WORKERS; i++)
            end(&threads[i]);
        for (int i = 0; i < MAILBOXES; i++)
            free(atomic_exchange(&mailboxes[i], NULL));
        change_kept(&dice);
        say_quiet(round++);
    } while (round < LEAST_ROUNDS || now_ms() < deadline);
    host_say("rounds %u", round);
    return 0;
}
