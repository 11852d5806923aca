/*
 * Kinds of memory: see regions.h. Made from the memory map, the program headers of the modules and
 * the threads' control blocks.
 */
#include "regions.h"

#include "maps.h"
#include "modules.h"

/* A thread's control block stands at the upper end of its memory (glibc, nptl/allocatestack.c), a
 * struct pthread of 2,304 bytes; before it, downwards, lie the thread-local variables: first the
 * executable's (psABI's variant II). */
#define LOOKED_AT_BYTES      65536u
#define CONTROL_BLOCK_BYTES  2304u
#define CONTROL_BLOCK_ALIGN  64u
#define MOST_CONTROL_LOOKUPS 4096u

struct collecting {
    struct regions *regions;
    const struct memory_reader *reader;
    const struct buffer *modules;
    const char *strings;
    const char *program;
    bool is_only_thread;
    uint32_t module;            /* of the image whose segments are being visited */
    uint64_t thread_local_size; /* of the executable's block, rounded up; 0 when it has none */
    uint32_t program_module;
    uint32_t lookups;
    unsigned char *scratch; /* LOOKED_AT_BYTES */
};

static void add(struct buffer *buffer, const struct region *region)
{
    if (region->start < region->end)
        buffer_append(buffer, region, sizeof(*region)); /* what has no room is not named */
}

static bool find_module(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct collecting *collecting = context;
    if (segment->p_flags & PF_X)
        collecting->module = modules_find(collecting->modules, bias + segment->p_vaddr);
    return collecting->module == DUMP_NONE;
}

static bool add_static(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct collecting *collecting = context;
    if (segment->p_flags & PF_W)
        add(&collecting->regions->named, &(struct region){
                                             .start = bias + segment->p_vaddr,
                                             .end = bias + segment->p_vaddr + segment->p_memsz,
                                             .kind = REGION_STATIC,
                                             .module = collecting->module,
                                             .base = bias,
                                         });
    return true;
}

/* As glibc's _dl_determine_tlsoffset places the first block, where that is simple. */
static bool take_thread_local(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct collecting *collecting = context;
    uint64_t alignment = segment->p_align ? segment->p_align : 1;
    (void)bias;
    if ((alignment & (alignment - 1)) == 0 && segment->p_vaddr % alignment == 0)
        collecting->thread_local_size = (segment->p_memsz + alignment - 1) & ~(alignment - 1);
    return true;
}

static void add_image(struct collecting *collecting, uint64_t base)
{
    struct module_image image;
    collecting->module = DUMP_NONE;
    if (!modules_open_image(&image, collecting->reader, base))
        return;
    modules_segments(&image, PT_LOAD, find_module, collecting);
    if (collecting->module == DUMP_NONE)
        return;
    const struct dump_module *module =
        (const struct dump_module *)(const void *)collecting->modules->memory + collecting->module;
    const char *path = collecting->strings + module->path;
    const char *slash = strrchr(path, '/');
    if (slash && strncmp(slash, "/libhashtrack.so", strlen("/libhashtrack.so")) == 0)
        return; /* what the tracker knows of a table does not make it the owner */
    modules_segments(&image, PT_LOAD, add_static, collecting);
    if (strcmp(path, collecting->program) == 0) {
        collecting->program_module = collecting->module;
        modules_segments(&image, PT_TLS, take_thread_local, collecting);
    }
}

/* The address of the control block in the upper part of the mapping, 0 when there is none. Its
 * first and its third word are its own address (glibc, tcbhead_t: tcb and self). */
static uint64_t control_block(struct collecting *collecting, const struct mapping *mapping)
{
    uint64_t bytes = mapping->end - mapping->start;
    if (bytes > LOOKED_AT_BYTES)
        bytes = LOOKED_AT_BYTES;
    uint64_t from = mapping->end - bytes;
    if (collecting->lookups++ >= MOST_CONTROL_LOOKUPS ||
        !collecting->reader->read(collecting->reader, from, collecting->scratch, bytes))
        return 0;
    for (uint64_t at = 0; at + 24 <= bytes; at += CONTROL_BLOCK_ALIGN) {
        uint64_t words[3];
        memcpy(words, collecting->scratch + at, sizeof(words));
        if (words[0] == from + at && words[2] == from + at)
            return from + at;
    }
    return 0;
}

static void add_thread_local(struct collecting *collecting, uint64_t control_block)
{
    uint64_t bytes = collecting->thread_local_size;
    if (control_block != 0 && bytes != 0)
        add(&collecting->regions->named, &(struct region){
                                             .start = control_block - bytes,
                                             .end = control_block,
                                             .kind = REGION_THREAD_LOCAL,
                                             .module = collecting->program_module,
                                             .base = control_block - bytes,
                                         });
}

static void add_mapping(struct collecting *collecting, const struct mapping *mapping,
                        bool is_guarded)
{
    struct region region = {.start = mapping->start, .end = mapping->end, .kind = REGION_ANONYMOUS};
    if (mapping->path_bytes == 6 && memcmp(mapping->path, "[heap]", 6) == 0)
        region.kind = REGION_HEAP;
    else if (mapping->path_bytes == 7 && memcmp(mapping->path, "[stack]", 7) == 0)
        region.kind = REGION_STACK;
    else if (mapping->path_bytes > 0 && mapping->path[0] != '[')
        return;
    uint64_t block = region.kind == REGION_ANONYMOUS && !collecting->is_only_thread
                         ? control_block(collecting, mapping)
                         : 0;
    if (block != 0 && is_guarded) {
        /* What was mapped right above the thread's memory shows as one mapping with it. */
        struct region above = region;
        above.start = (block + CONTROL_BLOCK_BYTES + 4095) & ~(uint64_t)4095;
        region.kind = REGION_STACK;
        region.end = above.start;
        add(&collecting->regions->mappings, &region);
        region = above;
    }
    add_thread_local(collecting, block);
    add(&collecting->regions->mappings, &region);
}

static bool is_same_file(const struct mapping *a, const struct mapping *b)
{
    return a->path_bytes == b->path_bytes && memcmp(a->path, b->path, a->path_bytes) == 0;
}

bool regions_collect(struct regions *regions, const struct memory_reader *reader,
                     const struct buffer *maps, const struct buffer *modules,
                     const struct buffer *strings, const char *program, uint64_t thread_pointer,
                     bool is_only_thread)
{
    struct collecting collecting = {
        .regions = regions,
        .reader = reader,
        .modules = modules,
        .strings = strings->memory,
        .program = program,
        .is_only_thread = is_only_thread,
        .scratch = is_only_thread ? NULL : system_map(LOOKED_AT_BYTES),
    };
    struct mapping mapping;
    uint64_t guard_end = 0;
    size_t offset = 0;
    bool is_read = (is_only_thread || collecting.scratch) && maps->used > 0;
    /* Of files of which nothing is code, such as those of a locale, no image is read. */
    struct mapping image = {0};
    while (is_read && maps_next(maps, &offset, &mapping)) {
        if (mapping.path_bytes == 0 || mapping.path[0] != '/')
            continue;
        if (mapping.file_offset == 0)
            image = mapping;
        if (mapping.executable && is_same_file(&image, &mapping)) {
            add_image(&collecting, image.start);
            image.path_bytes = 0;
        }
    }
    add_thread_local(&collecting, thread_pointer);
    offset = 0;
    while (is_read && maps_next(maps, &offset, &mapping)) {
        bool is_guard = !mapping.readable && !mapping.writable && !mapping.executable;
        if (mapping.readable && mapping.writable && !mapping.shared)
            add_mapping(&collecting, &mapping, guard_end == mapping.start);
        if (is_guard)
            guard_end = mapping.end;
    }
    system_unmap(collecting.scratch, LOOKED_AT_BYTES);
    return is_read;
}

const struct region *regions_find(const struct regions *regions, uint64_t address)
{
    const struct region *named = (const struct region *)(const void *)regions->named.memory;
    for (size_t i = 0; i < regions->named.used / sizeof(*named); i++)
        if (address >= named[i].start && address < named[i].end)
            return &named[i];
    const struct region *mapping = (const struct region *)(const void *)regions->mappings.memory;
    size_t low = 0, high = regions->mappings.used / sizeof(*mapping);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address >= mapping[middle].end)
            low = middle + 1;
        else if (address < mapping[middle].start)
            high = middle;
        else
            return &mapping[middle];
    }
    return NULL;
}

void regions_free(struct regions *regions)
{
    buffer_free(&regions->named);
    buffer_free(&regions->mappings);
}
