/*
 * Carrying out a program's code with a key: see own_hashes.h. No allocation; each run has its
 * limit.
 */
#include "own_callbacks.h"
#include "own_hashes.h"

#define NUMBER_STEPS 320u
#define TEXT_STEPS   6000u

static bool carry_out(struct own_hashes *own, const struct own_beginning *beginning,
                      uint64_t address, uint32_t steps)
{
    if (own->steps_left < steps)
        return false;
    uint32_t taken = machine_go(&own->run, address, steps);
    own->run.operand_next = 0;
    taken += beginning->is_argument ? own_callbacks_go(own) : 0;
    own->steps_left -= taken < own->steps_left ? taken : own->steps_left;
    own->steps_left_in_all -= taken < own->steps_left_in_all ? taken : own->steps_left_in_all;
    return true;
}

static void prepare(struct own_hashes *own, const struct layout_view *view,
                    const struct own_beginning *beginning, uint64_t key)
{
    struct machine_run *run = &own->run;
    run->code = &own->code;
    run->view = view;
    run->state = beginning->state;
    machine_begin(run);
    run->operand_next = beginning->operand ? beginning->address + beginning->operand : 0;
    run->operand = key;
    if (beginning->operand)
        return;
    run->state.registers[beginning->key] = key;
    run->state.known[beginning->key] = 8;
    run->state.keyed |= (uint16_t)(1u << beginning->key);
    if (beginning->also != 0)
        machine_store(run, beginning->also, key, beginning->also_bytes, true);
}

bool own_hash_number(struct own_hashes *own, const struct layout_view *view, uint32_t number,
                     uint64_t key)
{
    const struct own_beginning *beginning = &own->beginning[number];
    own->run.text = NULL;
    if (beginning->widened == 4)
        key = (uint64_t)(int64_t)(int32_t)key;
    prepare(own, view, beginning, key);
    return carry_out(own, beginning, beginning->address, NUMBER_STEPS);
}

/* At the end of the stack that is ours, far from what the code keeps there. */
#define STRING (MACHINE_STACK + MACHINE_STACK_BYTES - 32)

/* The object whose pointer to the text is loaded: its length stands behind that, or before it. It
 * may be loaded again by another register that leads there. */
static void make_string(struct machine_run *run, const struct own_beginning *beginning,
                        size_t length, int8_t length_at)
{
    run->state.known[beginning->key] = 0;
    for (unsigned i = 0; i < MACHINE_REGISTERS; i++)
        if (beginning->leads >> i & 1) {
            run->state.registers[i] = STRING - (uint64_t)(int64_t)beginning->leads_at;
            run->state.known[i] = 8;
            run->state.keyed &= (uint16_t) ~(1u << i);
        }
    machine_store(run, STRING, MACHINE_TEXT, 8, true);
    machine_store(run, STRING + (length_at < 0 ? -8 : 8), length, 8, true);
}

bool own_hash_text(struct own_hashes *own, const struct layout_view *view, uint32_t number,
                   const unsigned char *text, size_t length, int8_t length_at)
{
    const struct own_beginning *beginning = &own->beginning[number];
    own->run.text = text;
    own->run.read = NULL;
    own->run.text_length = length;
    prepare(own, view, beginning, MACHINE_TEXT);
    if (beginning->length != MACHINE_NONE && own->run.state.known[beginning->length] == 0) {
        own->run.state.registers[beginning->length] = length;
        own->run.state.known[beginning->length] = 8;
        own->run.state.keyed |= (uint16_t)(1u << beginning->length);
    }
    /* A string on the stack that the code takes the pointer from. */
    if (length_at != 0 && beginning->also != 0 && beginning->also_bytes == 8)
        machine_store(&own->run, beginning->also + (uint64_t)(int64_t)length_at, length, 8, true);
    if (beginning->leads == 0)
        return carry_out(own, beginning, beginning->address, TEXT_STEPS);
    make_string(&own->run, beginning, length, length_at);
    return carry_out(own, beginning, beginning->load, TEXT_STEPS);
}
