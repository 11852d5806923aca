/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_dict)
LAYOUT(uthash)
LAYOUT(std_unordered_map)
LAYOUT(redis_dict)
LAYOUT(khash)
LAYOUT(absl_flat_hash)
LAYOUT(absl_node_hash)
LAYOUT(phmap_flat_hash)
LAYOUT(phmap_node_hash)
LAYOUT(boost_flat)
LAYOUT(boost_node)
LAYOUT(folly_f14_value)
LAYOUT(folly_f14_node)
LAYOUT(folly_f14_vector)
LAYOUT(indexmap)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
