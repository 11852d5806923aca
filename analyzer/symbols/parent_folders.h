/* Paths that say "build/../src/a.c", as compilers write them that were called in another folder. */
#ifndef HASHTRACK_PARENT_FOLDERS_H
#define HASHTRACK_PARENT_FOLDERS_H

/* Takes "NAME/.." out of an absolute path, in place, where NAME is not a link: behind a link ".."
 * leads elsewhere. Looks at the file system; what is not there is taken for a folder. */
void fold_parent_folders(char *path);

#endif
