/*
 * The records of live arrays: see registry.h. Call stacks live in registry_sites.c, tables in
 * tables.c.
 *
 * Touches only memory of its own. Each function takes the locks it needs and holds none on return.
 */
#include "registry.h"

#include "hot.h"
#include "script_places.h"
#include "tables.h"

#include <string.h>

/* Bounds of our own memory. An array record is 64 bytes, so two million arrays cost 134 MB, reached
 * only by a program that has as many live blocks over the threshold; all tables cost 107 MB. */
#define MAX_ARRAYS        (1u << 21)
#define MAX_SITES         (1u << 16)
#define MAX_FRAMES        (1u << 21)
#define MAX_TABLES        (1u << 18)
#define MAX_GROWTHS       (1u << 19)
#define MAX_READINGS      (1u << 18)
#define MAX_FINGERPRINTS  (1u << 12)
#define MAX_SCRIPT_PLACES (1u << 15)
#define MAX_UNLOADED      (1u << 10)

__attribute__((visibility("default"))) struct registry hashtrack_registry;

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4); blocks are 16-byte aligned, so the low bits say nothing.
 */
static uint64_t hash_address(uint64_t address)
{
    return (address >> 4) * 0x9E3779B97F4A7C15ull;
}

/* A thread's blocks mostly lie in a heap of its own, which with glibc begins at a multiple of 64
 * MiB (malloc/arena.c, HEAP_MAX_SIZE): each such region has eight shards, so that threads seldom
 * want the same ones, and a small program's eight lie side by side. */
#define REGION_SHIFT  26u
#define REGION_SHARDS 8u

static struct shard *shard_of(struct registry *registry, uint64_t address, uint64_t hash)
{
    uint64_t region = (address >> REGION_SHIFT) * 0x9E3779B97F4A7C15ull >> 32;
    return &registry->shards[(region * REGION_SHARDS + (hash >> 61)) % REGISTRY_SHARDS];
}

static uint32_t slot_hash(uint64_t hash)
{
    return (uint32_t)(hash >> 20);
}

#define ARRAYS_CHUNK_SHIFT 12u

/* pool_at, whose divisor is known here. */
static inline struct array_record *array_at(const struct registry *registry, uint32_t index)
{
    struct array_record *chunk = atomic_load_explicit(
        &registry->arrays.chunks[index >> ARRAYS_CHUNK_SHIFT], memory_order_acquire);
    return chunk + (index & ((1u << ARRAYS_CHUNK_SHIFT) - 1));
}

/* A lock whose holder is gone fails whenever somebody wants it; failures that lie further apart
 * were a machine that stood still. */
#define LOCK_FAILURES_FORGOTTEN_MS 10000

void registry_lock_failed(struct registry *registry)
{
    counter_add(&registry->counters, COUNTER_LOCKS_TIMED_OUT);
    uint64_t now = system_monotonic_ms();
    uint64_t last =
        atomic_exchange_explicit(&registry->last_lock_failure_ms, now, memory_order_relaxed);
    if (now - last > LOCK_FAILURES_FORGOTTEN_MS)
        atomic_store_explicit(&registry->lock_failures, 0, memory_order_relaxed);
    /* Forking a process of many gigabytes takes longer than anybody waits. */
    if (atomic_load_explicit(&registry->forks, memory_order_relaxed) == 0)
        atomic_fetch_add_explicit(&registry->lock_failures, 1, memory_order_relaxed);
}

#define POOL(record, shift, most)                                                                  \
    (struct pool)                                                                                  \
    {                                                                                              \
        .record_bytes = (record), .chunk_shift = (shift), .max_records = (most)                    \
    }

/* All shards begin with one mapping: 64 small ones would fall into every hole of the address space,
 * one that the program has just made in a block of its own and is about to unmap whole, too. */
static void map_first_slots(struct registry *registry)
{
    struct slot *slots =
        system_map((size_t)REGISTRY_SHARDS * REGISTRY_FIRST_SLOTS * sizeof(struct slot));
    for (uint32_t i = 0; slots && i < REGISTRY_SHARDS; i++)
        registry->shards[i].slots = (struct slots){
            .table = slots + (size_t)i * REGISTRY_FIRST_SLOTS, .capacity = REGISTRY_FIRST_SLOTS};
}

/* Every lock, in the order of the ranks. */
#define ALL_LOCKS (REGISTRY_SHARDS + 4)

static struct lock *lock_number(struct registry *registry, uint32_t number)
{
    if (number == 0)
        return &registry->snapshot_lock;
    if (number <= REGISTRY_SHARDS)
        return &registry->shards[number - 1].lock;
    struct lock *const others[] = {&registry->tables_lock, &registry->sites_lock,
                                   &registry->pool_lock};
    return others[number - REGISTRY_SHARDS - 1];
}

void registry_start(struct registry *registry)
{
    for (uint32_t number = 0; number < ALL_LOCKS; number++)
        lock_number(registry, number)->rank = 1 + number;
    map_first_slots(registry);
    registry->arrays = POOL(sizeof(struct array_record), ARRAYS_CHUNK_SHIFT, MAX_ARRAYS);
    registry->sites = POOL(sizeof(struct site_record), 10, MAX_SITES);
    registry->frames = POOL(sizeof(uint64_t), 13, MAX_FRAMES);
    registry->tables = POOL(sizeof(struct table_record), 9, MAX_TABLES);
    registry->growths = POOL(sizeof(struct growth_record), 10, MAX_GROWTHS);
    registry->readings = POOL(sizeof(struct reading_record), 10, MAX_READINGS);
    registry->fingerprints = POOL(FINGERPRINT_BYTES, 6, MAX_FINGERPRINTS);
    registry->scripts = POOL(sizeof(struct script_place), 6, MAX_SCRIPT_PLACES);
    registry->unloaded = POOL(sizeof(struct unloaded_module), 4, MAX_UNLOADED);

    registry->start_realtime_ns = system_clock_ns(CLOCK_REALTIME);
    registry->start_ms = system_monotonic_ms();
    registry->version = REGISTRY_VERSION;
    registry->struct_bytes = sizeof(*registry);
    registry->pid = (uint32_t)system_pid();
    memcpy(registry->magic, REGISTRY_MAGIC, sizeof(registry->magic));
}

static int (*clock_function)(clockid_t, struct timespec *);

void registry_use_clock(int (*function)(clockid_t, struct timespec *))
{
    clock_function = function;
}

HOT uint64_t registry_now(const struct registry *registry)
{
    struct timespec now;
    if (!clock_function || clock_function(CLOCK_MONOTONIC_COARSE, &now) != 0)
        return system_monotonic_ms() - registry->start_ms;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 - registry->start_ms;
}

static void count_born(struct registry *registry, uint64_t bytes)
{
    uint64_t now = atomic_fetch_add_explicit(&registry->tracked_bytes, bytes, memory_order_relaxed);
    uint64_t peak = atomic_load_explicit(&registry->peak_tracked_bytes, memory_order_relaxed);
    now += bytes;
    while (now > peak &&
           !atomic_compare_exchange_weak_explicit(&registry->peak_tracked_bytes, &peak, now,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

static void count_gone(struct registry *registry, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&registry->tracked_bytes, bytes, memory_order_relaxed);
}

uint64_t registry_blocks(const struct registry *registry)
{
    uint64_t blocks = 0;
    for (uint32_t i = 0; i < REGISTRY_SHARDS; i++)
        blocks += __atomic_load_n(&registry->shards[i].slots.used, __ATOMIC_RELAXED);
    return blocks;
}

/* Position of the array in its shard's slots, or else the empty one at which the search ended;
 * which of the two it is says its index. The shard is locked and has slots. */
static inline uint32_t position_of(const struct registry *registry, const struct shard *shard,
                                   uint32_t hash, uint64_t address)
{
    const struct slots *slots = &shard->slots;
    uint32_t at = slots_seek(slots, hash, hash);
    while (slots->table[at].index != 0 &&
           array_at(registry, slots->table[at].index)->address != address)
        at = slots_seek(slots, hash, at + 1);
    return at;
}

/* Index of the array, 0 when there is none; *position: of its slot. The shard is locked. */
static inline uint32_t index_of(const struct registry *registry, const struct shard *shard,
                                uint64_t hash, uint64_t address, uint32_t *position)
{
    if (shard->slots.capacity == 0) /* memory was refused */
        return 0;
    *position = position_of(registry, shard, slot_hash(hash), address);
    return shard->slots.table[*position].index;
}

/* More unused records for the shard, which is locked and has none: those that other shards do not
 * need, else a new one. */
static __attribute__((noinline)) bool find_records(struct registry *registry, struct shard *shard)
{
    if (!lock_take(&registry->pool_lock)) {
        registry_lock_failed(registry);
        return false;
    }
    uint32_t index = registry->free_batches;
    if (index != 0) {
        registry->free_batches = array_at(registry, index)->successor;
        shard->free_count = REGISTRY_BATCH;
    } else if ((index = pool_take(&registry->arrays)) != 0) {
        array_at(registry, index)->next_free = 0;
        shard->free_count = 1;
    }
    lock_release(&registry->pool_lock);
    shard->free_record = index;
    return index != 0;
}

/* An unused record. The shard is locked. */
static inline uint32_t take_record(struct registry *registry, struct shard *shard)
{
    if (shard->free_record == 0 && shard->free_batch != 0) {
        shard->free_record = shard->free_batch;
        shard->free_count = REGISTRY_BATCH;
        shard->free_batch = 0;
    }
    if (shard->free_record == 0 && !find_records(registry, shard))
        return 0;
    uint32_t index = shard->free_record;
    shard->free_record = array_at(registry, index)->next_free;
    shard->free_count--;
    return index;
}

/* Where the lock is not to be had all stays here. */
static __attribute__((noinline)) void share_batch(struct registry *registry, struct shard *shard)
{
    if (shard->free_batch != 0) {
        if (!lock_take(&registry->pool_lock)) {
            registry_lock_failed(registry);
            return;
        }
        array_at(registry, shard->free_batch)->successor = registry->free_batches;
        registry->free_batches = shard->free_batch;
        lock_release(&registry->pool_lock);
    }
    shard->free_batch = shard->free_record;
    shard->free_record = 0;
    shard->free_count = 0;
}

/* registry_update reads address and sequence before it has the lock. */
static inline void write_record(struct array_record *record, const struct array_record *array)
{
    _Static_assert(offsetof(struct array_record, bytes) == 8 &&
                       offsetof(struct array_record, sequence) == 16,
                   "what is copied is the rest");
    const size_t behind = offsetof(struct array_record, born_ms);
    record->bytes = array->bytes;
    memcpy((char *)record + behind, (const char *)array + behind, sizeof(*record) - behind);
    __atomic_store_n(&record->address, array->address, __ATOMIC_RELAXED);
    __atomic_store_n(&record->sequence, array->sequence, __ATOMIC_RELEASE);
}

static inline void recycle_record(struct registry *registry, struct shard *shard, uint32_t index)
{
    struct array_record *record = array_at(registry, index);
    __atomic_store_n(&record->sequence, 0, __ATOMIC_RELAXED);
    record->next_free = shard->free_record;
    shard->free_record = index;
    if (++shard->free_count == REGISTRY_BATCH)
        share_batch(registry, shard);
}

HOT void registry_fetch(const struct registry *registry, uint64_t address)
{
    uint64_t hash = hash_address(address);
    const struct shard *shard = shard_of((struct registry *)(uintptr_t)registry, address, hash);
    const struct slot *table = __atomic_load_n(&shard->slots.table, __ATOMIC_RELAXED);
    uint32_t capacity = __atomic_load_n(&shard->slots.capacity, __ATOMIC_RELAXED);
    uint32_t record = __atomic_load_n(&shard->free_record, __ATOMIC_RELAXED);
    /* Another thread may have taken these away: to fetch from nowhere is no fault. */
    __builtin_prefetch(&table[slot_hash(hash) & (capacity - 1)], 1);
    if (pool_has(&registry->arrays, record))
        __builtin_prefetch(array_at(registry, record), 1);
}

HOT uint32_t registry_insert(struct registry *registry, const struct array_record *array)
{
    uint64_t hash = hash_address(array->address);
    struct shard *shard = shard_of(registry, array->address, hash);
    if (!lock_take(&shard->lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t at = 0;
    struct array_record missed = {0};
    bool has_room = slots_make_room(&shard->slots);
    uint32_t index = index_of(registry, shard, hash, array->address, &at);
    if (index != 0) {
        missed = *array_at(registry, index);
        count_gone(registry, missed.bytes);
        counter_add(&registry->counters, COUNTER_FREES_MISSED);
    } else if (has_room) {
        index = take_record(registry, shard);
        if (index != 0)
            slots_fill(&shard->slots, at, slot_hash(hash), index);
    }
    if (index != 0) {
        write_record(array_at(registry, index), array);
        count_born(registry, array->bytes);
    } else {
        counter_add(&registry->counters, COUNTER_ARRAYS_DROPPED);
    }
    lock_release(&shard->lock);
    /* Its table would wait for ever for an array that is gone. */
    if (missed.table != 0)
        tables_abandon_array(registry, &missed);
    return index;
}

static HOT uint32_t remove_array(struct registry *registry, uint64_t address, bool only_plain,
                                 struct array_record *out)
{
    uint64_t hash = hash_address(address);
    struct shard *shard = shard_of(registry, address, hash);
    if (!lock_take(&shard->lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t at = 0;
    uint32_t index = index_of(registry, shard, hash, address, &at);
    if (index != 0) {
        *out = *array_at(registry, index);
        if (!only_plain || out->fingerprint == 0) {
            slots_remove(&shard->slots, at);
            recycle_record(registry, shard, index);
            count_gone(registry, out->bytes);
        }
    }
    lock_release(&shard->lock);
    return index;
}

bool registry_remove(struct registry *registry, uint64_t address, struct array_record *out)
{
    return remove_array(registry, address, false, out) != 0;
}

HOT uint32_t registry_remove_plain(struct registry *registry, uint64_t address,
                                   struct array_record *out)
{
    return remove_array(registry, address, true, out);
}

uint32_t registry_find(struct registry *registry, uint64_t address, struct array_record *out)
{
    uint64_t hash = hash_address(address);
    struct shard *shard = shard_of(registry, address, hash);
    if (!lock_take(&shard->lock)) {
        registry_lock_failed(registry);
        return 0;
    }
    uint32_t at = 0;
    uint32_t index = index_of(registry, shard, hash, address, &at);
    if (index != 0)
        *out = *array_at(registry, index);
    lock_release(&shard->lock);
    return index;
}

HOT bool registry_update(struct registry *registry, uint32_t index, uint32_t sequence,
                         void (*apply)(struct array_record *, void *), void *context)
{
    if (!pool_has(&registry->arrays, index))
        return false;
    struct array_record *record = array_at(registry, index);
    /* Many a hint is of an array that is gone: no other thread's lock is taken to find that out.
     * The address only chooses the shard. Both are looked at again under that shard's lock. */
    if ((uint32_t)__atomic_load_n(&record->sequence, __ATOMIC_RELAXED) != sequence)
        return false;
    uint64_t address = __atomic_load_n(&record->address, __ATOMIC_RELAXED);
    struct shard *shard = shard_of(registry, address, hash_address(address));
    if (!lock_take(&shard->lock)) {
        registry_lock_failed(registry);
        return false;
    }
    /* The record may be another shard's by now, but not while it is that array. */
    uint64_t now = __atomic_load_n(&record->sequence, __ATOMIC_ACQUIRE);
    address = __atomic_load_n(&record->address, __ATOMIC_RELAXED);
    bool same = now != 0 && (uint32_t)now == sequence &&
                shard_of(registry, address, hash_address(address)) == shard;
    if (same)
        apply(record, context);
    lock_release(&shard->lock);
    return same;
}

static HOT void copy_record(struct array_record *record, void *context)
{
    *(struct array_record *)context = *record;
}

HOT bool registry_get(struct registry *registry, uint32_t index, uint32_t sequence,
                      struct array_record *out)
{
    return registry_update(registry, index, sequence, copy_record, out);
}

bool registry_lock_all(struct registry *registry)
{
    atomic_fetch_add(&registry->forks, 1);
    for (uint32_t taken = 0; taken < ALL_LOCKS; taken++) {
        struct lock *lock = lock_number(registry, taken);
        if (lock_take(lock)) {
            atomic_store_explicit(&lock->taken, LOCK_TAKEN_BY_FORK, memory_order_relaxed);
            continue;
        }
        while (taken > 0)
            lock_release(lock_number(registry, --taken));
        atomic_fetch_sub(&registry->forks, 1);
        return false;
    }
    return true;
}

bool registry_holds(const struct registry *registry, uint64_t address)
{
    const struct pool *pools[REGISTRY_POOLS];
    if (address - (uint64_t)(uintptr_t)registry < sizeof(*registry))
        return true;
    registry_pools(registry, pools);
    for (unsigned i = 0; i < REGISTRY_POOLS; i++)
        for (unsigned chunk = 0; chunk < POOL_MAX_CHUNKS; chunk++) {
            void *memory = atomic_load_explicit(&pools[i]->chunks[chunk], memory_order_acquire);
            if (!memory)
                break; /* they are mapped one after the other */
            if (address - (uint64_t)(uintptr_t)memory < pool_chunk_bytes(pools[i]))
                return true;
        }
    return false;
}

void registry_unlock_all(struct registry *registry)
{
    for (uint32_t number = ALL_LOCKS; number > 0; number--)
        lock_release(lock_number(registry, number - 1));
    atomic_fetch_sub(&registry->forks, 1);
}

void registry_reset_locks(struct registry *registry)
{
    for (uint32_t number = 0; number < ALL_LOCKS; number++)
        lock_release(lock_number(registry, number));
    /* Those are only ever tried, and not taken before a fork. What another thread expected, or was
     * just writing down, does not come to pass here. */
    for (uint32_t i = 0; i < REGISTRY_EXPECTATIONS; i++) {
        registry->expectations[i].fingerprint = 0;
        lock_release(&registry->expectations[i].lock);
    }
    atomic_store(&registry->forks, 0);
}
