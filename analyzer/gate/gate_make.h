/* From what the dumps hold to what the gate decides. */
#ifndef HASHTRACK_GATE_MAKE_H
#define HASHTRACK_GATE_MAKE_H

#include "baseline.h"
#include "check_options.h"
#include "date.h"
#include "gate_record.h"
#include "suppressions.h"

struct gate_input {
    const struct gate_dump *dumps;
    size_t count;
    const struct suppressions
        *suppressions;               /* of the files; those of the programs are in the dumps */
    const struct baseline *baseline; /* NULL when there is none */
    const struct check_options *options;
    char today[DATE_BYTES];
};

/* The gate borrows strings of the dumps: it must not outlive them. The order of the dumps makes no
 * difference. False when memory ran out, or a program's own suppressions make no sense;
 * *gate is to be freed in either case. */
bool gate_make(const struct gate_input *input, struct gate *gate, struct error *error);
void gate_free(struct gate *gate);

/* First half (gate_merge.c): findings of one fingerprint made one, the suppressed apart from the
 * others and marked; gate->suppressions counted. */
bool gate_merge(const struct gate_input *input, struct gate *gate, struct error *error);

/* Fills gate->unseen and says what is to be said of it (gate_unseen.c). */
bool gate_look_at_unseen(const struct gate_input *input, struct gate *gate);

/* Takes the status when it weighs more than the gate's. */
void gate_take_status(struct gate *gate, int status, const struct check_options *options);

/* A sentence for one of the gate's lists; false when memory ran out. */
__attribute__((format(printf, 3, 4))) bool gate_say(char ***list, size_t *count, const char *format,
                                                    ...);

#endif
