/* A library that somebody else preloads. */
int empty_library_is_loaded;
