/* Which part of a thread's stack is certainly there (stack_extent.h), and the sizes of frames on it
 * (frame_sizes.h). */
#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "frame_sizes.h"
#include "stack_extent.h"

#define FIBER_BYTES (64u * 1024)
#define DEEP_BYTES  (300u * 1024)

static int setup(void **state)
{
    (void)state;
    stack_extent_start();
    frame_sizes_start();
    return 0;
}

static uintptr_t end_here(void)
{
    return stack_extent_end((uintptr_t)__builtin_frame_address(0));
}

/* A large frame below which to ask. */
static __attribute__((noinline)) uintptr_t end_deep_below(void)
{
    volatile char room[DEEP_BYTES];
    room[0] = 1;
    return end_here() + (uintptr_t)(room[0] - 1);
}

static void knows_the_first_threads_stack(void **state)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    (void)state;
    assert_true(end_here() > frame);
    assert_int_equal(end_deep_below(), end_here());
    assert_int_equal(stack_extent_end(end_here()), 0);
}

static void sees_room_on_the_first_threads_stack(void **state)
{
    (void)state;
    assert_true(stack_has_room((uintptr_t)__builtin_frame_address(0)));
    assert_false(stack_has_room(end_here()));
}

static void *ask_for_room(void *unused)
{
    pthread_attr_t attributes;
    void *stack;
    size_t bytes;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
    assert_int_equal(pthread_attr_getstack(&attributes, &stack, &bytes), 0);
    pthread_attr_destroy(&attributes);
    uintptr_t low = (uintptr_t)stack;
    assert_true(stack_has_room(low + STACK_ROOM_BYTES));
    assert_false(stack_has_room(low + STACK_ROOM_BYTES - 1));
    assert_false(stack_has_room(low + 64));
    assert_true(stack_has_room((uintptr_t)__builtin_frame_address(0)));
    return unused;
}

static void sees_room_on_a_threads_stack(void **state)
{
    pthread_t thread;
    pthread_attr_t attributes;
    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)8 * STACK_ROOM_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, ask_for_room, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void *ask_in_thread(void *unused)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), end = end_here();
    pthread_attr_t attributes;
    void *stack;
    size_t bytes;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
    assert_int_equal(pthread_attr_getstack(&attributes, &stack, &bytes), 0);
    pthread_attr_destroy(&attributes);
    assert_true(end > frame);
    assert_true(end <= (uintptr_t)stack + bytes);
    assert_int_equal(end_deep_below(), end);
    return unused;
}

static void knows_another_threads_stack(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static ucontext_t outside, fiber;
static uintptr_t end_in_fiber;

static void run_fiber(void)
{
    end_in_fiber = end_here();
}

static void leaves_fibers(void **state)
{
    char *stack =
        mmap(NULL, FIBER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_ptr_not_equal(stack, MAP_FAILED);
    end_in_fiber = 1;
    assert_int_equal(getcontext(&fiber), 0);
    fiber.uc_stack.ss_sp = stack;
    fiber.uc_stack.ss_size = FIBER_BYTES;
    fiber.uc_link = &outside;
    makecontext(&fiber, run_fiber, 0);
    assert_int_equal(swapcontext(&outside, &fiber), 0);
    assert_int_equal(end_in_fiber, 0);
    munmap(stack, FIBER_BYTES);
}

#define FRAMES 4u

static void *const addresses[FRAMES] = {(void *)0x401000, (void *)0x402000, (void *)0x403000,
                                        (void *)0x404000};

/* Frames of 48, 16 and 96 bytes, the first of which begins above the saved frame pointer. */
static const uint32_t offsets[FRAMES] = {8, 56, 72, 168};

static void lay_out(uint64_t *stack, size_t words)
{
    memset(stack, 0, words * sizeof(*stack));
    for (unsigned i = 0; i < FRAMES; i++)
        stack[offsets[i] / 8] = (uint64_t)(uintptr_t)addresses[i];
}

static void finds_the_places_by_sizes(void **state)
{
    uint64_t stack[32];
    uint32_t found[FRAMES] = {8};
    const uintptr_t frame = (uintptr_t)stack, end = frame + sizeof(stack);
    (void)state;
    lay_out(stack, 32);
    assert_int_equal(frame_sizes_known_from(addresses, FRAMES), FRAMES - 1);
    assert_false(frame_sizes_find(frame, end, addresses, 0, FRAMES, found));
    frame_sizes_learn(addresses, offsets, FRAMES);
    assert_int_equal(frame_sizes_known_from(addresses, FRAMES), 0);
    assert_true(frame_sizes_find(frame, end, addresses, 0, FRAMES, found));
    assert_memory_equal(found, offsets, sizeof(offsets));
    /* Nothing is read behind the end, and another address in a place is found out. */
    assert_false(frame_sizes_find(frame, frame + 168, addresses, 0, FRAMES, found));
    stack[9] ^= 1;
    assert_false(frame_sizes_find(frame, end, addresses, 0, FRAMES, found));
}

static void tells_stacks_apart_by_their_inner_frames(void **state)
{
    uint64_t stack[32];
    const uintptr_t frame = (uintptr_t)stack, end = frame + sizeof(stack);
    (void)state;
    lay_out(stack, 32);
    frame_sizes_learn(addresses, offsets, FRAMES);
    uint64_t hash = frame_sizes_hash(frame, end, 3);
    assert_int_equal(frame_sizes_hash(frame, end, 3), hash);
    stack[4] ^= 1; /* no return address: it may be anything */
    assert_int_equal(frame_sizes_hash(frame, end, 3), hash);
    stack[7] = (uint64_t)(uintptr_t)addresses[2];
    assert_int_not_equal(frame_sizes_hash(frame, end, 3), hash);
    assert_int_equal(frame_sizes_hash(frame, 0, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(knows_the_first_threads_stack, setup),
        cmocka_unit_test_setup(sees_room_on_the_first_threads_stack, setup),
        cmocka_unit_test_setup(sees_room_on_a_threads_stack, setup),
        cmocka_unit_test_setup(knows_another_threads_stack, setup),
        cmocka_unit_test_setup(leaves_fibers, setup),
        cmocka_unit_test_setup(finds_the_places_by_sizes, setup),
        cmocka_unit_test_setup(tells_stacks_apart_by_their_inner_frames, setup),
    };
    return RUN(tests);
}
