/*
 * Counting control bytes: see control_bytes.h.
 */
#include "control_bytes.h"

#include <emmintrin.h>

#define FULL_MAX 0x7f

/* Of 512 control bytes of a table that is as full as it may be, 64 are empty; 8 standard deviations
 * less are 0. A stretch of 32 is not surprising in any, so that is where the asking begins. */
#define LEAST_ASKED       256u
#define LEAST_EMPTY_SHARE 64u

#define NODES_LOOKED_AT  32u
#define CONTROLS_AT_ONCE 256u
#define MOST_DISTRIBUTED 2048u

/* The sum of sixteen bytes. */
static uint64_t sum_of(__m128i bytes)
{
    __m128i halves = _mm_sad_epu8(bytes, _mm_setzero_si128());
    return (uint64_t)_mm_cvtsi128_si64(halves) +
           (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(halves, halves));
}

/* Eight readings of each of four layouts ask it of every array, byte by byte a twelfth of what a
 * short perl's snapshot took. */
bool control_bytes_begin(const unsigned char *controls, size_t count,
                         const struct control_bytes *marks)
{
    const __m128i empty_mark = _mm_set1_epi8((char)marks->empty_mark);
    const __m128i deleted_mark = _mm_set1_epi8((char)marks->deleted_mark);
    size_t empty = 0, at = 0;
    for (; at + CONTROL_GROUP_BYTES <= count; at += CONTROL_GROUP_BYTES) {
        __m128i group = _mm_loadu_si128((const __m128i *)(const void *)(controls + at));
        __m128i is_empty = _mm_cmpeq_epi8(group, empty_mark);
        __m128i is_mark = _mm_or_si128(is_empty, _mm_cmpeq_epi8(group, deleted_mark));
        if (_mm_movemask_epi8(_mm_andnot_si128(is_mark, group)) != 0) /* more than FULL_MAX */
            return false;
        empty += sum_of(_mm_sub_epi8(_mm_setzero_si128(), is_empty));
    }
    for (; at < count; at++) {
        if (controls[at] == marks->empty_mark)
            empty++;
        else if (controls[at] > FULL_MAX && controls[at] != marks->deleted_mark)
            return false;
    }
    return count < LEAST_ASKED || empty >= count / LEAST_EMPTY_SHARE;
}

static void count_byte(unsigned char byte, struct control_bytes *counts)
{
    counts->live += byte <= FULL_MAX;
    counts->empty += byte == counts->empty_mark;
    counts->deleted += byte == counts->deleted_mark;
}

static bool is_known(unsigned char byte, const struct control_bytes *counts)
{
    return byte <= FULL_MAX || byte == counts->empty_mark || byte == counts->deleted_mark;
}

/* Counts sixteen at a time, at most 255 times for the sums to have room in bytes, until there is an
 * other byte among them. Returns how many bytes. */
static size_t count_groups(const unsigned char *piece, size_t bytes, struct control_bytes *counts)
{
    const __m128i empty_mark = _mm_set1_epi8((char)counts->empty_mark);
    const __m128i deleted_mark = _mm_set1_epi8((char)counts->deleted_mark);
    const __m128i zero = _mm_setzero_si128();
    __m128i tags = zero, empties = zero, deletes = zero;
    size_t groups = 0;
    for (; groups < 255 && (groups + 1) * CONTROL_GROUP_BYTES <= bytes; groups++) {
        const unsigned char *at = piece + groups * CONTROL_GROUP_BYTES;
        __m128i group = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i is_empty = _mm_cmpeq_epi8(group, empty_mark);
        __m128i is_deleted = _mm_cmpeq_epi8(group, deleted_mark);
        __m128i is_tag =
            _mm_cmpeq_epi8(_mm_max_epu8(group, _mm_set1_epi8(FULL_MAX)), _mm_set1_epi8(FULL_MAX));
        if (_mm_movemask_epi8(_mm_or_si128(is_tag, _mm_or_si128(is_empty, is_deleted))) != 0xffff)
            break;
        tags = _mm_sub_epi8(tags, is_tag);
        empties = _mm_sub_epi8(empties, is_empty);
        deletes = _mm_sub_epi8(deletes, is_deleted);
    }
    counts->live += sum_of(tags);
    counts->empty += sum_of(empties);
    counts->deleted += sum_of(deletes);
    return groups * CONTROL_GROUP_BYTES;
}

/* Counts bytes from the beginning as long as they are tags or marks. Returns how many. */
static size_t count_known(const unsigned char *piece, size_t bytes, struct control_bytes *counts)
{
    size_t at = 0, counted;
    while ((counted = count_groups(piece + at, bytes - at, counts)) > 0)
        at += counted;
    for (; at < bytes && is_known(piece[at], counts); at++)
        count_byte(piece[at], counts);
    /* Of many tags the first say how they are distributed. */
    for (size_t i = 0; i < at && counts->counted + i < MOST_DISTRIBUTED; i++)
        counts->by_byte[piece[i]]++;
    counts->counted += at;
    return at;
}

static bool count_piece(const unsigned char *piece, size_t bytes, uint64_t offset, void *context)
{
    struct control_bytes *counts = context;
    size_t known = count_known(piece, bytes, counts);
    (void)offset;
    if (known < bytes) {
        counts->ended_by = piece[known];
        return false;
    }
    /* Among 65,536 slots an eighth is empty, give or take a hundred: this is other memory. */
    return bytes < LAYOUT_SCRATCH_BYTES || counts->empty >= counts->counted / LEAST_EMPTY_SHARE;
}

bool control_bytes_count(const struct layout_view *view, uint64_t address, uint64_t bytes,
                         struct control_bytes *counts)
{
    return layout_scan(view, address, bytes, 1, count_piece, counts) || counts->ended_by != 0;
}

bool control_bytes_are_diverse(const struct control_bytes *counts)
{
    uint64_t live = 0;
    for (unsigned tag = 0; tag < FULL_MAX + 1; tag++)
        live += counts->by_byte[tag];
    /* Of few tags half, too, are rarely the same (5 of 8 in one of five million tables): of two
     * numbers below 128 among -1, as the first array of a sparse set holds them, six bytes of eight
     * are zero. */
    uint64_t half = (live + 1) / 2;
    uint64_t limit = live / 6 > 6 ? live / 6 : half < 6 ? half : 6;
    for (unsigned tag = 0; tag < FULL_MAX + 1; tag++)
        if (counts->by_byte[tag] > limit)
            return false;
    return true;
}

bool control_word_may_be_node(const struct layout_view *view, uint64_t slot)
{
    uint64_t word;
    return layout_read_u64(view, slot, &word) && layout_is_pointer(word, 8) &&
           (!view->glibc_heap || layout_chunk_bytes(view, word) != 0);
}

bool control_slots_may_be_nodes(const struct layout_view *view, uint64_t controls, uint64_t slots,
                                uint64_t capacity)
{
    unsigned char piece[CONTROLS_AT_ONCE];
    unsigned looked_at = 0;
    for (uint64_t at = 0; at < capacity && looked_at < NODES_LOOKED_AT; at += sizeof(piece)) {
        size_t bytes = capacity - at < sizeof(piece) ? capacity - at : sizeof(piece);
        if (!layout_read(view, controls + at, piece, bytes))
            return false;
        for (size_t i = 0; i < bytes && looked_at < NODES_LOOKED_AT; i++) {
            if (piece[i] > FULL_MAX)
                continue;
            looked_at++;
            if (!control_word_may_be_node(view, slots + (at + i) * 8))
                return false;
        }
    }
    return true;
}
