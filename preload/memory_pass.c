/*
 * The pass over writable memory: see memory_pass.h.
 */
#include "memory_pass.h"

#include "layouts/layout.h"
#include "maps.h"
#include "residency.h"

/* Bits for each address: enough that most other words end there, and so few that they stay in the
 * processor's first cache. */
#define BITS_PER_ADDRESS 256u
#define LEAST_BITS_SHIFT 13u
#define MOST_BITS_SHIFT  20u
#define PAGE             4096u

static uint32_t filter_bit(const struct word_filter *filter, uint64_t word)
{
    return (uint32_t)((word >> 4) * 0x9E3779B97F4A7C15ull >> filter->shift);
}

bool word_filter_begin(struct word_filter *filter, size_t addresses)
{
    unsigned bits_shift = LEAST_BITS_SHIFT;
    while (bits_shift < MOST_BITS_SHIFT && addresses > (1u << bits_shift) / BITS_PER_ADDRESS)
        bits_shift++;
    *filter = (struct word_filter){
        .lowest = UINT64_MAX,
        .shift = 64 - bits_shift,
        .bytes = 1u << bits_shift >> 3,
        .bits = system_map(1u << bits_shift >> 3),
    };
    return filter->bits != NULL;
}

void word_filter_add(struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(filter, word);
    filter->bits[bit / 8] |= (unsigned char)(1u << (bit % 8));
    if (word < filter->lowest)
        filter->lowest = word;
    if (word > filter->highest)
        filter->highest = word;
}

void word_filter_free(struct word_filter *filter)
{
    system_unmap(filter->bits, filter->bytes);
    filter->bits = NULL;
}

static bool passes(const struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(filter, word);
    bool is_between = word - filter->lowest <= filter->highest - filter->lowest;
    return filter->bits[bit / 8] >> (bit % 8) & is_between;
}

/* Words are tested in groups and without branches: in a heap every other word is a pointer, and to
 * guess wrongly about each took three times as long as to look all of them up. */
#define GROUP 8u

/* Whether any of the words may be an address. Once one is, only the range of those that are looked
 * for counts. */
static bool look_at_words(struct memory_pass *pass, uint64_t start, size_t count)
{
    const struct word_filter filter = *pass->filter;
    const uint64_t *words = (const uint64_t *)(const void *)pass->scratch;
    uint64_t lowest = pass->lowest, span = pass->highest - pass->lowest;
    bool is_any_between = false;
    for (size_t i = 0; i < count; i += GROUP) {
        size_t end = count - i < GROUP ? count : i + GROUP;
        unsigned are_between = 0, some_pass = 0;
        for (size_t k = i; k < end; k++)
            are_between |= words[k] - lowest <= span;
        if (!are_between)
            continue;
        is_any_between = true;
        lowest = filter.lowest;
        span = filter.highest - filter.lowest;
        for (size_t k = i; k < end; k++)
            some_pass |= passes(&filter, words[k]);
        for (size_t k = i; some_pass && k < end; k++)
            if (passes(&filter, words[k]))
                pass->found(pass->context, words[k], start + k * 8);
    }
    return is_any_between;
}

/* Where what is known to be quiet ends, if the address lies in it; addresses come in order. */
static uint64_t behind_quiet(struct memory_pass *pass, uint64_t address)
{
    if (!pass->quiet || !pass->quiet->is_known)
        return address;
    const struct memory_range *ranges =
        (const struct memory_range *)(const void *)pass->quiet->ranges.memory;
    size_t count = pass->quiet->ranges.used / sizeof(*ranges);
    while (pass->quiet_at < count && ranges[pass->quiet_at].end <= address)
        pass->quiet_at++;
    bool is_inside = pass->quiet_at < count && ranges[pass->quiet_at].start <= address;
    return is_inside ? ranges[pass->quiet_at].end : address;
}

/* What has no room is looked at again. */
static void note_quiet(struct quiet_memory *quiet, uint64_t start, uint64_t end)
{
    struct memory_range *last =
        (struct memory_range *)(void *)(quiet->ranges.memory + quiet->ranges.used) - 1;
    if (quiet->ranges.used > 0 && last->end == start) {
        last->end = end;
        return;
    }
    struct memory_range range = {.start = start, .end = end};
    buffer_append(&quiet->ranges, &range, sizeof(range));
}

static void look_at_range(struct memory_pass *pass, uint64_t start, uint64_t end)
{
    size_t piece = LAYOUT_SCRATCH_BYTES;
    while ((start = behind_quiet(pass, start)) < end) {
        size_t bytes = end - start < piece ? end - start : piece;
        bool is_read = pass->reader->read(pass->reader, start, pass->scratch, bytes);
        if (!is_read && bytes > PAGE) {
            piece = PAGE; /* some page of it is unreadable: the others are read one by one */
            continue;
        }
        if (is_read && !look_at_words(pass, start, bytes / 8) && pass->quiet &&
            !pass->quiet->is_known)
            note_quiet(pass->quiet, start, start + bytes);
        start += bytes;
    }
}

/* To ask which pages were written to takes 4 s for a terabyte. Sanitizers reserve many of them for
 * what they know about other memory, in mappings far larger than any heap is. */
#define MOST_MAPPED_BYTES (64ull << 30)

/* Only what was written to: other memory holds no pointer to a block, and there may be terabytes of
 * it. */
static void look_at_mapping(struct memory_pass *pass, const struct residency *residency,
                            const struct mapping *mapping)
{
    if (mapping->end - mapping->start > MOST_MAPPED_BYTES) {
        pass->bytes_left_out += mapping->end - mapping->start;
        return;
    }
    struct written_pages pages = written_pages_of(residency, mapping->start, mapping->end);
    uint64_t start, end;
    while (written_pages_next(&pages, &start, &end)) {
        uint64_t room = MEMORY_PASS_MOST_BYTES - pass->bytes;
        if (end - start > room) {
            pass->bytes_left_out += end - start - room;
            end = start + room;
        }
        look_at_range(pass, start, end);
        pass->bytes += end - start;
    }
}

static bool is_looked_at(const struct mapping *mapping)
{
    return mapping->readable && mapping->writable && !mapping->shared;
}

/* For later passes any address counts, not only those that this one looks for. */
static void widen(struct memory_pass *pass, const struct buffer *maps)
{
    struct mapping mapping;
    for (size_t offset = 0; maps_next(maps, &offset, &mapping);) {
        if (is_looked_at(&mapping) && mapping.start < pass->lowest)
            pass->lowest = mapping.start;
        if (is_looked_at(&mapping) && mapping.end > pass->highest)
            pass->highest = mapping.end;
    }
}

bool memory_pass_make(struct memory_pass *pass)
{
    struct buffer text = {0};
    struct mapping mapping;
    struct residency residency;
    size_t offset = 0;
    bool is_read = maps_read(pass->reader->pid, &text);
    if (is_read && pass->filter->lowest <= pass->filter->highest) {
        pass->lowest = pass->filter->lowest;
        pass->highest = pass->filter->highest;
        if (pass->quiet && !pass->quiet->is_known)
            widen(pass, &text);
        residency_open(&residency, pass->reader->pid);
        while (maps_next(&text, &offset, &mapping))
            if (is_looked_at(&mapping))
                look_at_mapping(pass, &residency, &mapping);
        residency_close(&residency);
        if (pass->quiet)
            pass->quiet->is_known = true;
    }
    buffer_free(&text);
    return is_read;
}
