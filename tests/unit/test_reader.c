/* Reading our own process, by the kernel and directly: reader.h. */
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "reader.h"

#define PAGE  4096u
#define PAGES 8u

static struct cached_reader cached;

static uint64_t address_of(const void *place)
{
    return (uint64_t)(uintptr_t)place;
}

static unsigned char *map_pages(void)
{
    unsigned char *memory =
        mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    for (size_t i = 0; i < PAGES * PAGE; i++)
        memory[i] = (unsigned char)(i * 31 + i / 251);
    return memory;
}

static bool read_at(const unsigned char *place, void *into, size_t bytes)
{
    return cached.reader.read(&cached.reader, address_of(place), into, bytes);
}

/* Whatever the length and wherever it begins, both ways read the same. */
static void reads_what_is_there(void **state)
{
    static const size_t lengths[] = {1, 8, 100, CACHED_LINE_BYTES, PAGE + 3, 3 * PAGE};
    unsigned char *memory = map_pages();
    unsigned char copy[3 * PAGE];
    (void)state;
    for (int direct = 0; direct < 2; direct++)
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
            for (size_t start = 0; start + lengths[i] <= PAGES * PAGE; start += 997) {
                cached_reader_start(&cached, 0);
                if (direct)
                    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
                assert_true(read_at(memory + start, copy, lengths[i]));
                assert_memory_equal(copy, memory + start, lengths[i]);
            }
    munmap(memory, PAGES * PAGE);
}

/* What is relied on is read anew each time, as it is then. */
static void sees_what_changed(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char byte;
    (void)state;
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory + 5, &byte, 1));
    memory[5] ^= 0xff;
    assert_true(read_at(memory + 5, &byte, 1));
    assert_int_equal(byte, memory[5]);
    munmap(memory, PAGES * PAGE);
}

/* What was copied is read again only when the reader begins anew. */
static void keeps_what_was_copied(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char byte, before = memory[5];
    (void)state;
    cached_reader_start(&cached, 0);
    assert_true(read_at(memory + 5, &byte, 1));
    memory[5] ^= 0xff;
    cached_reader_go_on(&cached);
    assert_true(read_at(memory + 5, &byte, 1));
    assert_int_equal(byte, before);
    /* But nothing is relied on any more. */
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory + 5, &byte, 1));
    assert_int_equal(byte, memory[5]);
    cached_reader_go_on(&cached);
    assert_int_equal(munmap(memory, PAGES * PAGE), 0);
    assert_false(read_at(memory + 3 * PAGE, &byte, 1));
    cached_reader_start(&cached, 0);
    assert_false(read_at(memory + 5, &byte, 1));
}

/* However much is not there, what was copied stays: numbers that look like addresses are many. */
static void keeps_it_beside_what_is_absent(void **state)
{
    unsigned char *memory = map_pages(), *absent = map_pages();
    unsigned char byte, before = memory[5];
    (void)state;
    assert_int_equal(munmap(absent, PAGES * PAGE), 0);
    cached_reader_start(&cached, 0);
    assert_true(read_at(memory + 5, &byte, 1));
    for (size_t at = 0; at < PAGES * PAGE; at += CACHED_LINE_BYTES)
        for (int twice = 0; twice < 2; twice++)
            assert_false(read_at(absent + at, &byte, 1));
    memory[5] ^= 0xff;
    cached_reader_go_on(&cached);
    assert_true(read_at(memory + 5, &byte, 1));
    assert_int_equal(byte, before);
    munmap(memory, PAGES * PAGE);
}

/* A page without rights in memory that is relied on, and one that is not there at all. */
static void refuses_what_is_closed(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char copy[3 * PAGE];
    (void)state;
    assert_int_equal(mprotect(memory + 3 * PAGE, PAGE, PROT_NONE), 0);
    assert_int_equal(munmap(memory + 7 * PAGE, PAGE), 0);
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory, copy, 3 * PAGE));
    assert_false(read_at(memory + 3 * PAGE, copy, 1));
    assert_false(read_at(memory + 4 * PAGE - 1, copy, 2));
    assert_false(read_at(memory + 2 * PAGE, copy, 3 * PAGE));
    assert_true(read_at(memory + 4 * PAGE, copy, 3 * PAGE));
    assert_false(read_at(memory + 7 * PAGE, copy, 8));
    /* And when the rights are back, the next look reads it. */
    assert_int_equal(mprotect(memory + 3 * PAGE, PAGE, PROT_READ), 0);
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory + 2 * PAGE, copy, 3 * PAGE));
    assert_memory_equal(copy, memory + 2 * PAGE, 3 * PAGE);
    munmap(memory, PAGES * PAGE);
}

/* Pieces of which some are relied on, some not, and one cannot be read. */
static void reads_pieces(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char copy[40][16];
    uint64_t at[40];
    (void)state;
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), 2 * PAGE);
    for (unsigned i = 0; i < 40; i++)
        at[i] = address_of(memory) + i * 700u;
    assert_true(read_pieces(&cached.reader, at, 40, copy, sizeof(copy[0])));
    for (unsigned i = 0; i < 40; i++)
        assert_memory_equal(copy[i], memory + i * 700u, sizeof(copy[0]));
    assert_int_equal(mprotect(memory + PAGE, PAGE, PROT_NONE), 0);
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), 2 * PAGE);
    assert_false(read_pieces(&cached.reader, at, 40, copy, sizeof(copy[0])));
    munmap(memory, PAGES * PAGE);
}

/* More places than it keeps in mind: the earlier ones are read by the kernel again. */
static void relies_on_the_last_ones(void **state)
{
    unsigned char *memory = map_pages();
    (void)state;
    cached_reader_start(&cached, 0);
    for (unsigned i = 0; i < PAGES; i++)
        cached_reader_rely_on(&cached, address_of(memory) + i * PAGE, PAGE);
    for (unsigned i = 0; i < PAGES; i++) {
        unsigned char byte;
        assert_true(read_at(memory + i * PAGE + 9, &byte, 1));
        assert_int_equal(byte, memory[i * PAGE + 9]);
    }
    munmap(memory, PAGES * PAGE);
}

/* Asking the kernel whether a page can be read must change nothing. */
static volatile sig_atomic_t arrived;

static void arrives(int number)
{
    (void)number;
    arrived++;
}

/* What a handler could take away is read where it lies: it has to wait. */
static void holds_signals(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char byte;
    (void)state;
    cached_reader_stop(&cached); /* the tests before this one */
    assert_true(signal(SIGUSR1, arrives) != SIG_ERR);
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory, &byte, 1));
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(arrived, 0);
    assert_true(signals_are_waiting(&cached.signals));
    cached_reader_stop(&cached);
    assert_int_equal(arrived, 1);
    assert_true(signal(SIGUSR1, SIG_DFL) != SIG_ERR);
    munmap(memory, PAGES * PAGE);
}

static void leaves_the_signal_mask(void **state)
{
    unsigned char *memory = map_pages();
    unsigned char byte;
    sigset_t before, after;
    (void)state;
    memset(memory, 0xff, PAGES * PAGE);
    cached_reader_stop(&cached); /* the tests before this one */
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
    cached_reader_start(&cached, 0);
    cached_reader_rely_on(&cached, address_of(memory), PAGES * PAGE);
    assert_true(read_at(memory, &byte, 1));
    cached_reader_stop(&cached);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    for (int signal = 1; signal < NSIG; signal++)
        assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
    munmap(memory, PAGES * PAGE);
}

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

static uint64_t whole_end;

static uint64_t until_end(const struct steady_memory *steady, uint64_t address)
{
    (void)steady;
    return address < whole_end && whole_end - address <= (uint64_t)PAGES * PAGE ? whole_end : 0;
}

/* Of known memory many pages are read at once; one that is not there yet as zero, and one that is a
 * guard, which no map shows, is refused. */
static void reads_known_memory(void **state)
{
    (void)state;
    const struct steady_memory known = {.until = until_end, .mapped_until = until_end};
    unsigned char *memory = map_pages();
    unsigned char read[PAGES * PAGE];
    whole_end = address_of(memory) + (uint64_t)PAGES * PAGE;
    cached_reader_start(&cached, 0);
    cached.known = &known;
    assert_ptr_equal(cached.reader.borrow(&cached.reader, address_of(memory), PAGES * PAGE),
                     memory);
    assert_true(read_at(memory + 5, read, PAGES * PAGE - 5));
    assert_memory_equal(read, memory + 5, PAGES * PAGE - 5);
    assert_int_equal(madvise(memory + (size_t)3 * PAGE, PAGE, MADV_DONTNEED), 0);
    cached_reader_start(&cached, 0);
    cached.known = &known;
    assert_true(read_at(memory, read, PAGES * PAGE));
    assert_memory_equal(read, memory, PAGES * PAGE);
    bool are_guards = madvise(memory + (size_t)5 * PAGE, PAGE, MADV_GUARD_INSTALL) == 0;
    cached_reader_start(&cached, 0);
    cached.known = &known;
    assert_int_equal(read_at(memory, read, PAGES * PAGE), !are_guards);
    assert_true(read_at(memory, read, (size_t)5 * PAGE));
    munmap(memory, PAGES * PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_there),    cmocka_unit_test(sees_what_changed),
        cmocka_unit_test(keeps_what_was_copied),  cmocka_unit_test(refuses_what_is_closed),
        cmocka_unit_test(reads_pieces),           cmocka_unit_test(relies_on_the_last_ones),
        cmocka_unit_test(leaves_the_signal_mask), cmocka_unit_test(reads_known_memory),
        cmocka_unit_test(holds_signals),          cmocka_unit_test(keeps_it_beside_what_is_absent),
    };
    return RUN(tests);
}
