/*
 * One pass over buckets: see bucket_tally.h. No state, no lock, no allocation.
 */
#include "bucket_tally.h"

#include <string.h>

#include "layouts/words.h"

static void tally_byte(struct bucket_tally *tally, uint32_t at, unsigned char byte)
{
    tally->filled[0][at]++;
    tally->ones[0][at] += byte == 0xff;
    tally->high[at] += byte == 0x80;
    tally->sum[at] += byte;
    tally->bits[at] += bucket_bits_in(byte);
    tally->any[at] |= byte;
    if (byte > tally->most[at])
        tally->most[at] = byte;
}

/* The word is not zero. */
static void tally_word(struct bucket_tally *tally, uint32_t at, uint64_t word)
{
    tally->filled[3][at]++;
    tally->ones[3][at] += word == UINT64_MAX;
    for (uint32_t half = 0; half < 2; half++, word >>= 32) {
        uint32_t low = (uint32_t)word, from = at + 4 * half;
        if (low == 0)
            continue;
        tally->filled[2][from]++;
        tally->ones[2][from] += low == UINT32_MAX;
        for (uint32_t quarter = 0; quarter < 2; quarter++, low >>= 16) {
            tally->filled[1][from + 2 * quarter] += (low & 0xffff) != 0;
            tally->ones[1][from + 2 * quarter] += (low & 0xffff) == 0xffff;
        }
        low = (uint32_t)word;
        for (uint32_t byte = 0; byte < 4; byte++, low >>= 8)
            if (low & 0xff)
                tally_byte(tally, from + byte, (unsigned char)low);
    }
}

bool bucket_tally_read(const struct memory_reader *reader, const struct bucket_array *array,
                       struct bucket_work *work)
{
    uint32_t bucket_bytes = array->bucket_bytes;
    uint64_t bytes = array->buckets * bucket_bytes;
    size_t room = LAYOUT_SCRATCH_BYTES / bucket_bytes * bucket_bytes;
    memset(work->tally, 0, sizeof(*work->tally));
    for (uint64_t done = 0; done < bytes; done += room) {
        size_t size = bytes - done < room ? (size_t)(bytes - done) : room;
        if (!reader->read(reader, array->first + done, work->piece, size))
            return false;
        for (size_t first = 0; first < size; first += bucket_bytes)
            for (uint32_t at = 0; at < bucket_bytes; at += 8) {
                uint64_t word = word_u64(work->piece, first + at);
                if (word != 0)
                    tally_word(work->tally, at, word);
            }
    }
    return true;
}
