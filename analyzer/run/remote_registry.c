/*
 * Finding hashtrack_registry in another process and copying it: see remote_registry.h.
 */
#include "remote_registry.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arithmetic.h"
#include "default_suppressions.h"
#include "maps.h"
#include "reader.h"
#include "remote_records.h"

#define LIBRARY "libhashtrack.so"
#define SYMBOL  "hashtrack_registry"

static bool is_library(const struct mapping *mapping)
{
    const char *name = memrchr(mapping->path, '/', mapping->path_bytes);
    if (!name)
        return false;
    size_t bytes = mapping->path_bytes - (size_t)(name + 1 - mapping->path);
    return bytes >= strlen(LIBRARY) && memcmp(name + 1, LIBRARY, strlen(LIBRARY)) == 0;
}

/* Value of the symbol in the dynamic symbol table, 0 when it is not there. */
static uint64_t symbol_value(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count && i < INT_MAX; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_size < sizeof(struct registry))
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name && strcmp(name, SYMBOL) == 0)
            return symbol.st_value;
    }
    return 0;
}

static uint64_t find_symbol(int file)
{
    uint64_t value = 0;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
    for (Elf_Scn *section = NULL; elf && value == 0 && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
            value = symbol_value(elf, section, &header);
    }
    elf_end(elf);
    return value;
}

/* Opens what is mapped there; -1 with errno. A process in a container has its paths below a root of
 * its own; of one in a chroot the kernel gives them as they are outside, to a reader there. */
static int open_mapped(pid_t pid, const struct mapping *mapping)
{
    char path[PATH_MAX];
    int length = (int)mapping->path_bytes;
    snprintf(path, sizeof(path), "/proc/%d/root%.*s", (int)pid, length, mapping->path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0)
        return file;
    snprintf(path, sizeof(path), "%.*s", length, mapping->path);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Address of the registry in the process; 0 with *error when it is not tracked. */
static uint64_t find_registry(pid_t pid, struct error *error)
{
    struct buffer text = {0};
    struct mapping mapping;
    size_t offset = 0;
    uint64_t base = 0, value = 0;

    if (!maps_read(pid, &text)) {
        buffer_free(&text);
        if (kill(pid, 0) != 0 && errno == ESRCH)
            error_set(error, STATUS_USAGE, "process %d: there is no such process", (int)pid);
        else
            error_set(error, STATUS_USAGE,
                      "process %d: its memory may not be read: it is another user's, or a sandbox "
                      "forbids it",
                      (int)pid);
        return 0;
    }
    while (base == 0 && maps_next(&text, &offset, &mapping))
        if (mapping.file_offset == 0 && is_library(&mapping))
            base = mapping.start;
    int file = base ? open_mapped(pid, &mapping) : -1;
    if (base == 0) {
        error_set(error, STATUS_UNTRACKABLE,
                  "process %d: not tracked (%s is not loaded in it); start it with `hashtrack run`",
                  (int)pid, LIBRARY);
    } else if (file < 0) {
        error_set(error, STATUS_USAGE, "process %d: cannot read its %.*s: %s", (int)pid,
                  (int)mapping.path_bytes, mapping.path, strerror(errno));
    } else {
        value = find_symbol(file);
        if (value == 0)
            error_set(error, STATUS_UNTRACKABLE, "process %d: no symbol %s in %.*s", (int)pid,
                      SYMBOL, (int)mapping.path_bytes, mapping.path);
        close(file);
    }
    buffer_free(&text);
    return value ? base + value : 0;
}

static void remember(struct remote_registry *remote, const void *start, size_t bytes)
{
    struct memory_range range = {.start = (uint64_t)(uintptr_t)start,
                                 .end = (uint64_t)(uintptr_t)start + bytes};
    buffer_append(&remote->own, &range, sizeof(range));
}

/* A copy of memory of the process, or NULL. */
static void *copy_memory(const struct memory_reader *reader, const void *address, size_t bytes)
{
    void *copy = system_map(bytes);
    if (copy && !reader->read(reader, (uint64_t)(uintptr_t)address, copy, bytes)) {
        system_unmap(copy, bytes);
        copy = NULL;
    }
    return copy;
}

/* Chunks that cannot be copied become NULL, which every user of a pool takes for "not there". */
static void copy_pool(struct remote_registry *remote, const struct memory_reader *reader,
                      const struct pool *expected, struct pool *pool)
{
    bool is_sound =
        pool->record_bytes == expected->record_bytes && pool->chunk_shift == expected->chunk_shift;
    pool->record_bytes = expected->record_bytes;
    pool->chunk_shift = expected->chunk_shift;
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++) {
        void *original = pool->chunks[i];
        pool->chunks[i] = NULL;
        if (!original || !is_sound)
            continue;
        remember(remote, original, pool_chunk_bytes(pool));
        pool->chunks[i] = copy_memory(reader, original, pool_chunk_bytes(pool));
    }
}

static void copy_slots(const struct memory_reader *reader, struct slots *slots)
{
    size_t bytes = (size_t)slots->capacity * sizeof(struct slot);
    slots->table = slots->table && is_power_of_two(slots->capacity)
                       ? copy_memory(reader, slots->table, bytes)
                       : NULL;
    if (!slots->table)
        *slots = (struct slots){0};
}

static void copy_suppressions(const struct memory_reader *reader, struct registry *registry)
{
    char *text = registry->suppressions
                     ? copy_memory(reader, registry->suppressions, DEFAULT_SUPPRESSIONS_BYTES)
                     : NULL;
    if (text)
        text[DEFAULT_SUPPRESSIONS_BYTES - 1] = '\0';
    registry->suppressions = text;
}

static bool copy_parts(struct remote_registry *remote, const struct memory_reader *reader)
{
    struct registry *registry = &remote->registry;
    struct registry *expected = calloc(1, sizeof(*expected));
    if (!expected)
        return false;
    registry_start(expected);
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++)
        remote->array_chunks[i] = (uint64_t)(uintptr_t)registry->arrays.chunks[i];
    copy_pool(remote, reader, &expected->arrays, &registry->arrays);
    copy_pool(remote, reader, &expected->sites, &registry->sites);
    copy_pool(remote, reader, &expected->frames, &registry->frames);
    copy_pool(remote, reader, &expected->tables, &registry->tables);
    copy_pool(remote, reader, &expected->growths, &registry->growths);
    copy_pool(remote, reader, &expected->readings, &registry->readings);
    copy_pool(remote, reader, &expected->fingerprints, &registry->fingerprints);
    copy_pool(remote, reader, &expected->unloaded, &registry->unloaded);
    copy_pool(remote, reader, &expected->scripts, &registry->scripts);
    system_unmap(expected->shards[0].slots.table,
                 (size_t)REGISTRY_SHARDS * REGISTRY_FIRST_SLOTS * sizeof(struct slot));
    free(expected);
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        copy_slots(reader, &registry->shards[i].slots);
    copy_suppressions(reader, registry);
    remote_records_check(registry);
    registry->site_slots = (struct slots){0};
    registry_reset_locks(registry); /* the copy of a lock that was taken just then */
    registry->allocator[sizeof(registry->allocator) - 1] = '\0';
    registry->unwinder[sizeof(registry->unwinder) - 1] = '\0';
    for (unsigned i = 0; i < SETTINGS_MAX_WARNINGS; i++)
        registry->settings.warnings[i][SETTINGS_WARNING_BYTES - 1] = '\0';
    return true;
}

bool remote_registry_copy(pid_t pid, struct remote_registry *out, struct error *error)
{
    struct memory_reader reader = process_reader(pid);
    struct registry *registry = &out->registry;

    memset(out, 0, sizeof(*out));
    uint64_t address = find_registry(pid, error);
    if (address == 0)
        return false;
    if (!reader.read(&reader, address, registry, sizeof(*registry))) {
        memset(registry, 0, sizeof(*registry));
        return error_set(error, STATUS_UNTRACKABLE,
                         "process %d: its memory cannot be read (ptrace permission is needed)",
                         (int)pid);
    }
    bool is_known = memcmp(registry->magic, REGISTRY_MAGIC, sizeof(registry->magic)) == 0 &&
                    registry->version == REGISTRY_VERSION &&
                    registry->struct_bytes == sizeof(*registry);
    bool has_begun = registry->magic[0] != '\0';
    if (!is_known || registry->pid != (uint32_t)pid) {
        memset(registry, 0, sizeof(*registry));
        return error_set(error, STATUS_UNTRACKABLE, "process %d: %s", (int)pid,
                         !has_begun ? "tracking has not begun in it"
                         : !is_known
                             ? "tracked by another version of hashtrack"
                             : "made by clone without fork's handlers, so it is not tracked");
    }
    out->address = address;
    remember(out, (const void *)(uintptr_t)address, sizeof(*registry));
    return copy_parts(out, &reader) ||
           error_set(error, STATUS_BAD_DUMP, "process %d: not enough memory", (int)pid);
}

bool remote_registry_is_current(pid_t pid, const struct remote_registry *remote)
{
    struct memory_reader reader = process_reader(pid);
    uint64_t start;
    return reader.read(&reader, remote->address + offsetof(struct registry, start_realtime_ns),
                       &start, sizeof(start)) &&
           start == remote->registry.start_realtime_ns;
}

bool remote_registry_has_array(pid_t pid, struct remote_registry *remote, uint64_t address)
{
    struct memory_reader reader = process_reader(pid);
    const struct pool *copy = &remote->registry.arrays;
    struct array_record before, now;
    uint32_t index = registry_find(&remote->registry, address, &before);
    if (index == 0)
        return false;
    uint64_t chunk = remote->array_chunks[index >> copy->chunk_shift];
    uint64_t in_chunk = (uint64_t)(index & ((1u << copy->chunk_shift) - 1)) * copy->record_bytes;
    return reader.read(&reader, chunk + in_chunk, &now, sizeof(now)) &&
           now.sequence == before.sequence && now.address == before.address &&
           now.bytes == before.bytes;
}

static void free_pool(struct pool *pool)
{
    for (unsigned i = 0; i < POOL_MAX_CHUNKS; i++)
        system_unmap(pool->chunks[i], pool_chunk_bytes(pool));
}

void remote_registry_free(struct remote_registry *remote)
{
    struct registry *registry = &remote->registry;
    free_pool(&registry->arrays);
    free_pool(&registry->sites);
    free_pool(&registry->frames);
    free_pool(&registry->tables);
    free_pool(&registry->growths);
    free_pool(&registry->readings);
    free_pool(&registry->fingerprints);
    system_unmap(registry->suppressions, DEFAULT_SUPPRESSIONS_BYTES);
    free_pool(&registry->unloaded);
    free_pool(&registry->scripts);
    for (unsigned i = 0; i < REGISTRY_SHARDS; i++)
        system_unmap(registry->shards[i].slots.table,
                     (size_t)registry->shards[i].slots.capacity * sizeof(struct slot));
    buffer_free(&remote->own);
}
