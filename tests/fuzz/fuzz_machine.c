/*
 * A program's code that is anything, carried out from states that are anything: machine_run.h and
 * own_hashes.h. Compiled with -fsanitize=fuzzer this is a libFuzzer target; otherwise main() runs a
 * fixed set. Nothing may be read outside of the code, the text and the image of memory, every run
 * must end after the steps that it was given, and no result may depend on what is not known.
 *
 * An input is where to begin and what is known there, and then memory, the first half of which is
 * code.
 */
#include "table_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "own_hashes.h"
#include "own_relation.h"
#include "require.h"
#include "seed.h"

#define MOST_STEPS 2000u
#define MOST_ASKED 24u /* beginnings of an input */
#define ENTRIES    16u

struct beginning {
    uint64_t registers[MACHINE_REGISTERS];
    uint8_t known[MACHINE_REGISTERS];
    uint16_t keyed;
    uint8_t text_length, capacity;
    uint32_t at;
    struct own_code_place places[OWN_PLACES];
};

struct outcome {
    uint32_t steps, results;
    struct machine_state state;
    struct machine_result result[MACHINE_RESULTS];
};

static struct own_hashes own;
static struct machine_run run;
static unsigned char room[KEYED_ROOM] __attribute__((aligned(8)));

/* --- what instructions are --- */

static bool is_width(uint8_t width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

static bool is_register(uint8_t number)
{
    return (number & ~MACHINE_HIGH_BYTE) < MACHINE_REGISTERS;
}

static void check_op(const struct machine_op *op, size_t bytes)
{
    require(op->bytes >= 1 && op->bytes <= 15 && op->bytes <= bytes, "an instruction too long");
    require(op->kind <= MACHINE_LEAVE, "an instruction of no kind");
    require(op->to_place <= MACHINE_IMMEDIATE && op->from_place <= MACHINE_IMMEDIATE,
            "an operand nowhere");
    require(op->to_place != MACHINE_REGISTER || is_register(op->to), "no register to write");
    require(op->from_place != MACHINE_REGISTER || is_register(op->from), "no register to read");
    require(op->to_place != MACHINE_REGISTER || op->kind == MACHINE_OTHER || is_width(op->width),
            "a value of no width");
    require(op->from_place == MACHINE_NOWHERE || is_width(op->from_width),
            "an operand of no width");
    require(op->base < MACHINE_REGISTERS || op->base == MACHINE_NONE || op->base == MACHINE_HERE,
            "an address from no register");
    require(op->index < MACHINE_REGISTERS || op->index == MACHINE_NONE, "no register to add");
    require(op->scale <= 3 && op->condition <= 15, "no such scale or condition");
}

static void decode_everywhere(const unsigned char *code, size_t bytes)
{
    for (size_t at = 0; at < bytes; at++) {
        struct machine_op op, again;
        if (!machine_decode(code + at, bytes - at, &op))
            continue;
        check_op(&op, bytes - at);
        require(machine_decode(code + at, op.bytes, &again) && memcmp(&op, &again, sizeof(op)) == 0,
                "an instruction depends on what follows");
        require(!machine_decode(code + at, op.bytes - 1u, &again),
                "an instruction ends before its end");
    }
}

/* --- what becomes of a state --- */

/* What is not known is `garbage`. */
static void begin_run(const struct beginning *beginning, const struct layout_view *view,
                      const unsigned char *text, unsigned char garbage)
{
    memset(run.stack, garbage, sizeof(run.stack));
    run.carry = run.zero = run.sign = run.overflow = garbage & 1;
    run.code = &own.code;
    run.view = view;
    run.text = text;
    run.text_length = beginning->text_length;
    run.state.keyed = beginning->keyed;
    machine_begin(&run);
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++) {
        unsigned known = beginning->known[i] < 8 ? beginning->known[i] : 8;
        run.state.known[i] = (uint8_t)known;
        memset(&run.state.registers[i], garbage, sizeof(uint64_t));
        memcpy(&run.state.registers[i], &beginning->registers[i], known);
    }
}

static void carry_out(const struct beginning *beginning, uint64_t address, struct outcome *out)
{
    uint32_t steps = 1 + beginning->at % MOST_STEPS;
    memset(out, 0, sizeof(*out));
    out->steps = machine_go(&run, address, steps);
    require(out->steps <= steps, "more steps than were given");
    require(run.results <= MACHINE_RESULTS, "more results than there is room for");
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++) {
        unsigned known = run.state.known[i];
        require(known <= 8, "more of a register is known than there is");
        memcpy(&out->state.registers[i], &run.state.registers[i], known);
    }
    memcpy(out->state.known, run.state.known, sizeof(out->state.known));
    out->results = run.results;
    memcpy(out->result, run.result, run.results * sizeof(run.result[0]));
}

static void carry_out_all_ways(const struct beginning *beginning, const struct layout_view *view,
                               const unsigned char *text, size_t code_bytes)
{
    static struct outcome first, second;
    uint64_t address = IMAGE_BASE + beginning->at % code_bytes;
    memset(own.code.cached, 0, sizeof(own.code.cached));
    begin_run(beginning, view, text, 0);
    carry_out(beginning, address, &first);
    begin_run(beginning, view, text, 0xff); /* and instructions are decoded already */
    carry_out(beginning, address, &second);
    require(first.steps == second.steps, "the way depends on what is not known");
    require(memcmp(&first.state, &second.state, sizeof(first.state)) == 0,
            "a register depends on what is not known");
    require(first.results == second.results &&
                memcmp(first.result, second.result, sizeof(first.result)) == 0,
            "a result depends on what is not known");
}

/* --- a program's own hashes --- */

static void check_beginnings(void)
{
    size_t space;
    require(own.beginnings <= OWN_BEGINNINGS, "more beginnings than there is room for");
    for (uint32_t i = 0; i < own.beginnings; i++) {
        const struct own_beginning *beginning = &own.beginning[i];
        require(beginning->key < MACHINE_REGISTERS, "a key in no register");
        require(beginning->length < MACHINE_REGISTERS || beginning->length == MACHINE_NONE,
                "a length in no register");
        require(beginning->is_number || beginning->is_text, "a beginning of nothing");
        /* What is loaded by the very last instruction is taken up behind the end. */
        require(machine_code_at(&own.code, beginning->address, &space) ||
                    machine_code_at(&own.code, beginning->address - 1, &space),
                "a beginning outside of the code");
    }
}

static void ask_beginnings(const struct beginning *beginning, const struct layout_view *view,
                           const unsigned char *text)
{
    for (uint32_t i = 0; i < own.beginnings && i < MOST_ASKED; i++) {
        uint64_t left = own.steps_left;
        if (own.beginning[i].is_text)
            own_hash_text(&own, view, i, text, beginning->text_length, 0);
        else
            own_hash_number(&own, view, i, beginning->registers[i % MACHINE_REGISTERS]);
        require(own.steps_left <= left, "steps that were not counted");
        require(own.run.results <= MACHINE_RESULTS, "more results than there is room for");
    }
}

static bool hash_entry(const struct beginning *beginning, const struct layout_view *view,
                       const unsigned char *text, unsigned nth, uint64_t key)
{
    return text ? own_hash_text(&own, view, nth, text, beginning->text_length, 0)
                : own_hash_number(&own, view, nth, key);
}

/* The slots where one of the results of one of the beginnings leads, as far as there is any. */
static void place_entries(const struct beginning *beginning, const struct layout_view *view,
                          const unsigned char *text, struct relation_question *question,
                          struct sampled_entry entries[ENTRIES])
{
    uint32_t nth = beginning->at % own.beginnings;
    uint64_t where = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t key = beginning->registers[i], value = key;
        if (hash_entry(beginning, view, text, nth, key) && own.run.results > 0) {
            if (where == 0)
                where = own.run.result[beginning->at / 16 % own.run.results].where;
            for (uint32_t at = 0; at < own.run.results; at++)
                if (own.run.result[at].where == where)
                    value = own.run.result[at].value;
        }
        entries[i] =
            (struct sampled_entry){.slot = value % question->capacity, .address = IMAGE_BASE};
        memcpy(entries[i].bytes, &key, sizeof(key));
        if (text)
            memcpy(entries[i].bytes + 8, text, beginning->text_length + 1u);
    }
}

static void ask_relations(const struct beginning *beginning, const struct layout_view *view,
                          const unsigned char *text)
{
    static struct sampled_entry entries[ENTRIES];
    uint64_t capacity =
        beginning->capacity % 2 ? beginning->capacity : 1ull << beginning->capacity % 32;
    struct relation_question question = {.entries = entries,
                                         .count = ENTRIES,
                                         .end = RELATION_WINDOW,
                                         .capacity = capacity,
                                         .view = view,
                                         .room = room,
                                         .text_end = RELATION_WINDOW};
    struct own_keys keys = {.question = &question, .most_strangers = 6, .witnesses = 4};
    /* A text without letters is no key, and a long one does not fit into an entry. */
    bool is_text = beginning->text_length % 2 && beginning->text_length < KEYED_TEXT_BYTES;
    struct hash_relation relation = {.key = is_text ? RELATION_TEXT : RELATION_NUMBER,
                                     .offset = is_text ? 8 : 0,
                                     .width = is_text ? KEYED_TEXT_BYTES : 8};
    place_entries(beginning, view, is_text ? text : NULL, &question, entries);
    for (unsigned i = 0; i < OWN_KEYS; i++) {
        keys.numbers[i] = beginning->registers[i];
        keys.texts[i] = is_text ? text : NULL;
        keys.lengths[i] = beginning->text_length;
    }
    if (capacity >= 2 && own_relation_find(&keys, &relation))
        require(relation.is_own && relation.known < own.beginnings, "hashed by no beginning");
    keyed_relation_find(&question, &relation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct beginning beginning;
    if (size < sizeof(beginning) + 16 || size > 1u << 18)
        return 0;
    memcpy(&beginning, data, sizeof(beginning));
    data += sizeof(beginning);
    size -= sizeof(beginning);
    size_t code_bytes = size / 2;
    /* Each of the very size, for the sanitizers. */
    unsigned char *code = malloc(code_bytes), *bytes = malloc(size);
    unsigned char *text = malloc(beginning.text_length + 1u);
    if (!code || !bytes || !text)
        abort();
    memcpy(code, data, code_bytes);
    memcpy(bytes, data, size);
    for (unsigned i = 0; i < beginning.text_length; i++)
        text[i] = data[i % size] != 0 ? data[i % size] : 'a';
    text[beginning.text_length] = 0;
    struct image image;
    image_init(&image, bytes, size);
    struct layout_view view = {.reader = &image.reader, .own_hashes = &own};

    decode_everywhere(code, code_bytes);

    own_hashes_start(&own);
    own.code.ranges[0] =
        (struct machine_range){.start = IMAGE_BASE, .bytes = (uint32_t)code_bytes, .memory = code};
    own.code.range_count = 1;
    carry_out_all_ways(&beginning, beginning.capacity % 2 ? &view : NULL,
                       beginning.capacity % 4 < 2 ? text : NULL, code_bytes);

    own_hashes_start(&own);
    own_hashes_near(&own, beginning.places, OWN_PLACES);
    if (own_hashes_ready(&own, &view)) {
        check_beginnings();
        ask_beginnings(&beginning, &view, text);
        ask_relations(&beginning, &view, text);
    }
    free(text);
    free(bytes);
    free(code);
    return 0;
}

#ifndef HASHTRACK_LIBFUZZER

#define INPUTS      2500u
#define MOST_MEMORY 4096u
#define SEEDS       100u

#define RANDOM_SEED 0x9e6c63d0676a9a99u
#include "fixed_random.h"

/* Where to begin: words as programs have them, of which some are known. */
static void make_beginning(struct beginning *beginning, size_t size)
{
    memset(beginning, 0, sizeof(*beginning));
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++) {
        static const uint64_t places[] = {IMAGE_BASE, MACHINE_TEXT, MACHINE_STACK, 0, 1ull << 63};
        uint64_t kind = next_random() % 8;
        beginning->registers[i] =
            kind < 5 ? places[kind] + next_random() % (2 * size) : next_random() >> kind * 8;
        beginning->known[i] = (uint8_t)(next_random() % 2 ? 8 : next_random() % 9);
    }
    if (next_random() % 8) {
        beginning->registers[MACHINE_RSP] = MACHINE_STACK + next_random() % MACHINE_STACK_BYTES;
        beginning->known[MACHINE_RSP] = 8;
    }
    beginning->keyed = (uint16_t)next_random();
    beginning->text_length = (uint8_t)(next_random() % 4 ? next_random() % 20 : next_random());
    beginning->capacity = (uint8_t)next_random();
    beginning->at = (uint32_t)next_random();
    for (unsigned i = 0; i < OWN_PLACES; i++) {
        uint64_t kind = next_random() % 6, at = next_random() % size;
        beginning->places[i] = (struct own_code_place){
            .address = IMAGE_BASE + at, .start = IMAGE_BASE, .end = IMAGE_BASE + size / 2};
        if (kind == 0)
            beginning->places[i].end = UINT64_MAX - at;
        else if (kind == 1)
            beginning->places[i].start = next_random();
        else if (kind == 2)
            beginning->places[i].address = next_random();
    }
}

/* An instruction that hash functions are made of, mostly of registers. */
static size_t make_instruction(unsigned char *code)
{
    static const unsigned char opcodes[] = {
        0x01, 0x03, 0x11, 0x13, 0x19, 0x1b, 0x21, 0x29, 0x2b, 0x31, 0x33, 0x39, 0x50, 0x58, 0x63,
        0x69, 0x6b, 0x70, 0x75, 0x81, 0x83, 0x85, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8b, 0x8d, 0x91,
        0x99, 0xb8, 0xc1, 0xc1, 0xc1, 0xc7, 0xd1, 0xd3, 0xe8, 0xeb, 0xf7, 0xf7, 0xc3, 0xc9, 0xff};
    static const unsigned char after_0f[] = {0x42, 0x47, 0x82, 0x92, 0xaf, 0xaf,
                                             0xb6, 0xb7, 0xbe, 0xc9, 0x1f, 0x6e};
    uint64_t random = next_random();
    size_t at = 0;
    if (random % 16 == 0)
        code[at++] = 0x66;
    if (random >> 8 & 3)
        code[at++] = (unsigned char)(0x40 | (random >> 12 & 15));
    if (random >> 16 & 3) {
        code[at++] = opcodes[(random >> 20) % sizeof(opcodes)];
    } else {
        code[at++] = 0x0f;
        code[at++] = after_0f[(random >> 20) % sizeof(after_0f)];
    }
    unsigned char opcode = code[at - 1];
    random = next_random();
    memcpy(code + at, &random, sizeof(random));
    if (random >> 60)
        code[at] |= 0xc0;
    if (opcode >= 0x70 && opcode <= 0x75)
        code[at] = (unsigned char)(random % 24);
    if (opcode == 0xe8) { /* to somewhere in the code */
        int32_t distance = (int32_t)(random % 512) - 256;
        memcpy(code + at, &distance, sizeof(distance));
    }
    struct machine_op op;
    return machine_decode(code, at + sizeof(random), &op) ? op.bytes : at;
}

static void make_code(unsigned char *code, size_t size)
{
    unsigned char instruction[32];
    unsigned noise = next_random() % 2 ? 64 : 4; /* one of so many is any bytes */
    for (size_t at = 0; at < size;) {
        size_t bytes = 1 + next_random() % 8;
        if (next_random() % noise == 0)
            for (size_t i = 0; i < bytes; i++)
                instruction[i] = (unsigned char)next_random();
        else
            bytes = make_instruction(instruction);
        bytes = bytes < size - at ? bytes : size - at;
        memcpy(code + at, instruction, bytes);
        at += bytes;
    }
}

/* With a folder: writes inputs for libFuzzer to begin with. */
int main(int argc, char **argv)
{
    static unsigned char input[sizeof(struct beginning) + MOST_MEMORY];
    struct beginning beginning;
    for (unsigned i = 0; i < INPUTS; i++) {
        size_t size = 64 + next_random() % (i % 8 ? MOST_MEMORY / 4 : MOST_MEMORY - 64);
        make_beginning(&beginning, size);
        memcpy(input, &beginning, sizeof(beginning));
        make_code(input + sizeof(beginning), size / 2);
        for (size_t at = size / 2; at < size; at++)
            input[sizeof(beginning) + at] = (unsigned char)(next_random() % 2 ? 0 : next_random());
        if (argc == 2 && i < SEEDS && !write_seed(argv[1], i, input, sizeof(beginning) + size))
            return 2;
        if (argc < 2)
            LLVMFuzzerTestOneInput(input, sizeof(beginning) + size);
    }
    printf("%u pieces of code\n", INPUTS);
    return 0;
}

#endif
