/* Call stacks that were unwound before: known_stacks.h. The stack is a piece of memory here. */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>

#include "known_stacks.h"

#define FRAMES 5u

static uint64_t stack[64];
static const uint32_t offsets[FRAMES] = {8, 40, 88, 96, 400};
static void *addresses[FRAMES];

static struct stack_place place_of(uint32_t thread)
{
    return (struct stack_place){.frame = (uintptr_t)stack, .thread = thread, .caller = 77};
}

static void lay_out(uint64_t first)
{
    memset(stack, 0, sizeof(stack));
    for (unsigned i = 0; i < FRAMES; i++) {
        addresses[i] = (void *)(uintptr_t)(first + i * 0x111);
        stack[offsets[i] / 8] = first + i * 0x111;
    }
}

/* Until it has been seen for the second time; then the places are kept. */
static void learn(const struct stack_place *place)
{
    for (unsigned sighting = 0; sighting < 100; sighting++)
        if (known_stacks_saw(place, addresses, FRAMES) >= 2) {
            known_stacks_keep(place, addresses, offsets, FRAMES);
            return;
        }
    fail_msg("never worth it");
}

static int setup(void **state)
{
    (void)state;
    known_stacks_start();
    return 0;
}

static void finds_what_is_the_same(void **state)
{
    struct stack_place place = place_of(1);
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    (void)state;
    lay_out(0x400000);
    assert_int_equal(known_stacks_find(&place, found, &site), 0);
    assert_int_equal(known_stacks_saw(&place, addresses, FRAMES), 1);
    assert_int_equal(known_stacks_find(&place, found, &site), 0);
    learn(&place);
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    assert_memory_equal(found, addresses, sizeof(addresses));
    assert_int_equal(site.index, 0);
}

/* Any address that differs makes it another stack, and so does another thread or depth. */
static void takes_no_other_for_it(void **state)
{
    struct stack_place place = place_of(1);
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    (void)state;
    lay_out(0x400000);
    learn(&place);
    for (unsigned i = 0; i < FRAMES; i++) {
        stack[offsets[i] / 8] ^= 1;
        assert_int_equal(known_stacks_find(&place, found, &site), 0);
        stack[offsets[i] / 8] ^= 1;
    }
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    struct stack_place other = place_of(2);
    assert_int_equal(known_stacks_find(&other, found, &site), 0);
    other = place_of(1);
    other.caller++;
    assert_int_equal(known_stacks_find(&other, found, &site), 0);
    other = place_of(1);
    other.frame += 16;
    assert_int_equal(known_stacks_find(&other, found, &site), 0);
}

static void remembers_the_site(void **state)
{
    struct stack_place place = place_of(1);
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    (void)state;
    lay_out(0x400000);
    learn(&place);
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    site.index = 9;
    site.top = 0x400111;
    known_stacks_tell(&place, &site);
    memset(&site, 0, sizeof(site));
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    assert_int_equal(site.index, 9);
    assert_int_equal(site.top, 0x400111);
    /* Another stack at the same place has another one. */
    lay_out(0x500000);
    learn(&place);
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    assert_int_equal(site.index, 0);
}

/* However many come: what is found is what was asked for, and a new one is learnt in the end. */
static void makes_room(void **state)
{
    struct stack_place place = place_of(1);
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    (void)state;
    for (uint64_t nth = 0; nth < 50; nth++) {
        lay_out(0x600000 + nth * 0x10000);
        learn(&place);
        if (known_stacks_find(&place, found, &site) != 0)
            assert_memory_equal(found, addresses, sizeof(addresses));
    }
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
}

/* A thousand others may move it to another place, where it is learnt once more. */
static void is_learnt_again_among_many(void **state)
{
    struct stack_place place = place_of(1);
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    (void)state;
    for (uint32_t thread = 1000; thread < 2000; thread++) {
        struct stack_place other = place_of(thread);
        lay_out(0x800000 + thread);
        known_stacks_saw(&other, addresses, FRAMES);
    }
    lay_out(0x400000);
    learn(&place);
    assert_int_equal(known_stacks_find(&place, found, &site), FRAMES);
    assert_memory_equal(found, addresses, sizeof(addresses));
}

/* A stack that ends before the places of another one that lay there: that memory is not touched. */
static void does_not_run_over_the_end(void **state)
{
    struct stack_site site;
    void *found[KNOWN_STACK_FRAMES];
    const size_t page = 4096;
    (void)state;
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    struct stack_place place = {.frame = (uintptr_t)memory + page - 16, .thread = 5};
    const uint32_t over_the_end[2] = {8, 64};
    for (unsigned i = 0; i < 2; i++) {
        addresses[i] = (void *)(uintptr_t)(0x700000 + i);
        memcpy((char *)place.frame + over_the_end[i], &addresses[i], sizeof(addresses[i]));
    }
    while (known_stacks_saw(&place, addresses, 2) == 0)
        ;
    known_stacks_keep(&place, addresses, over_the_end, 2);
    assert_int_equal(known_stacks_find(&place, found, &site), 2);
    assert_int_equal(munmap(memory + page, page), 0);
    assert_int_equal(known_stacks_find(&place, found, &site), 0);
    munmap(memory, page);
}

/* Frames of any size: `large` of KNOWN_STACK_FRAMES have `bytes`, the others 48. */
static bool knows_large_frames(unsigned large, uint32_t bytes, uint32_t thread, uintptr_t end)
{
    static uint64_t memory[65536];
    struct stack_place place = {.frame = (uintptr_t)memory, .thread = thread, .end = end};
    struct stack_site site;
    void *all[KNOWN_STACK_FRAMES], *found[KNOWN_STACK_FRAMES];
    uint32_t places[KNOWN_STACK_FRAMES], at = 8;
    for (unsigned i = 0; i < KNOWN_STACK_FRAMES; i++) {
        places[i] = at;
        all[i] = (void *)(uintptr_t)(0x900000 + i * 0x55);
        memory[at / 8] = (uint64_t)(uintptr_t)all[i];
        at += i < large ? bytes : 48;
    }
    while (known_stacks_saw(&place, all, KNOWN_STACK_FRAMES) < 2)
        ;
    known_stacks_keep(&place, all, places, KNOWN_STACK_FRAMES);
    if (known_stacks_find(&place, found, &site) == 0)
        return false;
    assert_memory_equal(found, all, sizeof(all));
    for (unsigned i = 0; i < KNOWN_STACK_FRAMES; i++) {
        memory[places[i] / 8] ^= 1;
        assert_int_equal(known_stacks_find(&place, found, &site), 0);
        memory[places[i] / 8] ^= 1;
    }
    return true;
}

static void knows_frames_of_any_size(void **state)
{
    (void)state;
    assert_true(knows_large_frames(0, 0, 11, UINTPTR_MAX));
    assert_true(knows_large_frames(3, 255 * 8, 12, UINTPTR_MAX));
    assert_true(knows_large_frames(3, 256 * 8, 13, UINTPTR_MAX));
    assert_true(knows_large_frames(12, 16384, 14, UINTPTR_MAX));
    /* More of them than there is room for. */
    assert_false(knows_large_frames(30, 8192, 15, UINTPTR_MAX));
    /* Where it is not known how far the stack goes, each page is asked about, and not for ever. */
    assert_true(knows_large_frames(1, 16384, 16, 0));
    assert_true(knows_large_frames(4, 4096, 17, 0));
    assert_false(knows_large_frames(12, 4096, 18, 0));
}

/* More frames than there is room for are not worth it. */
static void leaves_deep_ones(void **state)
{
    struct stack_place place = place_of(3);
    void *deep[KNOWN_STACK_FRAMES + 1];
    (void)state;
    for (unsigned i = 0; i < KNOWN_STACK_FRAMES + 1; i++)
        deep[i] = &stack[i];
    for (unsigned sighting = 0; sighting < 100; sighting++)
        assert_int_equal(known_stacks_saw(&place, deep, KNOWN_STACK_FRAMES + 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_what_is_the_same, setup),
        cmocka_unit_test_setup(takes_no_other_for_it, setup),
        cmocka_unit_test_setup(remembers_the_site, setup),
        cmocka_unit_test_setup(makes_room, setup),
        cmocka_unit_test_setup(is_learnt_again_among_many, setup),
        cmocka_unit_test_setup(does_not_run_over_the_end, setup),
        cmocka_unit_test_setup(knows_frames_of_any_size, setup),
        cmocka_unit_test_setup(leaves_deep_ones, setup),
    };
    return RUN(tests);
}
