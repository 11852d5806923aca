/*
 * What reads an image, and the list of all images: see table_images.h.
 */
#include "table_images.h"

#include <string.h>

static bool read_image(const struct memory_reader *reader, uint64_t address, void *into,
                       size_t bytes)
{
    const struct image *image =
        (const void *)((const char *)reader - offsetof(struct image, reader));
    uint64_t offset = address - IMAGE_BASE;
    if (address < IMAGE_BASE || offset > image->size || image->size - offset < bytes)
        return false;
    memcpy(into, image->bytes + offset, bytes);
    return true;
}

static const struct image *image_of(const struct block_index *index)
{
    return (const void *)((const char *)index - offsetof(struct image, index));
}

static bool find_block(const struct block_index *index, uint64_t address, struct block *out)
{
    const struct image *image = image_of(index);
    for (unsigned i = 0; i < image->block_count; i++)
        if (image->blocks[i].address == address) {
            *out = image->blocks[i];
            return true;
        }
    return false;
}

static void visit_neighbours(const struct block_index *index, uint64_t address,
                             bool (*visit)(const struct block *neighbour, void *context),
                             void *context)
{
    const struct image *image = image_of(index);
    for (unsigned i = 0; i < image->block_count; i++)
        if (image->blocks[i].address != address && !visit(&image->blocks[i], context))
            return;
}

/* Every layout asks about the same block in turn, and the image stays as it is meanwhile. */
static uint64_t pointer_to(const struct block_index *index, uint64_t address, unsigned nth)
{
    const struct image *image = image_of(index);
    struct holders *holders = image->holders;
    if (holders->address != address) {
        *holders = (struct holders){.from_the_end = holders->from_the_end, .address = address};
        size_t words = image->size / 8;
        for (size_t i = 0; i < words && holders->count < IMAGE_HOLDERS; i++) {
            size_t at = 8 * (holders->from_the_end ? words - 1 - i : i);
            if (memcmp(image->bytes + at, &address, 8) == 0)
                holders->places[holders->count++] = IMAGE_BASE + at;
        }
    }
    return nth < holders->count ? holders->places[nth] : 0;
}

void image_init(struct image *image, unsigned char *bytes, size_t size)
{
    static struct holders holders; /* of the image that was made last */
    holders = (struct holders){0};
    *image = (struct image){.bytes = bytes,
                            .size = size,
                            .holders = &holders,
                            .reader = {.read = read_image},
                            .index = {find_block, visit_neighbours, pointer_to}};
}

#define IMAGES(name) extern const struct table_images table_images_##name;
#include "images/list.h"
#undef IMAGES

#define IMAGES(name) &table_images_##name,
const struct table_images *const all_table_images[] = {
#include "images/list.h"
    NULL};
#undef IMAGES
