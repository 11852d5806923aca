/*
 * Reading pieces: see glimpse.h. No state, no allocation.
 */
#include "glimpse.h"

#include <string.h>

#include "layouts/words.h"
#include "slot_profile.h"

static void clear_own_addresses(unsigned char *memory, size_t bytes, uint64_t address)
{
    for (size_t at = 0; at + 8 <= bytes; at += 8)
        if (slot_profile_is_own_address(word_u64(memory, at), address + at))
            memset(memory + at, 0, 8);
}

static uint32_t find_zero_pieces(const struct glimpse *glimpse)
{
    uint32_t zero_pieces = 0;
    for (uint32_t i = 0; i < glimpse->pieces; i++) {
        const unsigned char *piece = glimpse->memory + (size_t)i * glimpse->piece_bytes;
        /* Each byte is zero when the first is, and each is as the one before it. */
        if (piece[0] == 0 && memcmp(piece, piece + 1, glimpse->piece_bytes - 1) == 0)
            zero_pieces |= 1u << i;
    }
    return zero_pieces;
}

void glimpse_clear_own(const struct block *block, unsigned char *memory, struct glimpse *glimpse)
{
    for (uint32_t i = 0; i < glimpse->pieces; i++)
        clear_own_addresses(memory + (size_t)i * glimpse->piece_bytes, glimpse->piece_bytes,
                            block->address + glimpse->offset[i]);
    glimpse->zero_pieces = find_zero_pieces(glimpse);
}

bool glimpse_read(const struct layout_view *view, const struct block *block, unsigned round,
                  unsigned char *memory, struct glimpse *out)
{
    *out = (struct glimpse){.piece_bytes = GLIMPSE_BYTES / GLIMPSE_PIECES, .memory = memory};
    uint64_t part = block->bytes / GLIMPSE_PIECES & ~(uint64_t)7;
    if (block->bytes <= GLIMPSE_BYTES) {
        if (round > 0)
            return false;
        part = out->piece_bytes;
    }
    uint64_t at[GLIMPSE_PIECES];
    unsigned whole = 0; /* pieces; only the last one of a small array may be shorter */
    for (unsigned i = 0; i < GLIMPSE_PIECES; i++) {
        uint64_t offset = i * part + (uint64_t)round * out->piece_bytes;
        if (offset >= block->bytes || (round > 0 && (round + 1) * out->piece_bytes > part))
            break;
        whole += block->bytes - offset >= out->piece_bytes;
        at[i] = block->address + offset;
        out->offset[i] = offset;
        out->pieces++;
    }
    if (out->pieces == 0 || !read_pieces(view->reader, at, whole, memory, out->piece_bytes))
        return false;
    if (whole < out->pieces) {
        unsigned char *last = memory + (size_t)whole * out->piece_bytes;
        memset(last, 0, out->piece_bytes);
        if (!layout_read(view, at[whole], last, block->bytes - out->offset[whole]))
            return false;
    }
    out->zero_pieces = find_zero_pieces(out);
    return true;
}

bool glimpse_read_at(const struct layout_view *view, const struct block *block, uint64_t offset,
                     unsigned char *memory, struct glimpse *out)
{
    *out = (struct glimpse){.piece_bytes = GLIMPSE_BYTES / GLIMPSE_PIECES, .memory = memory};
    while (out->pieces < GLIMPSE_PIECES &&
           offset + (out->pieces + 1) * out->piece_bytes <= block->bytes) {
        out->offset[out->pieces] = offset + out->pieces * out->piece_bytes;
        out->pieces++;
    }
    if (out->pieces == 0 ||
        !layout_read(view, block->address + offset, memory, (size_t)out->pieces * out->piece_bytes))
        return false;
    out->zero_pieces = find_zero_pieces(out);
    return true;
}

/* --- nearly empty arrays --- */

#define SPARSE_SHARE      32u          /* one word in so many is not blank, at the most */
#define FIRST_PARTS       8u           /* of the array, spread over it */
#define LEAST_OF_FIRST    3u           /* of them in which something must be */
#define SPARSE_PART_BYTES (512u << 10) /* of each part of a large array that are gone through */
#define WORDS_BEFORE      16u /* of the words that were found, each has another place in its piece */

#define BLANK_LEAST     2u   /* of the words that are looked at first */
#define FIRST_WORDS     128u /* so many are */
#define FIRST_APART     31u  /* no multiple of what slots may repeat after */
#define FIRST_KINDS     (GLIMPSE_BLANKS + 8u)
#define MOST_SLOT_WORDS 32u /* after which slots of 128 bytes and less are repeated */

bool glimpse_is_blank(const struct glimpse_blank *blank, uint64_t word)
{
    for (uint32_t i = 0; i < blank->count; i++)
        if (word == blank->words[i])
            return true;
    return false;
}

static bool is_nearly_all(const struct glimpse *glimpse, const struct glimpse_blank *blank)
{
    const uint32_t words = glimpse->pieces * glimpse->piece_bytes / 8;
    uint32_t others = 0;
    for (uint32_t i = 0; i < words; i++)
        others += !glimpse_is_blank(blank, word_u64(glimpse->memory, i * 8));
    return others <= words / SPARSE_SHARE;
}

static uint64_t commonest_word(const struct glimpse *glimpse)
{
    uint32_t words = glimpse->pieces * glimpse->piece_bytes / 8, votes = 0;
    uint64_t commonest = 0;
    for (uint32_t i = 0; i < words; i++) {
        uint64_t word = word_u64(glimpse->memory, i * 8);
        if (votes == 0)
            commonest = word;
        votes = word == commonest ? votes + 1 : votes - 1;
    }
    return commonest;
}

/* The kinds of a few words, of the whole glimpse. False where they are too many, as mostly. */
static bool find_kinds(const struct glimpse *glimpse, struct glimpse_blank *blank)
{
    const uint32_t words = glimpse->pieces * glimpse->piece_bytes / 8;
    struct blank_kind {
        uint64_t word;
        uint32_t count;
    } kinds[FIRST_KINDS];
    uint32_t count = 0;
    blank->count = 0;
    for (uint32_t i = 0; i < FIRST_WORDS; i++) {
        uint64_t word = word_u64(glimpse->memory, i * FIRST_APART % words * 8);
        uint32_t kind = 0;
        while (kind < count && kinds[kind].word != word)
            kind++;
        if (kind == FIRST_KINDS)
            return false;
        if (kind == count)
            kinds[count++] = (struct blank_kind){.word = word};
        kinds[kind].count++;
    }
    for (uint32_t kind = 0; kind < count; kind++) {
        if (kinds[kind].count < BLANK_LEAST)
            continue;
        if (blank->count == GLIMPSE_BLANKS)
            return false;
        blank->words[blank->count++] = kinds[kind].word;
    }
    return blank->count > 1;
}

/* Whether nearly all words are as those so many words before: empty slots, which are all the same.
 * What marks deleted ones lies anywhere. */
static bool do_repeat(const struct glimpse *glimpse, uint32_t after)
{
    uint32_t same = 0, asked = 0, per_piece = glimpse->piece_bytes / 8;
    for (uint32_t piece = 0; piece < glimpse->pieces; piece++) {
        const unsigned char *memory = glimpse->memory + (size_t)piece * glimpse->piece_bytes;
        for (uint32_t i = after; i < per_piece; i++, asked++)
            same += word_u64(memory, i * 8) == word_u64(memory, (i - after) * 8);
    }
    return (asked - same) * SPARSE_SHARE <= 2 * asked;
}

/* Whether nearly all words of the array are the same, or are those of slots that are. */
static bool is_nearly_blank(const struct glimpse *glimpse, struct glimpse_blank *blank)
{
    if (glimpse->pieces == 0)
        return false;
    *blank = (struct glimpse_blank){.words = {commonest_word(glimpse)}, .count = 1};
    if (is_nearly_all(glimpse, blank))
        return true;
    if (!find_kinds(glimpse, blank) || !is_nearly_all(glimpse, blank))
        return false;
    for (uint32_t after = 1; after <= MOST_SLOT_WORDS; after++)
        if (do_repeat(glimpse, after))
            return true;
    return false;
}

/* Looks from `offset` to `end` of the array for a word that is not blank. `room` is what may be
 * read at once. UINT64_MAX: there is none; UINT64_MAX - 1: some could not be read. */
#define NOTHING    UINT64_MAX
#define UNREADABLE (UINT64_MAX - 1)
static uint64_t find_word(const struct layout_view *view, const struct block *block,
                          uint64_t offset, uint64_t end, const struct glimpse_blank *blank,
                          unsigned char *memory, size_t room)
{
    while (offset < end) {
        size_t bytes = end - offset < room ? (size_t)(end - offset) : room;
        if (!layout_read(view, block->address + offset, memory, bytes))
            return UNREADABLE;
        clear_own_addresses(memory, bytes, block->address + offset);
        for (size_t at = 0; at + 8 <= bytes; at += 8)
            if (!glimpse_is_blank(blank, word_u64(memory, at)))
                return offset + at;
        offset += bytes;
    }
    return NOTHING;
}

bool glimpse_read_sparse(const struct layout_view *view, const struct block *block,
                         const struct glimpse *blank, unsigned char *memory, struct glimpse *out)
{
    const uint32_t piece_bytes = GLIMPSE_BYTES / GLIMPSE_SPARSE_PIECES;
    uint64_t part = block->bytes / GLIMPSE_SPARSE_PIECES & ~(uint64_t)7;
    struct glimpse_blank kinds;
    if (part < 4 * piece_bytes || block->bytes > GLIMPSE_SPARSE_MOST_BYTES ||
        !is_nearly_blank(blank, &kinds))
        return false;
    *out = (struct glimpse){.pieces = GLIMPSE_SPARSE_PIECES,
                            .piece_bytes = piece_bytes,
                            .blank = kinds,
                            .memory = memory};
    uint32_t found_in = 0;
    for (uint32_t n = 0; n < GLIMPSE_SPARSE_PIECES; n++) {
        /* 0, 4, 8 ... 28, 1, 5 ...: soon from all over the array. */
        uint32_t i = n / FIRST_PARTS + n % FIRST_PARTS * (GLIMPSE_SPARSE_PIECES / FIRST_PARTS);
        unsigned char *piece = memory + (size_t)n * piece_bytes;
        uint64_t start = i * part, last = start + part - piece_bytes;
        uint64_t looked = part < SPARSE_PART_BYTES ? part : SPARSE_PART_BYTES;
        uint64_t found = find_word(view, block, start, start + looked, &kinds, piece,
                                   (size_t)(GLIMPSE_SPARSE_PIECES - n) * piece_bytes);
        if (found == UNREADABLE || (n + 1 == FIRST_PARTS && found_in < LEAST_OF_FIRST))
            return false;
        out->offset[n] = start;
        if (found == NOTHING) {
            if (!layout_read(view, block->address + start, piece, piece_bytes))
                return false;
            continue;
        }
        uint64_t before = 8ull * (n % WORDS_BEFORE);
        uint64_t from = found > start + before ? found - before : start;
        out->offset[n] = from < last ? from : last;
        found_in++;
        if (!layout_read(view, block->address + out->offset[n], piece, piece_bytes))
            return false;
    }
    glimpse_clear_own(block, memory, out);
    return true;
}
