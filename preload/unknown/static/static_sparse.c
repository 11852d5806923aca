/*
 * How large the slots are of an array that is nearly empty: see static_search.h. No state, no
 * allocation.
 *
 * Each of the few words that are not blank lies in a slot that is in use, and in each such slot the
 * same column is not blank. The largest slots of which that is so are the array's: of such twice as
 * large half of the entries would have it in another column.
 */
#include "static_search.h"

#define MOST_WORDS   512u
#define MOST_STATE   16u
#define LARGEST      128u
#define LEAST_BUCKET 32u
#define MOST_HEADER  16u
#define MOST_STRAY   16u /* one slot in so many may do without the column */

/* Of four bytes each, and where they lie in the array, in pieces. */
struct words_in_use {
    uint32_t count;
    uint64_t at[MOST_WORDS];
    uint64_t from[MOST_WORDS], until[MOST_WORDS]; /* the piece that it is in */
};

static void collect(const struct glimpse *glimpse, struct words_in_use *words)
{
    for (uint32_t piece = 0; piece < glimpse->pieces; piece++) {
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        uint64_t start = glimpse->offset[piece];
        for (uint32_t at = 0; at + 8 <= glimpse->piece_bytes; at += 8) {
            if (glimpse_is_blank(&glimpse->blank, word_u64(memory, at)))
                continue;
            for (uint32_t half = at; half < at + 8 && words->count < MOST_WORDS; half += 4) {
                uint32_t value = word_u32(memory, half);
                if (value <= MOST_STATE || value == UINT32_MAX)
                    continue;
                words->at[words->count] = start + half;
                words->from[words->count] = start;
                words->until[words->count++] = start + glimpse->piece_bytes;
            }
        }
    }
}

/* Whether nearly all slots of that size in which something is have it in the column. */
static bool have_column(const struct words_in_use *words, uint32_t size, uint32_t header,
                        uint32_t column)
{
    uint32_t slots = 0, stray = 0;
    for (uint32_t i = 0; i < words->count;) {
        uint64_t slot = (words->at[i] + LARGEST * size - header) / size;
        uint64_t begin = slot * size + header - LARGEST * size, piece = words->from[i];
        bool is_whole = begin >= piece && begin + size <= words->until[i], has_it = false;
        for (; i < words->count && words->at[i] < begin + size && words->from[i] == piece; i++)
            has_it = has_it || words->at[i] - begin == column;
        slots += is_whole;
        stray += is_whole && !has_it;
        if (stray * MOST_STRAY > words->count)
            return false;
    }
    return slots >= RELATION_LEAST && stray * MOST_STRAY <= slots;
}

/* All columns of that kind go into `columns`, a bit for each of four bytes. */
static bool have_size(const struct words_in_use *words, uint32_t size, uint32_t most_header,
                      uint32_t *columns)
{
    *columns = 0;
    for (uint32_t header = 0; header <= most_header && header < size && *columns == 0; header += 8)
        for (uint32_t at = 0; at < size; at += 4)
            if (have_column(words, size, header, at))
                *columns |= 1u << (at + header) % size / 4;
    return *columns != 0;
}

/* Whether most of the slots is blank in all that are in use: of buckets for several entries the
 * first has one. */
static bool have_gaps(const struct words_in_use *words, uint32_t size)
{
    uint32_t used = 0, count = 0;
    if (size < LEAST_BUCKET)
        return false;
    for (uint32_t i = 0; i < words->count; i++)
        used |= 1u << words->at[i] % size / 4;
    for (; used != 0; used &= used - 1)
        count++;
    return count * 2 < size / 4;
}

void static_note_size(struct static_search *search)
{
    const struct glimpse *glimpse = static_glimpse(search, 0);
    struct words_in_use *words = (void *)search->work->counted;
    _Static_assert(sizeof(*words) <= sizeof(search->work->counted), "there is room");
    search->sparse_bytes = search->sparse_columns = 0;
    search->may_be_buckets = false;
    if (!glimpse || !search->pieces->is_sparse)
        return;
    const uint32_t most_header = search->around.bytes == 0 ? MOST_HEADER : LARGEST;
    words->count = 0;
    collect(glimpse, words);
    const uint32_t stride = search->pieces->stride;
    for (uint32_t size = LARGEST; size >= 4 && search->sparse_bytes == 0; size -= 4)
        if ((stride == 0 || size == stride) &&
            have_size(words, size, most_header, &search->sparse_columns))
            search->sparse_bytes = size;
    search->may_be_buckets =
        stride == 0 && search->sparse_bytes != 0 && have_gaps(words, search->sparse_bytes);
}
