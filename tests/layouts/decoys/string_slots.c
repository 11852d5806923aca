/*
 * Records whose names are strings with a length and no zero behind them, in slots that are numbered
 * by what the program's code reads from the name: its number, its letters as digits, the number
 * scrambled. No two names ever have one slot. Full, and then nearly empty.
 */
#include <stdio.h>
#include <string.h>

#include "decoy.h"

#define SLOTS   (1u << 16)
#define NONE    (1ull << 63) /* as room: no record */
#define KEPT_OF 100u

struct string {
    uint64_t room;
    char *text;
    size_t length;
};

struct record {
    struct string name;
    uint64_t value;
    uint32_t opened, moved;
};

typedef size_t write_t(char name[32], uint32_t number);
typedef size_t index_t(const char *name, size_t length);

static void put(struct record *records, index_t *index_of, const char *name, size_t length)
{
    struct record *record = &records[index_of(name, length)];
    char *text = must(malloc(length + 3));
    memset(text, '~', length + 3);
    memcpy(text, name, length);
    record->name = (struct string){.room = length + 3, .text = text, .length = length};
    record->value = decoy_random();
    record->opened = (uint32_t)decoy_random();
}

static void take_out(struct record *record)
{
    free(record->name.text);
    memset(record, 0, sizeof *record);
    record->name.room = NONE;
}

static void run(const char *what, write_t *write, index_t *index_of)
{
    struct record *records = must(malloc(SLOTS * sizeof *records));
    char name[32];
    for (size_t i = 0; i < SLOTS; i++)
        records[i].name.room = NONE;
    for (uint32_t i = 0; i < SLOTS; i++)
        put(records, index_of, name, write(name, i));
    decoy_look(what, records);
    for (size_t i = 0; i < SLOTS; i++)
        if (decoy_random() % KEPT_OF != 0)
            take_out(&records[i]);
    decoy_look(what, records);
    for (size_t i = 0; i < SLOTS; i++)
        if (records[i].name.room != NONE)
            take_out(&records[i]);
    free(records);
}

/* --- the number in the name --- */

static size_t write_gate(char name[32], uint32_t number)
{
    return (size_t)snprintf(name, 32, "concourse/gate-%u", number);
}

static uint32_t number_in(const char *name, size_t length)
{
    uint32_t number = 0;
    for (size_t i = 0; i < length; i++)
        if (name[i] >= '0' && name[i] <= '9')
            number = number * 10 + (uint32_t)(name[i] - '0');
    return number;
}

static size_t gate_of(const char *name, size_t length)
{
    return number_in(name, length) & (SLOTS - 1);
}

/* One to one: the places are in no order. */
static size_t scrambled_gate_of(const char *name, size_t length)
{
    uint32_t number = number_in(name, length) * 40503u & (SLOTS - 1);
    number ^= number >> 7;
    return number * 30011u & (SLOTS - 1);
}

/* --- letters as digits --- */

static size_t write_letters(char name[32], uint32_t number)
{
    for (unsigned digit = 0; digit < 16; digit++)
        name[digit] = (char)('a' + (number >> (15 - digit) & 1));
    return 16;
}

static size_t letters_of(const char *name, size_t length)
{
    size_t place = 0;
    for (size_t i = 0; i < length; i++)
        place = place * 2 + (size_t)(name[i] - 'a');
    return place & (SLOTS - 1);
}

static void gates_by_number(void)
{
    run("records in slots by the number in their name", write_gate, gate_of);
}

static void gates_scrambled(void)
{
    run("records in slots by a scrambled number in their name", write_gate, scrambled_gate_of);
}

static void names_as_numbers(void)
{
    run("records in slots by the letters of their name", write_letters, letters_of);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"gates-by-number", gates_by_number},
        {"gates-scrambled", gates_scrambled},
        {"names-as-numbers", names_as_numbers},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
