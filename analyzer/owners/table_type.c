/*
 * Types out of function names: see table_type.h.
 *
 * Only functions count that allocate an array and construct no entry. In others the array may be
 * that of a table inside an entry: operator[] of a map of maps, where the inner one's functions
 * were put into it and no debugging information says so.
 *
 * What follows a container's first arguments (its hash, its comparison, its allocator) is left out.
 */
#include "table_type.h"

#include <stdio.h>
#include <string.h>

#define MAX_ARGUMENTS 16u

/* A piece of a name. */
struct text {
    const char *at;
    size_t length;
};

/* A class template as it is written in a function's name: "std::_Hashtable<...>::_M_rehash". */
struct instance {
    struct text name; /* "std::_Hashtable" */
    struct text arguments[MAX_ARGUMENTS];
    size_t count;
    const char *rest; /* "::_M_rehash", or the end */
};

static bool is_text(struct text text, const char *word)
{
    return text.length == strlen(word) && strncmp(text.at, word, text.length) == 0;
}

static bool starts_with(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

static struct text without_spaces(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    while (end > at && end[-1] == ' ')
        end--;
    return (struct text){at, (size_t)(end - at)};
}

/* False for anything else, and where brackets do not match, as in the name of an operator. */
static bool parse(struct text text, struct instance *instance)
{
    const char *end = text.at + text.length, *c = text.at;
    while (c < end && *c != '<')
        c++;
    instance->name = (struct text){text.at, (size_t)(c - text.at)};
    instance->count = 0;
    const char *argument = c + 1;
    int depth = 0;
    for (; c < end; c++) {
        if (*c == '<' || *c == '(' || *c == '[' || *c == '{')
            depth++;
        if ((*c == '>' && c[-1] != '-') || *c == ')' || *c == ']' || *c == '}')
            depth--;
        bool ends = depth == 0;
        if (!ends && !(depth == 1 && *c == ','))
            continue;
        if (instance->count == MAX_ARGUMENTS)
            return false;
        instance->arguments[instance->count++] = without_spaces(argument, c);
        argument = c + 1;
        if (ends) {
            instance->rest = c + 1;
            return *c == '>';
        }
    }
    return false;
}

/* The arguments of the class `name`, which `text` is written as. */
static bool parse_as(struct text text, const char *name, struct instance *instance)
{
    return parse(text, instance) && is_text(instance->name, name) &&
           instance->rest == text.at + text.length;
}

/* The last word of "absl::lts_20240722::container_internal::raw_hash_set". */
static struct text last_word(struct text name)
{
    for (size_t i = name.length; i > 1; i--)
        if (name.at[i - 1] == ':')
            return (struct text){name.at + i, name.length - i};
    return name;
}

static bool is_one_of(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (starts_with(name, words[i]))
            return true;
    return false;
}

/* Takes arguments out of the inner templates that a program leaves to their defaults. */
static void drop_defaults(char *type)
{
    static const char *const defaults[] = {", std::allocator<", ", std::default_delete<",
                                           ", std::hash<", ", std::equal_to<", ", std::less<"};
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        for (char *found = strstr(type, defaults[i]); found; found = strstr(found, defaults[i])) {
            char *end = found + strlen(defaults[i]);
            for (int depth = 1; depth > 0 && *end; end++)
                depth += *end == '<' ? 1 : *end == '>' && end[-1] != '-' ? -1 : 0;
            memmove(found, end, strlen(end) + 1);
        }
    }
}

static bool write_type(char out[TABLE_TYPE_BYTES], const char *name, const struct text *arguments,
                       size_t count)
{
    int length =
        snprintf(out, TABLE_TYPE_BYTES, "%s<%.*s%s%.*s>", name, (int)arguments[0].length,
                 arguments[0].at, count > 1 ? ", " : "", count > 1 ? (int)arguments[1].length : 0,
                 count > 1 ? arguments[1].at : "");
    if (length < 0 || (size_t)length >= TABLE_TYPE_BYTES)
        return false;
    drop_defaults(out);
    return true;
}

/* --- libstdc++ --- */

/* _Hashtable<Key, Value, Allocator, Extract, ..., _Hashtable_traits<Hash kept, Const, Unique>> */
static bool type_of_libstdcxx(const struct instance *table, char out[TABLE_TYPE_BYTES])
{
    static const char *const allocating[] = {"::_M_allocate_buckets", "::_M_rehash",
                                             "::_M_insert_unique_node", "::_M_insert_multi_node"};
    struct instance traits, pair;
    if (!is_text(table->name, "std::_Hashtable") || table->count != 10 ||
        !is_one_of(table->rest, allocating, sizeof(allocating) / sizeof(allocating[0])) ||
        !parse_as(table->arguments[9], "std::__detail::_Hashtable_traits", &traits) ||
        traits.count != 3)
        return false;
    bool is_unique = is_text(traits.arguments[2], "true");
    if (is_text(table->arguments[3], "std::__detail::_Identity"))
        return write_type(out, is_unique ? "std::unordered_set" : "std::unordered_multiset",
                          &table->arguments[0], 1);
    if (!is_text(table->arguments[3], "std::__detail::_Select1st") ||
        !parse_as(table->arguments[1], "std::pair", &pair) || pair.count != 2)
        return false;
    struct text arguments[] = {table->arguments[0], pair.arguments[1]};
    return write_type(out, is_unique ? "std::unordered_map" : "std::unordered_multimap", arguments,
                      2);
}

/* --- libc++ --- */

/* __hash_table<Value, Hash, Equal, Allocator>, Value of a map being __hash_value_type<Key, Mapped>.
 * Only the functions say whether keys are unique. */
static bool type_of_libcxx(const struct instance *table, char out[TABLE_TYPE_BYTES])
{
    static const char *const unique[] = {"::__rehash<true>", "::__do_rehash<true>",
                                         "::__rehash_unique"};
    static const char *const multi[] = {"::__rehash<false>", "::__do_rehash<false>",
                                        "::__rehash_multi"};
    struct instance entry;
    if (!is_text(table->name, "std::__hash_table") || table->count != 4)
        return false;
    bool is_unique = is_one_of(table->rest, unique, sizeof(unique) / sizeof(unique[0]));
    if (!is_unique && !is_one_of(table->rest, multi, sizeof(multi) / sizeof(multi[0])))
        return false;
    if (!parse_as(table->arguments[0], "std::__hash_value_type", &entry))
        return write_type(out, is_unique ? "std::unordered_set" : "std::unordered_multiset",
                          table->arguments, 1);
    return entry.count == 2 &&
           write_type(out, is_unique ? "std::unordered_map" : "std::unordered_multimap",
                      entry.arguments, 2);
}

/* --- Abseil --- */

/* raw_hash_set<FlatHashMapPolicy<Key, Value>, ...>, in a namespace of the release. */
static bool type_of_abseil(const struct instance *table, char out[TABLE_TYPE_BYTES])
{
    static const struct {
        const char *policy, *name;
        size_t arguments;
    } policies[] = {
        {"FlatHashMapPolicy", "absl::flat_hash_map", 2},
        {"FlatHashSetPolicy", "absl::flat_hash_set", 1},
        {"NodeHashMapPolicy", "absl::node_hash_map", 2},
        {"NodeHashSetPolicy", "absl::node_hash_set", 1},
    };
    static const char *const allocating[] = {"::resize", "::initialize_slots",
                                             "::rehash_and_grow_if_necessary"};
    struct instance policy;
    if (!starts_with(table->name.at, "absl::") ||
        !is_text(last_word(table->name), "raw_hash_set") ||
        !is_one_of(table->rest, allocating, sizeof(allocating) / sizeof(allocating[0])) ||
        table->count == 0 || !parse(table->arguments[0], &policy))
        return false;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        if (is_text(last_word(policy.name), policies[i].policy) &&
            policy.count == policies[i].arguments)
            return write_type(out, policies[i].name, policy.arguments, policy.count);
    return false;
}

bool type_of_frames(const struct symbol_frame *frames, size_t count, const char *implementation,
                    char out[TABLE_TYPE_BYTES])
{
    bool is_std = starts_with(implementation, "std::"),
         is_absl = starts_with(implementation, "absl::");
    for (size_t i = 0; (is_std || is_absl) && i < count && frames[i].internal; i++) {
        struct instance table;
        if (!frames[i].function ||
            !parse((struct text){frames[i].function, strlen(frames[i].function)}, &table))
            continue;
        if (is_std && (type_of_libstdcxx(&table, out) || type_of_libcxx(&table, out)))
            return true;
        if (is_absl && type_of_abseil(&table, out))
            return true;
    }
    return false;
}

bool type_of_table(struct symbolizer *symbolizer, const struct findings *findings,
                   const struct judged_table *judged, char out[TABLE_TYPE_BYTES])
{
    const struct symbol_frame *frames;
    uint32_t site = telling_site(judged->table);
    if (!judged->layout || site == DUMP_NONE)
        return false;
    size_t count = symbolizer_site(symbolizer, findings->dump, site, &frames);
    return type_of_frames(frames, count, judged->implementation, out);
}

bool type_of_tables(struct symbolizer *symbolizer, const struct findings *findings,
                    const struct judged_table *first, size_t count, char out[TABLE_TYPE_BYTES])
{
    char other[TABLE_TYPE_BYTES];
    uint32_t site = telling_site(first->table);
    if (!type_of_table(symbolizer, findings, first, out))
        return false;
    for (size_t i = 1; i < count; i++) {
        if (telling_site(first[i].table) == site)
            continue; /* the same, and there may be 20,000 */
        site = telling_site(first[i].table);
        if (!type_of_table(symbolizer, findings, &first[i], other) || strcmp(out, other) != 0)
            return false;
    }
    return true;
}
