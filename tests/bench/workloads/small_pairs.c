/*
 * malloc and free of small sizes, in a ring of live blocks: `small_pairs ROUNDS`. With a second
 * argument two threads work, each freeing the blocks that the other one allocated.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING 1024u

static uint64_t rounds;

static uint32_t next_number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static size_t next_bytes(uint32_t *state)
{
    return 16 + next_number(state) % 500;
}

static void *allocate(uint32_t *state)
{
    char *block = malloc(next_bytes(state));
    if (!block)
        exit(1);
    *block = 1;
    return block;
}

static void one_thread(void)
{
    static void *ring[RING];
    uint32_t state = 2463534242u; /* xorshift32 (Marsaglia, 2003) */
    for (uint64_t i = 0; i < rounds; i++) {
        free(ring[i % RING]);
        ring[i % RING] = allocate(&state);
    }
    for (unsigned i = 0; i < RING; i++)
        free(ring[i]);
}

/* A queue with one writer and one reader. */
struct channel {
    void *blocks[RING];
    _Alignas(64) _Atomic uint64_t written;
    _Alignas(64) _Atomic uint64_t read;
};

static struct channel channels[2];

static int put(struct channel *channel, void *block)
{
    uint64_t at = atomic_load_explicit(&channel->written, memory_order_relaxed);
    if (at - atomic_load_explicit(&channel->read, memory_order_acquire) == RING)
        return 0;
    channel->blocks[at % RING] = block;
    atomic_store_explicit(&channel->written, at + 1, memory_order_release);
    return 1;
}

static void *take(struct channel *channel)
{
    uint64_t at = atomic_load_explicit(&channel->read, memory_order_relaxed);
    if (at == atomic_load_explicit(&channel->written, memory_order_acquire))
        return NULL;
    void *block = channel->blocks[at % RING];
    atomic_store_explicit(&channel->read, at + 1, memory_order_release);
    return block;
}

static void *work(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    uint32_t state = 2463534242u + self;
    uint64_t put_in = 0, taken = 0;
    void *own = NULL; /* waits for room */
    while (put_in < rounds || taken < rounds) {
        void *others = taken < rounds ? take(&channels[1 - self]) : NULL;
        if (others) {
            free(others);
            taken++;
        }
        if (!own && put_in < rounds)
            own = allocate(&state);
        if (own && put(&channels[self], own)) {
            own = NULL;
            put_in++;
        } else if (!others) {
            sched_yield();
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    if (argc <= 2) {
        one_thread();
        return 0;
    }
    pthread_t other;
    if (pthread_create(&other, NULL, work, (void *)1) != 0)
        return 1;
    work(NULL);
    return pthread_join(other, NULL);
}
