/*
 * From a variable to a place in it, by the members on the way: "g_cache" becomes
 * "g_cache.index.by_name", "g_server" and the block it points at "g_server->db". The names of a
 * container's own members are left out: they are nobody's but its author's.
 */
#ifndef HASHTRACK_TYPE_PATH_H
#define HASHTRACK_TYPE_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "complete_types.h"
#include "scope_index.h"

#define TYPE_PATH_BYTES 512u

/* How much of the way the text names. In this order of worth. */
enum path_certainty {
    PATH_WHOLE,   /* all of it */
    PATH_ELEMENT, /* up to a container, in an element of which the place is */
    PATH_BLOCK,   /* up to a pointer, in whose block the place is */
    PATH_BEYOND,  /* up to a pointer, from which others lead to the place */
};

struct type_path {
    char text[TYPE_PATH_BYTES];
    enum path_certainty certainty;
    bool has_type;
    Dwarf_Die type;
    uint64_t offset;              /* of the place in a value of that type */
    bool is_opaque;               /* has_type was lost at a type whose members are somewhere else */
    bool is_element;              /* the place is an element of an array */
    bool in_container;            /* names are left out */
    struct complete_types *types; /* of the variable's module */
    struct scope_index *scopes;   /* the same */
    const char *arrow;            /* as the language writes it */
    bool is_dereferenced;         /* the next member follows "->" */
    char container[32];           /* name of the container that was entered last */
};

void type_path_begin(struct type_path *path, const char *variable, const Dwarf_Die *type,
                     uint64_t offset, struct complete_types *types, struct scope_index *scopes);

/* Goes on to the pointer at the place. False when none is there. */
bool type_path_to_pointer(struct type_path *path);

/* Goes on to the pointer that must stand at the place, and through it: the place becomes `offset`
 * bytes behind what it points at, in a block of which `bytes` bytes are behind that, too;
 * `is_exact`: no more were asked for. False when no pointer is there. */
bool type_path_follow(struct type_path *path, uint64_t offset, uint64_t bytes, bool is_exact);

/* Goes on to the object of a table of that implementation, which must begin at the place. False
 * when no such thing can be there. */
bool type_path_to_table(struct type_path *path, const char *implementation);

/* Goes on to the pointer at the place, which leads to the first of a table's `arrays` arrays; and
 * back to the structure around it, if that is the table's and not one that has other things, too.
 * False when no pointer is there. */
bool type_path_to_array(struct type_path *path, unsigned arrays);

#endif
