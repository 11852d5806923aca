/*
 * Finding the next allocator, and the arena that serves until then: see real.h.
 *
 * The arena is bumped with an atomic; the search may run in two threads at once and then stores the
 * same pointers twice, which is harmless.
 */
#include "real.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>

#include "glibc.h"
#include "page.h"
#include "system.h"

/* dlsym's miss, should a libc lack one of the functions, took 2 allocations of under 100 bytes
 * (trap 1). */
#define BOOTSTRAP_HEADER 16u

struct real_functions real;

static _Atomic int real_found;
/* Volatile: dlsym is declared leaf, so that the compiler may think nobody looks meanwhile (trap 7).
 */
static __thread volatile bool real_searching __attribute__((tls_model("initial-exec")));

_Alignas(16) unsigned char bootstrap_arena[BOOTSTRAP_BYTES];
static _Atomic size_t bootstrap_used;

typedef void *(*search_function)(void *, const char *);

/* libc's dlsym, also where a library before us has one of its own, as overlays of games do: that
 * one asks libc's what comes next after itself, which is us (trap 61). dlvsym takes nothing when it
 * succeeds; libc's dlsym has this version since glibc 2.34. */
static search_function libc_search(void)
{
    search_function search =
        dlvsym ? (search_function)dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34") : NULL;
    return search ? search : dlsym;
}

void *real_search(void *handle, const char *name)
{
    return libc_search()(handle, name);
}

/* dladdr looks for a symbol besides: through all of libc's, 20 µs. */
static bool find_module(const void *address, struct dl_find_object *found)
{
    return _dl_find_object((void *)(uintptr_t)address, found) == 0;
}

bool real_same_module(const void *a, const void *b)
{
    struct dl_find_object found_a, found_b;
    return find_module(a, &found_a) && find_module(b, &found_b) &&
           found_a.dlfo_link_map == found_b.dlfo_link_map;
}

const char *real_allocator_path(void)
{
    struct dl_find_object found;
    return find_module((void *)real.malloc, &found) ? found.dlfo_link_map->l_name : NULL;
}

/* An IFUNC resolver in a library that is relocated before us may call malloc (trap 19). Nothing
 * that needs a relocation works then: no function of libc, no thread-local variable. This pointer
 * does not have its value either, which is how we know. */
static bool (*const volatile relocated_pointer)(void) = real_ready;

static bool is_relocated(void)
{
    return relocated_pointer == real_ready;
}

bool real_ready(void)
{
    if (__builtin_expect(!is_relocated(), 0))
        return false;
    if (__builtin_expect(atomic_load_explicit(&real_found, memory_order_acquire), 1))
        return true;
    if (real_searching)
        return false;
    real_searching = true;
    real.first_break = (void *)system_call(SYS_brk, 0, 0, 0, 0); /* sbrk may be the program's */
    search_function search = libc_search();

#define FIND(field, name) real.field = (__typeof__(real.field))search(RTLD_NEXT, name)
    FIND(calloc, "calloc");
    FIND(realloc, "realloc");
    FIND(reallocarray, "reallocarray");
    FIND(posix_memalign, "posix_memalign");
    FIND(aligned_alloc, "aligned_alloc");
    FIND(memalign, "memalign");
    FIND(valloc, "valloc");
    FIND(pvalloc, "pvalloc");
    FIND(malloc_usable_size, "malloc_usable_size");
    FIND(memset, "memset");
    FIND(mmap, "mmap");
    FIND(mmap64, "mmap64");
    FIND(munmap, "munmap");
    FIND(mremap, "mremap");
    FIND(exit, "exit");
    FIND(quick_exit, "quick_exit");
    FIND(exit_now, "_exit");
    FIND(dl_iterate_phdr, "dl_iterate_phdr");
    FIND(dlopen, "dlopen");
    FIND(dlmopen, "dlmopen");
    FIND(dlclose, "dlclose");
    FIND(pthread_create, "pthread_create");
    FIND(pthread_key_create, "pthread_key_create");
    FIND(pthread_key_delete, "pthread_key_delete");
    FIND(syscall, "syscall");
    FIND(pipe2, "pipe2");
    FIND(mincore, "mincore");
    FIND(mlockall, "mlockall");
    FIND(munlockall, "munlockall");
    FIND(sigprocmask, "sigprocmask");
    FIND(prctl, "prctl");
    FIND(ioctl, "ioctl");
    FIND(clone, "clone");
    FIND(makecontext, "makecontext");
    FIND(execve, "execve");
    FIND(execvpe, "execvpe");
    FIND(fexecve, "fexecve");
    FIND(posix_spawn, "posix_spawn");
    FIND(posix_spawnp, "posix_spawnp");
    FIND(start_main, "__libc_start_main");
    FIND(free, "free");
    FIND(malloc, "malloc");
#undef FIND
    real.process_realloc = (__typeof__(real.process_realloc))dlsym(RTLD_DEFAULT, "realloc");

    real_searching = false;
    atomic_store_explicit(&real_found, 1, memory_order_release);
    return true;
}

bool real_known(void)
{
    return is_relocated() && atomic_load_explicit(&real_found, memory_order_acquire);
}

void real_identify(void)
{
    search_function search = libc_search();
    real.free_sized = (__typeof__(real.free_sized))search(RTLD_NEXT, "free_sized");
    real.free_aligned_sized =
        (__typeof__(real.free_aligned_sized))search(RTLD_NEXT, "free_aligned_sized");
    real.is_glibc = real_same_module((void *)real.malloc, (void *)gnu_get_libc_version);
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (libc)
        real.clock_gettime = (__typeof__(real.clock_gettime))dlsym(libc, "clock_gettime");
}

void *bootstrap_allocate(size_t bytes, size_t alignment)
{
    if (alignment < 16)
        alignment = 16;
    if (bytes > BOOTSTRAP_BYTES || alignment > PAGE_BYTES)
        return NULL;
    size_t need = bytes + alignment + BOOTSTRAP_HEADER;
    size_t start = atomic_fetch_add(&bootstrap_used, need);
    if (start + need > BOOTSTRAP_BYTES)
        return NULL; /* exhausted: an out-of-memory answer, which every caller of malloc must expect
                      */
    uintptr_t address = (uintptr_t)bootstrap_arena + start + BOOTSTRAP_HEADER;
    address = (address + alignment - 1) & ~(uintptr_t)(alignment - 1);
    /* free() looks for glibc's chunk size here: this one is far above every threshold, so that the
     * block takes the slow path, where its address is recognised. */
    ((uint64_t *)address)[-1] = UINT64_MAX & ~7ull;
    ((uint64_t *)address)[-2] = bytes;
    return (void *)address;
}

size_t bootstrap_bytes(const void *pointer)
{
    return ((const uint64_t *)pointer)[-2];
}
