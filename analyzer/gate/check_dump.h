/* From a dump file to what it adds to the gate: loaded, judged, its hollow tables named. */
#ifndef HASHTRACK_CHECK_DUMP_H
#define HASHTRACK_CHECK_DUMP_H

#include "check_options.h"
#include "gate_record.h"
#include "symbols.h"

/* Whatever is wrong with the dump is said in *out. `symbolizer` may serve several dumps: it opens a
 * module once. False only when memory ran out. */
bool check_dump(const char *path, const struct check_options *options,
                struct symbolizer *symbolizer, struct gate_dump *out);

#endif
