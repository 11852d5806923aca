/*
 * Reading a table of no known layout that nobody saw growing, as it is freed: see growth_unseen.h.
 * Its work memory is mapped for each look, and given back.
 */
#include "growth_unseen.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "growth_holders.h"
#include "growth_link.h"
#include "modules.h"
#include "own_hashes.h"
#include "pool.h"
#include "stack_extent.h"
#include "static_rules.h"
#include "static_states.h"
#include "system.h"

/* A report names what saves a mebibyte; and only tables count that were freed as the program ended,
 * which is in the last twentieth of its run. What was there for half of the time until then is
 * little: buffers of all kinds come and go. */
#define LEAST_BYTES (1u << 20)
#define LIVED_PART  2u

/* A look takes 0.1 to 5 ms, and 30 where the program's code is asked: this much of the run's time,
 * and so much more at first, for short programs. */
#define TIME_PART     50u
#define FIRST_TIME_MS 40u

static _Atomic uint64_t spent_ns;

/* It needs 16 KiB of stack more than other looks, which few threads and no fiber may have: what is
 * main's own is destroyed on the first stack, near its beginning. */
#define DEEPEST (256u << 10)

static bool is_near_main(void)
{
    const uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    const uintptr_t end = stack_extent_end(frame);
    return stack_is_first_thread() && end != 0 && end - frame <= DEEPEST;
}

static bool may_look(const struct registry *registry, const struct array_record *array)
{
    const uint64_t now = registry_now(registry);
    const uint64_t spent_ms = atomic_load_explicit(&spent_ns, memory_order_relaxed) / 1000000;
    return array->bytes >= LEAST_BYTES && (now - array->born_ms) * LIVED_PART >= now &&
           spent_ms <= FIRST_TIME_MS + now / TIME_PART && is_near_main();
}

/* --- the code that may have hashed its keys --- */

struct code_around {
    struct own_code_place *place;
    bool is_found;
};

static bool note_code(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct code_around *around = context;
    uint64_t start = bias + segment->p_vaddr;
    if (!(segment->p_flags & PF_X) || around->place->address - start >= segment->p_memsz)
        return true;
    around->place->start = start;
    around->place->end = start + segment->p_memsz;
    around->is_found = true;
    return false;
}

/* _dl_find_object takes no lock (trap 29). */
static bool find_code(const struct memory_reader *reader, struct own_code_place *place)
{
    struct dl_find_object module;
    struct module_image image;
    struct code_around around = {.place = place};
    if (_dl_find_object((void *)(uintptr_t)place->address, &module) != 0 ||
        modules_is_of_system(module.dlfo_link_map->l_name) ||
        !modules_open_image(&image, reader, (uint64_t)(uintptr_t)module.dlfo_map_start))
        return false;
    modules_segments(&image, PT_LOAD, note_code, &around);
    return around.is_found;
}

static uint32_t find_places(const struct registry *registry, const struct memory_reader *reader,
                            const struct array_record *array,
                            struct own_code_place places[OWN_PLACES])
{
    uint32_t count = 0;
    if (!pool_has(&registry->sites, array->site))
        return 0;
    const struct site_record *site = pool_at(&registry->sites, array->site);
    for (uint32_t i = 0; i < site->frame_count && count < OWN_PLACES; i++) {
        if (!pool_has(&registry->frames, site->first_frame + i))
            break;
        places[count].address =
            *(const uint64_t *)pool_at(&registry->frames, site->first_frame + i) - 1;
        count += find_code(reader, &places[count]);
    }
    return count;
}

static struct own_hashes *read_code(const struct registry *registry, const struct layout_view *view,
                                    const struct array_record *array)
{
    struct own_code_place places[OWN_PLACES];
    struct own_hashes *own = system_map(sizeof(*own));
    if (!own)
        return NULL; /* such tables are not found */
    own_hashes_start(own);
    own_hashes_near(own, places, find_places(registry, view->reader, array, places));
    for (unsigned nth = 0; nth < OWN_HOLDERS; nth++)
        own->holders[nth] = view->blocks->pointer_to(view->blocks, array->address, nth);
    return own;
}

/* --- the look --- */

/* What is read of slots alone: what they lead to may be freed already, and to be found yet or not.
 */
static bool read_slots(struct layout_view *view, const struct block *block,
                       struct table_reading *out)
{
    struct static_reading reading = {.kind = DUMP_KIND_OPEN};
    struct static_pieces *pieces = system_map(sizeof(*pieces));
    if (!pieces)
        return false;
    bool is_read = static_rules_read(view, pieces, block, STATIC_ALL_EFFORT, NULL, &reading) &&
                   reading.kind == DUMP_KIND_OPEN && reading.shape.leads == LEADS_NOWHERE;
    system_unmap(pieces, sizeof(*pieces));
    if (!is_read)
        return false;
    static_states_read(view, block, &reading);
    *out = reading.table;
    return true;
}

bool growth_read_unseen(struct registry *registry, struct scratch *scratch,
                        const struct array_record *array, struct table_reading *out)
{
    const struct block block = {.address = array->address, .bytes = array->bytes};
    if (!may_look(registry, array))
        return false;
    const uint64_t start = system_clock_ns(CLOCK_MONOTONIC);
    struct layout_view view = scratch->view;
    struct holders_at_hand holders;
    growth_find_holders(registry, scratch, array, &holders);
    view.blocks = &holders.index;
    struct own_hashes *own = read_code(registry, &view, array);
    view.own_hashes = own;
    bool is_read = read_slots(&view, &block, out);
    if (own)
        system_unmap(own, sizeof(*own));
    atomic_fetch_add_explicit(&spent_ns, system_clock_ns(CLOCK_MONOTONIC) - start,
                              memory_order_relaxed);
    return is_read;
}
