/*
 * Every layout, in the order in which they are asked: the most certain recogniser first, and among
 * equals the one that is quickest to say no.
 * Adding an implementation is one file beside this one and one line here.
 */
LAYOUT(cpython_ordered_dict)
LAYOUT(cpython_dict)
LAYOUT(php_array)
LAYOUT(uthash)
LAYOUT(std_unordered_map)
LAYOUT(redis_dict)
LAYOUT(perl_hash)
LAYOUT(perl_string_table)
LAYOUT(ruby_hash)
LAYOUT(lua_table)
LAYOUT(lua_string_table)
LAYOUT(bash_hash)
LAYOUT(gawk_array)
LAYOUT(zsh_hash)
LAYOUT(khash)
LAYOUT(hashbrown)
LAYOUT(glib_hash)
LAYOUT(cpython_set)
