/*
 * Writing a dump: see dump_writer.h. Touches memory of its own, and files as dump_place.h says.
 */
#include "dump_writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "dump_place.h"
#include "file.h"

static const uint32_t record_bytes[DUMP_SECTION_KINDS] = {
    [DUMP_SECTION_INFO] = sizeof(struct dump_info),
    [DUMP_SECTION_STRINGS] = 1,
    [DUMP_SECTION_COUNTERS] = sizeof(struct dump_counter),
    [DUMP_SECTION_WARNINGS] = sizeof(struct dump_warning),
    [DUMP_SECTION_MODULES] = sizeof(struct dump_module),
    [DUMP_SECTION_FRAMES] = sizeof(struct dump_frame),
    [DUMP_SECTION_SITES] = sizeof(struct dump_site),
    [DUMP_SECTION_TABLES] = sizeof(struct dump_table),
    [DUMP_SECTION_ARRAYS] = sizeof(struct dump_array),
    [DUMP_SECTION_GROWTHS] = sizeof(struct dump_growth),
    [DUMP_SECTION_READINGS] = sizeof(struct dump_reading),
    [DUMP_SECTION_OWNERS] = sizeof(struct dump_owner),
    [DUMP_SECTION_SUPPRESSIONS] = sizeof(struct dump_suppressions),
    [DUMP_SECTION_SCRIPTS] = sizeof(struct dump_script),
    [DUMP_SECTION_GROWN_PLACES] = sizeof(struct dump_grown_place),
};

uint32_t dump_count(const struct dump_contents *contents, enum dump_section_kind kind)
{
    return (uint32_t)(contents->sections[kind].used / record_bytes[kind]);
}

uint32_t dump_add(struct dump_contents *contents, enum dump_section_kind kind, const void *record)
{
    uint32_t index = dump_count(contents, kind);
    if (index == DUMP_NONE ||
        buffer_append(&contents->sections[kind], record, record_bytes[kind]) == SIZE_MAX) {
        contents->short_of_memory = true;
        return DUMP_NONE;
    }
    return index;
}

void dump_cut(struct dump_contents *contents, enum dump_section_kind kind, uint32_t count)
{
    contents->sections[kind].used = (size_t)count * record_bytes[kind];
}

uint32_t dump_add_string(struct dump_contents *contents, const char *text)
{
    struct buffer *strings = &contents->sections[DUMP_SECTION_STRINGS];
    size_t bytes = strlen(text) + 1;
    if (strings->used >= bytes && memcmp(strings->memory + strings->used - bytes, text, bytes) == 0)
        return (uint32_t)(strings->used - bytes);
    size_t at = buffer_append(strings, text, bytes);
    if (at == SIZE_MAX)
        contents->short_of_memory = true;
    return at == SIZE_MAX ? 0 : (uint32_t)at;
}

/* CRC-32 as in zlib and IEEE 802.3 (reflected, polynomial 0xEDB88320), four bits a step. */
static uint32_t crc32_of(uint32_t crc, const void *data, size_t bytes)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const unsigned char *at = data;
    crc = ~crc;
    for (size_t i = 0; i < bytes; i++) {
        crc = crc >> 4 ^ nibble[(crc ^ at[i]) & 15];
        crc = crc >> 4 ^ nibble[(crc ^ (uint32_t)(at[i] >> 4)) & 15];
    }
    return ~crc;
}

/* The same eight bytes a step, for megabytes (Kounavis and Berry, "Novel table lookup-based
 * algorithms for high-performance CRC generation", 2008): of_byte[n][b] is what b does n bytes
 * later. Ten times as fast. */
#define CRC_STEP        8u
#define CRC_MUCH        65536u /* bytes that the tables are worth being made for */
#define CRC_EMPTY       0xFFFFFFFFu
#define CRC_TABLE_WORDS 256u

struct crc_tables {
    uint32_t of_byte[CRC_STEP][CRC_TABLE_WORDS];
};

static void crc_tables_make(struct crc_tables *tables)
{
    for (uint32_t byte = 0; byte < CRC_TABLE_WORDS; byte++) {
        unsigned char data = (unsigned char)byte;
        tables->of_byte[0][byte] = ~crc32_of(CRC_EMPTY, &data, 1);
    }
    for (unsigned later = 1; later < CRC_STEP; later++)
        for (uint32_t byte = 0; byte < CRC_TABLE_WORDS; byte++) {
            uint32_t before = tables->of_byte[later - 1][byte];
            tables->of_byte[later][byte] = before >> 8 ^ tables->of_byte[0][before & 255];
        }
}

static uint32_t crc32_of_much(const struct crc_tables *tables, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    uint32_t crc = CRC_EMPTY;
    for (; bytes >= CRC_STEP; bytes -= CRC_STEP, at += CRC_STEP) {
        uint32_t words[2];
        memcpy(words, at, sizeof(words)); /* little-endian, as all of the dump */
        words[0] ^= crc;
        crc = tables->of_byte[7][words[0] & 255] ^ tables->of_byte[6][words[0] >> 8 & 255] ^
              tables->of_byte[5][words[0] >> 16 & 255] ^ tables->of_byte[4][words[0] >> 24] ^
              tables->of_byte[3][words[1] & 255] ^ tables->of_byte[2][words[1] >> 8 & 255] ^
              tables->of_byte[1][words[1] >> 16 & 255] ^ tables->of_byte[0][words[1] >> 24];
    }
    return crc32_of(~crc, at, bytes);
}

static size_t padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

struct directory {
    struct dump_header header;
    struct dump_section sections[DUMP_MAX_SECTIONS];
};

static size_t describe(const struct dump_contents *contents, struct directory *out,
                       struct crc_tables *tables)
{
    bool are_made = false;
    static const unsigned char zeros[8];
    struct dump_header *header = &out->header;
    uint32_t count = 0;

    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS; kind++)
        count += contents->sections[kind].used > 0;
    size_t directory_bytes = sizeof(*header) + count * sizeof(struct dump_section);
    uint64_t offset = directory_bytes;
    struct dump_section *section = out->sections;
    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS; kind++) {
        const struct buffer *data = &contents->sections[kind];
        if (data->used == 0)
            continue;
        if (data->used >= CRC_MUCH && !are_made)
            crc_tables_make(tables);
        are_made = are_made || data->used >= CRC_MUCH;
        uint32_t crc = data->used >= CRC_MUCH ? crc32_of_much(tables, data->memory, data->used)
                                              : crc32_of(0, data->memory, data->used);
        *section++ = (struct dump_section){
            .kind = kind,
            .record_bytes = record_bytes[kind],
            .offset = offset,
            .count = data->used / record_bytes[kind],
            .crc = crc32_of(crc, zeros, padded(data->used) - data->used),
        };
        offset += padded(data->used);
    }
    *header = (struct dump_header){
        .version = DUMP_VERSION,
        .header_bytes = sizeof(*header),
        .file_bytes = offset,
        .section_count = count,
    };
    memcpy(header->magic, DUMP_MAGIC, sizeof(header->magic));
    header->crc = crc32_of(0, out, directory_bytes);
    return directory_bytes;
}

static int write_all(int fd, const void *data, size_t bytes)
{
    const char *at = data;
    while (bytes > 0) {
        long written = system_call(SYS_write, fd, at, bytes, 0);
        if (written == -EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? (int)written : -EIO;
        at += written;
        bytes -= (size_t)written;
    }
    return 0;
}

#define SMALL_FILE_BYTES 16384u

/* A small file in one piece: each write costs as much as ten kilobytes of it. */
static int write_small(int fd, const struct dump_contents *contents,
                       const struct directory *directory, size_t directory_bytes,
                       unsigned char image[SMALL_FILE_BYTES])
{
    size_t at = directory_bytes;
    memcpy(image, directory, directory_bytes);
    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS; kind++) {
        const struct buffer *data = &contents->sections[kind];
        if (data->used > 0)
            memcpy(image + at, data->memory, data->used); /* padded by zeros: it is fresh */
        at += padded(data->used);
    }
    return write_all(fd, image, at);
}

static int write_sections(int fd, const struct dump_contents *contents,
                          const struct directory *directory, size_t directory_bytes)
{
    static const unsigned char zeros[8];
    int error = write_all(fd, directory, directory_bytes);
    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS && error == 0; kind++) {
        const struct buffer *data = &contents->sections[kind];
        if (data->used == 0)
            continue;
        error = write_all(fd, data->memory, data->used);
        if (error == 0)
            error = write_all(fd, zeros, padded(data->used) - data->used);
    }
    return error;
}

static bool within_file_limit(uint64_t bytes)
{
    struct rlimit limit = {0};
    long result = system_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit);
    return result < 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

static bool is_final(const struct dump_contents *contents)
{
    const struct buffer *info = &contents->sections[DUMP_SECTION_INFO];
    return info->used == 0 || ((const struct dump_info *)(void *)info->memory)->ordinal == 0;
}

/* Writes it all, and asks for what a network file system refuses only at a close; the descriptor
 * stays open for its lock. */
static int write_contents(int fd, const struct dump_contents *contents,
                          const struct directory *directory, size_t bytes, unsigned char *image)
{
    int error = directory->header.file_bytes <= SMALL_FILE_BYTES
                    ? write_small(fd, contents, directory, bytes, image)
                    : write_sections(fd, contents, directory, bytes);
    long copy = system_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3, 0);
    int close_error = copy >= 0 ? file_close((int)copy) : 0;
    return error != 0 ? error : close_error;
}

static int write_file(const struct dump_contents *contents, const char *directory, const char *name,
                      bool keeps_older)
{
    /* Not 37 KiB of a stack that may be small. */
    struct work {
        struct dump_place place;
        struct directory header;
        struct crc_tables tables;
        unsigned char image[SMALL_FILE_BYTES];
    } * work;
    struct buffer memory = {.nest = contents->sections[DUMP_SECTION_INFO].nest};
    if (!buffer_reserve(&memory, sizeof(*work)))
        return -ENOMEM;
    work = (struct work *)(void *)memory.memory;
    int error = -ENAMETOOLONG;
    if (dump_place_name(&work->place, directory, name)) {
        size_t bytes = describe(contents, &work->header, &work->tables);
        int fd = within_file_limit(work->header.header.file_bytes) ? dump_place_create(&work->place)
                                                                   : -EFBIG;
        error = fd;
        if (fd >= 0) {
            error = write_contents(fd, contents, &work->header, bytes, work->image);
            if (error == 0)
                error = keeps_older ? dump_place_take(&work->place, is_final(contents))
                                    : dump_place_replace(&work->place);
            if (error != 0)
                dump_place_give_up(&work->place);
            file_close(fd);
        }
    }
    buffer_free(&memory);
    return error;
}

int dump_write(const struct dump_contents *contents, const char *directory, const char *name)
{
    return write_file(contents, directory, name, true);
}

int dump_rewrite(const struct dump_contents *contents, const char *directory, const char *name)
{
    return write_file(contents, directory, name, false);
}

void dump_free(struct dump_contents *contents)
{
    for (unsigned kind = 1; kind < DUMP_SECTION_KINDS; kind++)
        buffer_free(&contents->sections[kind]);
}
