/*
 * Reading keys that are text: see key_text.h. No state, no allocation.
 */
#include "key_text.h"

#include "keyed_relation.h"
#include "layouts/layout.h"
#include "layouts/words.h"
#include "page.h"

bool key_is_text(unsigned char byte)
{
    return (byte >= ' ' && byte != 0x7f) || byte == '\t';
}

/* How long the text is that begins there and ends with a zero; 0: there is none. */
static size_t text_length(const unsigned char *bytes, size_t most)
{
    for (size_t length = 0; length < most; length++)
        if (!key_is_text(bytes[length]))
            return bytes[length] == 0 ? length : 0;
    return 0;
}

/* Behind the page that the text begins in there may be nothing. */
static size_t read_text(const struct layout_view *view, uint64_t address, unsigned char *into)
{
    size_t in_page = PAGE_BYTES - (size_t)(address % PAGE_BYTES);
    size_t first = in_page < KEYED_TEXT_BYTES ? in_page : KEYED_TEXT_BYTES;
    if (!layout_is_pointer(address, 1) || !layout_read(view, address, into, first))
        return 0;
    size_t length = text_length(into, first);
    if (length > 0 || first == KEYED_TEXT_BYTES || !key_is_text(into[0]) ||
        !key_is_text(into[first - 1]) ||
        !layout_read(view, address + first, into + first, KEYED_TEXT_BYTES - first))
        return length;
    return text_length(into, KEYED_TEXT_BYTES);
}

/* Text whose length stands beside the pointer, as in strings of Rust, D and Go and a string_view. A
 * zero is put behind it. */
static size_t read_counted(const struct layout_view *view, uint64_t address, uint64_t length,
                           unsigned char *into)
{
    if (length == 0 || length >= KEYED_TEXT_BYTES || !layout_is_pointer(address, 1) ||
        !layout_read(view, address, into, (size_t)length))
        return 0;
    into[length] = 0;
    return text_length(into, (size_t)length + 1);
}

/* libstdc++'s std::string has up to 15 letters and a zero behind its address and its length. */
#define INSIDE_AT   16u
#define INSIDE_MOST 15u

bool key_text_is_inside(const unsigned char *window, size_t offset, uint64_t length)
{
    return length > 0 && length <= INSIDE_MOST &&
           offset + INSIDE_AT + INSIDE_MOST + 1 <= RELATION_WINDOW &&
           text_length(window + offset + INSIDE_AT, (size_t)length + 1) == length;
}

const unsigned char *key_text_of(const struct layout_view *view,
                                 const struct hash_relation *relation, const unsigned char *window,
                                 unsigned char *room, size_t *length)
{
    const unsigned char *text = window + relation->offset;
    if (relation->key == RELATION_BYTES) {
        *length = relation->width;
    } else if (relation->key == RELATION_TEXT) {
        *length = text_length(text, relation->width);
    } else if (relation->length_at == 8 && word_u64(window, relation->offset) == 0) {
        *length = (size_t)word_u64(window, relation->offset + 8u);
        text += INSIDE_AT;
        if (!key_text_is_inside(window, relation->offset, *length))
            *length = 0;
    } else if (relation->length_at != 0) {
        *length =
            read_counted(view, word_u64(window, relation->offset),
                         word_u64(window, (size_t)(relation->offset + relation->length_at)), room);
        text = room;
    } else {
        *length = read_text(view, word_u64(window, relation->offset), room);
        text = room;
    }
    return *length > 0 ? text : NULL;
}

bool key_text_copy(const struct layout_view *view, const struct hash_relation *relation,
                   const unsigned char *window, unsigned char *into, size_t *length)
{
    const unsigned char *text = key_text_of(view, relation, window, into, length);
    if (text && text != into)
        memcpy(into, text, *length);
    if (text)
        into[*length] = 0;
    return text != NULL;
}
