/* Abseil's tables: control bytes first (to 2023-01), behind a word that says how many entries may
 * come (2023-08 to 2026-05), and behind padding (2026-08); phmap's, with one more clone. */
#include "../table_images.h"

#define CAPACITY   127
#define SLOT_BYTES 16
#define FULL       20
#define DELETED    4
#define LEFT       (CAPACITY - CAPACITY / 8 - FULL - DELETED)

/* Returns the offset behind them. */
static size_t put_controls(struct image *image, size_t controls, size_t clones)
{
    unsigned char *bytes = image->bytes + controls;
    memset(bytes, 0x80, CAPACITY + 1 + clones);
    for (unsigned i = 0; i < FULL; i++)
        bytes[i * 3] = (unsigned char)(i * 5 + 1);
    for (unsigned i = 0; i < DELETED; i++)
        bytes[i * 3 + 1] = 0xfe;
    bytes[CAPACITY] = 0xff;
    memcpy(bytes + CAPACITY + 1, bytes, clones);
    return controls + CAPACITY + 1 + clones;
}

static void put_plain_object(struct image *image, size_t slots, size_t growth_left)
{
    put64(image, OBJECT, at(MAIN));
    put64(image, OBJECT + 8, at(slots));
    put64(image, OBJECT + 16, FULL);
    put64(image, OBJECT + 24, CAPACITY);
    put64(image, OBJECT + growth_left, LEFT);
}

static void build_plain(struct image *image)
{
    size_t slots = put_controls(image, MAIN, 15) + 1;
    put_plain_object(image, slots, 32);
    add_block(image, MAIN, slots - MAIN + CAPACITY * SLOT_BYTES);
}

static void build_phmap(struct image *image)
{
    size_t slots = put_controls(image, MAIN, 16);
    put_plain_object(image, slots, 40);
    add_block(image, MAIN, slots - MAIN + CAPACITY * SLOT_BYTES);
}

static void build_growth(struct image *image)
{
    size_t slots = put_controls(image, MAIN + 8, 15) + 1;
    put64(image, MAIN, LEFT | 1ull << 63);
    put64(image, OBJECT, CAPACITY);
    put64(image, OBJECT + 8, (uint64_t)FULL << 17 | 0x8123);
    put64(image, OBJECT + 16, at(MAIN + 8));
    put64(image, OBJECT + 24, at(slots));
    add_block(image, MAIN, slots - MAIN + CAPACITY * SLOT_BYTES);
}

/* The last two slots do not exist. */
static void build_packed(struct image *image)
{
    size_t slots = put_controls(image, MAIN + 1, 15);
    memset(image->bytes + MAIN + 1 + CAPACITY - 2, 0xff, 2);
    image->bytes[MAIN] = 0x80 | (LEFT - 2);
    put64(image, OBJECT, (uint64_t)FULL << 15 | 2 << 12 | 5 << 6 | 7);
    put64(image, OBJECT + 8, at(MAIN + 1));
    add_block(image, MAIN, slots - MAIN + (CAPACITY - 2) * SLOT_BYTES);
}

TABLE_IMAGES(absl_hash, {"absl::flat_hash_map", build_plain, CAPACITY, FULL, DELETED},
             {"absl::flat_hash_map", build_growth, CAPACITY, FULL, DELETED},
             {"absl::flat_hash_map", build_packed, CAPACITY, FULL, DELETED},
             {"phmap::flat_hash_map", build_phmap, CAPACITY, FULL, DELETED})
