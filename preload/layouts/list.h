/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_dict)
LAYOUT(uthash)
LAYOUT(std_unordered_map)
LAYOUT(redis_dict)
LAYOUT(tcl_hash)
LAYOUT(apr_hash)
LAYOUT(openssl_lhash)
LAYOUT(tommy_hashdyn)
LAYOUT(libbpf_hashmap)
LAYOUT(libiberty_htab)
LAYOUT(gcc_hash_table)
LAYOUT(libxml2_chained_dict)
LAYOUT(libxml2_chained_hash)
LAYOUT(libxml2_open_dict)
LAYOUT(libxml2_open_hash)
LAYOUT(hsearch)
LAYOUT(tommy_hashtable)
LAYOUT(khash)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
