/*
 * Modules that were read and have no name for a place that a finding stands at: they were stripped.
 * A reader who sees "server+0x11ec" is told what would give it a name.
 */
#ifndef HASHTRACK_NAMELESS_H
#define HASHTRACK_NAMELESS_H

#include "rendering.h"

/* One note for all of them; none where nothing was to be looked up, or where a note says already
 * that the file was not there or another one. */
void render_nameless_modules(const struct rendering *rendering);

#endif
