/* Sequences of elements of 1 to 64 bytes: vectors, rings, stacks, heaps, maps of deques. */
#include <string.h>

#include "decoy.h"
#include "sizes.h"

/* --- a vector that doubles with realloc --- */

static void build_full_vector(struct sizes sizes)
{
    size_t capacity = 16, count = 0;
    char *vector = must(malloc(capacity * sizes.element));
    while ((count + 1) * sizes.element <= sizes.total) {
        if (count == capacity) {
            capacity *= 2;
            vector = must(realloc(vector, capacity * sizes.element));
        }
        write_element(vector + count * sizes.element, sizes.element, count);
        count++;
    }
    look_at_size("full vector", sizes, vector);
    memset(vector + count / 50 * sizes.element, 0, (count - count / 50) * sizes.element);
    look_at_size("full vector, resized to a fiftieth", sizes, vector);
    free(vector);
}

static void full_vector(void)
{
    for_sizes(build_full_vector);
}

/* --- a vector indexed by id with most places empty, grown by half with malloc and memcpy --- */

static void build_sparse_vector(struct sizes sizes)
{
    size_t capacity = 64, last = 0;
    char *vector = must(calloc(capacity, sizes.element));
    while (last * sizes.element < sizes.total) {
        size_t id = last + decoy_random() % 7;
        while (id >= capacity) {
            size_t larger = capacity + capacity / 2;
            char *next = must(calloc(larger, sizes.element));
            memcpy(next, vector, capacity * sizes.element);
            free(vector);
            vector = next;
            capacity = larger;
        }
        write_element(vector + id * sizes.element, sizes.element, id);
        last = id + 1;
    }
    look_at_size("sparse vector", sizes, vector);
    for (size_t id = 0; id < capacity; id++) {
        if (decoy_random() % 50 != 0)
            memset(vector + id * sizes.element, 0, sizes.element);
    }
    look_at_size("sparse vector, 98 % erased", sizes, vector);
    free(vector);
}

static void sparse_vector(void)
{
    for_sizes(build_sparse_vector);
}

/* --- a ring of messages that is unrolled when it doubles --- */

static void build_ring(struct sizes sizes)
{
    size_t capacity = 64, head = 0, count = 0, number = 0, bytes = sizes.element;
    char *ring = must(calloc(capacity, bytes));
    while (capacity * bytes < sizes.total || count < capacity * 3 / 4) {
        if (count == capacity) {
            char *next = must(calloc(capacity * 2, bytes));
            memcpy(next, ring + head * bytes, (capacity - head) * bytes);
            memcpy(next + (capacity - head) * bytes, ring, head * bytes);
            free(ring);
            ring = next;
            capacity *= 2;
            head = 0;
        }
        write_element(ring + (head + count++) % capacity * bytes, bytes, number++);
        if (decoy_random() % 4 == 0) {
            memset(ring + head * bytes, 0, bytes);
            head = (head + 1) % capacity;
            count--;
        }
    }
    look_at_size("ring", sizes, ring);
    for (; count > capacity / 50; count--) {
        memset(ring + head * bytes, 0, bytes);
        head = (head + 1) % capacity;
    }
    look_at_size("ring, drained", sizes, ring);
    free(ring);
}

static void ring(void)
{
    for_sizes(build_ring);
}

/* --- a ring that keeps its wrapped part in place and its front at the new end --- */

static void build_ring_from_the_end(struct sizes sizes)
{
    size_t capacity = 64, head = 40, count = 0, number = 0, bytes = sizes.element;
    char *ring = must(calloc(capacity, bytes));
    while (capacity * bytes < sizes.total || count < capacity) {
        if (count == capacity) {
            ring = must(realloc(ring, capacity * 2 * bytes));
            memset(ring + capacity * bytes, 0, capacity * bytes);
            size_t front = capacity - head;
            memmove(ring + (capacity * 2 - front) * bytes, ring + head * bytes, front * bytes);
            memset(ring + head * bytes, 0, front * bytes);
            head = capacity * 2 - front;
            capacity *= 2;
        }
        write_element(ring + (head + count++) % capacity * bytes, bytes, number++);
        if (decoy_random() % 3 == 0) {
            memset(ring + head * bytes, 0, bytes);
            head = (head + 1) % capacity;
            count--;
        }
    }
    look_at_size("ring split at its end", sizes, ring);
    for (; count > capacity / 100; count--) {
        memset(ring + head * bytes, 0, bytes);
        head = (head + 1) % capacity;
    }
    look_at_size("ring split at its end, drained", sizes, ring);
    free(ring);
}

static void ring_from_the_end(void)
{
    for_sizes(build_ring_from_the_end);
}

/* --- the map of a deque: pointers to blocks, kept in the middle, recentred when an end is hit ---
 */

static void deque_map(void)
{
    for (size_t final = 64 << 10; final <= (size_t)4 << 20; final *= 4) {
        size_t places = 32, first = 16, last = 16;
        void **map = must(calloc(places, sizeof *map));
        while (places * sizeof *map < final || last - first < places / 3) {
            if (first == 0 || last == places) {
                size_t used = last - first, larger = used * 3 < places ? places : places * 2;
                void **next = must(calloc(larger, sizeof *next));
                memcpy(next + (larger - used) / 2, map + first, used * sizeof *map);
                free(map);
                map = next;
                first = (larger - used) / 2;
                last = first + used;
                places = larger;
            }
            if (decoy_random() % 3 == 0)
                map[--first] = decoy_object();
            else
                map[last++] = decoy_object();
        }
        decoy_look("map of a deque", map);
        while (last - first > places / 100)
            map[first++] = NULL;
        decoy_look("map of a deque, popped", map);
        free(map);
    }
}

/* --- a binary heap of structs --- */

static void sift_up(char *heap, size_t at, size_t bytes)
{
    char saved[64];
    while (at > 0 && memcmp(heap + at * bytes, heap + (at - 1) / 2 * bytes, bytes) < 0) {
        size_t parent = (at - 1) / 2;
        memcpy(saved, heap + at * bytes, bytes);
        memcpy(heap + at * bytes, heap + parent * bytes, bytes);
        memcpy(heap + parent * bytes, saved, bytes);
        at = parent;
    }
}

static void build_heap(struct sizes sizes)
{
    size_t capacity = 32, count = 0, bytes = sizes.element;
    char *heap = must(calloc(capacity, bytes));
    while (capacity * bytes < sizes.total || count < capacity / 2 + capacity / 5) {
        if (count == capacity) {
            char *next = must(calloc(capacity * 2, bytes));
            memcpy(next, heap, capacity * bytes);
            free(heap);
            heap = next;
            capacity *= 2;
        }
        write_element(heap + count * bytes, bytes, decoy_random() % 1000000);
        sift_up(heap, count++, bytes);
    }
    look_at_size("heap", sizes, heap);
    for (; count > capacity / 50; count--) { /* cancelled, from the end */
        memset(heap + (count - 1) * bytes, 0, bytes);
    }
    look_at_size("heap, cancelled", sizes, heap);
    free(heap);
}

static void heap(void)
{
    for_sizes(build_heap);
}

/* --- where each id stands in a heap: a permutation that is written anew at each growth --- */

static void heap_positions(void)
{
    size_t count = 1024;
    uint32_t *position = must(calloc(count, sizeof *position));
    while (count < (size_t)2 << 20) {
        size_t larger = count * 2;
        uint32_t *next = must(calloc(larger, sizeof *next));
        for (size_t id = 0; id < larger * 3 / 4; id++) /* the heap was rebuilt meanwhile */
            next[id] = (uint32_t)(id * 2654435761u % larger) + 1;
        free(position);
        position = next;
        count = larger;
    }
    decoy_look("positions in a heap", position);
    for (size_t id = 0; id < count; id++)
        position[id] = id % 64 == 5 ? position[id] : 0;
    decoy_look("positions in a heap, most removed", position);
    free(position);
}

/* --- a stack of undo records that is halved from the bottom when it is too deep --- */

static void build_undo_stack(struct sizes sizes)
{
    size_t capacity = 64, count = 0, number = 0, bytes = sizes.element;
    char *stack = must(malloc(capacity * bytes));
    for (int round = 0; round < 3 || capacity * bytes < sizes.total;) {
        if (count == capacity && capacity * bytes < sizes.total) {
            capacity *= 2;
            stack = must(realloc(stack, capacity * bytes));
        } else if (count == capacity) {
            memmove(stack, stack + count / 2 * bytes, (count - count / 2) * bytes);
            count -= count / 2;
            round++;
        }
        write_element(stack + count++ * bytes, bytes, number++);
        if (decoy_random() % 5 == 0)
            memset(stack + --count * bytes, 0, bytes);
    }
    look_at_size("undo stack", sizes, stack);
    memset(stack, 0, capacity * bytes);
    look_at_size("undo stack, everything undone", sizes, stack);
    free(stack);
}

static void undo_stack(void)
{
    for_sizes(build_undo_stack);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"sized-full-vector", full_vector},
        {"sized-sparse-vector", sparse_vector},
        {"sized-ring", ring},
        {"sized-ring-split-at-its-end", ring_from_the_end},
        {"deque-map", deque_map},
        {"sized-heap", heap},
        {"heap-positions", heap_positions},
        {"sized-undo-stack", undo_stack},
        {NULL, NULL},
    };
    return sizes_main(argc, argv, cases);
}
