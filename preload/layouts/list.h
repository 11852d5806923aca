/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_dict)
LAYOUT(uthash)
LAYOUT(qhash5)
LAYOUT(qhash6)
LAYOUT(llvm_string_map)
LAYOUT(llvm_folding_set)
LAYOUT(std_unordered_map)
LAYOUT(redis_dict)
LAYOUT(khash)
LAYOUT(gcc_hash_table)
LAYOUT(llvm_dense_map)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
