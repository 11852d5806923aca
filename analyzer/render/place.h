/* Where something happened, in words: a frame, a call stack, the line of it that a user wrote. */
#ifndef HASHTRACK_PLACE_H
#define HASHTRACK_PLACE_H

#include "path_base.h"
#include "rendering.h"

#define PLACE_BYTES 512u

/* The first frame of a site that is the user's own, or the innermost where none is; NULL for none.
 * Owned by the symbolizer. */
const struct symbol_frame *own_frame_of_site(struct symbolizer *symbolizer, const struct dump *dump,
                                             uint32_t site);

/* That frame in words: "Cache::insert (src/cache.cc:118)", or
 * "server+0x1234", or "an unknown place". Printable. */
void place_of_site(struct symbolizer *symbolizer, const struct dump *dump, uint32_t site,
                   char out[PLACE_BYTES]);

/* The stack of a site, one frame a line, under the label; folded unless all_frames. */
void render_stack(const struct rendering *rendering, const char *label, uint32_t site);

/* A demangled name without parameter list and template arguments:
 * "std::vector<int>::at(unsigned long)" becomes "std::vector<>::at". */
void short_function(char *out, size_t out_bytes, const char *function);

#endif
