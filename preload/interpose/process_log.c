/* Appending to the list of a run's processes: see process_log.h. */
#include "process_log.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "file.h"

/* What other processes may append between the look at the file's length and the write. */
#define PROCESS_LOG_SLACK_BYTES (64 * sizeof(struct process_record))

/* Written once, before the program's own code runs. */
static char log_path[SETTINGS_PATH_BYTES + PROCESS_LOG_NAME_BYTES];
static _Atomic bool is_on;

void process_log_start(const struct settings *settings)
{
    size_t length = strlen(settings->dir);
    if (settings->run_id == 0)
        return;
    memcpy(log_path, settings->dir, length);
    log_path[length] = '/';
    process_log_name(settings->run_id, log_path + length + 1);
    atomic_store(&is_on, true);
}

void process_log_stop(void)
{
    atomic_store(&is_on, false);
}

bool process_log_runs(void)
{
    return atomic_load(&is_on);
}

/* To write behind the limit of the process would be a deadly signal (SIGXFSZ). */
static bool within_file_limit(int fd)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    struct stat status;
    system_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit);
    return limit.rlim_cur == RLIM_INFINITY ||
           (system_call(SYS_fstat, fd, &status, 0, 0) == 0 &&
            (uint64_t)status.st_size + PROCESS_LOG_SLACK_BYTES <= limit.rlim_cur);
}

void process_log_note(enum process_event event, uint32_t pid, int error, const char *path)
{
    if (!process_log_runs())
        return;
    struct process_record record = {
        .magic = PROCESS_LOG_MAGIC,
        .event = event,
        .pid = pid,
        .error = (uint32_t)error,
    };
    size_t length = path ? strlen(path) : 0;
    if (length >= sizeof(record.path)) {
        path += length - (sizeof(record.path) - 1);
        length = sizeof(record.path) - 1;
    }
    if (path)
        memcpy(record.path, path, length);
    int fd = file_open(log_path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0);
    if (fd < 0)
        return;
    while (within_file_limit(fd) &&
           system_call(SYS_write, fd, &record, sizeof(record), 0) == -EINTR)
        continue;
    file_close(fd);
}
