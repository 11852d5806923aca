/* Plain text as a message of SARIF. */
#ifndef HASHTRACK_SARIF_TEXT_H
#define HASHTRACK_SARIF_TEXT_H

#include <jansson.h>

/* A message object. Braces are doubled in it, as section 3.11.5 wants them, and what would be taken
 * for an embedded link, [x](y), is none any more (3.11.6). NULL when memory ran out; the text may
 * be NULL then. */
json_t *sarif_message(const char *text);

#endif
