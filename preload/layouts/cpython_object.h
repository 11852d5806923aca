/*
 * Whether an address is that of a CPython object, told by its type, the type's type and so on.
 */
#ifndef HASHTRACK_CPYTHON_OBJECT_H
#define HASHTRACK_CPYTHON_OBJECT_H

#include "layout.h"

bool cpython_is_object(const struct layout_view *view, uint64_t address);

#endif
