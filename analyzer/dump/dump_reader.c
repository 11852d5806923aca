/*
 * Loads a dump: the file, its header, its directory, its checksums, and the records as the structs
 * of this version. dump_check.c then looks at what the records say. Trusts no byte.
 */
#include "dump_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "dump_check.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "dumps are little-endian");
_Static_assert(sizeof(struct dump_header) % 8 == 0, "the directory begins aligned");
_Static_assert(sizeof(struct dump_section) % 8 == 0, "the first section begins aligned");

struct input {
    const char *path;
    const unsigned char *bytes;
    size_t count;
    bool is_kept; /* records may be used where they lie */
    struct error *error;
};

static bool damaged(const struct input *input, uint64_t offset, const char *what)
{
    return error_set(input->error, STATUS_BAD_DUMP, "%s: offset 0x%" PRIx64 ": %s", input->path,
                     offset, what);
}

static uint32_t checksum(uint32_t sum, const void *bytes, uint64_t count)
{
    return (uint32_t)crc32_z(sum, bytes, count);
}

static bool read_header(const struct input *input, struct dump_header *header)
{
    size_t magic_bytes =
        input->count < sizeof(header->magic) ? input->count : sizeof(header->magic);
    if (input->count == 0)
        return damaged(input, 0, "the file is empty");
    if (memcmp(input->bytes, DUMP_MAGIC, magic_bytes) != 0)
        return damaged(input, 0, "not a hashtrack dump");
    if (input->count < sizeof(*header))
        return damaged(input, input->count, "the file ends inside its header");
    memcpy(header, input->bytes, sizeof(*header));
    if (header->version > DUMP_VERSION)
        return error_set(input->error, STATUS_BAD_DUMP,
                         "%s: written by a newer hashtrack (dump version %u, this one reads %u)",
                         input->path, header->version, DUMP_VERSION);
    if (header->version != DUMP_VERSION)
        return damaged(input, offsetof(struct dump_header, version), "no such dump version");
    if (header->header_bytes != sizeof(*header))
        return damaged(input, offsetof(struct dump_header, header_bytes), "wrong header length");
    if (header->file_bytes > DUMP_MAX_FILE_BYTES)
        return damaged(input, offsetof(struct dump_header, file_bytes), "too large to be a dump");
    if (header->file_bytes < input->count)
        return error_set(input->error, STATUS_BAD_DUMP,
                         "%s: the file goes on behind the %" PRIu64 " bytes that its header says",
                         input->path, header->file_bytes);
    if (header->file_bytes != input->count)
        return error_set(input->error, STATUS_BAD_DUMP,
                         "%s: offset 0x%zx: the file has %zu bytes, its header says %" PRIu64
                         ": it was cut or is still being written",
                         input->path, input->count, input->count, header->file_bytes);
    if (header->section_count > DUMP_MAX_SECTIONS)
        return damaged(input, offsetof(struct dump_header, section_count), "too many sections");
    return true;
}

static bool check_header_sum(const struct input *input, const struct dump_header *header)
{
    struct dump_header without_sum = *header;
    without_sum.crc = 0;
    size_t directory_bytes = header->section_count * sizeof(struct dump_section);
    if (input->count - sizeof(*header) < directory_bytes)
        return damaged(input, input->count, "the file ends inside its directory");
    uint32_t sum = checksum(0, &without_sum, sizeof(without_sum));
    sum = checksum(sum, input->bytes + sizeof(*header), directory_bytes);
    if (sum != header->crc)
        return damaged(input, offsetof(struct dump_header, crc), "header checksum mismatch");
    return true;
}

/* Bounds, padding and checksum of a section that must begin at *expected. */
static bool check_section(const struct input *input, const struct dump_section *section,
                          uint64_t directory_offset, uint64_t *expected)
{
    if (section->offset != *expected)
        return damaged(input, directory_offset, "section does not follow the one before it");
    uint64_t room = input->count - section->offset;
    if (section->record_bytes == 0 || section->count > room / section->record_bytes)
        return damaged(input, directory_offset, "section reaches past the end of the file");
    uint64_t bytes = section->count * section->record_bytes;
    uint64_t padded = (bytes + 7) & ~7ULL;
    if (padded > room)
        return damaged(input, directory_offset, "section reaches past the end of the file");
    if (checksum(0, input->bytes + section->offset, padded) != section->crc)
        return damaged(input, section->offset, "section checksum mismatch");
    for (uint64_t i = bytes; i < padded; i++)
        if (input->bytes[section->offset + i] != 0)
            return damaged(input, section->offset + i, "padding is not zero");
    *expected = section->offset + padded;
    return true;
}

static bool read_directory(const struct input *input, const struct dump_header *header,
                           struct dump *dump)
{
    uint64_t expected = sizeof(*header) + header->section_count * sizeof(struct dump_section);
    for (uint32_t i = 0; i < header->section_count; i++) {
        uint64_t directory_offset = sizeof(*header) + i * sizeof(struct dump_section);
        struct dump_section section;
        memcpy(&section, input->bytes + directory_offset, sizeof(section));
        if (!check_section(input, &section, directory_offset, &expected))
            return false;
        if (!dump_section_name(section.kind))
            continue; /* from a later release of this version: checked, not used */
        if (dump->sections[section.kind].kind)
            return damaged(input, directory_offset, "second section of the same kind");
        dump->sections[section.kind] = section;
    }
    if (expected != input->count)
        return damaged(input, expected, "bytes that belong to no section");
    return true;
}

/* Copies records whose length in the file may differ from ours: the part that both know. */
static void copy_records(void *to, size_t our_bytes, const unsigned char *from, size_t their_bytes,
                         uint64_t count)
{
    size_t common = our_bytes < their_bytes ? our_bytes : their_bytes;
    for (uint64_t i = 0; i < count; i++)
        memcpy((char *)to + i * our_bytes, from + i * their_bytes, common);
}

/* *records: NULL for an empty section. Records of this release's length are used where they lie:
 * every section begins at a multiple of 8. Others are copied, with zeros where the file is short.
 */
static bool unpack(const struct input *input, const struct dump_section *section, size_t our_bytes,
                   const void **records, size_t *count)
{
    if (section->count == 0)
        return true;
    *count = section->count;
    if (input->is_kept && section->record_bytes == our_bytes) {
        *records = input->bytes + section->offset;
        return true;
    }
    void *copy = section->count <= DUMP_MAX_FILE_BYTES / our_bytes
                     ? calloc(section->count, our_bytes)
                     : NULL;
    if (!copy)
        return damaged(input, section->offset, "section is too large for this machine's memory");
    copy_records(copy, our_bytes, input->bytes + section->offset, section->record_bytes,
                 section->count);
    *records = copy;
    return true;
}

static bool unpack_info(const struct input *input, struct dump *dump)
{
    const struct dump_section *section = &dump->sections[DUMP_SECTION_INFO];
    if (section->count != 1)
        return damaged(input, section->offset, "there must be one INFO record");
    copy_records(&dump->info, sizeof(dump->info), input->bytes + section->offset,
                 section->record_bytes, 1);
    return true;
}

static bool unpack_strings(const struct input *input, struct dump *dump)
{
    const struct dump_section *section = &dump->sections[DUMP_SECTION_STRINGS];
    if (section->count == 0)
        return damaged(input, section->offset, "there is no STRINGS section");
    if (section->record_bytes != 1)
        return damaged(input, section->offset, "STRINGS are not bytes");
    if (input->bytes[section->offset + section->count - 1] != '\0')
        return damaged(input, section->offset + section->count - 1, "the last string has no end");
    return unpack(input, section, 1, (const void **)&dump->strings, &dump->string_bytes);
}

static bool unpack_sections(const struct input *input, struct dump *dump)
{
    bool is_good = unpack_info(input, dump) && unpack_strings(input, dump);
#define SECTION(kind, array, count)                                                                \
    is_good = is_good && unpack(input, &dump->sections[DUMP_SECTION_##kind], sizeof(*dump->array), \
                                (const void **)&dump->array, &dump->count);
#include "dump_section_list.h"
#undef SECTION
    return is_good;
}

static bool parse(const struct input *input, struct dump *dump)
{
    struct dump_header header = {0};
    dump->path = strdup(input->path);
    if (!dump->path)
        return error_no_memory(input->error, input->path);
    return read_header(input, &header) && check_header_sum(input, &header) &&
           read_directory(input, &header, dump) && unpack_sections(input, dump) &&
           dump_check(dump, input->error);
}

bool dump_parse(const char *path, const void *bytes, size_t count, struct dump *dump,
                struct error *error)
{
    const struct input input = {path, bytes, count, false, error};
    memset(dump, 0, sizeof(*dump));
    bool is_sound = parse(&input, dump);
    if (!is_sound)
        dump_unload(dump);
    return is_sound;
}

/* Does not wait for somebody to open the other end of a pipe: a directory of dumps may have one in
 * it, of whatever name. One that is being written (from a shell's <(...)) is waited for. */
static FILE *open_file(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return NULL;
    fcntl(descriptor, F_SETFL, O_RDONLY);
    FILE *file = fdopen(descriptor, "rb");
    if (!file)
        close(descriptor);
    return file;
}

/* As many bytes as the header says, but of what is no dump no more than are here: a sparse file of
 * 3 GiB was read to its end, in 29 s, into as much memory. */
static size_t bytes_to_read(const unsigned char *bytes, size_t count)
{
    struct dump_header header;
    if (count < sizeof(header))
        return count;
    memcpy(&header, bytes, sizeof(header));
    bool is_dump = memcmp(header.magic, DUMP_MAGIC, sizeof(header.magic)) == 0 &&
                   header.file_bytes <= DUMP_MAX_FILE_BYTES;
    return is_dump && header.file_bytes > count ? header.file_bytes : count;
}

/* Reads on until there are `wanted` bytes, or the file ends. *bytes stays malloc'ed. */
static bool read_on(FILE *file, size_t wanted, unsigned char **bytes, size_t *count)
{
    unsigned char *more = realloc(*bytes, wanted);
    if (!more)
        return false;
    *bytes = more;
    while (*count < wanted && !feof(file) && !ferror(file))
        *count += fread(more + *count, 1, wanted - *count, file);
    return !ferror(file);
}

/* The file in malloc'ed memory, as much of it as is worth reading; NULL with *error filled. */
static unsigned char *read_file(const char *path, size_t *count, struct error *error)
{
    unsigned char *bytes = NULL;
    *count = 0;
    FILE *file = open_file(path);
    if (file)
        setvbuf(file, NULL, _IONBF, 0); /* every read is a large one */
    if (file && read_on(file, sizeof(struct dump_header), &bytes, count) &&
        read_on(file, bytes_to_read(bytes, *count) + 1 /* shows whether there are more */, &bytes,
                count)) {
        fclose(file);
        return bytes;
    }
    error_set(error, STATUS_BAD_DUMP, "%s: %s", path, strerror(errno));
    free(bytes);
    if (file)
        fclose(file);
    return NULL;
}

bool dump_load(const char *path, struct dump *dump, struct error *error)
{
    memset(dump, 0, sizeof(*dump));
    dump->file = read_file(path, &dump->file_bytes, error);
    if (!dump->file)
        return false;
    const struct input input = {path, dump->file, dump->file_bytes, true, error};
    bool is_sound = parse(&input, dump);
    if (!is_sound)
        dump_unload(dump);
    return is_sound;
}

/* Frees records that do not lie in the file's own bytes. */
static void free_records(const struct dump *dump, const void *records)
{
    uintptr_t place = (uintptr_t)records - (uintptr_t)dump->file;
    if (!dump->file || place >= dump->file_bytes)
        free((void *)records);
}

void dump_unload(struct dump *dump)
{
    free_records(dump, dump->strings);
    free_records(dump, dump->counters);
    free_records(dump, dump->warnings);
    free_records(dump, dump->modules);
    free_records(dump, dump->frames);
    free_records(dump, dump->sites);
    free_records(dump, dump->tables);
    free_records(dump, dump->arrays);
    free_records(dump, dump->growths);
    free_records(dump, dump->readings);
    free_records(dump, dump->owners);
    free_records(dump, dump->suppressions);
    free_records(dump, dump->scripts);
    free_records(dump, dump->grown_places);
    free(dump->file);
    free(dump->path);
    memset(dump, 0, sizeof(*dump));
}

bool dump_stands_for_none(const struct dump *dump)
{
    return dump->info.reason == DUMP_REASON_NO_DUMP || dump->info.reason == DUMP_REASON_UNTRACKED;
}

const char *dump_string(const struct dump *dump, uint32_t offset)
{
    return dump->strings + offset;
}

const struct dump_growth *dump_growths(const struct dump *dump, const struct dump_table *table)
{
    return table->growth_count ? &dump->growths[table->first_growth] : NULL;
}

const struct dump_reading *dump_readings(const struct dump *dump, const struct dump_table *table)
{
    return table->reading_count ? &dump->readings[table->first_reading] : NULL;
}

const struct dump_array *dump_arrays(const struct dump *dump, const struct dump_table *table)
{
    return table->array_count ? &dump->arrays[table->first_array] : NULL;
}
