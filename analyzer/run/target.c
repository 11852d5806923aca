/*
 * From a word on the command line to the ELF file behind it, and every reason known why LD_PRELOAD
 * would not reach that file's allocations. Reads files, runs nothing.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf_facts.h"
#include "path_base.h"

/* The kernel gives up after as many interpreters of interpreters (fs/exec.c, exec_binprm). */
#define MAX_INTERPRETERS 5
/* And reads as much of a script's first line (include/uapi/linux/binfmts.h, BINPRM_BUF_SIZE). */
#define FIRST_LINE_BYTES 256

static bool is_program(const char *path, int *reason)
{
    struct stat status;
    if (stat(path, &status) != 0)
        *reason = errno;
    else if (S_ISDIR(status.st_mode))
        *reason = EISDIR;
    else if (!S_ISREG(status.st_mode) || access(path, X_OK) != 0)
        *reason = EACCES;
    else
        return true;
    return false;
}

/* execvp's search: a name without a slash is looked for in PATH, an empty element is the working
 * directory, and a file that is there but may not be run is only the answer if no other can. */
static bool resolve(const char *program, char *path, struct error *error)
{
    int reason = ENOENT;
    if (program[0] == '\0')
        return error_set(error, STATUS_USAGE, "the program's name is empty");
    if (strchr(program, '/') != NULL) {
        if ((size_t)snprintf(path, PATH_MAX, "%s", program) < PATH_MAX && is_program(path, &reason))
            return true;
        return error_set(error, STATUS_USAGE, "cannot run %s: %s", program, strerror(reason));
    }

    const char *search = getenv("PATH");
    int best = ENOENT;
    for (const char *start = search != NULL ? search : "/bin:/usr/bin"; start != NULL;) {
        const char *end = strchrnul(start, ':');
        int length = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - start), start,
                              end != start ? "/" : "./", program);
        if (length > 0 && length < PATH_MAX) {
            if (is_program(path, &reason))
                return true;
            if (reason == EACCES)
                best = EACCES;
        }
        start = *end == ':' ? end + 1 : NULL;
    }
    if (best == EACCES)
        return error_set(error, STATUS_USAGE, "cannot run %s: the file in PATH is not executable",
                         program);
    return error_set(error, STATUS_USAGE, "cannot run %s: no such program in PATH", program);
}

/* "#!/usr/bin/env python3" starts env, which starts python3: that is the one to look at. Copies the
 * word that env will search for; false when env's arguments are more than a name and options. */
static bool program_of_env(const char *arguments, char *name, size_t bytes)
{
    const char *word = arguments;
    for (;;) {
        word += strspn(word, " \t");
        size_t length = strcspn(word, " \t");
        if (length == 0)
            return false;
        bool assignment = memchr(word, '=', length) != NULL;
        if (word[0] != '-' && !assignment) {
            if (length >= bytes)
                return false;
            memcpy(name, word, length);
            name[length] = '\0';
            return true;
        }
        /* Options with a value of their own: what they mean is env's business. */
        if (word[0] == '-' && length == 2 && strchr("uC", word[1]) != NULL)
            return false;
        word += length;
    }
}

enum first_line { LINE_NONE, LINE_INTERPRETER, LINE_UNREADABLE };

/* The two halves of a script's first line; both have room for FIRST_LINE_BYTES + 1. */
static enum first_line read_first_line(int file, char *interpreter, char *arguments)
{
    char line[FIRST_LINE_BYTES + 1];
    ssize_t count = pread(file, line, FIRST_LINE_BYTES, 0);
    if (count < 0)
        return LINE_UNREADABLE;
    if (count < 2 || line[0] != '#' || line[1] != '!')
        return LINE_NONE;
    line[count] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *word = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(word, " \t");
    memcpy(interpreter, word, length);
    interpreter[length] = '\0';
    memcpy(arguments, word + length, strlen(word + length) + 1);
    return LINE_INTERPRETER;
}

/* What the kernel calls a secure execution (security/commoncap.c, cap_bprm_creds_from_file): the
 * loader then ignores LD_PRELOAD entries that contain a slash (ld.so(8)). */
static const char *gains_privileges(int file)
{
    struct stat status;
    struct statvfs filesystem;
    if (fstat(file, &status) != 0 ||
        (fstatvfs(file, &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0) ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid())
        return "is setuid";
    if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
        status.st_gid != getgid())
        return "is setgid";
    if (getuid() != 0 && fgetxattr(file, "security.capability", NULL, 0) > 0)
        return "has file capabilities";
    return NULL;
}

static bool check_binary(const char *path, int file, struct error *error)
{
    struct elf_facts facts;
    const char *why = NULL;
    if (!elf_facts_read(file, &facts, &why))
        return error_set(error, STATUS_UNTRACKABLE, "%s cannot be tracked: %s", path, why);
    if (!facts.same_machine)
        return error_set(
            error, STATUS_UNTRACKABLE,
            "%s cannot be tracked: it is a %d-bit program of another architecture than "
            "hashtrack's library",
            path, facts.bits);
    if (!facts.executable)
        return error_set(error, STATUS_USAGE, "cannot run %s: it is an object file, not a program",
                         path);
    if (facts.go)
        return error_set(
            error, STATUS_UNTRACKABLE,
            "%s cannot be tracked: it is a Go program, whose maps live in Go's own heap; "
            "Go is not supported yet",
            path);
    if (!facts.dynamic)
        return error_set(
            error, STATUS_UNTRACKABLE,
            "%s cannot be tracked: it is statically linked, LD_PRELOAD cannot reach it", path);
    if (strstr(facts.loader, "ld-musl") != NULL)
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s cannot be tracked: it is linked with musl (%s); hashtrack's library "
                         "needs glibc",
                         path, facts.loader);
    if (access(facts.loader, X_OK) != 0)
        return error_set(error, STATUS_USAGE, "cannot run %s: its loader %s: %s", path,
                         facts.loader, strerror(errno));
    const char *privileges = gains_privileges(file);
    if (privileges != NULL)
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s cannot be tracked: it %s, and the loader ignores LD_PRELOAD for such "
                         "programs; run it as its owner",
                         path, privileges);
    if (facts.allocator != NULL)
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s cannot be tracked: it brings its own allocator (it defines %s), which "
                         "LD_PRELOAD does not replace",
                         path, facts.allocator);
    if (facts.sanitizer[0] != '\0')
        return error_set(error, STATUS_UNTRACKABLE,
                         "%s cannot be tracked: it is built with a sanitizer (it needs %s), beside "
                         "which hashtrack's library stands aside; build it without",
                         path, facts.sanitizer);
    return true;
}

/* Puts the program that a script's first line starts into target->binary. */
static bool follow_script(const char *interpreter, const char *arguments, struct target *target,
                          struct error *error)
{
    char script[PATH_MAX], name[FIRST_LINE_BYTES + 1];
    int reason = 0;
    memcpy(script, target->binary, sizeof(script));
    if (interpreter[0] == '\0')
        return error_set(error, STATUS_USAGE, "cannot run %s: no interpreter after its #!", script);
    if (!is_program(interpreter, &reason))
        return error_set(error, STATUS_USAGE, "cannot run %s: its interpreter %s: %s", script,
                         interpreter, strerror(reason));
    if (strcmp(path_base(interpreter), "env") == 0 && program_of_env(arguments, name, sizeof(name)))
        return resolve(name, target->binary, error);
    snprintf(target->binary, sizeof(target->binary), "%s", interpreter);
    return true;
}

bool target_check(const char *program, struct target *target, struct error *error)
{
    if (!resolve(program, target->path, error))
        return false;
    memcpy(target->binary, target->path, sizeof(target->binary));

    for (int depth = 0; depth <= MAX_INTERPRETERS; depth++) {
        char interpreter[FIRST_LINE_BYTES + 1], arguments[FIRST_LINE_BYTES + 1];
        int file = open(target->binary, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (file < 0)
            /* Execute permission without read permission: the loader will read it, we cannot. */
            return error_set(error, STATUS_UNTRACKABLE, "%s cannot be tracked: cannot read it: %s",
                             target->binary, strerror(errno));
        enum first_line line = read_first_line(file, interpreter, arguments);
        bool fits = line == LINE_NONE && check_binary(target->binary, file, error);
        close(file);
        if (line == LINE_NONE)
            return fits;
        if (line == LINE_UNREADABLE)
            return error_set(error, STATUS_USAGE, "cannot run %s: cannot read it", target->binary);
        if (!follow_script(interpreter, arguments, target, error))
            return false;
    }
    return error_set(error, STATUS_USAGE, "cannot run %s: too many interpreters of interpreters",
                     program);
}
