/* Text of others in XML 1.0: see xml_text.h. */
#include "xml_text.h"

#include <stdbool.h>

#include "printable.h"

/* Char of XML 1.0, section 2.2, less the C1 controls that the standard advises against. What UTF-8
 * cannot hold (surrogates) is not asked for. */
static bool is_xml_character(const unsigned char *text, size_t bytes)
{
    if (bytes == 1)
        return (text[0] >= 0x20 && text[0] != 0x7f) || text[0] == '\n' || text[0] == '\t';
    if (bytes == 2)
        return text[0] != 0xc2 || text[1] >= 0xa0;
    /* U+FFFE and U+FFFF */
    return !(bytes == 3 && text[0] == 0xef && text[1] == 0xbf && text[2] >= 0xbe);
}

static const char *reference_of(char character, bool in_attribute)
{
    switch (character) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '\r': /* a parser makes a line end of it */
        return "&#13;";
    }
    if (!in_attribute)
        return NULL;
    switch (character) {
    case '"':
        return "&quot;";
    case '\n': /* a parser makes spaces of these */
        return "&#10;";
    case '\t':
        return "&#9;";
    }
    return NULL;
}

static void put_text(FILE *out, const char *text, bool in_attribute)
{
    const unsigned char *from = (const unsigned char *)text;
    while (*from) {
        const char *reference = reference_of((char)*from, in_attribute);
        size_t bytes = utf8_sequence(from);
        if (reference) {
            fputs(reference, out);
        } else if (bytes > 0 && is_xml_character(from, bytes)) {
            fwrite(from, 1, bytes, out);
        } else {
            bytes = bytes ? bytes : 1;
            for (size_t i = 0; i < bytes; i++)
                fprintf(out, "\\x%02x", from[i]);
        }
        from += bytes;
    }
}

void xml_text(FILE *out, const char *text)
{
    put_text(out, text, false);
}

void xml_attribute(FILE *out, const char *text)
{
    put_text(out, text, true);
}
