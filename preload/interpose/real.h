/*
 * The allocator behind us: found once, called from everywhere.
 *
 * Found by dlsym(RTLD_NEXT): glibc's malloc, or jemalloc, tcmalloc or mimalloc when the program
 * links or preloads one. dlsym itself allocates when it misses (trap 1), so until the functions are
 * known, allocations come from a small static arena whose blocks are known by their address and
 * never freed.
 */
#ifndef HASHTRACK_REAL_H
#define HASHTRACK_REAL_H

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>

struct dl_phdr_info;

struct real_functions {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*reallocarray)(void *, size_t, size_t);
    void *(*process_realloc)(void *,
                             size_t); /* whose realloc the program calls: ours, or its own */
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    size_t (*malloc_usable_size)(void *);
    void (*free_sized)(void *, size_t);                 /* C23; NULL where the library has none, */
    void (*free_aligned_sized)(void *, size_t, size_t); /* and until real_identify() */
    void *(*memset)(void *, int, size_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mmap64)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    void *(*mremap)(void *, size_t, size_t, int, ...);
    void (*exit)(int);
    void (*quick_exit)(int);
    void (*exit_now)(int);
    int (*pipe2)(int[2], int);
    int (*mincore)(void *, size_t, unsigned char *);
    int (*mlockall)(int);
    int (*munlockall)(void);
    int (*sigprocmask)(int, const sigset_t *, sigset_t *);
    int (*prctl)(int, ...);
    int (*ioctl)(int, unsigned long, ...);
    int (*clone)(int (*)(void *), void *, int, void *, ...);
    long (*syscall)(long, long, long, long, long, long, long);
    int (*start_main)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                      void (*)(void), void *);
    int (*dl_iterate_phdr)(int (*)(struct dl_phdr_info *, size_t, void *), void *);
    void *(*dlopen)(const char *, int);
    void *(*dlmopen)(Lmid_t, const char *, int);
    int (*dlclose)(void *);
    int (*execve)(const char *, char *const[], char *const[]);
    int (*execvpe)(const char *, char *const[], char *const[]);
    int (*fexecve)(int, char *const[], char *const[]);
    int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                       const posix_spawnattr_t *, char *const[], char *const[]);
    int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                        const posix_spawnattr_t *, char *const[], char *const[]);
    void (*makecontext)(ucontext_t *, void (*)(void), int, ...);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*pthread_key_create)(unsigned *, void (*)(void *));
    int (*pthread_key_delete)(unsigned);
    int (*clock_gettime)(clockid_t, struct timespec *); /* libc's own; NULL until real_identify() */
    void *first_break; /* the end of the data segment before anything was allocated */
    bool is_glibc;     /* malloc is glibc's own: a chunk's size stands before it */
};

extern struct real_functions real __attribute__((visibility("hidden")));

/* Whether the functions are known; finds them when they are not. False while they are being found
 * (by this thread): the caller then uses the bootstrap functions. */
bool real_ready(void);

/* dlsym, as libc has it. */
void *real_search(void *handle, const char *name);

/* Whether two addresses lie in the same module. */
bool real_same_module(const void *a, const void *b);

/* Of the module whose malloc serves the program; NULL when it is not known. */
const char *real_allocator_path(void);

/* The same, but does not look for them. */
bool real_known(void);

/* From our constructor: what the search above leaves out, as a function that is not there makes
 * dlsym allocate and free, and dladdr may be a sanitizer's: it may be in the middle of its start,
 * where it ends the program for that (tests/hosts, sanitized.c). */
void real_identify(void);

void *bootstrap_allocate(size_t bytes, size_t alignment);

#define BOOTSTRAP_BYTES ((size_t)64 * 1024)
extern unsigned char bootstrap_arena[BOOTSTRAP_BYTES] __attribute__((visibility("hidden")));

static inline bool bootstrap_owns(const void *pointer)
{
    return (const unsigned char *)pointer >= bootstrap_arena &&
           (const unsigned char *)pointer < bootstrap_arena + BOOTSTRAP_BYTES;
}

size_t bootstrap_bytes(const void *pointer);

#endif
