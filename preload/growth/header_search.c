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

#include "layouts/words.h"
#include "own_stack.h"
#include "page.h"
#include "registry.h"
#include "scratch.h"
#include "stack_extent.h"
#include "thread.h"

/* Of the stack above the tracker's own frames: the function that grows, its callers, and the frame
 * that holds the table where it is a local variable. */
#define STACK_BYTES        4096u
#define OWN_FRAMES_BYTES   (32u * 1024) /* up to 6 KiB, with link-time optimization 9 */
#define THREAD_BYTES       4096u /* below the thread pointer lie the initial modules' variables */
#define OBJECT_BYTES       256u  /* of what a pointer on the stack leads to */
#define STACK_OBJECT_BYTES 80u   /* of an object that is itself on the stack */
#define STACK_BEFORE_BYTES 48u   /* of one that was found before, in front of its pointer */
#define HOOK_BYTES         512u  /* of the frames between the tracker's and the program's */
#define MOST_MODULES       4u
#define MOST_HEADERS       16u /* program headers of a module */
/* Static data of a megabyte takes 0.1 ms to search, less than rehashing an array of that size. */
#define LEAST_DATA_BYTES (256u * 1024)

_Static_assert(OWN_FRAMES_BYTES + STACK_BYTES + OBJECT_BYTES <= LAYOUT_SCRATCH_BYTES,
               "the stack and an object have room in the scratch memory");

struct search {
    const struct registry *registry;
    const struct memory_reader *reader;
    const struct block *array, *old;
    bool (*visit)(const struct header_place *place, void *context);
    /* Not NULL: shown all memory instead. */
    bool (*visit_piece)(uint64_t address, const unsigned char *bytes, size_t size, void *context);
    void *context;
    uint64_t own_start, stack_end; /* what is searched of the stack */
    uint64_t dead_start, own_end;  /* no object of the program is there (find_own_frames) */
    struct memory_range code[MOST_MODULES]; /* of modules: no object lies there */
    unsigned code_next;
    struct found_places *found;
    bool is_over;
};

static bool lies_in(const void *memory, size_t bytes, uint64_t address)
{
    return memory && address - (uint64_t)(uintptr_t)memory < bytes;
}

static bool is_in_own_frames(const struct search *search, uint64_t address)
{
    return address >= search->dead_start && address < search->own_end;
}

/* The tracker's own memory names arrays, too, and their sizes beside them: records, work memory
 * into which the stack is copied, stacks. Its frames lead there. */
bool header_search_is_own(const struct registry *registry, uint64_t address)
{
    size_t bytes;
    const void *stacks = own_stack_memory(&bytes);
    if (lies_in(stacks, bytes, address) || registry_holds(registry, address))
        return true;
    for (unsigned i = 0; i < SCRATCH_PIECES; i++)
        if (lies_in(scratch_piece(i), sizeof(struct scratch), address))
            return true;
    return false;
}

static bool is_own(const struct search *search, uint64_t address)
{
    return is_in_own_frames(search, address) || header_search_is_own(search->registry, address);
}

static bool is_shown(const struct search *search, const struct header_place *place)
{
    return (block_has(search->array, place->word) || block_has(search->old, place->word)) &&
           !is_own(search, place->address);
}

static void show(struct search *search, const struct header_place *place)
{
    if (search->is_over || !is_shown(search, place))
        return;
    if (search->found->count < SCRATCH_PLACES)
        search->found->places[search->found->count] = *place;
    search->found->count++;
    search->is_over = search->visit(place, search->context);
}

/* Those of a search before. */
static void show_again(struct search *search)
{
    for (uint32_t i = 0; i < search->found->count && !search->is_over; i++)
        search->is_over = search->visit(&search->found->places[i], search->context);
}

static bool is_on_stack(const struct search *search, uint64_t address)
{
    return address >= search->own_end && address < search->stack_end;
}

/* The program headers in the first page of the module that is mapped from `start` on: how many. */
static unsigned read_segments(const struct memory_reader *reader, uint64_t start,
                              Elf64_Phdr segments[MOST_HEADERS], uint64_t *bias)
{
    Elf64_Ehdr header;
    if (!reader->read(reader, start, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    unsigned count = header.e_phnum < MOST_HEADERS ? header.e_phnum : MOST_HEADERS;
    if (!reader->read(reader, start + header.e_phoff, segments, count * sizeof(segments[0])))
        return 0;
    /* A program that is not position-independent has its addresses in the file. */
    *bias = header.e_type == ET_DYN ? start : 0;
    return count;
}

/* Whether the word leads to code or constants: most words on a stack that lead anywhere are return
 * addresses, and each takes a system call to read. */
static bool is_code(struct search *search, uint64_t word)
{
    struct dl_find_object module;
    Elf64_Phdr segments[MOST_HEADERS];
    uint64_t bias;
    for (unsigned i = 0; i < MOST_MODULES; i++)
        if (word >= search->code[i].start && word < search->code[i].end)
            return true;
    if (_dl_find_object((void *)(uintptr_t)word, &module) != 0)
        return false;
    struct memory_range code = {.start = (uint64_t)(uintptr_t)module.dlfo_map_start,
                                .end = (uint64_t)(uintptr_t)module.dlfo_map_end};
    unsigned count = read_segments(search->reader, code.start, segments, &bias);
    for (unsigned i = 0; i < count; i++) {
        uint64_t start = bias + segments[i].p_vaddr;
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_W && start < code.end)
            code.end = start;
    }
    if (count > 0)
        search->code[search->code_next++ % MOST_MODULES] = code;
    return count > 0 && word < code.end;
}

/* Where in the memory, from the word at `at` on, the next one leads to either array; `size` or a
 * little less: none does. Megabytes of static data are shown, and hardly a word of them does: four
 * at once, without a branch for each. */
static size_t find_leading(struct block array, struct block old, const unsigned char *bytes,
                           size_t size, size_t at)
{
    uint64_t words[4];
    for (; at + sizeof(words) <= size; at += sizeof(words)) {
        bool leads = false;
        memcpy(words, bytes + at, sizeof(words));
        for (unsigned i = 0; i < 4; i++)
            leads |=
                (words[i] - array.address < array.bytes) | (words[i] - old.address < old.bytes);
        if (leads)
            break;
    }
    for (; at + 8 <= size; at += 8) {
        memcpy(words, bytes + at, 8);
        if (words[0] - array.address < array.bytes || words[0] - old.address < old.bytes)
            break;
    }
    return at;
}

/* All words of the memory at `address`, of which `bytes` is a copy; `object` as in header_place. */
static void show_words(struct search *search, uint64_t address, const unsigned char *bytes,
                       size_t size, uint64_t object)
{
    struct header_place place = {.object = object};
    if (search->visit_piece) {
        if (!search->is_over && !is_own(search, address))
            search->is_over = search->visit_piece(address, bytes, size, search->context);
        return;
    }
    for (size_t at = 0; !search->is_over; at += 8) {
        at = find_leading(*search->array, *search->old, bytes, size, at);
        if (at + 8 > size)
            return;
        place.address = address + at;
        memcpy(&place.word, bytes + at, sizeof(place.word));
        place.kind = is_on_stack(search, place.address) ? HEADER_ON_STACK : HEADER_IN_OBJECT;
        show(search, &place);
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
        size_t piece = (size_t)(PAGE_BYTES - ((address + done) & (PAGE_BYTES - 1)));
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
    size_t own = (size_t)(search->own_end - search->own_start);
    if (search->visit_piece && bytes > own)
        show_words(search, search->own_end, stack + own, bytes - own, 0);
    for (size_t at = 0; at + 8 <= bytes && !search->is_over; at += 8) {
        uint64_t word;
        memcpy(&word, stack + at, sizeof(word));
        if (!layout_is_pointer(word, 8) || word == last || block_has(search->array, word) ||
            block_has(search->old, word) || is_in_own_frames(search, word) || is_code(search, word))
            continue;
        last = word;
        size_t size = is_on_stack(search, word) ? STACK_OBJECT_BYTES : OBJECT_BYTES;
        show_words(search, word, object, read_up_to(search->reader, word, object, size), word);
    }
}

static void search_range(struct search *search, uint64_t start, uint64_t bytes,
                         unsigned char *buffer, size_t room)
{
    for (uint64_t offset = 0; offset < bytes; offset += room) {
        size_t piece = bytes - offset < room ? (size_t)(bytes - offset) : room;
        if (!search->reader->read(search->reader, start + offset, buffer, piece))
            return;
        show_words(search, start + offset, buffer, piece, 0);
    }
}

/* The writable segments of the module that is mapped from `start` on. */
static void search_module(struct search *search, uint64_t start, uint64_t most,
                          unsigned char *buffer, size_t room)
{
    Elf64_Phdr segments[MOST_HEADERS];
    uint64_t bias;
    unsigned count = read_segments(search->reader, start, segments, &bias);
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
    uint64_t most =
        search->array->bytes > LEAST_DATA_BYTES ? search->array->bytes : LEAST_DATA_BYTES;
    uint64_t seen[MOST_MODULES];
    unsigned modules = 0;
    for (uint32_t i = 0; i < record->frame_count && modules < MOST_MODULES && !search->is_over;
         i++) {
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

/* The frames of the tracker and of the hook through which it was entered are full of addresses of
 * arrays, and of whatever registers they keep for the program: what lies beside each other there
 * says nothing. Nor does what lies below them, where calls that are over have left their words. A
 * matrix of numbers was taken for an index, because a row's length and the number of cells stood in
 * such a frame, into which the frame pointer of the next one leads. */
static void find_own_frames(struct search *search)
{
    uint64_t words[HOOK_BYTES / sizeof(uint64_t)];
    uint64_t entered_at = thread_state.entered_at;
    size_t bytes = read_up_to(search->reader, entered_at, (unsigned char *)words, sizeof(words));
    /* Of a stack whose end is not known the next thing below may be somebody's memory. */
    search->dead_start = thread_state.stack == STACK_OWN || stack_extent_end(entered_at) == 0
                             ? search->own_start
                             : entered_at - OWN_FRAMES_BYTES;
    search->own_end = entered_at + 2 * sizeof(uint64_t); /* where the frame's first words are */
    for (size_t i = 0; i < bytes / sizeof(words[0]); i++)
        if ((uint32_t)words[i] == thread_state.caller) {
            search->own_end = entered_at + (i + 1) * sizeof(words[0]);
            return;
        }
}

static void search_all(struct search *search, uint32_t site, unsigned char *buffer)
{
    search_stack(search, buffer, buffer + OWN_FRAMES_BYTES + STACK_BYTES);
    if (!search->is_over) {
        uint64_t thread = (uint64_t)(uintptr_t)__builtin_thread_pointer();
        search_range(search, thread - THREAD_BYTES, THREAD_BYTES, buffer, LAYOUT_SCRATCH_BYTES);
    }
    if (!search->is_over)
        search_static_data(search, search->registry, site, buffer, LAYOUT_SCRATCH_BYTES);
}

/* All between this function's frame and the program's. `wanted` has what is to be shown. */
static __attribute__((noinline)) void search_from_here(struct scratch *scratch, uint32_t site,
                                                       const struct header_place *known,
                                                       const struct search *wanted)
{
    unsigned char *buffer = scratch->layout_scratch;
    uint64_t frame = thread_frame_of_program((uintptr_t)__builtin_frame_address(0)) & ~(uint64_t)7;
    struct search search = *wanted;
    search.reader = scratch->view.reader;
    search.found = &scratch->found_places;
    search.own_start = frame;
    search.stack_end = thread_state.entered_at + STACK_BYTES;
    /* Signal handlers on stacks of their own: entered_at may be of another stack. */
    if (thread_state.entered_at < frame || thread_state.entered_at - frame > OWN_FRAMES_BYTES)
        return;
    find_own_frames(&search);
    scratch_rely_on_stack(scratch, search.own_start, search.stack_end);
    if (known->address != 0) {
        struct header_place place = *known;
        if (search.reader->read(search.reader, place.address, &place.word, sizeof(place.word)) &&
            is_shown(&search, &place) && search.visit(&place, search.context))
            return;
    }
    if (search.visit_piece) {
        search_all(&search, site, buffer);
        return;
    }
    if (search.found->array == search.array->address && search.found->old == search.old->address) {
        show_again(&search);
        return;
    }
    search.found->array = search.found->count = 0;
    search_all(&search, site, buffer);
    if (!search.is_over && search.found->count <= SCRATCH_PLACES) {
        search.found->array = search.array->address;
        search.found->old = search.old->address;
    }
}

/* The table's address may be in a register that functions called from here on keep as it is. The
 * tracker's own frames have such registers only as far as they needed them for something else,
 * which depends on how the compiler put these functions together. So all are put on the stack here.
 */
__attribute__((noinline)) void
header_search_places(const struct registry *registry, struct scratch *scratch,
                     const struct block *array, const struct block *old, uint32_t site,
                     const struct header_place *known,
                     bool (*visit)(const struct header_place *place, void *context), void *context)
{
    const struct search wanted = {
        .registry = registry, .array = array, .old = old, .visit = visit, .context = context};
    __builtin_unwind_init();
    search_from_here(scratch, site, known, &wanted);
    __asm__ volatile("" ::: "memory"); /* no tail call, which would take the frame away */
}

__attribute__((noinline)) void header_search_memory(
    const struct registry *registry, struct scratch *scratch, const struct block *array,
    uint32_t site,
    bool (*visit)(uint64_t address, const unsigned char *bytes, size_t size, void *context),
    void *context)
{
    const struct search wanted = {.registry = registry,
                                  .array = array,
                                  .old = array,
                                  .visit_piece = visit,
                                  .context = context};
    const struct header_place nowhere = {0};
    __builtin_unwind_init();
    search_from_here(scratch, site, &nowhere, &wanted);
    __asm__ volatile("" ::: "memory"); /* likewise */
}

/* --- the object of a table whose numbers are known --- */

struct match {
    const struct memory_reader *reader;
    const struct header_facts *facts;
    const struct block *old;
    const struct header_profile *before; /* NULL: the first growth at which it is looked for */
    struct header_profile *best;
    bool found;
};

static void consider(struct match *match, const struct header_profile *profile)
{
    if (!match->found || header_is_better(profile, match->best))
        *match->best = *profile;
    match->found = true;
}

/* How many slots of that size the array before had. */
static uint64_t slots_before(const struct header_facts *facts, const struct block *old)
{
    return (uint64_t)((double)facts->capacity * (double)old->bytes / (double)facts->array.bytes +
                      0.5);
}

/* Whether the search may end: a header that says what it said at the growth before. */
static bool match_place(const struct header_place *place, void *context)
{
    struct match *match = context;
    struct header_facts facts = *match->facts;
    struct header_profile profile;
    if (block_has(match->old, place->word)) {
        /* It is told of its new array after the old one was freed. */
        facts.array.address = match->old->address;
        facts.capacity = slots_before(&facts, match->old);
    }
    if (header_match(match->reader, place, &facts, match->before, &profile))
        consider(match, &profile);
    return match->found && match->best->growths > 1 && match->best->place == place->address;
}

#define SLOTS_ASKED 32u
#define SLOT_ASKED  64u /* bytes of it, at most */

/* How many slots the array before had, if some of those here and there are empty; else 0: it may be
 * the list in which the entries were kept while the table was made anew, as many as there are, with
 * room for one more at its end. */
static uint64_t outgrown_slots(const struct memory_reader *reader, const struct header_facts *facts,
                               const struct block *old)
{
    unsigned char slot[SLOT_ASKED];
    const uint64_t slots = slots_before(facts, old);
    const uint64_t slot_bytes = slots == 0 ? 0 : old->bytes / slots;
    const size_t asked = slot_bytes < SLOT_ASKED ? (size_t)slot_bytes : SLOT_ASKED;
    for (uint64_t i = 0; i < SLOTS_ASKED && asked >= 4; i++) {
        if (!reader->read(reader, old->address + slots * i / SLOTS_ASKED * slot_bytes, slot, asked))
            return 0;
        if (bytes_are_zero(slot, asked) || word_u32(slot, 0) == UINT32_MAX)
            return slots;
    }
    return 0;
}

bool header_search(const struct registry *registry, struct scratch *scratch,
                   const struct header_facts *facts, const struct block *old, uint32_t site,
                   const struct header_profile *before, struct header_profile *out)
{
    struct header_facts of_both = *facts;
    struct match match = {.reader = scratch->view.reader,
                          .facts = &of_both,
                          .old = old,
                          .before = before->growths > 0 ? before : NULL,
                          .best = out};
    struct header_profile in_array;
    struct header_place known = {.kind = before->kind};
    if (before->growths > 0 && before->kind != HEADER_IN_ARRAY) {
        known.address = before->place;
        known.object = before->place - STACK_BEFORE_BYTES;
    }
    of_both.outgrown = old->address;
    of_both.outgrown_slots = outgrown_slots(match.reader, facts, old);
    if (header_match_array(match.reader, &of_both, match.before, &in_array)) {
        if (old->address != facts->array.address)
            header_prove_in_array(match.reader, old->address, &in_array);
        consider(&match, &in_array);
    }
    header_search_places(registry, scratch, &facts->array, old, site, &known, match_place, &match);
    return match.found;
}
