/* The entries around an entry: see scope_index.h. */
#include "scope_index.h"

#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "entries.h"

/* A node of the tree `lists`: the children of an entry, in their order. Entries are known by their
 * places in memory, for offsets mean one thing in .debug_info and another in .debug_types. */
struct child_list {
    const void *parent;
    void **children;
    size_t count, room;
};

struct scope_index {
    void *lists; /* tsearch(3) */
};

struct scope_index *scope_index_new(void)
{
    return calloc(1, sizeof(struct scope_index));
}

static void free_list(void *node)
{
    struct child_list *list = node;
    free(list->children);
    free(list);
}

void scope_index_free(struct scope_index *index)
{
    if (index != NULL)
        tdestroy(index->lists, free_list);
    free(index);
}

static int by_parent(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct child_list *)left)->parent;
    uintptr_t b = (uintptr_t)((const struct child_list *)right)->parent;
    return (a > b) - (a < b);
}

static bool add_child(struct child_list *list, void *child)
{
    if (list->count == list->room) {
        size_t room = list->room != 0 ? list->room * 2 : 64;
        void **grown = reallocarray(list->children, room, sizeof(*grown));
        if (grown == NULL)
            return false;
        list->children = grown;
        list->room = room;
    }
    list->children[list->count++] = child;
    return true;
}

static struct child_list *read_children(Dwarf_Die *parent)
{
    Dwarf_Die child;
    struct child_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return NULL;
    list->parent = parent->addr;
    bool has_memory = true;
    if (dwarf_child(parent, &child) == 0)
        do
            has_memory = add_child(list, child.addr);
        while (has_memory && entry_next(&child));
    if (has_memory)
        return list;
    free_list(list);
    return NULL;
}

static const struct child_list *children_of(struct scope_index *index, Dwarf_Die *parent)
{
    struct child_list wanted = {.parent = parent->addr};
    struct child_list **found = tfind(&wanted, &index->lists, by_parent);
    if (found != NULL)
        return *found;
    struct child_list *list = read_children(parent);
    if (list != NULL && tsearch(list, &index->lists, by_parent) == NULL) {
        free_list(list);
        return NULL;
    }
    return list;
}

/* To the child that is the wanted entry or has it below itself. */
static bool step_down(struct scope_index *index, Dwarf_Die *scope, const void *wanted)
{
    const struct child_list *list = children_of(index, scope);
    size_t low = 0, high = list != NULL ? list->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)list->children[middle] <= (uintptr_t)wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *scope = (Dwarf_Die){.addr = list->children[low - 1], .cu = scope->cu};
    return true;
}

size_t scope_index_find(struct scope_index *index, const Dwarf_Die *entry, Dwarf_Die *scopes,
                        size_t most)
{
    Dwarf_Die scope;
    size_t count = 0;
    if (index == NULL ||
        dwarf_cu_die(entry->cu, &scope, NULL, NULL, NULL, NULL, NULL, NULL) == NULL)
        return 0;
    while (count < most && scope.addr != entry->addr) {
        scopes[count++] = scope;
        if (!step_down(index, &scope, entry->addr))
            return 0;
    }
    return count;
}
