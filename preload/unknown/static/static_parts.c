/*
 * The other arrays of a table whose slots hold numbers of entries: see static_search.h. No state,
 * no allocation.
 */
#include "page.h"
#include "static_search.h"

#define SIBLINGS_REACH  64u /* from the pointer to the array, in one object */
#define MOST_HOLDERS    4u  /* objects whose other pointers are followed */
#define MOST_ITEM_BYTES 256u

void static_siblings(const struct layout_view *view, uint64_t address,
                     bool (*visit)(const struct block *sibling, void *context), void *context)
{
    if (!view->blocks)
        return;
    for (unsigned nth = 0; nth < MOST_HOLDERS; nth++) {
        uint64_t words[2 * SIBLINGS_REACH / 8 + 1];
        uint64_t holder = view->blocks->pointer_to(view->blocks, address, nth);
        if (holder == 0 ||
            !layout_read(view, (holder & ~(uint64_t)7) - SIBLINGS_REACH, words, sizeof(words)))
            return;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            struct block block;
            if (words[i] != address && view->blocks->find(view->blocks, words[i], &block) &&
                !visit(&block, context))
                return;
        }
    }
}

/* --- how many slots there are --- */

#define LEAST_NAMED 64u /* slots: a smaller number stands in every object */

/* The number, or the mask that is one less; of all the block no name is needed. */
static uint64_t slots_named(const struct block *block, uint32_t slot_bytes, uint64_t word)
{
    if (is_power_of_two(word + 1) && block->bytes / (word + 1) == slot_bytes &&
        block->bytes % (word + 1) == 0)
        return 0;
    for (uint64_t slots = word; slots <= word + 1; slots++)
        if (slots >= LEAST_NAMED && slots < block->bytes / slot_bytes &&
            block->bytes - slots * slot_bytes < PAGE_BYTES)
            return slots;
    return 0;
}

void static_named_read(const struct layout_view *view, const struct block *block,
                       struct static_named *out)
{
    out->count = 0;
    if (!view->blocks || block->bytes % PAGE_BYTES != 0)
        return;
    while (out->count < NAMED_HOLDERS) {
        uint64_t holder = view->blocks->pointer_to(view->blocks, block->address, out->count);
        if (holder == 0 || !layout_read(view, (holder & ~(uint64_t)7) - NAMED_REACH,
                                        out->words[out->count], sizeof(out->words[0])))
            return;
        out->count++;
    }
}

uint64_t static_named_capacity(const struct static_named *named, const struct block *block,
                               uint32_t slot_bytes)
{
    for (uint32_t nth = 0; nth < named->count; nth++)
        for (uint32_t at = 0; at + 4 <= sizeof(named->words[0]); at += 4) {
            const unsigned char *words = named->words[nth];
            uint64_t slots = slots_named(block, slot_bytes, word_u32(words, at));
            if (slots == 0 && at % 8 == 0)
                slots = slots_named(block, slot_bytes, word_u64(words, at));
            if (slots != 0)
                return slots;
        }
    return 0;
}

/* --- links in a vector of their own --- */

struct links_search {
    const struct static_search *search;
    const struct chain_head *heads;
    uint32_t count;
    struct hashed_chain chain;
    bool found;
};

static bool try_links(const struct block *block, void *context)
{
    struct links_search *links = context;
    const struct static_search *search = links->search;
    if (block->address == search->shape.entries.address ||
        block->address == search->block->address || block->bytes % 4 != 0 ||
        block->bytes / 4 < slot_shape_room(&search->shape) / 2 ||
        block->bytes / 4 > slot_shape_room(&search->shape) * 2 ||
        (search->is_split && block->bytes != slot_shape_room(&search->shape) * 4))
        return true;
    links->chain.links = *block;
    links->found =
        hashed_chains_are_linked(search->view, &links->chain, links->heads, links->count);
    return !links->found;
}

bool static_links(const struct static_search *search, const struct chain_head *heads,
                  uint32_t count, struct hashed_chain *chain)
{
    struct links_search links = {.search = search, .heads = heads, .count = count, .chain = *chain};
    const struct block_index *blocks = search->view->blocks;
    if (search->shape.leads != LEADS_BY_INDEX || !blocks)
        return false;
    const uint64_t front =
        search->shape.header_bytes + search->shape.capacity * search->shape.slot_bytes;
    const struct block behind = {.address = search->block->address + front,
                                 .bytes = search->block->bytes - front};
    if (search->is_split && behind.bytes == slot_shape_room(&search->shape) * 4)
        try_links(&behind, &links);
    if (!links.found)
        static_siblings(search->view, search->block->address, try_links, &links);
    if (!links.found)
        blocks->neighbours(blocks, search->block->address, try_links, &links);
    if (links.found)
        *chain = links.chain;
    return links.found;
}

/* --- whatever else there is for each entry --- */

struct parts_search {
    const struct static_search *search;
    struct table_reading *table;
    bool has_twin; /* beside the object lies that of another table as large */
};

static bool find_twin(const struct block *block, void *context)
{
    struct parts_search *parts = context;
    parts->has_twin = parts->has_twin || block->bytes == parts->search->block->bytes;
    return !parts->has_twin;
}

static bool add_part(const struct block *block, void *context)
{
    struct parts_search *parts = context;
    struct table_reading *table = parts->table;
    uint64_t room = slot_shape_room(&parts->search->shape);
    bool is_one = block->bytes % room == 0 && block->bytes / room <= MOST_ITEM_BYTES;
    if (parts->has_twin && block->bytes == parts->search->shape.entries.bytes)
        return true; /* the twin's entries */
    for (uint32_t i = 0; i < table->array_count; i++)
        is_one = is_one && table->arrays[i].address != block->address;
    if (is_one)
        table->arrays[table->array_count++] =
            (struct layout_array){block->address, block->bytes, DUMP_ROLE_ENTRIES};
    return table->array_count < LAYOUT_MAX_ARRAYS;
}

void static_add_parts(const struct static_search *search, struct table_reading *table)
{
    struct parts_search parts = {.search = search, .table = table};
    const struct slot_shape *shape = &search->shape;
    if (search->rows.bytes != 0)
        table->arrays[table->array_count++] =
            (struct layout_array){search->rows.address, search->rows.bytes, DUMP_ROLE_ENTRIES};
    if (shape->leads != LEADS_BY_INDEX)
        return;
    table->arrays[table->array_count++] =
        (struct layout_array){shape->entries.address, shape->entries.bytes, DUMP_ROLE_ENTRIES};
    if (search->is_chained && search->chain.links.bytes != 0 &&
        !block_has(search->block, search->chain.links.address))
        table->arrays[table->array_count++] = (struct layout_array){
            search->chain.links.address, search->chain.links.bytes, DUMP_ROLE_ENTRIES};
    if (slot_shape_room(shape) == 0)
        return;
    static_siblings(search->view, search->block->address, find_twin, &parts);
    static_siblings(search->view, search->block->address, add_part, &parts);
}

/* --- entries that are gone --- */

#define USED_PIECE   1024u /* read at a time */
#define MAPPED       2u  /* glibc's mark, in the size before a block that is a mapping of its own */
#define MOST_INVALID 64u /* one of so many */

struct used_entries {
    uint64_t used, invalid;
};

static bool is_fresh_memory(const struct layout_view *view, const struct block *block)
{
    uint64_t size;
    return view->glibc_heap && layout_read_u64(view, block->address - 8, &size) && size & MAPPED;
}

/* Whether what stands where the link is may be one, also of the free entries' list, the links of
 * which may be told from others by their sign: -2 ends them, and -3 leads to the first entry. */
static bool may_be_link(const struct slot_shape *shape, uint32_t link)
{
    return link == (uint32_t)shape->empty || link == UINT32_MAX ||
           link - shape->first_index < slot_shape_room(shape) ||
           UINT32_MAX - link <= slot_shape_room(shape) + 1;
}

/* Zeros, or what MALLOC_PERTURB_ fills memory with. */
static bool is_untouched(uint64_t key, uint32_t width)
{
    return key == (key & 0xff) * (width == 8 ? 0x0101010101010101u : 0x01010101u);
}

static void look_at_used(const struct static_search *search, const unsigned char *entries,
                         uint64_t count, const uint32_t *links, struct used_entries *used)
{
    const struct hash_relation *relation = &search->relation;
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *entry = entries + i * search->shape.entry_bytes;
        uint64_t key = hash_relation_field(relation, entry);
        uint32_t link = links ? links[i] : word_u32(entry, search->chain.next_offset);
        if (is_untouched(key, relation->width))
            continue;
        used->used++;
        used->invalid += !may_be_link(&search->shape, link);
    }
}

uint64_t static_used_once(const struct static_search *search)
{
    const struct slot_shape *shape = &search->shape;
    const struct block *apart = &search->chain.links;
    struct used_entries used = {0};
    unsigned char *memory = search->work->counted;
    uint32_t links[USED_PIECE / 4];
    if (shape->leads != LEADS_BY_INDEX || shape->is_indirect || !search->is_chained ||
        search->relation.key == RELATION_TEXT || search->relation.key == RELATION_TEXT_AT ||
        search->relation.key == RELATION_RECORD ||
        search->chain.next_offset + 4 > shape->entry_bytes ||
        search->relation.offset + search->relation.width > shape->entry_bytes ||
        !is_fresh_memory(search->view, &shape->entries))
        return 0;
    uint64_t per_piece = USED_PIECE / shape->entry_bytes;
    for (uint64_t first = 0; first < slot_shape_room(shape); first += per_piece) {
        uint64_t count =
            slot_shape_room(shape) - first < per_piece ? slot_shape_room(shape) - first : per_piece;
        if (apart->bytes != 0 && first + count > apart->bytes / 4)
            count = first < apart->bytes / 4 ? apart->bytes / 4 - first : 0;
        if (count == 0 ||
            !layout_read(search->view, slot_shape_first_entry(shape) + first * shape->entry_bytes,
                         memory, count * shape->entry_bytes) ||
            (apart->bytes != 0 &&
             !layout_read(search->view, apart->address + first * 4, links, count * 4)))
            break;
        look_at_used(search, memory, count, apart->bytes != 0 ? links : NULL, &used);
    }
    return used.invalid * MOST_INVALID <= used.used ? used.used - used.invalid : 0;
}
