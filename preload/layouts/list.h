/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_dict)
LAYOUT(uthash)
LAYOUT(stb_ds)
LAYOUT(std_unordered_map)
LAYOUT(redis_dict)
LAYOUT(valkey_hashtable)
LAYOUT(khash)
LAYOUT(khashl)
LAYOUT(stc_hmap)
LAYOUT(stc_cmap)
LAYOUT(verstable)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
LAYOUT(memcached_assoc)
