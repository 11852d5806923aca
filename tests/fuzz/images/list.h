/* Every file of this folder: adding an image is a file and a line here (and in meson.build). */
IMAGES(cpython)
IMAGES(glib_hash)
IMAGES(hashbrown)
IMAGES(khash)
IMAGES(libcxx_unordered_map)
IMAGES(redis_dict)
IMAGES(std_unordered_map)
IMAGES(uthash)
