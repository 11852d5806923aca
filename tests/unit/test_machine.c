/* What machine_run.h makes of instructions: compared with what this very processor makes of them,
 * for sequences of random ones; and what it says where something is not known. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "machine_step.h"
#include "readable.h"

#define SEQUENCES     20000u
#define MOST_SEQUENCE 6u
#define MOST_CODE     (16u * MOST_SEQUENCE)
#define CODE          0x10000000u

static struct machine_code code;
static struct machine_run run;
static uint64_t seed = 4;

static void take_code(const unsigned char *bytes, uint32_t number)
{
    memset(&code, 0, sizeof(code));
    code.ranges[0] = (struct machine_range){.start = CODE, .bytes = number, .memory = bytes};
    code.range_count = 1;
    run = (struct machine_run){.code = &code};
    machine_forget(&run.state);
    machine_begin(&run);
}

static void set(unsigned number, uint64_t value)
{
    run.state.registers[number] = value;
    run.state.known[number] = 8;
}

static bool is_known_as(unsigned number, uint64_t value)
{
    return run.state.known[number] == 8 && run.state.registers[number] == value;
}

#define GO(...)                                                                                    \
    do {                                                                                           \
        static const unsigned char bytes[] = {__VA_ARGS__};                                        \
        uint64_t registers[MACHINE_REGISTERS];                                                     \
        uint8_t known[MACHINE_REGISTERS];                                                          \
        memcpy(registers, run.state.registers, sizeof(registers));                                 \
        memcpy(known, run.state.known, sizeof(known));                                             \
        take_code(bytes, sizeof(bytes));                                                           \
        memcpy(run.state.registers, registers, sizeof(registers));                                 \
        memcpy(run.state.known, known, sizeof(known));                                             \
        machine_go(&run, CODE, 1000);                                                              \
    } while (0)

static void begin(void)
{
    machine_forget(&run.state);
}

static void what_is_not_known_stays_unknown(void **state)
{
    (void)state;
    begin();
    set(MACHINE_RAX, 5);
    GO(0x01, 0xc8, 0xc3); /* add eax, ecx */
    assert_int_equal(run.state.known[MACHINE_RAX], 0);

    /* A carry that nobody knows stays so through an instruction that leaves it alone. */
    begin();
    set(MACHINE_RAX, 5);
    set(MACHINE_RDX, 1);
    GO(0xff, 0xc0, 0x83, 0xd2, 0x00, 0xc3); /* inc eax; adc edx, 0 */
    assert_true(is_known_as(MACHINE_RAX, 6));
    assert_int_equal(run.state.known[MACHINE_RDX], 0);

    /* And so does where the stack is. */
    begin();
    run.state.known[MACHINE_RBP] = 0;
    set(MACHINE_RAX, 5);
    GO(0xc9, 0xb8, 0x07, 0x00, 0x00, 0x00, 0xc3); /* leave; mov eax, 7 */
    assert_true(is_known_as(MACHINE_RAX, 5));
}

/* The topmost word of the stack that is kept. */
static void takes_the_last_word_of_the_stack(void **state)
{
    (void)state;
    begin();
    set(MACHINE_RSP, MACHINE_STACK + MACHINE_STACK_BYTES);
    set(MACHINE_RAX, 77);
    GO(0x50, 0x59, 0xc3); /* push rax; pop rcx */
    assert_true(is_known_as(MACHINE_RCX, 77));
}

/* What was made of the key through the upper half of what is divided is made of the key. */
static void division_depends_on_both_halves(void **state)
{
    (void)state;
    begin();
    set(MACHINE_RAX, 9);
    set(MACHINE_RDX, 1);
    set(MACHINE_RCX, 1000);
    static const unsigned char divide[] = {0xf7, 0xf1, 0xc3}; /* div ecx */
    take_code(divide, sizeof(divide));
    set(MACHINE_RAX, 9);
    set(MACHINE_RDX, 1);
    set(MACHINE_RCX, 1000);
    run.state.keyed = 1u << MACHINE_RDX;
    machine_go(&run, CODE, 1000);
    assert_int_equal(run.results, 2);
    assert_int_equal(run.result[0].value, 4294967305u / 1000);
    assert_int_equal(run.result[1].value, 4294967305u % 1000);
}

/* There is no code at zero, whatever was looked for there before. */
static void there_is_no_code_at_zero(void **state)
{
    (void)state;
    static const unsigned char jump[] = {0x90, 0xe9, 0xfa, 0xff, 0xff, 0xef}; /* jmp 0 */
    take_code(jump, sizeof(jump));
    assert_int_equal(machine_go(&run, CODE + 1, 1000), 1);
}

static void a_run_ends(void **state)
{
    (void)state;
    static const unsigned char for_ever[] = {0xeb, 0xfe};
    take_code(for_ever, sizeof(for_ever));
    assert_int_equal(machine_go(&run, CODE, 1000), 1000);
    static const unsigned char again[] = {0xe8, 0xfb, 0xff, 0xff, 0xff, 0xc3};
    take_code(again, sizeof(again));
    assert_true(machine_go(&run, CODE, 1000) < 1000);
}

#if defined(__x86_64__) && !defined(__ILP32__)

/* --- what the processor does --- */

struct native {
    uint64_t registers[MACHINE_REGISTERS], flags;
};

/* Calls the code with these registers, but for that of the stack, and keeps what they are then. */
void run_native(struct native *native, const void *bytes);

__asm__(".text\n"
        ".type run_native, @function\n"
        "run_native:\n"
        "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "    push %rdi; push %rsi\n"
        "    push 128(%rdi); popfq\n"
        "    mov 0(%rdi), %rax; mov 8(%rdi), %rcx; mov 16(%rdi), %rdx; mov 24(%rdi), %rbx\n"
        "    mov 40(%rdi), %rbp; mov 48(%rdi), %rsi\n"
        "    mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
        "    mov 96(%rdi), %r12; mov 104(%rdi), %r13; mov 112(%rdi), %r14; mov 120(%rdi), %r15\n"
        "    mov 56(%rdi), %rdi\n"
        "    call *(%rsp)\n"
        "    xchg %rdi, 8(%rsp)\n"
        "    mov %rax, 0(%rdi); mov %rcx, 8(%rdi); mov %rdx, 16(%rdi); mov %rbx, 24(%rdi)\n"
        "    mov %rbp, 40(%rdi); mov %rsi, 48(%rdi)\n"
        "    mov %r8, 64(%rdi); mov %r9, 72(%rdi); mov %r10, 80(%rdi); mov %r11, 88(%rdi)\n"
        "    mov %r12, 96(%rdi); mov %r13, 104(%rdi); mov %r14, 112(%rdi); mov %r15, 120(%rdi)\n"
        "    pushfq; pop 128(%rdi)\n"
        "    mov 8(%rsp), %rax; mov %rax, 56(%rdi)\n"
        "    add $16, %rsp\n"
        "    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "    ret\n"
        ".size run_native, . - run_native\n");

/* Opcodes; those from 0x100 on begin with 0F, from 0x200 on with F2 0F 38. */
static const struct {
    uint16_t first, last;
} opcodes[] = {
    {0x00, 0x05},   {0x08, 0x0d},   {0x10, 0x15},   {0x18, 0x1d},   {0x20, 0x25},   {0x28, 0x2d},
    {0x30, 0x35},   {0x38, 0x3d},   {0x63, 0x63},   {0x69, 0x69},   {0x6b, 0x6b},   {0x80, 0x81},
    {0x83, 0x8b},   {0x8d, 0x8d},   {0x90, 0x99},   {0xa8, 0xa9},   {0xb0, 0xbf},   {0xc0, 0xc1},
    {0xc6, 0xc7},   {0xd0, 0xd3},   {0xf6, 0xf7},   {0xfe, 0xff},   {0x140, 0x14f}, {0x190, 0x19f},
    {0x1af, 0x1af}, {0x1b6, 0x1b7}, {0x1be, 0x1bf}, {0x1c8, 0x1cf}, {0x2f0, 0x2f1},
};

static void random_instruction(unsigned char *bytes)
{
    unsigned nth = random_word(&seed) % (sizeof(opcodes) / sizeof(opcodes[0])), at = 0;
    unsigned opcode =
        opcodes[nth].first + random_word(&seed) % (opcodes[nth].last - opcodes[nth].first + 1u);
    uint64_t more = random_word(&seed), prefixes = random_word(&seed);
    if (prefixes % 5 == 0 && opcode >> 3 != 0x1c8 >> 3) /* of a swap of two bytes nothing is told */
        bytes[at++] = 0x66;
    if (opcode >= 0x200)
        bytes[at++] = 0xf2;
    if (prefixes >> 8 & 1)
        bytes[at++] = (unsigned char)(0x40 | (prefixes >> 16 & 15));
    if (opcode >= 0x100)
        bytes[at++] = 0x0f;
    if (opcode >= 0x200)
        bytes[at++] = 0x38;
    bytes[at++] = (unsigned char)opcode;
    memcpy(bytes + at, &more, sizeof(more));
    if (opcode != 0x8d) /* both operands are registers */
        bytes[at] |= 0xc0;
    if (opcode == 0xc6 || opcode == 0xc7) /* others are no instructions */
        bytes[at] &= 0xc7;
}

static bool is_stack(uint8_t number)
{
    return number == MACHINE_RSP;
}

/* What may be carried out here: it works on registers alone, and leaves the stack's alone. */
static bool is_harmless(const struct machine_op *op)
{
    bool is_address = op->kind == MACHINE_ADDRESS;
    if (op->kind == MACHINE_STOP || op->kind == MACHINE_CALL || op->kind == MACHINE_PUSH ||
        op->kind == MACHINE_POP)
        return false;
    if ((op->to_place == MACHINE_MEMORY || op->from_place == MACHINE_MEMORY) && !is_address)
        return false;
    if (is_address && (is_stack(op->base) || op->base == MACHINE_HERE))
        return false;
    return !(op->to_place == MACHINE_REGISTER && is_stack(op->to)) &&
           !(op->from_place == MACHINE_REGISTER && is_stack(op->from));
}

/* Some in a row; false where one of them could not be carried out. */
static bool random_sequence(unsigned char bytes[MOST_CODE], uint32_t *number)
{
    unsigned wanted = 1 + random_word(&seed) % MOST_SEQUENCE;
    *number = 0;
    for (unsigned taken = 0; taken < wanted;) {
        unsigned char instruction[16] = {0};
        struct machine_op op;
        random_instruction(instruction);
        if (instruction[0] == 0xf2 || instruction[1] == 0xf2)
            if (!__builtin_cpu_supports("sse4.2"))
                continue;
        if (!machine_decode(instruction, sizeof(instruction), &op) || !is_harmless(&op))
            continue;
        memcpy(bytes + *number, instruction, op.bytes);
        *number += op.bytes;
        taken++;
        if (op.kind == MACHINE_DIVIDE || op.kind == MACHINE_DIVIDE_SIGNED)
            break; /* which may not be possible: see below */
    }
    bytes[*number] = 0xc3;
    ++*number;
    return true;
}

static void fill_registers(struct native *native)
{
    static const uint64_t words[] = {0,    1,           2,          0x7f,      0x80,
                                     0xff, 0x80000000u, UINT32_MAX, 1ull << 63};
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++) {
        uint64_t word = random_word(&seed);
        native->registers[i] = word % 3 == 0
                                   ? words[word / 3 % (sizeof(words) / sizeof(words[0]))]
                                   : random_word(&seed) >> (word % 3 == 1 ? 0 : word % 64);
    }
    native->flags = 0x202;
}

#define CARRY    0x001u
#define ZERO     0x040u
#define SIGN     0x080u
#define OVERFLOW 0x800u

static void check_condition(uint8_t condition, bool is_met)
{
    if (machine_knows(&run, condition))
        assert_int_equal(machine_is_met(&run, condition), is_met);
}

static void check_flags(uint64_t flags)
{
    bool sign = flags & SIGN, overflow = flags & OVERFLOW;
    check_condition(0, overflow);
    check_condition(2, flags & CARRY);
    check_condition(4, flags & ZERO);
    check_condition(6, flags & (CARRY | ZERO));
    check_condition(8, sign);
    check_condition(12, sign != overflow);
    check_condition(14, flags & ZERO || sign != overflow);
    check_condition(15, !(flags & ZERO || sign != overflow));
}

static void does_what_the_processor_does(void **state)
{
    (void)state;
    unsigned known = 0, compared = 0;
    unsigned char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        skip(); /* where no code may be made */
    for (unsigned i = 0; i < SEQUENCES; i++) {
        uint32_t bytes;
        struct native native;
        random_sequence(page, &bytes);
        take_code(page, bytes);
        fill_registers(&native);
        for (unsigned n = 0; n < MACHINE_REGISTERS; n++)
            if (n != MACHINE_RSP)
                set(n, native.registers[n]);
        /* That the quotient has no room, or is none, is what is not known of a division. */
        struct machine_op last = {0};
        for (uint32_t at = 0; at + 1 < bytes; at += last.bytes)
            assert_true(machine_decode(page + at, bytes - at, &last));
        machine_go(&run, CODE, 100);
        if ((last.kind == MACHINE_DIVIDE || last.kind == MACHINE_DIVIDE_SIGNED) &&
            run.state.known[MACHINE_RAX] < 8)
            continue;
        run_native(&native, page);
        for (unsigned n = 0; n < MACHINE_REGISTERS; n++) {
            unsigned width = run.state.known[n];
            uint64_t mask = width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
            compared++;
            known += width == 8;
            if (n != MACHINE_RSP && ((run.state.registers[n] ^ native.registers[n]) & mask) != 0) {
                for (uint32_t at = 0; at < bytes; at++)
                    print_error("%02x ", page[at]);
                fail_msg("register %u is %#lx, not %#lx", n, (unsigned long)run.state.registers[n],
                         (unsigned long)native.registers[n]);
            }
        }
        check_flags(native.flags);
    }
    assert_true(known > compared / 10 * 9); /* else nothing was compared */
    munmap(page, 4096);
}

#else

static void does_what_the_processor_does(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_the_processor_does),
        cmocka_unit_test(what_is_not_known_stays_unknown),
        cmocka_unit_test(takes_the_last_word_of_the_stack),
        cmocka_unit_test(division_depends_on_both_halves),
        cmocka_unit_test(there_is_no_code_at_zero),
        cmocka_unit_test(a_run_ends),
    };
    return RUN(tests);
}
