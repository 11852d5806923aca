/*
 * Types in DWARF, gone down member by member: see type_path.h. A file may be damaged, so every way
 * down has a limit.
 */
#include "type_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "entries.h"
#include "entry_type.h"

#define MAX_STEPS      64u
#define MAX_DIMENSIONS 8u
#define MAX_MEMBERS    100000u

static bool is_rust(const Dwarf_Die *type)
{
    Dwarf_Die unit;
    return dwarf_cu_die(type->cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) != NULL &&
           dwarf_srclang(&unit) == DW_LANG_Rust;
}

void type_path_begin(struct type_path *path, const char *variable, const Dwarf_Die *type,
                     uint64_t offset, struct complete_types *types, struct scope_index *scopes)
{
    memset(path, 0, sizeof(*path));
    snprintf(path->text, sizeof(path->text), "%s", variable);
    path->offset = offset;
    path->types = types;
    path->scopes = scopes;
    if (type != NULL) {
        path->has_type = true;
        path->type = *type;
        path->arrow = is_rust(type) ? "." : "->";
    }
}

static void append(struct type_path *path, const char *text)
{
    size_t length = strlen(path->text);
    snprintf(path->text + length, sizeof(path->text) - length, "%s", text);
}

/* Without typedefs and qualifiers. */
static bool peel(Dwarf_Die *type)
{
    Dwarf_Die peeled;
    if (dwarf_peel_type(type, &peeled) != 0)
        return false;
    *type = peeled;
    return true;
}

/* --- containers --- */

/* The outermost namespace of a type, "" for none. */
static const char *root_namespace(struct scope_index *index, const Dwarf_Die *type)
{
    Dwarf_Die scopes[2]; /* the unit, and what stands in it */
    if (scope_index_find(index, type, scopes, 2) < 2 || dwarf_tag(&scopes[1]) != DW_TAG_namespace)
        return "";
    const char *name = dwarf_diename(&scopes[1]);
    return name != NULL ? name : "";
}

/* Whether the type is of a library whose members nobody writes. */
static bool is_container(struct scope_index *index, Dwarf_Die *type)
{
    static const char *const libraries[] = {
        "std",        "__gnu_cxx", "__gnu_pbds", "absl",      "boost", "folly",    "tsl",
        "ska",        "core",      "alloc",      "hashbrown", "phmap", "ankerl",   "gtl",
        "robin_hood", "llvm",      "eastl",      "google",    "tbb",   "indexmap", "dashmap",
    };
    int tag = dwarf_tag(type);
    if (tag != DW_TAG_structure_type && tag != DW_TAG_class_type && tag != DW_TAG_union_type)
        return false;
    const char *root = root_namespace(index, type);
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
        if (strcmp(root, libraries[i]) == 0)
            return true;
    return false;
}

/* Whether two names are the same but for template arguments: "unordered_map<int, int>". */
static bool same_template(const char *name, const char *plain)
{
    size_t length = strlen(plain);
    return strncmp(name, plain, length) == 0 && (name[length] == '\0' || name[length] == '<');
}

/* The implementation's own name: "std::unordered_map" for unordered_map<int, int>. */
static bool is_named_after(Dwarf_Die *type, const char *implementation)
{
    const char *name = dwarf_diename(type);
    const char *last = strrchr(implementation, ':');
    return name != NULL && same_template(name, last != NULL ? last + 1 : implementation);
}

static void enter_container(struct type_path *path)
{
    if (path->in_container || !is_container(path->scopes, &path->type))
        return;
    const char *name = dwarf_diename(&path->type);
    path->in_container = true;
    snprintf(path->container, sizeof(path->container), "%s", name != NULL ? name : "");
}

/* --- one step down --- */

static bool step_into_array(struct type_path *path)
{
    uint64_t counts[MAX_DIMENSIONS];
    unsigned dimensions = 0;
    Dwarf_Die element, entry;
    if (!entry_type(&path->type, &element) || dwarf_child(&path->type, &entry) != 0)
        return false;
    do {
        Dwarf_Attribute attribute;
        Dwarf_Word number;
        if (dwarf_tag(&entry) != DW_TAG_subrange_type)
            continue;
        if (dimensions == MAX_DIMENSIONS)
            return false;
        if (dwarf_formudata(dwarf_attr(&entry, DW_AT_count, &attribute), &number) == 0)
            counts[dimensions++] = number;
        else if (dwarf_formudata(dwarf_attr(&entry, DW_AT_upper_bound, &attribute), &number) == 0)
            counts[dimensions++] = number + 1;
        else
            return false;
    } while (entry_next(&entry));
    uint64_t bytes = type_bytes(&element);
    if (bytes == 0 || dimensions == 0)
        return false;

    uint64_t index = path->offset / bytes, indices[MAX_DIMENSIONS];
    for (unsigned i = dimensions; i-- > 0;) {
        if (counts[i] == 0)
            return false;
        indices[i] = index % counts[i];
        index /= counts[i];
    }
    if (index != 0)
        return false; /* behind the array */
    for (unsigned i = 0; i < dimensions && !path->in_container; i++) {
        char text[32];
        snprintf(text, sizeof(text), "[%llu]", (unsigned long long)indices[i]);
        append(path, text);
    }
    path->offset %= bytes;
    path->type = element;
    path->is_element = true;
    return true;
}

struct member {
    Dwarf_Die entry, type;
    uint64_t offset;
    uint64_t bytes;
    bool is_found, is_ambiguous;
};

/* An empty base shares its place with the member after it: the larger one is meant. Members of a
 * union share theirs, and nothing says which is meant. */
static void offer_member(struct member *best, Dwarf_Die *entry, uint64_t place, bool in_union)
{
    Dwarf_Attribute attribute;
    Dwarf_Word offset = 0;
    struct member member = {.entry = *entry, .is_found = true};
    if (dwarf_attr(entry, DW_AT_data_member_location, &attribute) != NULL &&
        dwarf_formudata(&attribute, &offset) != 0)
        return; /* a virtual base: its place is known at run time */
    if (dwarf_hasattr(entry, DW_AT_declaration) || dwarf_hasattr(entry, DW_AT_bit_size) ||
        !entry_type(entry, &member.type))
        return;
    member.offset = offset;
    member.bytes = type_bytes(&member.type);
    if (place < offset || place - offset >= member.bytes)
        return;
    if (best->is_found && in_union)
        best->is_ambiguous = true;
    if (!best->is_found || member.bytes > best->bytes) {
        member.is_ambiguous = best->is_ambiguous;
        *best = member;
    }
}

static void find_member(Dwarf_Die *type, uint64_t place, bool in_union, unsigned depth,
                        unsigned *members_left, struct member *best)
{
    Dwarf_Die entry;
    if (depth > 3 || dwarf_child(type, &entry) != 0)
        return;
    do {
        switch (dwarf_tag(&entry)) {
        case DW_TAG_member:
        case DW_TAG_inheritance:
            offer_member(best, &entry, place, in_union);
            break;
        case DW_TAG_variant_part: /* Rust's enums */
        case DW_TAG_variant:
            find_member(&entry, place, true, depth + 1, members_left, best);
            break;
        default:
            break;
        }
    } while (*members_left > 0 && --*members_left > 0 && entry_next(&entry));
}

static bool step_into_member(struct type_path *path)
{
    struct member member = {.is_found = false};
    bool in_union = dwarf_tag(&path->type) == DW_TAG_union_type;
    unsigned members_left = MAX_MEMBERS;
    find_member(&path->type, path->offset, in_union, 0, &members_left, &member);
    if (!member.is_found || (member.is_ambiguous && !path->in_container))
        return false;
    const char *name =
        dwarf_tag(&member.entry) == DW_TAG_member ? dwarf_diename(&member.entry) : NULL;
    /* uthash: the variable that points at the first element is what its user calls the table. */
    const char *type_name = dwarf_diename(&member.type);
    bool is_handle = type_name != NULL && strcmp(type_name, "UT_hash_handle") == 0;
    if (name != NULL && !path->in_container && !is_handle) {
        append(path, path->is_dereferenced ? path->arrow : ".");
        append(path, name);
        path->is_dereferenced = false;
    }
    path->offset -= member.offset;
    path->type = member.type;
    path->is_element = false;
    path->in_container = path->in_container || is_handle;
    return true;
}

/* Into the member or element around the place. */
static bool step(struct type_path *path)
{
    switch (dwarf_tag(&path->type)) {
    case DW_TAG_array_type:
        return step_into_array(path);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        enter_container(path);
        return step_into_member(path);
    default:
        return false;
    }
}

static bool is_pointer(Dwarf_Die *type)
{
    int tag = dwarf_tag(type);
    return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
           tag == DW_TAG_rvalue_reference_type;
}

bool type_path_to_pointer(struct type_path *path)
{
    for (unsigned i = 0; path->has_type && i < MAX_STEPS; i++) {
        if (!peel(&path->type))
            return false;
        if (is_pointer(&path->type))
            return path->offset == 0;
        if (!step(path))
            return false;
    }
    return false;
}

/* Whether the structure looks like a table's own object: as many pointers to data as the table has
 * arrays, and a number for its capacity or its entries. */
static bool is_table_of(Dwarf_Die *structure, unsigned arrays)
{
    Dwarf_Die entry, type, pointee;
    unsigned pointers = 0, numbers = 0, count = 0;
    if (dwarf_tag(structure) != DW_TAG_structure_type || dwarf_child(structure, &entry) != 0)
        return false;
    do {
        if (dwarf_tag(&entry) != DW_TAG_member || !entry_type(&entry, &type) || !peel(&type))
            continue;
        if (is_pointer(&type))
            pointers += !entry_type(&type, &pointee) || !peel(&pointee) ||
                        dwarf_tag(&pointee) != DW_TAG_subroutine_type;
        else
            numbers += dwarf_tag(&type) == DW_TAG_base_type && type_bytes(&type) >= 4;
    } while (++count < MAX_MEMBERS && entry_next(&entry));
    return pointers <= arrays && numbers > 0;
}

bool type_path_to_array(struct type_path *path, unsigned arrays)
{
    struct type_path before = *path;
    for (unsigned i = 0; path->has_type && i < MAX_STEPS; i++) {
        if (!peel(&path->type))
            return false;
        if (is_pointer(&path->type)) {
            if (path->offset != 0)
                return false;
            if (!path->in_container && before.has_type && is_table_of(&before.type, arrays))
                *path = before;
            return true;
        }
        before = *path;
        if (!step(path))
            return false;
    }
    return false;
}

bool type_path_to_table(struct type_path *path, const char *implementation)
{
    struct type_path innermost; /* structure that begins at the place */
    bool has_innermost = false;
    for (unsigned i = 0; path->has_type && i < MAX_STEPS; i++) {
        if (!peel(&path->type))
            return false;
        if (path->in_container || is_container(path->scopes, &path->type))
            return true;
        int tag = dwarf_tag(&path->type);
        bool is_structure = tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
        if (path->offset == 0 && is_structure) {
            if (is_named_after(&path->type, implementation))
                return true;
            innermost = *path;
            has_innermost = true;
        }
        if (!step(path)) {
            bool is_at_pointer = is_pointer(&path->type) && path->offset == 0;
            if (has_innermost)
                *path = innermost;
            return has_innermost || is_at_pointer;
        }
    }
    return false;
}

/* --- through a pointer --- */

/* What a container's pointer leads to, by the container's name. */
static bool is_sequence(const char *container)
{
    return same_template(container, "vector") || same_template(container, "Vec") ||
           same_template(container, "_Vector_base") || same_template(container, "RawVec");
}

static bool is_smart_pointer(const char *container)
{
    static const char *const names[] = {"unique_ptr", "shared_ptr", "Box",          "Rc",
                                        "Arc",        "scoped_ptr", "intrusive_ptr"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (same_template(container, names[i]))
            return true;
    return false;
}

/* Nothing is known of what the pointer points at. */
static void follow_blindly(struct type_path *path, bool is_opaque, uint64_t offset)
{
    if (path->has_type && path->in_container && !is_smart_pointer(path->container)) {
        append(path, "[...]");
        path->certainty = PATH_ELEMENT;
        is_opaque = true;
    } else if (path->certainty == PATH_WHOLE) {
        path->certainty = PATH_BLOCK;
    } else if (path->certainty == PATH_BLOCK) {
        path->certainty = PATH_BEYOND;
    }
    path->is_opaque = path->has_type ? is_opaque : path->is_opaque;
    path->has_type = false;
    path->offset = offset;
}

/* Whether a block of `bytes` bytes is an array of such elements, so that the place lies in one of
 * them and not in a larger type that begins like one (a derived class). */
static bool is_array_of(uint64_t element, uint64_t bytes, bool is_exact, bool is_in_sequence)
{
    if (is_in_sequence)
        return bytes >= element;
    return is_exact && bytes >= 2 * element && bytes % element == 0;
}

bool type_path_follow(struct type_path *path, uint64_t offset, uint64_t bytes, bool is_exact)
{
    Dwarf_Die pointee;
    if (!path->has_type) {
        follow_blindly(path, false, offset);
        return true;
    }
    if (!type_path_to_pointer(path))
        return false;
    bool is_typed = entry_type(&path->type, &pointee) && peel(&pointee);
    if (is_typed && dwarf_hasattr(&pointee, DW_AT_declaration))
        complete_types_find(path->types, &pointee);
    uint64_t element = is_typed ? type_bytes(&pointee) : 0;
    bool is_in_sequence = path->in_container && is_sequence(path->container);
    /* A pointer to bytes points at anything. */
    if (element == 0 || dwarf_tag(&pointee) == DW_TAG_base_type ||
        (path->in_container && is_container(path->scopes, &pointee) && !is_in_sequence &&
         !is_smart_pointer(path->container)) ||
        (offset >= element && !is_array_of(element, bytes, is_exact, is_in_sequence))) {
        follow_blindly(path, is_typed && dwarf_hasattr(&pointee, DW_AT_declaration), offset);
        return true;
    }
    path->is_dereferenced = dwarf_tag(&path->type) == DW_TAG_pointer_type;
    if (is_in_sequence || offset >= element || is_pointer(&pointee)) {
        char index[32];
        snprintf(index, sizeof(index), "[%llu]", (unsigned long long)(offset / element));
        append(path, index);
        path->is_dereferenced = false;
    }
    path->in_container = false;
    /* What malloc gives is up to 15 bytes more than what was asked for. */
    path->is_element =
        is_in_sequence || offset >= element || bytes >= 2 * element + (is_exact ? 0 : 16);
    path->type = pointee;
    path->offset = offset % element;
    return true;
}
