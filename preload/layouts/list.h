/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_dict)
LAYOUT(uthash)
LAYOUT(std_unordered_map)
LAYOUT(libcxx_unordered_map)
LAYOUT(boost_unordered_groups)
LAYOUT(boost_unordered_list)
LAYOUT(unordered_dense)
LAYOUT(robin_hood)
LAYOUT(dense_hash)
LAYOUT(tsl_robin)
LAYOUT(tsl_hopscotch)
LAYOUT(ska_flat_hash)
LAYOUT(redis_dict)
LAYOUT(khash)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
