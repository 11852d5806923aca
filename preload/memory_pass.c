/*
 * The pass over writable memory: see memory_pass.h.
 */
#include "memory_pass.h"

#include "layouts/layout.h"
#include "maps.h"
#include "residency.h"

/* A power of two well above the number of addresses keeps the filter sparse: most words end there.
 */
#define FILTER_BITS (1u << 20)
#define PAGE        4096u

static uint32_t filter_bit(uint64_t word)
{
    return (uint32_t)((word >> 4) * 0x9E3779B97F4A7C15ull >> 44) & (FILTER_BITS - 1);
}

bool word_filter_begin(struct word_filter *filter)
{
    *filter = (struct word_filter){.lowest = UINT64_MAX, .bits = system_map(FILTER_BITS / 8)};
    return filter->bits != NULL;
}

void word_filter_add(struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(word);
    filter->bits[bit / 8] |= (unsigned char)(1u << (bit % 8));
    if (word < filter->lowest)
        filter->lowest = word;
    if (word > filter->highest)
        filter->highest = word;
}

void word_filter_free(struct word_filter *filter)
{
    system_unmap(filter->bits, FILTER_BITS / 8);
    filter->bits = NULL;
}

static bool passes(const struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(word);
    bool is_between = word - filter->lowest <= filter->highest - filter->lowest;
    return filter->bits[bit / 8] >> (bit % 8) & is_between;
}

/* Words are tested in groups and without branches: in a heap every other word is a pointer, and to
 * guess wrongly about each took three times as long as to look all of them up. */
#define GROUP 8u

static void look_at_words(struct memory_pass *pass, uint64_t start, size_t count)
{
    const struct word_filter filter = *pass->filter;
    const uint64_t *words = (const uint64_t *)(const void *)pass->scratch;
    for (size_t i = 0; i < count; i += GROUP) {
        size_t end = count - i < GROUP ? count : i + GROUP;
        unsigned are_between = 0, some_pass = 0;
        for (size_t k = i; k < end; k++)
            are_between |= words[k] - filter.lowest <= filter.highest - filter.lowest;
        if (!are_between)
            continue;
        for (size_t k = i; k < end; k++)
            some_pass |= passes(&filter, words[k]);
        for (size_t k = i; some_pass && k < end; k++)
            if (passes(&filter, words[k]))
                pass->found(pass->context, words[k], start + k * 8);
    }
}

static void look_at_range(struct memory_pass *pass, uint64_t start, uint64_t end)
{
    size_t piece = LAYOUT_SCRATCH_BYTES;
    while (start < end) {
        size_t bytes = end - start < piece ? end - start : piece;
        bool is_read = pass->reader->read(pass->reader, start, pass->scratch, bytes);
        if (!is_read && bytes > PAGE) {
            piece = PAGE; /* some page of it is unreadable: the others are read one by one */
            continue;
        }
        if (is_read)
            look_at_words(pass, start, bytes / 8);
        start += bytes;
    }
}

/* Only what was written to: other memory holds no pointer to a block, and there may be terabytes of
 * it. */
static void look_at_mapping(struct memory_pass *pass, const struct residency *residency,
                            const struct mapping *mapping)
{
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

bool memory_pass_make(struct memory_pass *pass)
{
    struct buffer text = {0};
    struct mapping mapping;
    struct residency residency;
    size_t offset = 0;
    bool is_read = maps_read(pass->reader->pid, &text);
    if (is_read && pass->filter->lowest <= pass->filter->highest) {
        residency_open(&residency, pass->reader->pid);
        while (maps_next(&text, &offset, &mapping))
            if (mapping.readable && mapping.writable && !mapping.shared)
                look_at_mapping(pass, &residency, &mapping);
        residency_close(&residency);
    }
    buffer_free(&text);
    return is_read;
}
