/*
 * Rebuilding what tail calls took off a stack: see tail_calls.h. gdb does the same from DWARF's
 * call sites (gdb/dwarf2/frame-tailcall.c), which clang writes for some calls only and rustc for
 * none; the code itself knows them all. As in gdb, a way that is not the only one is not taken, nor
 * one past a jump of unknown target: that may be a switch, or a tail call through a pointer.
 */
#include "tail_calls.h"

#include <stdlib.h>
#include <string.h>

#include "demangle.h"

#define MAX_CODE_BYTES (256u << 10) /* looked at for one pair of frames */

struct search {
    const struct tail_side *side;
    const struct tail_side *goal_side; /* NULL: any of the malloc family is the goal */
    uint64_t goal;                     /* entry of the function that must be reached */
    size_t bytes;                      /* of code looked at */
    bool ambiguous;                    /* two ways, or not to be known that there is only one */
    size_t depth;
    struct tail_call path[TAIL_CALLS_MAX];
    size_t found; /* length of the way, 0 for none yet */
    struct tail_call way[TAIL_CALLS_MAX];
};

static bool is_allocation(const char *symbol)
{
    static const char *const names[] = {
        "malloc",         "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc",
        "posix_memalign", "valloc", "pvalloc", "mmap",         "mmap64",   "mremap"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], symbol) == 0)
            return true;
    }
    return false;
}

static bool is_goal(const struct search *search, const struct code_target *target)
{
    if (search->goal_side == NULL)
        return target->symbol != NULL && is_allocation(target->symbol);
    if (target->symbol != NULL)
        return function_symbols_is_named(search->goal_side->symbols, search->goal, target->symbol);
    return search->goal_side == search->side && target->address == search->goal;
}

/* The functions are what counts: two jumps of one function to the same place are one way, of which
 * the line is not known. */
static void keep_way(struct search *search)
{
    if (search->found == 0) {
        search->found = search->depth;
        memcpy(search->way, search->path, sizeof(search->way));
        return;
    }
    for (size_t i = 0; i < search->depth; i++) {
        if (search->depth != search->found || search->path[i].entry != search->way[i].entry) {
            search->ambiguous = true;
            return;
        }
        if (search->path[i].jump != search->way[i].jump)
            search->way[i].jump = 0;
    }
}

static bool is_on_path(const struct search *search, uint64_t entry)
{
    for (size_t i = 0; i < search->depth; i++) {
        if (search->path[i].entry == entry)
            return true;
    }
    return false;
}

/* The other function that a jump out of `from` leads to; NULL when it leads to none. */
static const struct function_symbol *jumps_to(const struct search *search,
                                              const struct function_symbol *from,
                                              const struct code_target *target)
{
    const struct function_symbol *to =
        target->symbol != NULL ? function_symbols_named(search->side->symbols, target->symbol)
                               : function_symbols_entry(search->side->symbols, target->address);
    /* f.cold is a part of f. */
    return to != NULL && to->entry != from->entry && strstr(to->name, ".cold") == NULL ? to : NULL;
}

static void follow(struct search *search, const struct function_symbol *function)
{
    search->bytes += function->bytes;
    if (search->depth == TAIL_CALLS_MAX || search->bytes > MAX_CODE_BYTES) {
        search->ambiguous = true;
        return;
    }
    struct tail_call *here = &search->path[search->depth++];
    struct code_target target;
    struct code_range code = {.next = function->entry, .end = function->entry + function->bytes};
    here->entry = function->entry;
    while (!search->ambiguous) {
        enum code_jump jump = machine_code_next_jump(search->side->code, &code, &target);
        if (jump == CODE_JUMP_NONE)
            break;
        search->ambiguous = jump == CODE_JUMP_UNKNOWN;
        if (search->ambiguous || (target.symbol == NULL && target.address >= function->entry &&
                                  target.address < code.end))
            continue;
        here->jump = code.at;
        if (is_goal(search, &target)) {
            keep_way(search);
            continue;
        }
        const struct function_symbol *next = jumps_to(search, function, &target);
        if (next != NULL && !is_on_path(search, next->entry))
            follow(search, next);
    }
    search->depth--;
}

/* Parts that the compiler made of one function (f.part.0, f.cold) have its name. */
static bool same_function(const char *a, const char *b)
{
    char *left = demangle_function(a), *right = demangle_function(b);
    bool same = left != NULL && right != NULL && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

static size_t way_from(const struct tail_side *side, const struct function_symbol *first,
                       const struct tail_side *goal_side, uint64_t goal,
                       struct tail_call calls[TAIL_CALLS_MAX])
{
    struct search search = {.side = side, .goal_side = goal_side, .goal = goal};
    follow(&search, first);
    if (search.found == 0 || search.ambiguous) {
        calls[0] = (struct tail_call){.entry = first->entry};
        return 1;
    }
    for (size_t i = 0; i < search.found; i++)
        calls[i] = search.way[search.found - 1 - i];
    return search.found;
}

/* A symbol of another module, or of this one where that can be overridden. */
static const struct function_symbol *bound_function(const struct tail_side *outer,
                                                    const struct tail_side *inner,
                                                    const struct function_symbol *reached,
                                                    const char *symbol, bool *in_inner)
{
    if (inner != NULL) {
        if (function_symbols_is_named(inner->symbols, reached->entry, symbol))
            return reached;
        const struct function_symbol *theirs = function_symbols_named(inner->symbols, symbol);
        *in_inner = theirs != NULL;
        if (theirs != NULL)
            return theirs;
    }
    return function_symbols_named(outer->symbols, symbol);
}

size_t tail_calls_find(const struct tail_side *outer, uint64_t return_address,
                       const struct tail_side *inner, uint64_t inner_address,
                       struct tail_call calls[TAIL_CALLS_MAX], bool *in_inner)
{
    struct code_target target;
    const struct function_symbol *reached =
        inner != NULL ? function_symbols_at(inner->symbols, inner_address) : NULL;
    *in_inner = false;
    if ((inner != NULL && reached == NULL) ||
        !machine_code_call(outer->code, return_address, &target) ||
        (inner == NULL && target.symbol != NULL && is_allocation(target.symbol)))
        return 0;

    const struct function_symbol *called =
        target.symbol != NULL ? bound_function(outer, inner, reached, target.symbol, in_inner)
                              : function_symbols_entry(outer->symbols, target.address);
    if (called == NULL)
        return 0;
    const struct tail_side *side = *in_inner ? inner : outer;
    if (reached != NULL && ((side == inner && called->entry == reached->entry) ||
                            same_function(called->name, reached->name)))
        return 0;
    return way_from(side, called, inner, reached != NULL ? reached->entry : 0, calls);
}
