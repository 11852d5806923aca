/*
 * Preloaded into the fixtures: writes the call stack of the first large allocations into the file
 * named by STACK_RECORD, a line "PATH BUILD-ID OFFSET" for each frame, "STACK" before each stack.
 * It stands in for libhashtrack.so, so that symbols can be tested alone.
 */
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE_BYTES 200000
#define MAX_STACKS  8
#define MAX_FRAMES  64

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

static __thread bool inside;
static int stacks_written;
static int output = -1;

/* `header` is where the file begins in memory, which is l_addr only for position-independent files.
 */
static void build_id_of(const struct link_map *map, const ElfW(Ehdr) * header, char *hexadecimal)
{
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)((const char *)header + header->e_phoff);
    hexadecimal[0] = '-';
    hexadecimal[1] = '\0';
    for (int i = 0; i < header->e_phnum; i++) {
        const char *note = (const char *)(map->l_addr + segments[i].p_vaddr);
        const char *end = note + segments[i].p_memsz;
        while (segments[i].p_type == PT_NOTE && note < end) {
            const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)note;
            const char *name = note + sizeof(*head);
            const unsigned char *id = (const unsigned char *)name + (head->n_namesz + 3) / 4 * 4;
            if (head->n_type == NT_GNU_BUILD_ID && strcmp(name, "GNU") == 0) {
                for (unsigned k = 0; k < head->n_descsz; k++)
                    sprintf(hexadecimal + 2 * k, "%02x", id[k]);
                return;
            }
            note = (const char *)id + (head->n_descsz + 3) / 4 * 4;
        }
    }
}

static void write_frame(void *address)
{
    struct link_map *map;
    Dl_info info, ours;
    char path[4096], id[256];
    if (dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 ||
        dladdr(&stacks_written, &ours) == 0 || info.dli_fbase == ours.dli_fbase)
        return;
    if (realpath(map->l_name[0] != '\0' ? map->l_name : "/proc/self/exe", path) == NULL)
        return;
    build_id_of(map, info.dli_fbase, id);
    dprintf(output, "%s %s %lx\n", path, id, (unsigned long)address - map->l_addr);
}

static void record(size_t bytes)
{
    if (bytes < LARGE_BYTES || inside || stacks_written == MAX_STACKS)
        return;
    inside = true;
    const char *path = getenv("STACK_RECORD");
    if (output < 0 && path != NULL)
        output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output >= 0) {
        void *frames[MAX_FRAMES];
        int count = backtrace(frames, MAX_FRAMES);
        stacks_written++;
        dprintf(output, "STACK\n");
        for (int i = 0; i < count; i++)
            write_frame(frames[i]);
    }
    inside = false;
}

void *malloc(size_t bytes)
{
    record(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    record(count * bytes);
    return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    record(bytes);
    return __libc_realloc(old, bytes);
}
