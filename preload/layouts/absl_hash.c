/*
 * Abseil's flat_hash_{map,set} and node_hash_{map,set} of every version since 2021-03. A node table
 * keeps the address of a node in each slot; so does a flat set of pointers, and nothing in the
 * table says which of them it is.
 */
#include "absl_table.h"

static bool recognise_flat(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return absl_table_recognise(view, block, ABSL_FAMILY_ABSL, ABSL_SLOTS_VALUES, out);
}

static bool recognise_node(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return absl_table_recognise(view, block, ABSL_FAMILY_ABSL, ABSL_SLOTS_MAYBE_NODES, out);
}

#define SOURCE                                                                                     \
    "Abseil 20220623 (Debian 12) and LTS 2021-03 to 2026-08, container/internal/raw_hash_set.h"

const struct layout layout_absl_flat_hash = {
    .name = "absl::flat_hash_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_flat,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .marks_bytes = 1,
    .capacity_for = absl_table_capacity_for,
    .bytes_for = absl_table_bytes_for,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .handles = absl_table_handles,
    .source = SOURCE,
};

const struct layout layout_absl_node_hash = {
    .name = "absl::node_hash_map or flat",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_node,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = absl_table_capacity_for,
    .bytes_for = absl_table_bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .shrink_call = "m.rehash(0);",
    .source = SOURCE,
};
