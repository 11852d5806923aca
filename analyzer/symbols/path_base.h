/* The last component of a path. */
#ifndef HASHTRACK_PATH_BASE_H
#define HASHTRACK_PATH_BASE_H

/* Points into `path`; all of it where no slash is in it. basename(3) writes to its argument, or
 * gives nothing for a path that ends with a slash, depending on the header. */
const char *path_base(const char *path);

#endif
