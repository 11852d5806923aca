/*
 * From the places that lead to a table (dump_format.h, struct dump_owner) to a name: see owner.h.
 *
 * A chain of pointers counts only as far as the types agree with it: at each step there must be a
 * pointer in the debugging information where the dump has one. A variable that lives as long as the
 * program is preferred to one of a function, for the latter mostly borrowed the pointer; of several
 * functions the outermost, which lent it to the others.
 */
#include "owner.h"

#include <stdio.h>
#include <string.h>

#include "dump_reader.h"
#include "format.h"
#include "place.h"
#include "type_path.h"
#include "variables.h"

#define MAX_LINKS      64u /* as the tracker keeps them: the longest chain, and all of a table */
#define MAX_OF_A_FRAME 8u

/* A pointer, a smart pointer, a vector or a list. */
#define MAX_POINTER_VARIABLE 32u
/* A larger one is an arena of somebody's own allocator: it says nothing about what is in it. */
#define MAX_BLOCK 65536u

/* The better the less. */
enum worth {
    WORTH_STATIC,
    WORTH_STATIC_ELEMENT,
    WORTH_LOCAL,
    WORTH_LOCAL_ELEMENT,
    WORTH_STATIC_BLOCK,
    WORTH_LOCAL_BLOCK,
    WORTH_STATIC_BEYOND,
    WORTH_LOCAL_BEYOND,
    WORTH_FRAME,
    WORTH_STACK,
    WORTH_HEAP,
    WORTH_NOTHING,
};

struct choice {
    struct symbolizer *symbolizer;
    const struct dump *dump;
    const struct judged_table *judged;
    enum worth worth;
    bool is_copy; /* the best leads to a copy of the array's address, not to the object */
    struct owner *best;
};

/* A dump may say that millions of places lead to a table; they are held against each other. */
static size_t link_count(const struct judged_table *judged)
{
    return judged->owner_count < MAX_LINKS ? judged->owner_count : MAX_LINKS;
}

static enum worth worth_of(enum path_certainty certainty, bool is_local)
{
    static const enum worth of_static[] = {
        [PATH_WHOLE] = WORTH_STATIC,
        [PATH_ELEMENT] = WORTH_STATIC_ELEMENT,
        [PATH_BLOCK] = WORTH_STATIC_BLOCK,
        [PATH_BEYOND] = WORTH_STATIC_BEYOND,
    };
    return of_static[certainty] + (is_local ? WORTH_LOCAL - WORTH_STATIC : 0);
}

/* Of two names of the same worth the one found last stands for the outer function; else the first.
 */
static void offer(struct choice *choice, enum worth worth, bool replaces_equal, bool is_copy,
                  const struct owner *owner)
{
    if (worth < choice->worth) {
        *choice->best = *owner;
        choice->worth = worth;
        choice->is_copy = is_copy;
        return;
    }
    if (worth != choice->worth || strcmp(owner->name, choice->best->name) == 0)
        return;
    struct owner previous = *choice->best;
    if (replaces_equal)
        *choice->best = *owner;
    snprintf(choice->best->others, sizeof(choice->best->others), "%s",
             replaces_equal ? previous.name : owner->name);
}

/* --- variables --- */

/* Whether the pointer at the path's end counts, though nothing says what lies in its block.
 *
 * Free lists and rings of what was used last keep pointers that count no more, and a buffer may
 * hold any old copy. So where others in the heap point at the held block, too, neither an element
 * of an array is its owner for certain nor a place of an unknown type; and a place in a block of
 * bytes never is. */
static bool counts(const struct dump_owner *held, struct type_path *path)
{
    bool is_held_by_others = held->flags & DUMP_OWNER_HELD_IN_HEAP;
    if (!path->has_type)
        return path->is_opaque && !is_held_by_others;
    return !is_held_by_others || (type_path_to_pointer(path) && !path->is_element);
}

/* Where a link is a copy of the array's address, not the object that layout or counters prove: is
 * it the only one? Else another may be the table's and this one borrowed. */
static bool is_only_copy(const struct choice *choice, const struct dump_owner *link)
{
    const struct judged_table *judged = choice->judged;
    unsigned copies = 0;
    for (size_t i = 0; i < link_count(judged); i++) {
        const struct dump_owner *other = &choice->dump->owners[judged->owners[i]];
        copies += other->holds == DUMP_NONE && other != link && other->kind != DUMP_OWNER_FRAME &&
                  other->kind != DUMP_OWNER_STACK;
    }
    return copies == 0;
}

/* Down the chain from the link that is a variable to the table. */
static bool follow_chain(const struct choice *choice, const struct dump_owner *link,
                         struct type_path *path, bool *is_copy)
{
    bool has_symbol_only = !path->has_type;
    for (unsigned i = 0; link->holds != DUMP_NONE && i < MAX_LINKS; i++) {
        const struct dump_owner *held = &choice->dump->owners[link->holds];
        if (held->offset < link->points_at || held->offset >= held->block_bytes)
            return false;
        if (!(has_symbol_only && i == 0) && !counts(held, path))
            return false;
        if (!type_path_follow(path, held->offset - link->points_at,
                              held->block_bytes - link->points_at,
                              held->flags & DUMP_OWNER_EXACT_BLOCK))
            return false;
        link = held;
    }
    *is_copy = !(link->flags & DUMP_OWNER_IS_OBJECT);
    if (*is_copy && !is_only_copy(choice, link))
        return false;
    if (!*is_copy)
        return !path->has_type || type_path_to_table(path, choice->judged->implementation);
    if (!path->has_type)
        return has_symbol_only || path->is_opaque;
    return type_path_to_array(path, choice->judged->table->array_count);
}

/* A symbol says nothing of what lies in its variable. Its copy of an address is believed when it is
 * the only one; and of what a pointer leads to, when it is hardly more than that pointer. */
static bool may_name_by_symbol(const struct choice *choice, const struct dump_owner *link,
                               const struct variable *variable)
{
    const struct judged_table *judged = choice->judged;
    unsigned alike = 0;
    for (size_t i = 0; i < link_count(judged); i++) {
        const struct dump_owner *other = &choice->dump->owners[judged->owners[i]];
        alike += other->holds == link->holds && other->kind != DUMP_OWNER_FRAME &&
                 other->kind != DUMP_OWNER_STACK;
    }
    if (link->holds == DUMP_NONE)
        return link->flags & DUMP_OWNER_IS_OBJECT || alike == 1;
    return alike == 1 && variable->bytes <= MAX_POINTER_VARIABLE &&
           !(choice->dump->owners[link->holds].flags & DUMP_OWNER_HELD_IN_HEAP);
}

static void name_path(const struct type_path *path, const char *scope, char name[OWNER_BYTES])
{
    static const char *const before[] = {
        [PATH_WHOLE] = "",
        [PATH_ELEMENT] = "",
        [PATH_BLOCK] = "in *",
        [PATH_BEYOND] = "reached through ",
    };
    /* What the pointer points at is the table's object itself. */
    bool is_object = path->certainty == PATH_BLOCK && path->offset == 0;
    snprintf(name, OWNER_BYTES, "%s%s%s%s", is_object ? "" : before[path->certainty], path->text,
             scope ? ", a local of " : "", scope ? scope : "");
}

static void offer_variable(struct choice *choice, const struct dump_owner *link,
                           struct variables *variables, const struct variable *variable)
{
    struct type_path path;
    struct owner owner = {.line = variable->line};
    char name[TYPE_PATH_BYTES];
    if (!variable->has_type && variable->offset > 0)
        snprintf(name, sizeof(name), link->holds == DUMP_NONE ? "%s+0x%llx" : "(%s+0x%llx)",
                 variable->name, (unsigned long long)variable->offset);
    else
        snprintf(name, sizeof(name), "%s", variable->name);
    type_path_begin(&path, name, variable->has_type ? &variable->type : NULL, variable->offset,
                    variables_types(variables), variables_scopes(variables));
    if (!variable->has_type && !may_name_by_symbol(choice, link, variable))
        return;
    bool is_copy;
    if (!follow_chain(choice, link, &path, &is_copy))
        return;
    const struct layout *layout = choice->judged->layout;
    if (layout && layout->is_script_object &&
        (variable->scope || path.certainty != PATH_WHOLE || strchr(path.text, '[')))
        return; /* borrowed from the script */
    name_path(&path, variable->scope, owner.name);
    if (path.certainty == PATH_WHOLE || path.certainty == PATH_ELEMENT)
        snprintf(owner.headline, sizeof(owner.headline), "%s%s%s", path.text,
                 variable->scope ? " of " : "", variable->scope ? variable->scope : "");
    snprintf(owner.file, sizeof(owner.file), "%s", variable->file ? variable->file : "");
    offer(choice, worth_of(path.certainty, variable->scope != NULL), variable->scope != NULL,
          is_copy, &owner);
}

static void offer_static(struct choice *choice, const struct dump_owner *link)
{
    struct variable variable;
    struct variables *variables =
        symbolizer_variables(choice->symbolizer, choice->dump, link->module);
    enum variable_storage storage =
        link->kind == DUMP_OWNER_STATIC ? VARIABLE_STATIC : VARIABLE_THREAD_LOCAL;
    if (!variables_find(variables, storage, link->offset, &variable))
        return;
    offer_variable(choice, link, variables, &variable);
    variable_free(&variable);
}

static void offer_frame(struct choice *choice, const struct dump_owner *link)
{
    struct variable found[MAX_OF_A_FRAME];
    struct variables *variables =
        symbolizer_variables(choice->symbolizer, choice->dump, link->module);
    size_t count =
        variables_of_frame(variables, link->offset, link->frame_offset, found, MAX_OF_A_FRAME);
    for (size_t i = 0; i < count && i < MAX_OF_A_FRAME; i++) {
        if (found[i].name && found[i].scope)
            offer_variable(choice, link, variables, &found[i]);
        variable_free(&found[i]);
    }
    if (!(link->flags & DUMP_OWNER_IS_OBJECT))
        return; /* it may be any old copy */
    struct owner owner = {.line = 0};
    const char *function =
        symbolizer_function(choice->symbolizer, choice->dump, link->module, link->offset);
    if (!function)
        return;
    snprintf(owner.name, sizeof(owner.name), "a local of %s", function);
    offer(choice, WORTH_FRAME, false, false, &owner);
}

/* --- what has no name --- */

static void offer_stack(struct choice *choice, const struct dump_owner *link)
{
    struct owner owner = {.name = "on a thread's stack"};
    if (link->flags & DUMP_OWNER_IS_OBJECT)
        offer(choice, WORTH_STACK, false, false, &owner);
}

static void offer_heap_block(struct choice *choice, const struct dump_owner *link)
{
    struct owner owner = {.line = 0};
    char place[PLACE_BYTES], bytes[FORMAT_BYTES];
    if (link->holds != DUMP_NONE || link->site == DUMP_NONE || link->block_bytes > MAX_BLOCK ||
        choice->dump->sites[link->site].frame_count == 0 ||
        (!(link->flags & DUMP_OWNER_IS_OBJECT) && !is_only_copy(choice, link)))
        return;
    place_of_site(choice->symbolizer, choice->dump, link->site, place);
    snprintf(owner.name, sizeof(owner.name), "a heap block of %s bytes allocated in %s",
             format_count(bytes, link->block_bytes), place);
    offer(choice, WORTH_HEAP, false, false, &owner);
}

bool owner_of_table(struct symbolizer *symbolizer, const struct findings *findings,
                    const struct judged_table *judged, struct owner *out)
{
    struct choice choice = {
        .symbolizer = symbolizer,
        .dump = findings->dump,
        .judged = judged,
        .worth = WORTH_NOTHING,
        .best = out,
    };
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < link_count(judged); i++) {
        const struct dump_owner *link = &findings->dump->owners[judged->owners[i]];
        switch (link->kind) {
        case DUMP_OWNER_STATIC:
        case DUMP_OWNER_THREAD_LOCAL:
            offer_static(&choice, link);
            break;
        case DUMP_OWNER_FRAME:
            offer_frame(&choice, link);
            break;
        case DUMP_OWNER_STACK:
            offer_stack(&choice, link);
            break;
        default:
            offer_heap_block(&choice, link);
            break;
        }
    }
    /* Two variables with copies of the array's address: one of them borrowed it. */
    if (choice.is_copy && *out->others)
        memset(out, 0, sizeof(*out));
    return *out->name != '\0';
}
