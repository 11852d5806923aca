/* Plain text as a message of SARIF: see sarif_text.h. */
#include "sarif_text.h"

#include <stdbool.h>
#include <stdlib.h>

#include "json_text.h"
#include "text_buffer.h"

json_t *sarif_message(const char *text)
{
    struct text_buffer buffer;
    if (!text)
        return NULL;
    text_begin(&buffer);
    for (; *text; text++) {
        if (*text == '{' || *text == '}')
            text_add(&buffer, "%c%c", *text, *text);
        else if (text[0] == ']' && text[1] == '(')
            text_add(&buffer, "] ");
        else
            text_add(&buffer, "%c", *text);
    }
    char *written = text_end(&buffer);
    if (!written)
        return NULL;
    bool ok = true;
    json_t *message = json_object();
    json_put_text(message, "text", written, &ok);
    free(written);
    if (ok)
        return message;
    json_decref(message);
    return NULL;
}
