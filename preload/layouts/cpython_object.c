/*
 * PyObject of CPython 3.6 to 3.13 (Include/object.h): {reference count, type, ...}. Every chain of
 * types ends in `type`, whose type is itself; metaclasses of metaclasses are rarer than three deep.
 */
#include "cpython_object.h"

#define TYPE_CHAIN_MAX     4
#define TYPE_FLAGS_OFFSET  168          /* PyTypeObject.tp_flags */
#define TYPE_FLAG_READY    (1ULL << 12) /* Py_TPFLAGS_READY */
#define TYPE_FLAG_SUBCLASS (1ULL << 31) /* Py_TPFLAGS_TYPE_SUBCLASS: "a kind of type" */

static bool is_type_of_types(const struct layout_view *view, uint64_t address)
{
    uint64_t flags;
    return layout_read_u64(view, address + TYPE_FLAGS_OFFSET, &flags) &&
           (flags & TYPE_FLAG_READY) != 0 && (flags & TYPE_FLAG_SUBCLASS) != 0;
}

bool cpython_is_object(const struct layout_view *view, uint64_t address)
{
    uint64_t head[2]; /* ob_refcnt, ob_type */
    for (unsigned i = 0; i <= TYPE_CHAIN_MAX; i++) {
        if (!layout_is_pointer(address, 8) || !layout_read(view, address, head, sizeof(head)) ||
            head[0] == 0)
            return false;
        /* An empty list head points at itself just as `type` does: the flags tell them apart. */
        if (head[1] == address)
            return is_type_of_types(view, address);
        address = head[1];
    }
    return false;
}
