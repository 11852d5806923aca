/* A program's own hash functions carried out from its code: own_hashes.h on functions of this very
 * test, which say themselves what is right; and on bytes that are no code. */
#include "unit.h"

#include <stddef.h>
#include <string.h>

#include "own_hashes.h"
#include "readable.h"

#define KEYS 8u

static struct own_hashes own;
static struct memory_reader reader;
static struct layout_view view;

/* A volatile seed: the code reads it from memory. */
static volatile uint64_t seed = 0x51ed270b7a3c9d11u;
static const uint32_t letters[256] = {[0] = 3, [1] = 0x9d2c5680u, [2] = 77, [255] = 0xefc60000u};

__attribute__((noinline)) static uint64_t mixed(uint64_t key)
{
    key ^= key >> 29;
    key *= 0x3c79ac492ba7b653u;
    key += key << 7;
    return key ^ (key >> 31);
}

__attribute__((noinline)) static uint64_t seeded(uint64_t key)
{
    unsigned __int128 product = (unsigned __int128)(key ^ seed) * 0xa0761d6478bd642fu;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

__attribute__((noinline)) static uint64_t of_prime(uint64_t key)
{
    return (key * 0x9fb21c651e98df25u ^ key >> 5) % 100003;
}

__attribute__((noinline)) static uint64_t by_table(uint64_t key)
{
    uint64_t hash = 17;
    for (int i = 0; i < 8; i++, key >>= 8)
        hash = hash * 0x5bd1e995u ^ letters[key & 0xff] ^ (key & 0xff) << 13;
    return hash;
}

__attribute__((noinline)) static uint32_t of_text(const char *text)
{
    uint32_t hash = 40503;
    while (*text != '\0') {
        hash = hash * 61 + (unsigned char)*text++;
        hash ^= hash >> 9;
    }
    return hash;
}

/* --- records --- */

struct flow {
    uint64_t packets;
    uint32_t address;
    uint16_t port, vlan;
};

struct flow_table {
    struct flow **buckets;
    uint64_t mask, seed;
};

__attribute__((noinline)) static uint64_t of_fields(const struct flow_table *table,
                                                    const struct flow *flow)
{
    uint64_t hash = flow->address ^ table->seed;
    hash *= 0x9fb21c651e98df25u;
    hash = (hash << 23 | hash >> 41) + ((uint64_t)flow->port << 16 | flow->vlan);
    hash *= 0x3c79ac492ba7b653u;
    return (hash ^ hash >> 28) & table->mask;
}

static struct flow nth_flow(unsigned nth)
{
    return (struct flow){.packets = nth * 77,
                         .address = nth * 0x3456789u + 1,
                         .port = (uint16_t)(nth * 1031),
                         .vlan = (uint16_t)(nth % 3)};
}

static void read_code_of(const void *function)
{
    uint64_t start = (uint64_t)(uintptr_t)function;
    struct own_code_place place = {.address = start, .start = start, .end = start + 1024};
    memset(&own, 0, sizeof(own));
    reader = process_reader(0);
    view = (struct layout_view){.reader = &reader, .own_hashes = &own};
    own_hashes_start(&own);
    own_hashes_near(&own, &place, 1);
}

static bool has_result(uint64_t where, uint64_t value)
{
    for (uint32_t i = 0; i < own.run.results; i++)
        if (own.run.result[i].where == where)
            return own.run.result[i].value == value;
    return false;
}

static const char *const words[KEYS] = {"a",     "hash", "of a longer text", "table", "bucket",
                                        "entry", "slot", "and of one more"};

static bool hash_nth(uint32_t beginning, bool is_text, unsigned nth)
{
    if (is_text)
        return own_hash_text(&own, &view, beginning, (const unsigned char *)words[nth],
                             strlen(words[nth]), 0);
    return own_hash_number(&own, &view, beginning, nth * 0x123456789abcdu + 5);
}

/* Whether one instruction, from one beginning on, makes of each key what the function does. */
static bool is_found(uint64_t (*function)(uint64_t key))
{
    for (uint32_t beginning = 0; beginning < own.beginnings; beginning++) {
        uint64_t wanted[KEYS];
        bool is_text = function == NULL;
        for (unsigned i = 0; i < KEYS; i++)
            wanted[i] = is_text ? of_text(words[i]) : function(i * 0x123456789abcdu + 5);
        if (is_text ? !own.beginning[beginning].is_text : !own.beginning[beginning].is_number)
            continue;
        assert_true(hash_nth(beginning, is_text, 0));
        uint32_t count = own.run.results;
        uint64_t where[MACHINE_RESULTS];
        for (uint32_t i = 0; i < count; i++)
            where[i] = own.run.result[i].where;
        for (uint32_t i = 0; i < count; i++) {
            unsigned agreed = 0;
            while (agreed < KEYS && hash_nth(beginning, is_text, agreed) &&
                   has_result(where[i], wanted[agreed]))
                agreed++;
            if (agreed == KEYS)
                return true;
        }
    }
    return false;
}

static void skip_elsewhere(void)
{
#if !defined(__x86_64__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* of a sanitizer's code no run gets far */
#endif
}

static void numbers_are_hashed_as_the_code_does(void **state)
{
    uint64_t (*const functions[])(uint64_t key) = {mixed, seeded, of_prime, by_table};
    (void)state;
    skip_elsewhere();
    for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        read_code_of((const void *)(uintptr_t)functions[i]);
        assert_true(own_hashes_ready(&own, &view));
        assert_true(is_found(functions[i]));
    }
}

static void texts_are_hashed_as_the_code_does(void **state)
{
    (void)state;
    skip_elsewhere();
    read_code_of((const void *)(uintptr_t)of_text);
    assert_true(own_hashes_ready(&own, &view));
    assert_true(is_found(NULL));
}

#ifdef __x86_64__
/* What an optimizing compiler makes of a string on the stack, of which the pointer is loaded to
 * rbp, and then the length, which stands behind it. */
void string_on_stack(void);
__asm__(".text\n"
        "string_on_stack:\n"
        "    mov 8(%rsp), %rbp\n"
        "    mov 16(%rsp), %rbx\n"
        "    mov $5381, %eax\n"
        "    test %rbx, %rbx\n"
        "    je 2f\n"
        "1:  movzbl (%rbp), %ecx\n"
        "    imul $33, %rax, %rax\n"
        "    add %rcx, %rax\n"
        "    inc %rbp\n"
        "    dec %rbx\n"
        "    jne 1b\n"
        "2:  xor %rax, %rdx\n"
        "    ret\n"
        "    .skip 1024, 0xcc\n");

static uint64_t of_string(const char *text)
{
    uint64_t hash = 5381;
    for (; *text != 0; text++)
        hash = hash * 33 + (unsigned char)*text;
    return hash;
}

static bool is_string_found(int8_t length_at)
{
    for (uint32_t beginning = 0; beginning < own.beginnings; beginning++) {
        uint32_t agreed = 0;
        for (unsigned i = 0; own.beginning[beginning].is_text && i < KEYS; i++) {
            bool is_it = false;
            own_hash_text(&own, &view, beginning, (const unsigned char *)words[i], strlen(words[i]),
                          length_at);
            for (uint32_t n = 0; n < own.run.results; n++)
                is_it |= own.run.result[n].value == of_string(words[i]);
            agreed += is_it;
        }
        if (agreed == KEYS)
            return true;
    }
    return false;
}

static void strings_on_the_stack_are_hashed_by_their_length(void **state)
{
    (void)state;
    skip_elsewhere();
    read_code_of((const void *)(uintptr_t)string_on_stack);
    assert_true(own_hashes_ready(&own, &view));
    assert_true(is_string_found(8));
    assert_false(is_string_found(0));
}
#endif

static bool hash_flow(uint32_t record, unsigned nth, uint64_t object, unsigned char *read)
{
    struct flow flow = nth_flow(nth);
    return own_hash_record(&own, &view, record, (const unsigned char *)&flow, sizeof(flow), 0,
                           object, read);
}

/* Whether one instruction, from one record's beginning on, makes of each record what the function
 * does. */
static bool is_found_of(const struct flow_table *table, uint64_t object, unsigned char *read)
{
    for (uint32_t record = 0; record < own.records; record++) {
        uint64_t where[MACHINE_RESULTS];
        assert_true(hash_flow(record, 0, object, read));
        uint32_t count = own.run.results;
        for (uint32_t i = 0; i < count; i++)
            where[i] = own.run.result[i].where;
        for (uint32_t i = 0; i < count; i++) {
            unsigned agreed = 0;
            for (; agreed < KEYS; agreed++) {
                struct flow flow = nth_flow(agreed);
                if (!hash_flow(record, agreed, object, read) ||
                    !has_result(where[i], of_fields(table, &flow)))
                    break;
            }
            if (agreed == KEYS)
                return true;
        }
    }
    return false;
}

static void records_are_hashed_as_the_code_does(void **state)
{
    static struct flow_table table = {.mask = 0xffff, .seed = 0x1234567890abcdefu};
    unsigned char read[sizeof(struct flow)] = {0};
    (void)state;
    skip_elsewhere();
    read_code_of((const void *)(uintptr_t)of_fields);
    assert_true(own_hashes_ready(&own, &view));
    assert_true(own.records > 0);
    assert_true(is_found_of(&table, (uint64_t)(uintptr_t)&table, read));
    for (size_t i = 0; i < sizeof(read); i++)
        assert_int_equal(read[i] != 0, i >= offsetof(struct flow, address));
    /* Without the seed nothing is known. */
    assert_false(is_found_of(&table, 0, read));
}

static void nothing_is_carried_out_beyond_the_limit(void **state)
{
    (void)state;
    skip_elsewhere();
    read_code_of((const void *)(uintptr_t)mixed);
    assert_true(own_hashes_ready(&own, &view));
    while (own_hash_number(&own, &view, 0, 12345))
        ;
    assert_true(own.steps_left < 1000);
    own_hashes_near(&own, own.places, 0);
    assert_false(own_hashes_ready(&own, &view));
}

static void what_is_no_code_does_no_harm(void **state)
{
    static unsigned char bytes[4096];
    static const unsigned char text[] = "some text";
    struct readable readable;
    uint64_t random = 7;
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (unsigned char)random_word(&random);
        readable_begin(&readable);
        readable_add(&readable, bytes, sizeof(bytes));
        uint64_t start = (uint64_t)(uintptr_t)bytes;
        struct own_code_place place = {start + 100, start, start + sizeof(bytes)};
        view = (struct layout_view){.reader = &readable.reader, .own_hashes = &own};
        own_hashes_start(&own);
        own_hashes_near(&own, &place, 1);
        own_hashes_ready(&own, &view);
        for (uint32_t i = 0; i < own.beginnings && i < 100; i++) {
            own_hash_number(&own, &view, i, random_word(&random));
            own_hash_text(&own, &view, i, text, sizeof(text) - 1, 0);
            assert_true(own.run.results <= MACHINE_RESULTS);
        }
        for (uint32_t i = 0; i < own.records && i < 100; i++) {
            unsigned char read[sizeof(text)];
            own_hash_record(&own, &view, i, text, sizeof(text), (int32_t)(i % 64) - 32, start,
                            read);
            assert_true(own.run.results <= MACHINE_RESULTS);
        }
        readable_forget(&readable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_hashed_as_the_code_does),
        cmocka_unit_test(texts_are_hashed_as_the_code_does),
#ifdef __x86_64__
        cmocka_unit_test(strings_on_the_stack_are_hashed_by_their_length),
#endif
        cmocka_unit_test(records_are_hashed_as_the_code_does),
        cmocka_unit_test(nothing_is_carried_out_beyond_the_limit),
        cmocka_unit_test(what_is_no_code_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
