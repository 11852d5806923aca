/*
 * The post-mortem of a run without a dump. Only what was observed is said: how the process ended,
 * what it was called then, whether the directory takes files, whether the loader loads the library.
 */
#include "missing_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "path_base.h"

/* The kernel keeps that many characters of a process's name (linux/sched.h, TASK_COMM_LEN - 1). */
#define PROCESS_NAME_LENGTH 15
#define MAX_LIST_BYTES      65536

bool can_write_dumps(const char *directory, const char **why)
{
    struct statvfs filesystem;
    if (access(directory, W_OK | X_OK) != 0) {
        *why = strerror(errno);
        return false;
    }
    if (statvfs(directory, &filesystem) == 0 && filesystem.f_bavail == 0 &&
        filesystem.f_blocks != 0) {
        *why = "the file system is full";
        return false;
    }
    return true;
}

/* In a child: the loader lists what it would load and does not run the program (ld.so(8)). */
__attribute__((noreturn)) static void list_libraries(const char *binary, const char *preload,
                                                     int output)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    char *const arguments[] = {(char *)binary, NULL};
    if (nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && setenv("LD_PRELOAD", preload, 1) == 0 &&
        setenv("LD_TRACE_LOADED_OBJECTS", "1", 1) == 0)
        execv(binary, arguments);
    _exit(127);
}

static size_t read_all(int file, char *text, size_t bytes)
{
    size_t used = 0;
    while (used < bytes - 1) {
        ssize_t count = read(file, text + used, bytes - 1 - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    text[used] = '\0';
    return used;
}

enum loading { LOADS, LOADS_NOT, LOADING_UNKNOWN };

/* Asks the program's loader whether it loads our library into it, the first of the list, of whose
 * name it says what it put for $PLATFORM. */
static enum loading library_loads(const struct finished_run *run)
{
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0)
        return LOADING_UNKNOWN;
    pid_t pid = fork();
    if (pid == 0)
        list_libraries(run->target->binary, run->preload, output[1]);
    close(output[1]);
    char *list = malloc(MAX_LIST_BYTES);
    size_t used = list != NULL && pid > 0 ? read_all(output[0], list, MAX_LIST_BYTES) : 0;
    close(output[0]);
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    enum loading answer = LOADING_UNKNOWN;
    if (used > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        answer = memmem(list, used, run->preload, strcspn(run->preload, "$:")) ? LOADS : LOADS_NOT;
    free(list);
    return answer;
}

static bool became_another(const struct finished_run *run)
{
    const char *binary = path_base(run->target->binary);
    const char *name = path_base(run->target->path);
    const char *last = run->ending->last_name;
    return last[0] != '\0' && strncmp(last, binary, PROCESS_NAME_LENGTH) != 0 &&
           strncmp(last, name, PROCESS_NAME_LENGTH) != 0;
}

void explain_missing_dump(const struct finished_run *run, bool has_snapshot, struct error *error)
{
    const char *program = run->target->path;
    const char *why = NULL;
    int status = run->ending->wait_status;
    if (!can_write_dumps(run->directory, &why)) {
        error_set(error, STATUS_BAD_DUMP, "%s left no dump: cannot write into %s: %s", program,
                  run->directory, why);
    } else if (library_loads(run) == LOADS_NOT) {
        error_set(error, STATUS_UNTRACKABLE,
                  "%s could not be tracked: its loader does not load %s into it", program,
                  run->library);
    } else if (WIFSIGNALED(status)) {
        error_set(error, STATUS_BAD_DUMP, "%s left no dump at its end, because it was killed%s",
                  program,
                  has_snapshot ? ""
                               : "; to see it next time, look more often (--interval 0.1) or take "
                                 "a snapshot (--signal)");
    } else if (became_another(run)) {
        error_set(error, STATUS_BAD_DUMP,
                  "%s left no dump: at its end the process was called '%s'; it ran another program "
                  "in its place that could not be tracked (statically linked, or started without "
                  "LD_PRELOAD as by env -i?), or renamed itself",
                  program, run->ending->last_name);
    } else {
        error_set(
            error, STATUS_BAD_DUMP,
            "%s left no dump, although its loader loads %s and %s can be written to; whether "
            "it went on as a daemon (start it in the foreground), cleared LD_PRELOAD, left by "
            "a raw system call or lost the rights to write is not known",
            program, run->library, run->directory);
    }
}
