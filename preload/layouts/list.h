/*
 * Every layout, in the order in which they are asked: the most certain recogniser first.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(std_unordered_map)
LAYOUT(uthash)
LAYOUT(hashbrown)
LAYOUT(cpython_dict)
LAYOUT(glib_hash)
LAYOUT(khash)
LAYOUT(cpython_set)
