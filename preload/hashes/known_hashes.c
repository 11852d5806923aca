/*
 * The hash functions of known_hashes.h. Each has the name by which programmers find it.
 */
#include "known_hashes.h"

#include "layouts/words.h"
#include "number_mixes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FNV_PRIME_32 16777619u
#define FNV_BASIS_32 2166136261u
#define FNV_PRIME_64 1099511628211u
#define FNV_BASIS_64 14695981039346656037u
#define FNV_TYPO_64  1469598103934665603u /* the basis without its last digit is often met */

static uint32_t rotated(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

/* --- of bytes, one at a time, by a factor --- */

enum step {
    MULTIPLY_ADD, /* h * factor + byte: djb2, Java, sdbm, BKDR */
    MULTIPLY_XOR, /* h * factor ^ byte: djb2a, FNV-1 */
    XOR_MULTIPLY, /* (h ^ byte) * factor: FNV-1a */
    ADD_MULTIPLY, /* (h + byte) * factor */
};

struct polynomial {
    enum step step;
    uint64_t factor, start;
};

/* Computed modulo 2^64; of the 32-bit ones the lower half is the hash. */
static const struct polynomial polynomials[] = {
    {XOR_MULTIPLY, FNV_PRIME_32, FNV_BASIS_32},
    {XOR_MULTIPLY, FNV_PRIME_64, FNV_BASIS_64},
    {XOR_MULTIPLY, FNV_PRIME_64, FNV_TYPO_64},
    {MULTIPLY_XOR, FNV_PRIME_32, FNV_BASIS_32},
    {MULTIPLY_XOR, FNV_PRIME_64, FNV_BASIS_64},
    {XOR_MULTIPLY, FNV_PRIME_64, FNV_BASIS_32},
    {ADD_MULTIPLY, FNV_PRIME_64, FNV_BASIS_64},
    {MULTIPLY_ADD, 33, 5381},
    {MULTIPLY_XOR, 33, 5381},
    {MULTIPLY_ADD, 33, 0},
    {MULTIPLY_ADD, 31, 0},
    {MULTIPLY_ADD, 31, 1},
    {MULTIPLY_ADD, 31, 7},
    {MULTIPLY_ADD, 31, 17},
    {MULTIPLY_ADD, 31, 5381},
    {MULTIPLY_XOR, 31, 0},
    {MULTIPLY_XOR, 33, 0},
    {MULTIPLY_ADD, 65599, 0},
    {MULTIPLY_ADD, 131, 0},
    {MULTIPLY_ADD, 1313, 0},
    {MULTIPLY_ADD, 13131, 0},
    {MULTIPLY_ADD, 131313, 0},
    {MULTIPLY_ADD, 37, 0},
    {MULTIPLY_ADD, 101, 0},
    {MULTIPLY_ADD, 53, 0},
    {MULTIPLY_ADD, 29, 0},
    {MULTIPLY_ADD, 17, 0},
    {MULTIPLY_ADD, 257, 0},
    {MULTIPLY_ADD, 127, 0},
    {MULTIPLY_ADD, 137, 0},
    {MULTIPLY_ADD, 65599, 5381},
    {MULTIPLY_ADD, 16777619, 0},
    {MULTIPLY_XOR, 131, 0},
    {MULTIPLY_XOR, 1000003, 0},
    {XOR_MULTIPLY, 0x5bd1e995, 0},
    {XOR_MULTIPLY, 0x5bd1e995, 5381},
    {XOR_MULTIPLY, GOLDEN_64, 0},
    {XOR_MULTIPLY, 0x100000001b3, 5381},
};

static uint64_t by_polynomial(const struct polynomial *by, const unsigned char *text, size_t length)
{
    uint64_t hash = by->start;
    for (size_t i = 0; i < length; i++)
        switch (by->step) {
        case MULTIPLY_ADD:
            hash = hash * by->factor + text[i];
            break;
        case MULTIPLY_XOR:
            hash = hash * by->factor ^ text[i];
            break;
        case XOR_MULTIPLY:
            hash = (hash ^ text[i]) * by->factor;
            break;
        case ADD_MULTIPLY:
            hash = (hash + text[i]) * by->factor;
            break;
        }
    return hash;
}

/* --- of bytes, otherwise --- */

static uint64_t one_at_a_time(const unsigned char *text, size_t length)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < length; i++) {
        hash += text[i];
        hash += hash << 10;
        hash ^= hash >> 6;
    }
    hash += hash << 3;
    hash ^= hash >> 11;
    return hash + (hash << 15);
}

static uint64_t elf(const unsigned char *text, size_t length)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < length; i++) {
        hash = (hash << 4) + text[i];
        hash ^= (hash & 0xf0000000u) >> 24;
        hash &= 0x0fffffffu;
    }
    return hash;
}

static uint64_t sobel(const unsigned char *text, size_t length)
{
    uint32_t hash = 1315423911u; /* "JS hash" of the collections of hash functions */
    for (size_t i = 0; i < length; i++)
        hash ^= (hash << 5) + text[i] + (hash >> 2);
    return hash;
}

static uint64_t crc_32(const unsigned char *text, size_t length)
{
    uint32_t hash = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        hash ^= text[i];
        for (unsigned bit = 0; bit < 8; bit++)
            hash = hash >> 1 ^ (0xedb88320u & (0 - (hash & 1)));
    }
    return ~hash;
}

/* MurmurHash2 (Appleby), seed 0. */
static uint64_t murmur_2(const unsigned char *text, size_t length)
{
    const uint32_t factor = 0x5bd1e995u;
    uint32_t hash = (uint32_t)length, tail = 0;
    size_t whole = length & ~(size_t)3;
    for (size_t at = 0; at < whole; at += 4) {
        uint32_t word = word_u32(text, at) * factor;
        hash = hash * factor ^ (word ^ word >> 24) * factor;
    }
    for (size_t at = length; at > whole; at--)
        tail = tail << 8 | text[at - 1];
    if (length > whole)
        hash = (hash ^ tail) * factor;
    hash = (hash ^ hash >> 13) * factor;
    return hash ^ hash >> 15;
}

static uint32_t murmur_step(uint32_t word)
{
    return rotated(word * 0xcc9e2d51u, 15) * 0x1b873593u;
}

/* MurmurHash3_x86_32 (Appleby), seed 0. */
static uint64_t murmur_3(const unsigned char *text, size_t length)
{
    uint32_t hash = 0, tail = 0;
    size_t whole = length & ~(size_t)3;
    for (size_t at = 0; at < whole; at += 4)
        hash = rotated(hash ^ murmur_step(word_u32(text, at)), 13) * 5 + 0xe6546b64u;
    for (size_t at = length; at > whole; at--)
        tail = tail << 8 | text[at - 1];
    hash ^= length > whole ? murmur_step(tail) : 0;
    hash ^= (uint32_t)length;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

/* MurmurHash64A, seed 0: libstdc++ hashes strings with it, by another seed. */
static uint64_t murmur_64a(const unsigned char *text, size_t length, uint64_t seed)
{
    const uint64_t factor = 0xc6a4a7935bd1e995u;
    uint64_t hash = seed ^ length * factor, tail = 0;
    size_t whole = length & ~(size_t)7;
    for (size_t at = 0; at < whole; at += 8) {
        uint64_t word = word_u64(text, at) * factor;
        hash = (hash ^ (word ^ word >> 47) * factor) * factor;
    }
    for (size_t at = length; at > whole; at--)
        tail = tail << 8 | text[at - 1];
    if (length > whole)
        hash = (hash ^ tail) * factor;
    hash = (hash ^ hash >> 47) * factor;
    return hash ^ hash >> 47;
}

static uint64_t murmur_64a_0(const unsigned char *text, size_t length)
{
    return murmur_64a(text, length, 0);
}

uint64_t known_libstdcxx_hash(const unsigned char *text, size_t length)
{
    return murmur_64a(text, length, KNOWN_LIBSTDCXX_SEED);
}

static uint64_t (*const text_functions[])(const unsigned char *text, size_t length) = {
    one_at_a_time, elf, sobel, crc_32, murmur_3, murmur_64a_0, known_libstdcxx_hash, murmur_2,
};

const uint16_t known_text_hashes = COUNT(polynomials) + COUNT(text_functions);

uint64_t known_text_hash(uint16_t number, const unsigned char *text, size_t length)
{
    if (number < COUNT(polynomials))
        return by_polynomial(&polynomials[number], text, length);
    return text_functions[number - COUNT(polynomials)](text, length);
}

/* --- of numbers --- */

static uint64_t wang_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = (x ^ 61) ^ x >> 16;
    x *= 9;
    x = (x ^ x >> 4) * 0x27d4eb2du;
    return x ^ x >> 15;
}

static uint64_t wang_32_first(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = ~x + (x << 15);
    x ^= x >> 12;
    x += x << 2;
    x ^= x >> 4;
    x *= 2057;
    return x ^ x >> 16;
}

static uint64_t wang_64(uint64_t x)
{
    x = ~x + (x << 21);
    x ^= x >> 24;
    x *= 265;
    x ^= x >> 14;
    x *= 21;
    x ^= x >> 28;
    return x + (x << 31);
}

static uint64_t jenkins_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = x + 0x7ed55d16u + (x << 12);
    x = x ^ 0xc761c23cu ^ x >> 19;
    x = x + 0x165667b1u + (x << 5);
    x = (x + 0xd3a2646cu) ^ x << 9;
    x = x + 0xfd7046c5u + (x << 3);
    return x ^ 0xb55a4f09u ^ x >> 16;
}

static uint64_t mueller_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = (x ^ x >> 16) * 0x45d9f3bu;
    x = (x ^ x >> 16) * 0x45d9f3bu;
    return x ^ x >> 16;
}

static uint64_t lowbias_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static uint64_t degski_64(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

static uint64_t moremur_64(uint64_t x)
{
    x = (x ^ x >> 27) * 0x3c79ac492ba7b653u;
    x = (x ^ x >> 33) * 0x1c69b3f74ac4ae35u;
    return x ^ x >> 27;
}

static uint64_t murmur_64_from_golden(uint64_t x)
{
    return murmur_64(x * GOLDEN_64);
}

static uint64_t java_32(uint64_t key)
{
    uint32_t x = (uint32_t)key;
    x ^= x >> 20 ^ x >> 12;
    return x ^ x >> 7 ^ x >> 4;
}

/* Of a number of eight bytes, as Java and those who learnt from it hash them. */
static uint64_t halves(uint64_t key)
{
    return (uint32_t)(key ^ key >> 32);
}

/* An address loses the bits that are zero in all; how many these are says what was allocated. */
static uint64_t address_3(uint64_t x)
{
    return x >> 3;
}

static uint64_t address_4(uint64_t x)
{
    return x >> 4;
}

static uint64_t address_5(uint64_t x)
{
    return x >> 5;
}

static uint64_t address_6(uint64_t x)
{
    return x >> 6;
}

/* LLVM's DenseMapInfo of a pointer. */
static uint64_t address_folded(uint64_t x)
{
    return (uint32_t)(x >> 4) ^ (uint32_t)(x >> 9);
}

static uint64_t (*const number_functions[])(uint64_t key) = {
    murmur_64,   stafford_64,
    splitmix_64, murmur_32,
    mueller_32,  lowbias_32,
    wang_64,     wang_32,
    jenkins_32,  wang_32_first,
    moremur_64,  java_32,
    degski_64,   murmur_64_from_golden,
    halves,      address_3,
    address_4,   address_5,
    address_6,   address_folded,
};
#define OF_ADDRESSES 5u /* the last ones */

/* The bytes of a number, hashed like text. */
static const uint8_t byte_hashes[] = {0, 1, 2, 3, 4, 7, 8, 10};
#define BYTE_FUNCTIONS 5u /* of the text functions, from one_at_a_time to murmur_3 */

/* A shift first (or none), then a product. */
static const uint8_t shifts[] = {0, 32, 33, 30, 16, 15, 31, 29, 20, 17, 13};
static const uint64_t factors[] = {
    GOLDEN_64,           MURMUR_64_1,         STAFFORD_64_1,       MURMUR_64_2,
    STAFFORD_64_2,       2654435761u,         0x9e3779b9u,         0x61c88647u,
    0x61c8864680b583ebu, 0xd6e8feb86659fd93u, 0x85ebca6bu,         0xc2b2ae35u,
    0x45d9f3bu,          0x27d4eb2du,         0x7feb352du,         40503u,
    0x517cc1b727220a95u, 0x2545f4914f6cdd1du, 6364136223846793005, 0x9fb21c651e98df25u,
    1103515245u,         0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 31,
    0x846ca68bu,
};

#define FUNCTIONS COUNT(number_functions)
#define OF_BYTES  (FUNCTIONS + BYTE_FUNCTIONS + 2 * COUNT(byte_hashes))
const uint16_t known_number_hashes = OF_BYTES + COUNT(shifts) * COUNT(factors);
#define COMMON_SHIFTS 5u
const uint16_t known_common_number_hashes = OF_BYTES + COMMON_SHIFTS * COUNT(factors);

bool known_number_is_sum(uint16_t number)
{
    return number < FUNCTIONS && number_functions[number] == halves;
}

bool known_number_is_of_address(uint16_t number)
{
    return number < FUNCTIONS && number >= FUNCTIONS - OF_ADDRESSES;
}

uint64_t known_number_hash(uint16_t number, uint64_t key, uint8_t key_bytes)
{
    unsigned char bytes[8];
    memcpy(bytes, &key, sizeof(bytes)); /* as they lie in memory */
    if (number < FUNCTIONS)
        return number_functions[number](key);
    if (number < FUNCTIONS + BYTE_FUNCTIONS)
        return text_functions[number - FUNCTIONS](bytes, key_bytes);
    number = (uint16_t)(number - FUNCTIONS - BYTE_FUNCTIONS);
    if (number < COUNT(byte_hashes))
        return by_polynomial(&polynomials[byte_hashes[number]], bytes, key_bytes);
    number = (uint16_t)(number - COUNT(byte_hashes));
    if (number < COUNT(byte_hashes)) /* a small key in a wide variable */
        return by_polynomial(&polynomials[byte_hashes[number]], bytes, 8);
    number = (uint16_t)(number - COUNT(byte_hashes));
    uint8_t shift = shifts[number / COUNT(factors)];
    if (shift != 0)
        key ^= key >> shift;
    return key * factors[number % COUNT(factors)];
}

/* --- the second step --- */

const uint8_t known_folds[KNOWN_FOLDS] = {32, 16, 33, 31, 15, 29, 28, 30, 17,
                                          13, 27, 20, 14, 12, 7,  47, 40};

uint64_t known_product(uint8_t number, uint64_t hash, uint8_t bits)
{
    switch (number - KNOWN_FOLDS - 1) {
    case 0:
        hash *= GOLDEN_64;
        break;
    case 1:
        return murmur_64(hash);
    case 2:
        return murmur_32(hash);
    case 3:
        return stafford_64(hash);
    default:
        hash = (uint32_t)hash * 2654435769u;
        return (uint32_t)hash;
    }
    return bits == 32 ? (uint32_t)hash : hash;
}
