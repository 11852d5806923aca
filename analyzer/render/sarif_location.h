/* Places in SARIF: files below the sources by their relative path, others by their whole one. */
#ifndef HASHTRACK_SARIF_LOCATION_H
#define HASHTRACK_SARIF_LOCATION_H

#include <jansson.h>
#include <stdbool.h>

#include "gate.h"
#include "source_path.h"

/* originalUriBaseIds: what %SRCROOT% stands for. */
json_t *sarif_bases(const struct source_root *root, bool *ok);

/* Where a finding is: a line of the sources, or else the binary that it lies in. NULL when there is
 * neither. */
json_t *sarif_finding_location(struct source_root *root, const struct gate_finding *finding,
                               bool *ok);

/* The call stack as a code flow: main() first, the growth of the table last. NULL when there is
 * none that can be shown. */
json_t *sarif_code_flow(struct source_root *root, const struct gate_finding *finding, bool *ok);

#endif
