/*
 * A program that makes the tracker do all that it does, in one thread and always in the same order:
 * tables that grow by calloc and free, by realloc, in mappings of their own; vectors; a plugin that
 * comes and goes; a snapshot in between. check_faults.py lets one system call of the tracker's
 * after another go wrong under it.
 */
#include "host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct host_table kept, swept;

static void sweep(struct host_table *table, size_t left)
{
    for (size_t i = 0, live = 0; i < table->capacity; i++)
        if (table->slots[i] != 0 && ++live > left)
            table->slots[i] = 0;
}

static void use_vectors(void)
{
    size_t bytes = 1500;
    unsigned char *vector = malloc(bytes);
    for (int i = 0; i < 8; i++) {
        HOST_CHECK(vector != NULL);
        memset(vector, i + 1, bytes);
        vector = realloc(vector, bytes * 2);
        bytes *= 2;
    }
    free(vector);
    void *mapped = mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOST_CHECK(mapped != MAP_FAILED);
    memset(mapped, 7, 1 << 17);
    mapped = mremap(mapped, 1 << 17, 1 << 18, MREMAP_MAYMOVE);
    HOST_CHECK(mapped != MAP_FAILED && munmap(mapped, 1 << 18) == 0);
}

static void use_plugin(const char *path)
{
    void (*call)(void (*)(void));
    void *handle = dlopen(path, RTLD_NOW);
    HOST_CHECK(handle != NULL);
    *(void **)&call = dlsym(handle, "plugin_call");
    HOST_CHECK(call != NULL);
    call(use_vectors);
    HOST_CHECK(dlclose(handle) == 0 && dlerror() == NULL);
}

static void take_snapshot(void)
{
    int (*snapshot)(const char *);
    *(void **)&snapshot = dlsym(RTLD_DEFAULT, "hashtrack_snapshot");
    dlerror();
    if (snapshot != NULL) /* the result is the tracker's business */
        snapshot("between");
}

static const char *plugin_path;

static int everything(void)
{
    host_table_fill(&kept, 3000);
    host_table_fill(&swept, 20000);
    use_vectors();
    use_plugin(plugin_path);
    take_snapshot();
    sweep(&swept, 100);
    host_work(2000);
    host_describe();
    return 6;
}

/* A second thread ends the process while the first one's last snapshot is being written: its dump
 * must be whole. fault_injector sends the signal. */
static void *ends(void *unused)
{
    sigset_t awaited;
    int number;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGUSR1);
    sigwait(&awaited, &number);
    _exit(7);
    return unused;
}

static int two_ends(void)
{
    pthread_t thread;
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &awaited, NULL);
    host_table_fill(&swept, 20000);
    HOST_CHECK(pthread_create(&thread, NULL, ends, NULL) == 0);
    exit(7);
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {
        {"everything", everything}, {"two-ends", two_ends}, {NULL, NULL}};
    HOST_CHECK(argc == 3);
    plugin_path = argv[2];
    return host_main(argc, argv, cases);
}
