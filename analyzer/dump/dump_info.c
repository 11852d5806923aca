/* The INFO record of a dump without the rest of it: see dump_info.h. */
#include "dump_info.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Records may grow, but not without end: a longer one is damage. */
#define MAX_INFO_BYTES 4096u

static bool read_at(int file, void *to, size_t bytes, uint64_t offset)
{
    return offset <= INT64_MAX && pread(file, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

struct beginning {
    struct dump_header header;
    struct dump_section sections[DUMP_MAX_SECTIONS];
};

static bool read_beginning(int file, struct beginning *beginning)
{
    struct dump_header *header = &beginning->header;
    if (!read_at(file, header, sizeof(*header), 0) ||
        memcmp(header->magic, DUMP_MAGIC, sizeof(header->magic)) != 0 ||
        header->version != DUMP_VERSION || header->section_count > DUMP_MAX_SECTIONS)
        return false;
    size_t bytes = header->section_count * sizeof(struct dump_section);
    uint32_t crc = header->crc;
    header->crc = 0;
    return read_at(file, beginning->sections, bytes, sizeof(*header)) &&
           crc32_z(0, (const unsigned char *)beginning, sizeof(*header) + bytes) == crc;
}

static bool read_record(int file, const struct dump_section *section, struct dump_info *info)
{
    unsigned char bytes[MAX_INFO_BYTES + 8];
    if (section->count != 1 || section->record_bytes > MAX_INFO_BYTES)
        return false;
    size_t padded = (section->record_bytes + 7) & ~(size_t)7;
    if (!read_at(file, bytes, padded, section->offset) || crc32_z(0, bytes, padded) != section->crc)
        return false;
    memset(info, 0, sizeof(*info));
    memcpy(info, bytes,
           section->record_bytes < sizeof(*info) ? section->record_bytes : sizeof(*info));
    return true;
}

bool dump_info_read(int directory, const char *name, struct dump_info *info)
{
    /* Never waits for the writer of a pipe that has a dump's name. */
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return false;
    struct beginning beginning;
    bool read = false;
    if (read_beginning(file, &beginning))
        for (uint32_t i = 0; i < beginning.header.section_count && !read; i++)
            read = beginning.sections[i].kind == DUMP_SECTION_INFO &&
                   read_record(file, &beginning.sections[i], info);
    close(file);
    return read;
}
