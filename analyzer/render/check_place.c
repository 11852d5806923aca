/* Where a finding is shown by those who show source files: see check_place.h. */
#include "check_place.h"

#include <stdio.h>

static bool take(struct source_root *root, const char *file, int line, struct check_place *place)
{
    const char *path = line > 0 ? source_path(root, file) : NULL;
    if (!path || snprintf(place->path, sizeof(place->path), "%s", path) >= (int)sizeof(place->path))
        return false;
    place->line = line;
    return true;
}

bool check_place(struct source_root *root, const struct gate_finding *finding,
                 struct check_place *place)
{
    place->caller = false;
    if (take(root, finding->file, finding->line, place))
        return true;
    place->caller = true;
    for (size_t i = 0; i < finding->frame_count; i++)
        if (!finding->frames[i].internal &&
            take(root, finding->frames[i].file, finding->frames[i].line, place))
            return true;
    return false;
}
