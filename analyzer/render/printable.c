/* Text of others made safe: see printable.h. */
#include "printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t utf8_sequence(const unsigned char *text)
{
    if (text[0] < 0x80)
        return 1;
    if (text[0] >= 0xc2 && text[0] <= 0xdf)
        return is_continuation(text[1]) ? 2 : 0;
    if (text[0] >= 0xe0 && text[0] <= 0xef) {
        /* Overlong forms and surrogates are not UTF-8. */
        if (text[0] == 0xe0 && text[1] < 0xa0)
            return 0;
        if (text[0] == 0xed && text[1] > 0x9f)
            return 0;
        return is_continuation(text[1]) && is_continuation(text[2]) ? 3 : 0;
    }
    if (text[0] >= 0xf0 && text[0] <= 0xf4) {
        if (text[0] == 0xf0 && text[1] < 0x90)
            return 0;
        if (text[0] == 0xf4 && text[1] > 0x8f)
            return 0;
        return is_continuation(text[1]) && is_continuation(text[2]) && is_continuation(text[3]) ? 4
                                                                                                : 0;
    }
    return 0;
}

/* Whether a valid sequence could move a cursor, change colours or turn the reading direction. */
static bool is_control(const unsigned char *text, size_t bytes)
{
    if (bytes == 1)
        return text[0] < 0x20 || text[0] == 0x7f;
    if (bytes == 2) /* C1: U+0080 to U+009F; U+061C */
        return (text[0] == 0xc2 && text[1] < 0xa0) || (text[0] == 0xd8 && text[1] == 0x9c);
    if (bytes == 3 && text[0] == 0xe2) /* U+200E, U+200F, U+2028-202E, U+2066-2069 */
        return (text[1] == 0x80 && (text[2] & 0xfe) == 0x8e) ||
               (text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
               (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9);
    return false;
}

size_t plain_character(const char *text)
{
    size_t bytes = utf8_sequence((const unsigned char *)text);
    return bytes > 0 && !is_control((const unsigned char *)text, bytes) ? bytes : 0;
}

#define PIECE_BYTES 16u /* four bytes of a character, each as \xNN */

/* What stands for the character at *from, not terminated; moves *from behind it. Returns its bytes.
 */
static size_t next_piece(const unsigned char **from, char piece[PIECE_BYTES + 1])
{
    size_t bytes = utf8_sequence(*from);
    bool plain = plain_character((const char *)*from) > 0;
    if (bytes == 0)
        bytes = 1;
    if (plain)
        memcpy(piece, *from, bytes);
    else
        for (size_t i = 0; i < bytes; i++)
            snprintf(piece + 4 * i, 5, "\\x%02x", (*from)[i]);
    *from += bytes;
    return plain ? bytes : 4 * bytes;
}

void printable(char *out, size_t out_bytes, const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char piece[PIECE_BYTES + 1];
    size_t used = 0;
    while (*from) {
        size_t bytes = next_piece(&from, piece);
        if (used + bytes >= out_bytes)
            break;
        memcpy(out + used, piece, bytes);
        used += bytes;
    }
    out[used] = '\0';
}

void printable_put(FILE *out, const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char piece[PIECE_BYTES + 1];
    while (*from)
        fwrite(piece, 1, next_piece(&from, piece), out);
}

char *valid_utf8(const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char *out = malloc(4 * strlen(text) + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    while (*from) {
        size_t bytes = utf8_sequence(from);
        if (bytes > 0) {
            memcpy(out + used, from, bytes);
            used += bytes;
            from += bytes;
        } else {
            snprintf(out + used, 5, "\\x%02x", *from);
            used += 4;
            from++;
        }
    }
    out[used] = '\0';
    return out;
}

bool is_utf8(const char *text)
{
    while (*text) {
        size_t bytes = utf8_sequence((const unsigned char *)text);
        if (bytes == 0)
            return false;
        text += bytes;
    }
    return true;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        if (!is_continuation((unsigned char)*text))
            columns++;
    return columns;
}

void cut_to_columns(char *text, size_t columns, const char *ellipsis)
{
    size_t ellipsis_columns = text_columns(ellipsis);
    if (text_columns(text) <= columns || columns < ellipsis_columns)
        return;
    size_t kept = 0;
    char *end = text;
    while (kept < columns - ellipsis_columns) {
        end++;
        while (is_continuation((unsigned char)*end))
            end++;
        kept++;
    }
    /* A cut character had at least as many bytes as the columns it took, the ellipsis may have
     * more: write only what the text had room for. */
    size_t room = strlen(end);
    if (strlen(ellipsis) <= room)
        memcpy(end, ellipsis, strlen(ellipsis) + 1);
    else
        *end = '\0';
}
