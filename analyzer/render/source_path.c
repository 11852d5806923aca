/* From the path that DWARF has for a file to one relative to the sources: see source_path.h. */
#include "source_path.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stable_hash.h"

/* The same few files come up in stack after stack, and realpath() asks the kernel for each of their
 * directories: the last answers are kept. */
#define REMEMBERED 512u

struct remembered {
    char *file;
    char *relative; /* NULL: none */
};

struct source_root {
    char *real;  /* symbolic links followed */
    char *named; /* as it was called; the same where no link was in it */
    struct remembered answers[REMEMBERED];
};

/* Removes "//", "." and ".." from an absolute path, by its text alone. */
static void normalize(char *path)
{
    char *end = path; /* what is kept ends here, without a slash */
    const char *from = path;
    while (*from) {
        while (*from == '/')
            from++;
        size_t length = strcspn(from, "/");
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            while (end > path && *--end != '/')
                ;
        } else if (length > 0 && !(length == 1 && from[0] == '.')) {
            *end++ = '/';
            memmove(end, from, length);
            end += length;
        }
        from += length;
    }
    *end = '\0';
}

/* What follows the directory in the path; NULL when it is not in there. */
static const char *below(const char *directory, const char *path)
{
    size_t length = strlen(directory);
    if (strncmp(path, directory, length) != 0 || path[length] != '/' || path[length + 1] == '\0')
        return NULL;
    return path + length + 1;
}

/* The top of the checkout that `directory` lies in. A worktree has a file of that name. */
static char *git_top(const char *directory)
{
    char *top = strdup(directory);
    while (top) {
        char *mark;
        if (asprintf(&mark, "%s/.git", top) < 0)
            break;
        bool found = access(mark, F_OK) == 0;
        free(mark);
        if (found)
            return top;
        char *slash = strrchr(top, '/');
        if (!slash)
            break;
        *slash = '\0';
    }
    free(top);
    return NULL;
}

struct source_root *source_root_new(const char *directory, struct error *error)
{
    struct source_root *root = calloc(1, sizeof(*root));
    char *here = getcwd(NULL, 0);
    char *top = !directory && here ? git_top(here) : NULL;
    const char *named = directory ? directory : top ? top : here;
    char *real = named ? realpath(named, NULL) : NULL;
    if (!root || !real) {
        error_set(error, STATUS_USAGE, "cannot use %s as the top of the sources: %s",
                  named ? named : "the working directory", strerror(errno));
        free(root);
        root = NULL;
    } else {
        if (strcmp(real, "/") == 0)
            *real = '\0';
        root->real = real;
        if (*named == '/')
            root->named = strdup(named);
        else if (!here || asprintf(&root->named, "%s/%s", here, named) < 0)
            root->named = NULL;
        if (root->named)
            normalize(root->named);
        real = NULL;
    }
    free(real);
    free(top);
    free(here);
    return root;
}

const char *source_root_path(const struct source_root *root)
{
    return root->real;
}

/* A path of DWARF that begins at a directory nobody knows: right when there is such a file. */
static char *find_relative(const struct source_root *root, const char *file)
{
    char *path, *relative = NULL;
    if (asprintf(&path, "%s/%s", root->real, file) < 0)
        return NULL;
    char *real = realpath(path, NULL);
    const char *found = real ? below(root->real, real) : NULL;
    if (found)
        relative = strdup(found);
    free(real);
    free(path);
    return relative;
}

static char *find_absolute(const struct source_root *root, const char *file)
{
    char *relative = NULL;
    char *path = realpath(file, NULL);
    bool there = path != NULL;
    if (!there) {
        /* The sources may be elsewhere today; where they were says the text. */
        path = strdup(file);
        if (path)
            normalize(path);
    }
    const char *found = path ? below(root->real, path) : NULL;
    if (!found && path && !there && root->named)
        found = below(root->named, path);
    if (found)
        relative = strdup(found);
    free(path);
    return relative;
}

static char *find(const struct source_root *root, const char *file)
{
    /* Bazel's way to say "relative to the workspace"; here it would be our own directory. */
    static const char workspace[] = "/proc/self/cwd/";
    if (strncmp(file, workspace, strlen(workspace)) == 0)
        file += strlen(workspace);
    return *file == '/' ? find_absolute(root, file) : find_relative(root, file);
}

const char *source_path(struct source_root *root, const char *file)
{
    if (!file || !*file)
        return NULL;
    struct remembered *answer = &root->answers[hash_text(STABLE_HASH_START, file) % REMEMBERED];
    if (!answer->file || strcmp(answer->file, file) != 0) {
        free(answer->file);
        free(answer->relative);
        answer->relative = find(root, file);
        answer->file = strdup(file);
    }
    return answer->relative;
}

void source_root_free(struct source_root *root)
{
    if (!root)
        return;
    for (size_t i = 0; i < REMEMBERED; i++) {
        free(root->answers[i].file);
        free(root->answers[i].relative);
    }
    free(root->real);
    free(root->named);
    free(root);
}
