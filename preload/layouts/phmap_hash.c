/*
 * phmap (parallel-hashmap), grown out of Abseil's tables of 2019; each of the 2^N submaps of a
 * parallel_* container is a table of its own. Its rehash(0) takes the next power of two above the
 * number of entries whatever the load is then, and a load of more than 7/8 makes growth_left wrap:
 * the table fills up to the last slot, and looking for a missing key does not end. So that call is
 * not what is advised.
 */
#include "absl_table.h"

static bool recognise_flat(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return absl_table_recognise(view, block, ABSL_FAMILY_PHMAP, ABSL_SLOTS_VALUES, out);
}

static bool recognise_node(struct layout_view *view, const struct block *block,
                           struct table_reading *out)
{
    return absl_table_recognise(view, block, ABSL_FAMILY_PHMAP, ABSL_SLOTS_MAYBE_NODES, out);
}

/* A copy would keep the capacity; a range is counted first and room made for so many. */
#define REBUILD                                                                                    \
    "decltype(m) tight(std::make_move_iterator(m.begin()), std::make_move_iterator(m.end())); "    \
    "m.swap(tight);"

const struct layout layout_phmap_flat_hash = {
    .name = "phmap::flat_hash_map",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_flat,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .marks_bytes = 1,
    .capacity_for = absl_table_capacity_for,
    .bytes_for = absl_table_bytes_for,
    .on_erase = "never shrinks",
    .recreate = REBUILD,
    .source = "parallel-hashmap 2.0.0, phmap.h: raw_hash_set",
};

const struct layout layout_phmap_node_hash = {
    .name = "phmap::node_hash_map or flat",
    .kind = DUMP_KIND_OPEN,
    .recognise = recognise_node,
    .load_limit = 0.875,
    .load_after_growth = 0.4375,
    .capacity_for = absl_table_capacity_for,
    .bytes_for = absl_table_bytes_for,
    .values_are_boxed = true,
    .on_erase = "never shrinks",
    .recreate = REBUILD,
    .source = "parallel-hashmap 2.0.0, phmap.h: raw_hash_set",
};
