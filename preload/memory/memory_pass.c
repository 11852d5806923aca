/*
 * The pass over writable memory: see memory_pass.h.
 */
#include "memory_pass.h"

#include <emmintrin.h>
#include <string.h>

#include "layouts/layout.h"
#include "maps.h"
#include "page.h"
#include "residency.h"

/* Bits for each address: enough that most other words end there, and so few that they stay in the
 * processor's first cache. */
#define BITS_PER_ADDRESS 256u
#define LEAST_BITS_SHIFT 13u
#define MOST_BITS_SHIFT  20u
/* Of a million addresses that would stop no word: there they may leave it. */
#define FEW_BITS_PER_ADDRESS 8u
#define LARGEST_BITS_SHIFT   24u

static uint32_t filter_bit(const struct word_filter *filter, uint64_t word)
{
    return (uint32_t)(word * 0x9E3779B97F4A7C15ull >> 40) & filter->mask;
}

bool word_filter_begin(struct word_filter *filter, size_t addresses)
{
    unsigned bits_shift = LEAST_BITS_SHIFT;
    while (bits_shift < MOST_BITS_SHIFT && addresses > (1u << bits_shift) / BITS_PER_ADDRESS)
        bits_shift++;
    while (bits_shift < LARGEST_BITS_SHIFT && addresses > (1u << bits_shift) / FEW_BITS_PER_ADDRESS)
        bits_shift++;
    *filter = (struct word_filter){
        .lowest = UINT64_MAX,
        .mask = (1u << bits_shift) - 1,
        .bytes = 1u << bits_shift >> 3,
        .bits = system_map(1u << bits_shift >> 3),
    };
    return filter->bits != NULL;
}

void word_filter_add(struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(filter, word);
    filter->bits[bit / 64] |= 1ull << (bit % 64);
    if (word < filter->lowest)
        filter->lowest = word;
    if (word > filter->highest)
        filter->highest = word;
}

void word_filter_clear(struct word_filter *filter)
{
    memset(filter->bits, 0, filter->bytes);
    filter->lowest = UINT64_MAX;
    filter->highest = 0;
}

void word_filter_free(struct word_filter *filter)
{
    system_unmap(filter->bits, filter->bytes);
    filter->bits = NULL;
}

static inline bool has_bit(const struct word_filter *filter, uint64_t word)
{
    uint32_t bit = filter_bit(filter, word);
    return filter->bits[bit / 64] >> (bit % 64) & 1;
}

static inline bool passes(const struct word_filter *filter, uint64_t word)
{
    return word - filter->lowest <= filter->highest - filter->lowest && has_bit(filter, word);
}

/* Words are tested in groups and without branches: in a heap every other word is a pointer, and to
 * guess wrongly about each took three times as long as to look all of them up. */
#define GROUP 8u

/* Whether the middle of any of a group's words, all eight of them at once, lies between that of
 * `lowest` and of `highest`: without the lowest 16 bits and the highest. Numbers and text are told
 * from addresses by that, and addresses of one part of a heap from those of another. */
struct middle_range {
    __m128i lowest, span; /* both turned by half the circle, as there are only signed comparisons */
};

#define HALF_CIRCLE  0x80000000u
#define MIDDLE_SHIFT 16

static struct middle_range middle_range_of(uint64_t lowest, uint64_t highest)
{
    uint32_t first = (uint32_t)(lowest >> MIDDLE_SHIFT), last = (uint32_t)(highest >> MIDDLE_SHIFT);
    return (struct middle_range){.lowest = _mm_set1_epi32((int)(first + HALF_CIRCLE)),
                                 .span = _mm_set1_epi32((int)(last - first + HALF_CIRCLE))};
}

static inline __m128i middles(const uint64_t *words)
{
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)words);
    __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(words + 2));
    return _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(_mm_srli_epi64(first, MIDDLE_SHIFT)),
                                           _mm_castsi128_ps(_mm_srli_epi64(second, MIDDLE_SHIFT)),
                                           _MM_SHUFFLE(2, 0, 2, 0)));
}

static inline bool may_be_between(const struct middle_range *range, const uint64_t *words)
{
    __m128i first = _mm_sub_epi32(middles(words), range->lowest);
    __m128i second = _mm_sub_epi32(middles(words + 4), range->lowest);
    __m128i are_outside =
        _mm_and_si128(_mm_cmpgt_epi32(first, range->span), _mm_cmpgt_epi32(second, range->span));
    return _mm_movemask_epi8(are_outside) != 0xffff;
}

/* To look a word up takes as long as to read so many bytes. */
#define BYTES_PER_WORD_FOUND 64u

/* Whether any of the words may be an address. Once one is, only the range of those that are looked
 * for counts. */
static bool look_at_words(struct memory_pass *pass, const uint64_t *words, uint64_t start,
                          size_t count)
{
    const struct word_filter filter = *pass->filter;
    const uint64_t lowest = pass->lowest, span = pass->highest - pass->lowest;
    struct middle_range middle = middle_range_of(pass->lowest, pass->highest);
    bool is_any_between = false;
    for (size_t i = 0; i < count; i += GROUP) {
        size_t end = count - i < GROUP ? count : i + GROUP;
        unsigned are_between = 0, some_pass = 0;
        if (end - i == GROUP && !may_be_between(&middle, words + i))
            continue;
        for (size_t k = i; !is_any_between && k < end; k++)
            are_between |= words[k] - lowest <= span;
        if (!is_any_between && !are_between)
            continue;
        if (!is_any_between)
            middle = middle_range_of(filter.lowest, filter.highest);
        is_any_between = true;
        for (size_t k = i; k < end; k++)
            some_pass |= has_bit(&filter, words[k]);
        for (size_t k = i; some_pass && k < end; k++)
            if (passes(&filter, words[k])) {
                pass->found(pass->context, words[k], start + k * 8);
                pass->bytes += BYTES_PER_WORD_FOUND;
            }
    }
    return is_any_between;
}

/* A piece follows the one before it, but not where a mapping begins. */
static void note_busy(struct memory_pass *pass, bool is_first, const struct busy_range *piece)
{
    struct buffer *ranges = &pass->busy->ranges;
    size_t count = ranges->used / sizeof(*piece);
    struct busy_range *list = (void *)ranges->memory;
    if (!is_first && count > 0 && list[count - 1].end == piece->start)
        list[count - 1].end = piece->end;
    else if (buffer_append(ranges, piece, sizeof(*piece)) == SIZE_MAX)
        pass->is_incomplete = true;
}

/* Where the whole pages end that are known as steady from `start` on; 0: there are none. */
static uint64_t known_until(const struct memory_pass *pass, uint64_t start)
{
    if (!pass->steady)
        return 0; /* no longer; it was when the range was noted */
    uint64_t until = pass->steady->until(pass->steady, start) & ~(uint64_t)(PAGE_BYTES - 1);
    return until > start ? until : 0;
}

/* The same, if they can be looked at where they are. The kernel is asked once: what is of one
 * mapping, and on pages that are there, can be read in all its places or in none (the keys of
 * pkeys(7) are a mapping's). */
static uint64_t steady_until(const struct memory_pass *pass, uint64_t start, uint64_t end)
{
    uint64_t until = known_until(pass, start);
    if (until == 0 || !process_can_read(start))
        return 0;
    return until < end ? until : end;
}

/* What cannot be read all at once is read page by page, and so is what lies just before memory that
 * need not be read. */
static void look_at_range(struct memory_pass *pass, const struct busy_range *range)
{
    const bool is_noted = pass->busy && !pass->busy->is_known;
    bool is_first = true;
    size_t piece = LAYOUT_SCRATCH_BYTES;
    uint64_t steady = 0;
    for (uint64_t start = range->start; start < range->end;) {
        size_t bytes = range->end - start < piece ? range->end - start : piece;
        const uint64_t *words = (const uint64_t *)(const void *)pass->scratch;
        if (start >= steady && range->may_be_steady)
            steady = steady_until(pass, start, range->end);
        if (start < steady) {
            words = (const uint64_t *)(uintptr_t)start;
            bytes = steady - start < bytes ? steady - start : bytes;
        } else {
            if (range->may_be_steady && bytes > PAGE_BYTES &&
                known_until(pass, start + PAGE_BYTES) != 0)
                bytes = PAGE_BYTES;
            if (!pass->reader->read(pass->reader, start, pass->scratch, bytes)) {
                if (bytes > PAGE_BYTES)
                    piece = PAGE_BYTES;
                else
                    start += bytes;
                continue;
            }
        }
        if (look_at_words(pass, words, start, bytes / 8) && is_noted) {
            struct busy_range busy = {start, start + bytes, range->may_be_steady};
            note_busy(pass, is_first, &busy);
            is_first = false;
        }
        start += bytes;
    }
}

/* To ask which pages were written to takes 4 s for a terabyte. Sanitizers reserve many of them for
 * what they know about other memory, in mappings far larger than any heap is. */
#define MOST_MAPPED_BYTES (64ull << 30)

/* How far the pass looks before it asks again whether there is room for more. */
#define STRETCH_BYTES (64ull << 20)

/* As much of the range as there is room for. */
static void look_at_part(struct memory_pass *pass, const struct busy_range *part)
{
    struct busy_range stretch = *part;
    for (; stretch.start < part->end; stretch.start = stretch.end) {
        uint64_t left = part->end - stretch.start;
        uint64_t bytes = left < STRETCH_BYTES ? left : STRETCH_BYTES;
        if (pass->bytes + bytes > MEMORY_PASS_MOST_BYTES) {
            pass->bytes_left_out += left;
            return;
        }
        stretch.end = stretch.start + bytes;
        look_at_range(pass, &stretch);
        pass->bytes += bytes;
    }
}

/* Without what is to be left out; addresses come in order. */
static void look_at_run(struct memory_pass *pass, const struct busy_range *run)
{
    const struct buffer none = {0};
    const struct buffer *left_out = pass->left_out ? pass->left_out : &none;
    const struct memory_range *ranges = (const struct memory_range *)(const void *)left_out->memory;
    size_t count = left_out->used / sizeof(*ranges);
    struct busy_range part = *run;
    while (part.start < run->end) {
        size_t *next = &pass->left_out_at;
        while (*next < count && ranges[*next].end <= part.start)
            ++*next;
        if (*next < count && ranges[*next].start <= part.start) {
            part.start = (ranges[*next].end + 7) & ~(uint64_t)7;
            continue;
        }
        part.end = *next < count && ranges[*next].start < run->end
                       ? ranges[*next].start & ~(uint64_t)7
                       : run->end;
        if (part.start < part.end)
            look_at_part(pass, &part);
        part.start = *next < count && part.end < run->end ? ranges[*next].start : part.end;
    }
}

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
    struct busy_range run;
    while (written_pages_next(&pages, &run.start, &run.end)) {
        run.may_be_steady = pass->steady && pages.are_present && mapping_is_anonymous(mapping);
        look_at_run(pass, &run);
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

static void look_at_all(struct memory_pass *pass, const struct buffer *maps)
{
    struct mapping mapping;
    struct residency residency;
    size_t offset = 0;
    if (pass->busy)
        widen(pass, maps);
    residency_open(&residency, pass->reader->pid);
    while (maps_next(maps, &offset, &mapping))
        if (is_looked_at(&mapping))
            look_at_mapping(pass, &residency, &mapping);
    residency_close(&residency);
    if (pass->busy)
        pass->busy->is_known = !pass->is_incomplete;
}

static bool look_for_busy(struct memory_pass *pass)
{
    struct buffer text = {0};
    bool is_read = pass->maps ? pass->maps->used > 0 : maps_read(pass->reader->pid, &text);
    if (pass->busy)
        pass->busy->ranges.used = 0;
    if (is_read)
        look_at_all(pass, pass->maps ? pass->maps : &text);
    buffer_free(&text);
    return is_read;
}

bool memory_pass_make(struct memory_pass *pass)
{
    if (pass->filter->lowest > pass->filter->highest)
        return true; /* nothing is looked for */
    pass->lowest = pass->filter->lowest;
    pass->highest = pass->filter->highest;
    if (!pass->busy || !pass->busy->is_known)
        return look_for_busy(pass);
    const struct busy_range *ranges =
        (const struct busy_range *)(const void *)pass->busy->ranges.memory;
    for (size_t i = 0; i < pass->busy->ranges.used / sizeof(*ranges); i++)
        look_at_range(pass, &ranges[i]);
    return true;
}
