/* Taking "NAME/.." out of a path: see parent_folders.h. */
#include "parent_folders.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Whether the first `length` characters of the path name a link. */
static bool is_link(char *path, size_t length)
{
    struct stat status;
    char end = path[length];
    path[length] = '\0';
    bool link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
    path[length] = end;
    return link;
}

void fold_parent_folders(char *path)
{
    char *from = path;
    char *parent;
    while (*path == '/' && (parent = strstr(from, "/../")) != NULL) {
        char *name = memrchr(path, '/', (size_t)(parent - path));
        size_t length = name != NULL ? (size_t)(parent - name - 1) : 0;
        bool is_folder = length > 0 && strncmp(name + 1, ".", length) != 0 &&
                         strncmp(name + 1, "..", length) != 0 &&
                         !is_link(path, (size_t)(parent - path));
        if (is_folder) {
            memmove(name, parent + strlen("/.."), strlen(parent + strlen("/..")) + 1);
            from = path;
        } else {
            from = parent + 1;
        }
    }
}
