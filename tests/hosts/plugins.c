/*
 * Programs that load and unload code: in loops, from several threads, in namespaces of their own,
 * bound to libc before the tracker (RTLD_DEEPBIND), and while others walk the list of loaded
 * objects, under the loader's lock, and allocate there.
 */
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hashtrack.h"

struct plugin {
    void *handle;
    void *(*give)(size_t bytes);
    void (*take)(void *block);
    void *(*grow)(void *block, size_t bytes);
};

static const char *plugin_path, *other_plugin_path;
static atomic_bool stop;

static struct plugin opened(void *handle)
{
    struct plugin plugin = {.handle = handle};
    if (handle == NULL)
        host_fail(__FILE__, __LINE__, dlerror());
    *(void **)&plugin.give = dlsym(handle, "plugin_give");
    *(void **)&plugin.take = dlsym(handle, "plugin_take");
    *(void **)&plugin.grow = dlsym(handle, "plugin_grow");
    HOST_CHECK(plugin.give != NULL && plugin.take != NULL && plugin.grow != NULL);
    return plugin;
}

static void *works(void *unused)
{
    host_work(5000);
    return unused;
}

static int load_and_unload(void)
{
    for (int round = 0; round < 300; round++) {
        struct plugin plugin = opened(dlopen(plugin_path, round % 2 ? RTLD_NOW : RTLD_LAZY));
        void *block = plugin.give(3000);
        HOST_CHECK(dlclose(plugin.handle) == 0);
        /* The code that allocated it is gone; the block is not. */
        block = realloc(block, 6000);
        free(block);
        HOST_CHECK(dlopen("/does/not/exist.so", RTLD_NOW) == NULL && dlerror() != NULL);
        HOST_CHECK(dlerror() == NULL);
    }
    host_work(50000);
    host_describe();
    return 0;
}

/* Blocks cross between the program's malloc (interposed) and libc's (bound directly). */
static int bound_deeply(void)
{
    struct plugin plugin = opened(dlopen(plugin_path, RTLD_NOW | RTLD_DEEPBIND));
    for (int round = 0; round < 300; round++) {
        plugin.take(malloc(3000 + 100 * (size_t)round));
        free(plugin.give(3000 + 100 * (size_t)round));
        free(plugin.grow(malloc(2000), 200000));
        plugin.take(realloc(plugin.give(2000), 200000));
        /* An address that the tracker saw allocated, freed behind its back, and comes again. */
        void *again[4];
        for (int i = 0; i < 4; i++)
            again[i] = i % 2 ? malloc(3000) : plugin.give(3000);
        for (int i = 0; i < 4; i++)
            i < 2 ? plugin.take(again[i]) : free(again[i]);
        host_work(1000);
    }
    HOST_CHECK(dlclose(plugin.handle) == 0);
    host_describe();
    return 0;
}

static int table_bound_deeply(int when)
{
    void *(*table)(size_t);
    struct plugin plugin = opened(dlopen(plugin_path, when | RTLD_DEEPBIND));
    *(void **)&table = dlsym(plugin.handle, "plugin_table");
    HOST_CHECK(table != NULL && dlerror() == NULL);
    HOST_CHECK(table(100000) != NULL);
    for (int round = 0; round < 100; round++) {
        free(plugin.grow(plugin.give(3000), 20000));
        plugin.take(realloc(malloc(2000), 200000));
    }
    host_describe();
    return 0;
}

static int bound_deeply_now(void)
{
    return table_bound_deeply(RTLD_NOW);
}

static int bound_deeply_late(void)
{
    return table_bound_deeply(RTLD_LAZY);
}

/* A namespace with a libc and a heap of its own; blocks stay on their side. */
static int own_namespace(void)
{
    for (int round = 0; round < 3; round++) {
        struct plugin plugin = opened(dlmopen(LM_ID_NEWLM, plugin_path, RTLD_NOW));
        for (int i = 0; i < 100; i++) {
            void *block = plugin.give(3000);
            block = plugin.grow(block, 300000);
            plugin.take(block);
            host_work(500);
        }
        /* They cross. Blocks of this size are always mappings, which each libc's free can unmap. */
        if (round == 0) {
            unsigned char *theirs = plugin.give(40 << 20), *ours = malloc(40 << 20);
            HOST_CHECK(theirs != NULL && ours != NULL && theirs[1000] == 0x33);
            ours[3] = 4;
            theirs = realloc(theirs, 60 << 20);
            ours = plugin.grow(ours, 50 << 20);
            HOST_CHECK(theirs != NULL && theirs[1000] == 0x33 && ours != NULL && ours[3] == 4);
            plugin.take(ours);
            free(theirs);
        }
        HOST_CHECK(dlclose(plugin.handle) == 0);
    }
    host_describe();
    return 0;
}

static int sees_object(struct dl_phdr_info *info, size_t bytes, void *count)
{
    (void)info, (void)bytes;
    /* The loader's lock is held here: an unwinder that wants it from another thread waits. */
    host_work(500);
    void *block = malloc(2000);
    free(realloc(block, 4000));
    (*(int *)count)++;
    return 0;
}

static void *walks(void *unused)
{
    while (!stop) {
        int count = 0;
        dl_iterate_phdr(sees_object, &count);
        HOST_CHECK(count >= 3);
    }
    return unused;
}

static void *loads(void *unused)
{
    while (!stop) {
        struct plugin plugin = opened(dlopen(plugin_path, RTLD_NOW));
        plugin.take(plugin.give(3000));
        HOST_CHECK(dlclose(plugin.handle) == 0);
    }
    return unused;
}

static void *allocates(void *unused)
{
    while (!stop) {
        host_work(2000);
        free(malloc(3000));
    }
    return unused;
}

static int under_the_loaders_lock(void)
{
    void *(*const bodies[])(void *) = {walks, walks, loads, loads, allocates};
    pthread_t threads[5];
    for (int i = 0; i < 5; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0);
    usleep(700000);
    stop = true;
    for (int i = 0; i < 5; i++)
        HOST_CHECK(pthread_join(threads[i], NULL) == 0);
    host_describe();
    return 0;
}

static struct host_table filled[4];
static size_t filled_count;

static void fills(void)
{
    host_table_fill(&filled[filled_count++], 100000);
}

static void calls(const char *path, const char *name)
{
    void (*call)(void (*)(void));
    void *handle = dlopen(path, RTLD_NOW);
    if (handle == NULL)
        host_fail(__FILE__, __LINE__, dlerror());
    *(void **)&call = dlsym(handle, name);
    HOST_CHECK(call != NULL);
    call(fills);
    HOST_CHECK(dlclose(handle) == 0);
}

/* Two plugins of one size, the second loaded where the first one was, and both are gone in the end:
 * their tables are not. */
static int unloaded(void)
{
    for (int round = 0; round < 2; round++) {
        calls(plugin_path, "plugin_call");
        calls(other_plugin_path, "second_call");
    }
    host_describe();
    return 0;
}

static pthread_barrier_t all_run, may_end;

static void *uses_thread_local_variables(void *argument)
{
    const struct plugin *plugin = argument;
    plugin->take(plugin->give(3000));
    pthread_barrier_wait(&all_run);
    pthread_barrier_wait(&may_end);
    return NULL;
}

/* 60 threads that live at the end, each with 50,000 bytes of thread-local variables that the loader
 * allocated: nobody's memory. */
static int thread_local_variables(void)
{
    enum { THREADS = 60 };
    pthread_t threads[THREADS];
    struct plugin plugin = opened(dlopen(plugin_path, RTLD_NOW));
    pthread_barrier_init(&all_run, NULL, THREADS + 1);
    pthread_barrier_init(&may_end, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        HOST_CHECK(pthread_create(&threads[i], NULL, uses_thread_local_variables, &plugin) == 0);
    pthread_barrier_wait(&all_run);
    host_describe();
    return 0;
}

/* The symbols of a program must be found where they were: a preloaded library adds no name that
 * the program or its plugins could bind to, but malloc's family. */
static int count_module(struct dl_phdr_info *info, size_t bytes, void *data)
{
    (void)info, (void)bytes;
    ++*(int *)data;
    return 0;
}

/* What the tracker loads it has loaded before main: the first unwinding must not (trap 30). */
static int nothing_loaded(void)
{
    int before = 0, after = 0;
    dl_iterate_phdr(count_module, &before);
    host_work(50000);
    HASHTRACK_SNAPSHOT("");
    pthread_t thread;
    HOST_CHECK(pthread_create(&thread, NULL, works, NULL) == 0 && pthread_join(thread, NULL) == 0);
    dl_iterate_phdr(count_module, &after);
    HOST_CHECK(before == after);
    return 0;
}

static int symbols(void)
{
    static const char *const foreign[] = {
        "unw_backtrace", "unw_step", "_ULx86_64_step", "_Unwind_Backtrace", "__gxx_personality_v0",
        "crc32",         "deflate",  "json_object",    "dwarf_begin",       "elf_begin",
        "real_malloc",   "lock",     "slot",           "registry",          "layouts",
        "init",          "log",      "reader",         "process_reader",    "all_layouts"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        host_say("%s: %s", foreign[i], dlsym(RTLD_DEFAULT, foreign[i]) ? "there" : "not there");
    dlerror();
    host_describe();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"load-and-unload", load_and_unload},
                                             {"bound-deeply", bound_deeply},
                                             {"bound-deeply-now", bound_deeply_now},
                                             {"bound-deeply-late", bound_deeply_late},
                                             {"own-namespace", own_namespace},
                                             {"under-the-loaders-lock", under_the_loaders_lock},
                                             {"nothing-loaded", nothing_loaded},
                                             {"symbols", symbols},
                                             {"unloaded", unloaded},
                                             {"thread-local-variables", thread_local_variables},
                                             {NULL, NULL}};
    HOST_CHECK(argc == 3 || argc == 4);
    plugin_path = argv[2];
    other_plugin_path = argv[3];
    return host_main(argc, argv, cases);
}
