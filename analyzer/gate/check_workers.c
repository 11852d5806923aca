/*
 * Reads many dumps at once: see check_workers.h.
 *
 * The number of the next dump stands in memory that all share; a worker takes it when it is free,
 * says which one it has taken, reads it, and sends what it found: one line of JSON each. When a
 * worker dies, the dump it had taken is named and another one takes its place.
 */
#include "check_workers.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_dump.h"

#define MOST_WORKERS 8u
#define MOST_JOBS    64u
/* What one dump may send: a hundred thousand findings with whole stacks. More is damage. */
#define MOST_LINE_BYTES ((size_t)256 << 20)
#define FIRST_ROOM      ((size_t)64 << 10)
/* What all workers together may keep open of the programs they have read: their symbols serve the
 * next dump of the same program, but a test suite has hundreds of programs. */
#define KEPT_BYTES ((size_t)120 << 20)

struct worker {
    pid_t pid; /* 0: none */
    int from;  /* the end of its pipe that we read */
    char *text;
    size_t used, room;
    size_t searched; /* of text: there is no newline before it */
    size_t taken;    /* the dump it has taken; SIZE_MAX for none */
};

struct work {
    char *const *paths;
    size_t count;
    const struct check_options *options;
    struct gate_dump *dumps;
    atomic_size_t *next; /* shared by all processes */
    struct worker workers[MOST_JOBS];
    size_t worker_count;
    size_t wanted; /* workers */
    struct error *error;
};

static bool fail(struct work *work, const char *what, int why)
{
    return error_set(work->error, STATUS_BAD_DUMP, "the dumps cannot be read: %s%s%s", what,
                     why ? ": " : "", why ? strerror(why) : "");
}

/* --- in the worker --- */

static bool send_line(FILE *to, json_t *line, bool ok)
{
    bool sent = ok && line && json_dumpf(line, to, JSON_COMPACT) == 0 && fputc('\n', to) != EOF &&
                fflush(to) == 0;
    json_decref(line);
    return sent;
}

static bool read_one(const struct work *work, size_t index, struct symbolizer *symbolizer, FILE *to)
{
    struct gate_dump dump = {0};
    bool ok = send_line(to, json_pack("{s:I}", "taken", (json_int_t)index), true) &&
              check_dump(work->paths[index], work->options, symbolizer, &dump);
    ok = ok && send_line(to, gate_dump_to_json(&dump, &ok), ok);
    gate_dump_free(&dump);
    return ok;
}

static size_t resident_bytes(void)
{
    unsigned long long whole = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &whole, &resident) != 2)
        resident = 0;
    fclose(file);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static struct symbolizer *new_symbolizer(const struct work *work)
{
    const struct symbolizer_options wanted = {
        .off = work->options->no_symbols,
        .debuginfod = work->options->debuginfod,
    };
    return symbolizer_new(&wanted);
}

/* Never returns: what the process that forked us has registered for its exit is not ours to do. */
static _Noreturn void be_worker(const struct work *work, int to)
{
    FILE *pipe_end = fdopen(to, "w");
    struct symbolizer *symbolizer = new_symbolizer(work);
    bool ok = pipe_end && symbolizer;
    while (ok) {
        size_t index = atomic_fetch_add(work->next, 1);
        if (index >= work->count)
            break;
        ok = read_one(work, index, symbolizer, pipe_end);
        if (resident_bytes() > KEPT_BYTES / work->wanted) {
            symbolizer_free(symbolizer);
            malloc_trim(0);
            symbolizer = new_symbolizer(work);
            ok = ok && symbolizer;
        }
    }
    _exit(ok ? 0 : 1);
}

/* --- in the one that waits for them --- */

static bool start_worker(struct work *work, struct worker *worker)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(work, "no pipe", errno);
    pid_t pid = fork();
    if (pid < 0) {
        int why = errno;
        close(ends[0]);
        close(ends[1]);
        return fail(work, "no process", why);
    }
    if (pid == 0) {
        /* Of the others' pipes none may stay open here: they end when their worker does. */
        for (size_t i = 0; i < work->worker_count; i++)
            if (work->workers[i].pid)
                close(work->workers[i].from);
        close(ends[0]);
        be_worker(work, ends[1]);
    }
    close(ends[1]);
    worker->pid = pid;
    worker->from = ends[0];
    worker->used = worker->searched = 0;
    worker->taken = SIZE_MAX;
    return true;
}

/* "taken" or what was found in the dump that was taken last. */
static bool take_line(struct work *work, struct worker *worker, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const json_t *taken = json_object_get(object, "taken");
    bool good = object;
    if (taken) {
        json_int_t index = json_integer_value(taken);
        good = index >= 0 && (size_t)index < work->count;
        worker->taken = good ? (size_t)index : SIZE_MAX;
    } else if (worker->taken < work->count) {
        struct gate_dump *dump = &work->dumps[worker->taken];
        char *path = dump->path;
        dump->path = NULL;
        gate_dump_free(dump);
        dump->path = path;
        good = good && gate_dump_from_json(object, dump);
        if (good)
            worker->taken = SIZE_MAX;
    }
    json_decref(object);
    return good;
}

static bool take_lines(struct work *work, struct worker *worker)
{
    size_t begin = 0;
    char *newline;
    while ((newline =
                memchr(worker->text + worker->searched, '\n', worker->used - worker->searched))) {
        size_t end = (size_t)(newline - worker->text);
        if (!take_line(work, worker, worker->text + begin, end - begin))
            return false;
        begin = worker->searched = end + 1;
    }
    worker->used -= begin;
    memmove(worker->text, worker->text + begin, worker->used);
    worker->searched = worker->used;
    return true;
}

/* False when the worker has no more to say, or nothing that makes sense. */
static bool hear(struct work *work, struct worker *worker)
{
    if (worker->used == worker->room) {
        size_t room = worker->room ? 2 * worker->room : FIRST_ROOM;
        char *more = room <= MOST_LINE_BYTES ? realloc(worker->text, room) : NULL;
        if (!more)
            return false;
        worker->text = more;
        worker->room = room;
    }
    ssize_t bytes;
    do
        bytes = read(worker->from, worker->text + worker->used, worker->room - worker->used);
    while (bytes < 0 && errno == EINTR);
    if (bytes <= 0)
        return false;
    worker->used += (size_t)bytes;
    return take_lines(work, worker);
}

static void blame(struct gate_dump *dump, int wait_status)
{
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) != SIGKILL)
        error_set(&dump->error, STATUS_BAD_DUMP,
                  "%s: reading it or the program it is of ended with signal %d, SIG%s; "
                  "--no-symbols reads the dump alone",
                  dump->path, WTERMSIG(wait_status), sigabbrev_np(WTERMSIG(wait_status)));
    else
        error_set(&dump->error, STATUS_BAD_DUMP,
                  "%s: could not be read to its end: out of memory, or its reader was killed",
                  dump->path);
    dump->read = false;
}

/* A worker is done or dead; what it had taken and not finished is not read. */
static void end_worker(struct work *work, struct worker *worker)
{
    int wait_status = 0;
    close(worker->from);
    if (worker->taken < work->count || worker->used > 0)
        kill(worker->pid, SIGKILL); /* it may still be about to send what nobody reads any more */
    while (waitpid(worker->pid, &wait_status, 0) < 0 && errno == EINTR)
        ;
    if (worker->taken < work->count)
        blame(&work->dumps[worker->taken], wait_status);
    worker->pid = 0;
}

static void wait_for_workers(struct work *work)
{
    for (;;) {
        struct pollfd polls[MOST_JOBS];
        struct worker *of[MOST_JOBS];
        nfds_t count = 0;
        for (size_t i = 0; i < work->worker_count; i++)
            if (work->workers[i].pid) {
                of[count] = &work->workers[i];
                polls[count++] = (struct pollfd){.fd = work->workers[i].from, .events = POLLIN};
            }
        if (count == 0)
            return;
        if (poll(polls, count, -1) < 0)
            continue; /* a signal */
        for (nfds_t i = 0; i < count; i++) {
            if (!polls[i].revents || hear(work, of[i]))
                continue;
            bool died = of[i]->taken < work->count;
            end_worker(work, of[i]);
            if (died && atomic_load(work->next) < work->count)
                start_worker(work, of[i]);
        }
    }
}

static size_t wanted_workers(const struct work *work)
{
    cpu_set_t cpus;
    size_t wanted = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (size_t)CPU_COUNT(&cpus) : 1;
    if (wanted > MOST_WORKERS)
        wanted = MOST_WORKERS;
    if (work->options->jobs.from)
        wanted = (size_t)work->options->jobs.value;
    return wanted < work->count ? wanted : work->count;
}

static bool begin(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        work->dumps[i] = (struct gate_dump){.path = strdup(work->paths[i])};
        if (!work->dumps[i].path)
            return fail(work, "out of memory", 0);
        /* What stays when no worker comes to it. */
        error_set(&work->dumps[i].error, STATUS_BAD_DUMP, "%s: was not read", work->paths[i]);
    }
    work->next =
        mmap(NULL, sizeof(*work->next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (work->next == MAP_FAILED) {
        work->next = NULL;
        return fail(work, "no shared memory", errno);
    }
    atomic_init(work->next, 0);
    return true;
}

bool check_workers_read(char *const *paths, size_t count, const struct check_options *options,
                        struct gate_dump *dumps, struct error *error)
{
    struct work work = {
        .paths = paths,
        .count = count,
        .options = options,
        .dumps = dumps,
        .error = error,
    };
    memset(dumps, 0, count * sizeof(*dumps));
    bool begun = begin(&work);
    work.wanted = begun ? wanted_workers(&work) : 0;
    fflush(NULL); /* else a worker's copy of what stands in a buffer could be written again */
    while (work.worker_count < work.wanted && start_worker(&work, &work.workers[work.worker_count]))
        work.worker_count++;
    begun =
        begun && (work.wanted == 0 || work.worker_count > 0); /* fewer than wanted do it as well */
    wait_for_workers(&work);
    for (size_t i = 0; i < MOST_JOBS; i++)
        free(work.workers[i].text);
    if (work.next)
        munmap(work.next, sizeof(*work.next));
    return begun;
}
