/* Tables of C libraries that keep their entries in the array itself: htab, hsearch, libxml2. */
#include "../table_images.h"

#define SLOTS    127 /* prime_tab[4] */
#define FUNCTION 512

/* Two live slots and a deleted one; the counters stand where both objects have them. */
static void put_prime_slots(struct image *image, size_t counters, size_t slot_bytes)
{
    put64(image, counters, at(MAIN));
    put64(image, counters + 8, SLOTS);
    put64(image, counters + 16, 3);
    put64(image, counters + 24, 1);
    put32(image, counters + 32, 9);
    put64(image, MAIN + 3 * slot_bytes, at(NODES));
    put64(image, MAIN + 4 * slot_bytes, 1);
    put64(image, MAIN + 100 * slot_bytes, at(NODES) + 3);
    add_block(image, MAIN, SLOTS * slot_bytes);
}

static void build_libiberty_htab(struct image *image)
{
    put64(image, OBJECT, at(FUNCTION));
    put64(image, OBJECT + 8, at(FUNCTION));
    put_prime_slots(image, OBJECT + 24, 8);
    put64(image, OBJECT + 64, at(FUNCTION));
    put32(image, OBJECT + 104, 4);
}

static void build_gcc_hash_table(struct image *image)
{
    put_prime_slots(image, OBJECT, 24);
    put32(image, OBJECT + 40, 4);
}

static void build_hsearch(struct image *image)
{
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, SLOTS);
    put32(image, OBJECT + 12, 2);
    put32(image, MAIN + 24 * (200 % SLOTS + 1), 200);
    put64(image, MAIN + 24 * (200 % SLOTS + 1) + 8, at(NODES) + 1);
    put32(image, MAIN + 24 * 1, SLOTS);
    put64(image, MAIN + 24 * 1 + 8, at(NODES) + 5);
    add_block(image, MAIN, 24 * (SLOTS + 1));
}

/* The object is a block of glibc's malloc; another one follows. */
static void put_xml_hash(struct image *image, uint32_t entries)
{
    put64(image, OBJECT - 8, 48 + 1);
    put64(image, OBJECT - 8 + 48, 64 + 1);
    put64(image, OBJECT, at(MAIN));
    put32(image, OBJECT + 8, 64);
    put32(image, OBJECT + 12, entries);
}

/* libxml2 2.9: three entries, one of them in a chain. */
static void build_xml_hash(struct image *image)
{
    put_xml_hash(image, 3);
    put64(image, MAIN + 48 * 9, at(NODES));
    put64(image, NODES + 8, at(NODES) + 100);
    put32(image, NODES + 40, 1);
    for (size_t slot = 9; slot <= 49; slot += 40) {
        put64(image, MAIN + 48 * slot + 8, at(NODES) + 200 + slot);
        put32(image, MAIN + 48 * slot + 40, 1);
    }
    add_block(image, MAIN, 48 * 64);
}

static void put_xml_dict(struct image *image, uint64_t size, uint32_t strings)
{
    put32(image, OBJECT, 1);
    put64(image, OBJECT + 8, at(MAIN));
    put64(image, OBJECT + 16, size);
    put32(image, OBJECT + 24, strings);
    put64(image, OBJECT + 32, at(NODES));
}

static void build_xml_dict(struct image *image)
{
    put_xml_dict(image, 128, 2);
    for (size_t slot = 7; slot <= 47; slot += 40) {
        put64(image, MAIN + 32 * slot + 8, at(NODES) + slot);
        put32(image, MAIN + 32 * slot + 20, 1);
        put64(image, MAIN + 32 * slot + 24, slot + 128 * 5);
    }
    add_block(image, MAIN, 32 * 128);
}

/* libxml2 2.12: an entry at home, and one that it pushed on by a slot. */
static void put_open_slots(struct image *image, size_t slot_bytes)
{
    for (size_t slot = 20; slot <= 21; slot++) {
        put32(image, MAIN + slot_bytes * slot, 0x80000000u + 64 * 3 + 20);
        put64(image, MAIN + slot_bytes * slot + 8, at(NODES) + slot);
    }
    add_block(image, MAIN, slot_bytes * 64);
}

static void build_xml_open_hash(struct image *image)
{
    put_xml_hash(image, 2);
    put_open_slots(image, 40);
}

static void build_xml_open_dict(struct image *image)
{
    put_xml_dict(image, 64, 2);
    put_open_slots(image, 16);
}

TABLE_IMAGES(open_slots, {"libiberty htab", build_libiberty_htab, SLOTS, 2, 1},
             {"GCC hash_table", build_gcc_hash_table, SLOTS, 2, 1},
             {"hsearch", build_hsearch, SLOTS, 2, 0}, {"xmlHashTable", build_xml_hash, 64, 3, 0},
             {"xmlDict", build_xml_dict, 128, 2, 0},
             {"xmlHashTable 2.12", build_xml_open_hash, 64, 2, 0},
             {"xmlDict 2.12", build_xml_open_dict, 64, 2, 0})
