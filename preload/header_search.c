/*
 * The search for a growing table's own object: see header_search.h.
 *
 * A full scan of memory would take longer than the growth. But a function that makes a table grow
 * has the table at hand: its address is in a register or on the stack, in thread-local or in static
 * data. Runs inside the tracker, reads everything through the scratch's reader, takes no lock.
 */
#include "header_search.h"

#include <dlfcn.h>
#include <elf.h>
#include <string.h>

#include "thread.h"

/* Of the stack above the tracker's own frames: the function that grows, its callers, and the frame
 * that holds the table where it is a local variable. */
#define STACK_BYTES        4096u
#define THREAD_BYTES       4096u /* below the thread pointer lie the initial modules' variables */
#define OBJECT_BYTES       256u  /* of what a pointer on the stack leads to */
#define STACK_OBJECT_BYTES 48u   /* of an object that is itself on the stack */
#define MOST_MODULES       4u
#define MOST_HEADERS       16u /* program headers of a module */
#define PAGE               4096u
/* Static data of a megabyte takes 0.1 ms to search, less than rehashing an array of that size. */
#define LEAST_DATA_BYTES (256u * 1024)

struct search {
    const struct memory_reader *reader;
    const struct header_facts *facts;
    const struct block *old;
    const struct header_profile *before;
    struct header_profile *best;
    uint64_t own_start, own_end; /* the tracker's stack frames: full of addresses of arrays */
    uint64_t stack_end;
    bool found;
};

static bool points_into(uint64_t word, const struct block *block)
{
    return word - block->address < block->bytes;
}

static void consider(struct search *search, const struct header_profile *profile)
{
    if (!search->found || header_is_better(profile, search->best))
        *search->best = *profile;
    search->found = true;
}

static void try_place(struct search *search, struct header_place place)
{
    struct header_facts facts = *search->facts;
    struct header_profile profile;
    if (points_into(place.word, search->old)) {
        /* It is told of its new array after the old one was freed. */
        facts.array.address = search->old->address;
        facts.capacity = (uint64_t)((double)facts.capacity * (double)search->old->bytes /
                                        (double)facts.array.bytes +
                                    0.5);
    } else if (!points_into(place.word, &search->facts->array)) {
        return;
    }
    if ((place.address < search->own_start || place.address >= search->own_end) &&
        header_match(search->reader, &place, &facts, search->before, &profile))
        consider(search, &profile);
}

static bool is_on_stack(const struct search *search, uint64_t address)
{
    return address >= search->own_end && address < search->stack_end;
}

/* All words of the memory at `address`, of which `bytes` is a copy; `object` as in header_place. */
static void try_words(struct search *search, uint64_t address, const unsigned char *bytes,
                      size_t size, uint64_t object)
{
    struct header_place place = {.object = object};
    for (size_t at = 0; at + 8 <= size; at += 8) {
        place.address = address + at;
        memcpy(&place.word, bytes + at, sizeof(place.word));
        place.kind = is_on_stack(search, place.address) ? HEADER_ON_STACK : HEADER_IN_OBJECT;
        try_place(search, place);
    }
}

/* As much as can be read from `address` on, a page at a time where the whole cannot: stacks end not
 * far above main(). */
static size_t read_up_to(const struct memory_reader *reader, uint64_t address, unsigned char *into,
                         size_t bytes)
{
    size_t done = 0;
    if (reader->read(reader, address, into, bytes))
        return bytes;
    while (done < bytes) {
        size_t piece = (size_t)(PAGE - ((address + done) & (PAGE - 1)));
        if (piece > bytes - done)
            piece = bytes - done;
        if (!reader->read(reader, address + done, into + done, piece))
            break;
        done += piece;
    }
    return done;
}

static void search_stack(struct search *search, unsigned char *stack, unsigned char *object)
{
    size_t bytes = read_up_to(search->reader, search->own_start, stack,
                              (size_t)(search->stack_end - search->own_start));
    uint64_t last = 0;
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
        uint64_t word;
        memcpy(&word, stack + at, sizeof(word));
        if (!layout_is_pointer(word, 8) || word == last ||
            points_into(word, &search->facts->array) || points_into(word, search->old) ||
            (word >= search->own_start && word < search->own_end))
            continue;
        last = word;
        size_t size = is_on_stack(search, word) ? STACK_OBJECT_BYTES : OBJECT_BYTES;
        try_words(search, word, object, read_up_to(search->reader, word, object, size), word);
    }
}

static void search_range(struct search *search, uint64_t start, uint64_t bytes,
                         unsigned char *buffer, size_t room)
{
    for (uint64_t offset = 0; offset < bytes; offset += room) {
        size_t piece = bytes - offset < room ? (size_t)(bytes - offset) : room;
        if (!search->reader->read(search->reader, start + offset, buffer, piece))
            return;
        try_words(search, start + offset, buffer, piece, 0);
    }
}

/* The writable segments of the module that is mapped from `start` on, by the program headers in its
 * first page. */
static void search_module(struct search *search, uint64_t start, uint64_t most,
                          unsigned char *buffer, size_t room)
{
    Elf64_Ehdr header;
    Elf64_Phdr segments[MOST_HEADERS];
    if (!search->reader->read(search->reader, start, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr))
        return;
    unsigned count = header.e_phnum < MOST_HEADERS ? header.e_phnum : MOST_HEADERS;
    if (!search->reader->read(search->reader, start + header.e_phoff, segments,
                              count * sizeof(segments[0])))
        return;
    /* A program that is not position-independent has its addresses in the file. */
    uint64_t bias = header.e_type == ET_DYN ? start : 0;
    for (unsigned i = 0; i < count; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_W &&
            segments[i].p_memsz <= most)
            search_range(search, (bias + segments[i].p_vaddr) & ~(uint64_t)7, segments[i].p_memsz,
                         buffer, room);
}

/* The modules of the functions that were running. _dl_find_object takes no lock (trap 29). */
static void search_static_data(struct search *search, const struct registry *registry,
                               uint32_t site, unsigned char *buffer, size_t room)
{
    if (!pool_has(&registry->sites, site))
        return;
    const struct site_record *record = pool_at(&registry->sites, site);
    const uint64_t *frames = pool_at(&registry->frames, record->first_frame);
    uint64_t most = search->facts->array.bytes > LEAST_DATA_BYTES ? search->facts->array.bytes
                                                                  : LEAST_DATA_BYTES;
    uint64_t seen[MOST_MODULES];
    unsigned modules = 0;
    for (uint32_t i = 0; i < record->frame_count && modules < MOST_MODULES && !search->found; i++) {
        struct dl_find_object module;
        if (_dl_find_object((void *)(uintptr_t)frames[i], &module) != 0)
            continue;
        uint64_t start = (uint64_t)(uintptr_t)module.dlfo_map_start;
        unsigned known = 0;
        while (known < modules && seen[known] != start)
            known++;
        if (known < modules)
            continue;
        seen[modules++] = start;
        search_module(search, start, most, buffer, room);
    }
}

bool header_search(struct registry *registry, struct scratch *scratch,
                   const struct header_facts *facts, const struct block *old, uint32_t site,
                   const struct header_profile *before, struct header_profile *out)
{
    uint64_t word;
    unsigned char *buffer = scratch->layout_scratch;
    uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0) & ~(uint64_t)7;
    struct search search = {.reader = scratch->view.reader,
                            .facts = facts,
                            .old = old,
                            .before = before->growths > 0 ? before : NULL,
                            .best = out,
                            .own_start = frame,
                            .own_end = thread_state.entered_at,
                            .stack_end = thread_state.entered_at + STACK_BYTES};
    /* Signal handlers on stacks of their own, and fibers: entered_at is of another stack. */
    if (search.own_end < frame || search.own_end - frame > 2 * STACK_BYTES)
        return false;
    struct header_profile in_array;
    if (header_match_array(search.reader, facts, search.before, &in_array))
        consider(&search, &in_array);
    if (before->growths > 0 && before->kind != HEADER_IN_ARRAY &&
        search.reader->read(search.reader, before->place, &word, 8))
        try_place(&search, (struct header_place){.address = before->place,
                                                 .word = word,
                                                 .object = before->place - STACK_OBJECT_BYTES,
                                                 .kind = before->kind});
    if (!search.found)
        search_stack(&search, buffer, buffer + 4 * STACK_BYTES);
    if (!search.found) {
        uint64_t thread = (uint64_t)(uintptr_t)__builtin_thread_pointer();
        search_range(&search, thread - THREAD_BYTES, THREAD_BYTES, buffer, LAYOUT_SCRATCH_BYTES);
    }
    if (!search.found)
        search_static_data(&search, registry, site, buffer, LAYOUT_SCRATCH_BYTES);
    return search.found;
}
