/*
 * The part of a function's name that survives a rebuild: see function_key.h.
 *
 * One pass over the demangled name, that copies what is a path of identifiers and leaves out what
 * stands in brackets after one. What a compiler makes up (lambdas, closures, unnamed namespaces)
 * goes altogether: a lambda then has the key of the function that it is written in.
 */
#include "function_key.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Types within types of a qualified path. Deeper ones, in a damaged file, are left out. */
#define MAX_DEPTH 32

struct writer {
    char *begin, *end;
    unsigned depth;
};

static bool starts_with(const char *text, const char *end, const char *prefix)
{
    size_t length = strlen(prefix);
    return (size_t)(end - text) >= length && memcmp(text, prefix, length) == 0;
}

static bool is_identifier(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind the bracket that closes the one at `open`; `end` where none does. */
static const char *behind_bracket(const char *open, const char *end)
{
    int angles = 0, others = 0;
    for (const char *c = open; c < end; c++) {
        switch (*c) {
        case '(':
        case '[':
        case '{':
            others++;
            break;
        case ')':
        case ']':
        case '}':
            others--;
            break;
        case '<':
            angles += others == (*open != '<') ? 1 : 0;
            break;
        case '>': /* not the end of an arrow; inside (3 > 2) a comparison */
            if (others == (*open != '<') && c[-1] != '-')
                angles--;
            break;
        default:
            continue;
        }
        if (*open == '<' ? angles == 0 && others <= 0 : others == 0)
            return c + 1;
    }
    return end;
}

/* Whether a component of a path begins here. */
static bool at_component(const struct writer *out)
{
    return out->end == out->begin || !is_identifier(out->end[-1]);
}

static void drop_separator(struct writer *out)
{
    while (out->end - out->begin >= 2 && out->end[-1] == ':' && out->end[-2] == ':')
        out->end -= 2;
}

/* Copies one character; of separators only one, and none at the beginning. */
static const char *copy(struct writer *out, const char *at, const char *end)
{
    if (starts_with(at, end, "::")) {
        if (out->end != out->begin && out->end[-1] != ':') {
            *out->end++ = ':';
            *out->end++ = ':';
        }
        return at + 2;
    }
    *out->end++ = *at;
    return at + 1;
}

/* "operator" and the symbols that are its name: behind them. */
static const char *copy_operator(struct writer *out, const char *at, const char *end)
{
    static const char *const symbols[] = {"()", "[]", "<=>", "<<=", ">>=", "->*", "<<",
                                          ">>", "<=", ">=",  "->",  "<",   ">"};
    for (const char *stop = at + strlen("operator"); at < stop;)
        *out->end++ = *at++;
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (starts_with(at, end, symbols[i])) {
            out->end = stpcpy(out->end, symbols[i]);
            at += strlen(symbols[i]);
            break;
        }
    }
    if (starts_with(at, end, " <"))
        at++;
    return at < end && *at == '<' ? behind_bracket(at, end) : at;
}

static void write_path(struct writer *out, const char *at, const char *end);

/* " for " of "impl Trait for Type", outside all brackets. */
static const char *find_for(const char *at, const char *end)
{
    while (at < end) {
        if (*at == '<' || *at == '(' || *at == '[')
            at = behind_bracket(at, end);
        else if (starts_with(at, end, " for "))
            return at;
        else
            at++;
    }
    return NULL;
}

/* Rust's older mangling writes module::<impl Trait for Type>::f where the newer one writes
 * <Type as Trait>::f. */
static void write_impl(struct writer *out, const char *at, const char *end)
{
    const char *type = find_for(at, end);
    out->end = out->begin;
    if (type == NULL) {
        write_path(out, at, end);
        return;
    }
    write_path(out, type + strlen(" for "), end);
    out->end = stpcpy(out->end, " as ");
    write_path(out, at, type);
}

/* What only the compiler wrote: behind it, or `at` itself. */
static const char *skip_made_up(const char *at, const char *end)
{
    if (*at == '{')
        return behind_bracket(at, end);
    if (starts_with(at, end, "(anonymous namespace)"))
        return at + strlen("(anonymous namespace)");
    if (starts_with(at, end, "$_")) {
        const char *digit = at + 2;
        while (digit < end && isdigit((unsigned char)*digit))
            digit++;
        return digit > at + 2 && (digit == end || !is_identifier(*digit)) ? digit : at;
    }
    return at;
}

static const char *write_component_start(struct writer *out, const char *at, const char *end)
{
    const char *behind = skip_made_up(at, end);
    if (behind != at)
        return behind;
    if (starts_with(at, end, "operator") && (at + 8 == end || !is_identifier(at[8])))
        return copy_operator(out, at, end);
    if (*at != '<')
        return copy(out, at, end);

    behind = behind_bracket(at, end);
    if (starts_with(at, end, "<impl ")) {
        write_impl(out, at + strlen("<impl "), behind - (behind[-1] == '>'));
    } else if (out->end != out->begin && out->end[-1] == ':') {
        drop_separator(out); /* f::<u64>, main::<lambda(int)>::operator() */
    } else {
        write_path(out, at + 1, behind - (behind[-1] == '>')); /* <Type as Trait>::f */
    }
    return behind;
}

static void write_path(struct writer *out, const char *at, const char *end)
{
    if (out->depth == MAX_DEPTH)
        return;
    out->depth++;
    while (at < end) {
        if (at_component(out))
            at = write_component_start(out, at, end);
        else if (*at == '<' || *at == '(' || *at == '[')
            at = behind_bracket(at, end);
        else
            at = copy(out, at, end);
    }
    out->depth--;
}

static bool ends_with(const struct writer *out, const char *suffix)
{
    size_t length = strlen(suffix);
    return (size_t)(out->end - out->begin) >= length &&
           memcmp(out->end - length, suffix, length) == 0;
}

bool function_is_static_initialization(const char *function)
{
    static const char *const prefixes[] = {"_GLOBAL__sub_I_", "_GLOBAL__I_",
                                           "__static_initialization_and_destruction_",
                                           "__cxx_global_var_init"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static const char *behind_thunk(const char *function)
{
    static const char *const thunks[] = {"non-virtual thunk to ", "virtual thunk to ",
                                         "covariant return thunk to "};
    for (size_t i = 0; i < sizeof(thunks) / sizeof(thunks[0]); i++) {
        if (strncmp(function, thunks[i], strlen(thunks[i])) == 0)
            return function + strlen(thunks[i]);
    }
    return function;
}

char *function_key(const char *function)
{
    function = behind_thunk(function);
    size_t length = strlen(function);
    char *key = malloc(length + 1); /* every step writes at most what it read */
    if (key == NULL)
        return NULL;
    struct writer out = {.begin = key, .end = key};
    write_path(&out, function, function + length);
    if (ends_with(&out, " const"))
        out.end -= strlen(" const");
    /* A lambda's, whether its class has a name or not; a functor's own name says enough. */
    if (ends_with(&out, "operator()"))
        out.end -= strlen("operator()");
    drop_separator(&out);
    while (out.end > out.begin && out.end[-1] == ' ')
        out.end--;
    *out.end = '\0';
    return key;
}
