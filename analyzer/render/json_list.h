/*
 * A JSON document with one long list in it, written element by element: the report on a million
 * tables has gigabytes, and as a tree in memory ten times as many.
 */
#ifndef HASHTRACK_JSON_LIST_H
#define HASHTRACK_JSON_LIST_H

#include "json_text.h"

struct json_list {
    FILE *out;
    bool one_line;
    bool has_elements;
    bool is_written; /* so far */
};

/* Writes the members of `head`, an object that has some, and begins the list as one more member of
 * it. Releases `head`. */
void json_list_begin(struct json_list *list, json_t *head, const char *key, bool one_line,
                     FILE *out);

/* Writes and releases an element. */
void json_list_add(struct json_list *list, json_t *element);

/* Ends the list, writes what the object `tail` (or NULL) has as further members, releases it and
 * ends the document with a newline. `ok`: no value was missing for lack of memory. */
bool json_list_end(struct json_list *list, json_t *tail, bool ok, struct error *error);

#endif
