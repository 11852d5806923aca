/*
 * Collecting modules: see modules.h. The ELF structures are those of elf(5); a header that makes no
 * sense leaves the module without bias and build-id, which the analyzer then reports as an offset.
 */
#include "modules.h"

#include "maps.h"

#define MAX_PROGRAM_HEADERS 32
#define MAX_NOTES           16
#define MAX_BUILD_ID_BYTES  32

/* What lies in the first bytes of an image is read once: its headers and mostly its notes. Six
 * system calls a module were half of what a snapshot of a small program cost. */
static bool read_image_at(const struct module_image *image, uint64_t address, void *into,
                          size_t bytes)
{
    uint64_t offset = address - image->base;
    if (image->has_head && offset <= sizeof(image->head) && bytes <= sizeof(image->head) - offset) {
        memcpy(into, image->head + offset, bytes);
        return true;
    }
    return image->reader->read(image->reader, address, into, bytes);
}

/* The text of the GNU build-id note inside [notes, notes + bytes), into `hex`; empty when there is
 * none. */
static void find_build_id(const struct module_image *image, uint64_t notes, uint64_t bytes,
                          char *hex)
{
    uint64_t at = 0;
    hex[0] = '\0';
    for (int count = 0; count < MAX_NOTES && at + sizeof(Elf64_Nhdr) <= bytes; count++) {
        Elf64_Nhdr note;
        struct {
            char name[4];
            unsigned char id[MAX_BUILD_ID_BYTES];
        } found;
        if (!read_image_at(image, notes + at, &note, sizeof(note)))
            return;
        uint64_t name = at + sizeof(note);
        uint64_t value = name + (((uint64_t)note.n_namesz + 3) & ~(uint64_t)3);
        at = value + (((uint64_t)note.n_descsz + 3) & ~(uint64_t)3);
        if (at > bytes)
            return;
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(found.name) ||
            note.n_descsz > sizeof(found.id) ||
            !read_image_at(image, notes + name, &found, sizeof(found.name) + note.n_descsz) ||
            memcmp(found.name, "GNU", sizeof(found.name)) != 0)
            continue;
        for (size_t i = 0; i < note.n_descsz; i++) {
            *hex++ = "0123456789abcdef"[found.id[i] >> 4];
            *hex++ = "0123456789abcdef"[found.id[i] & 15];
        }
        *hex = '\0';
        return;
    }
}

void modules_segments(const struct module_image *image, uint32_t type,
                      bool (*visit)(void *context, const Elf64_Phdr *segment, uint64_t bias),
                      void *context)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        Elf64_Phdr segment;
        if (!read_image_at(image, image->segments + i * sizeof(segment), &segment, sizeof(segment)))
            return;
        if (segment.p_type == type && !visit(context, &segment, image->bias))
            return;
    }
}

static bool take_bias(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct module_image *image = context;
    (void)bias;
    image->bias = image->base - (segment->p_vaddr - segment->p_offset);
    image->has_bias = true;
    return false; /* the first is the one that holds the header */
}

bool modules_open_image(struct module_image *image, const struct memory_reader *reader,
                        uint64_t base)
{
    Elf64_Ehdr header;
    image->reader = reader;
    image->base = base;
    image->has_bias = false;
    image->has_head = reader->read(reader, base, image->head, sizeof(image->head));
    if (!read_image_at(image, base, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr) ||
        header.e_phnum > MAX_PROGRAM_HEADERS)
        return false;
    image->segments = base + header.e_phoff;
    image->segment_count = header.e_phnum;
    /* Some linkers (mold, Go's) write the notes' header before that of the first loaded segment. */
    modules_segments(image, PT_LOAD, take_bias, image);
    return image->has_bias;
}

struct build_id_search {
    const struct module_image *image;
    char *hex;
};

static bool take_build_id(void *context, const Elf64_Phdr *segment, uint64_t bias)
{
    struct build_id_search *search = context;
    find_build_id(search->image, bias + segment->p_vaddr, segment->p_filesz, search->hex);
    return search->hex[0] == '\0';
}

/* Reads bias and build-id of the ELF image whose header is mapped at `base`. */
static bool read_image(const struct memory_reader *reader, uint64_t base, uint64_t *bias, char *hex)
{
    struct module_image image;
    struct build_id_search search = {.image = &image, .hex = hex};
    hex[0] = '\0';
    if (!modules_open_image(&image, reader, base))
        return false;
    *bias = image.bias;
    modules_segments(&image, PT_NOTE, take_build_id, &search);
    return true;
}

/* Offset of the string; 0, which is the empty one, when there is no memory for it. */
static uint32_t add_string(struct buffer *strings, const char *text, size_t bytes)
{
    size_t at = buffer_append(strings, text, bytes);
    if (at == SIZE_MAX || buffer_append(strings, "", 1) == SIZE_MAX)
        return 0;
    return (uint32_t)at;
}

bool modules_collect(const struct memory_reader *reader, const struct buffer *maps,
                     struct buffer *modules, struct buffer *strings)
{
    struct mapping mapping;
    uint64_t image = 0; /* start of the mapping of the present file's first bytes */
    const char *image_path = NULL;
    size_t image_path_bytes = 0;
    size_t offset = 0;

    bool complete = maps->used > 0;
    while (maps_next(maps, &offset, &mapping)) {
        if (mapping.path_bytes == 0 || mapping.path[0] != '/')
            continue;
        if (mapping.file_offset == 0) {
            image = mapping.start;
            image_path = mapping.path;
            image_path_bytes = mapping.path_bytes;
        }
        if (!mapping.executable)
            continue;
        struct dump_module module = {.start = mapping.start, .end = mapping.end};
        char hex[2 * MAX_BUILD_ID_BYTES + 1] = "";
        if (image_path_bytes != mapping.path_bytes ||
            memcmp(image_path, mapping.path, mapping.path_bytes) != 0 ||
            !read_image(reader, image, &module.bias, hex))
            module.bias = mapping.start - mapping.file_offset;
        module.path = add_string(strings, mapping.path, mapping.path_bytes);
        module.build_id = add_string(strings, hex, strlen(hex));
        complete = complete && module.path != 0 && module.build_id != 0 &&
                   buffer_append(modules, &module, sizeof(module)) != SIZE_MAX;
    }
    return complete;
}

uint32_t modules_find(const struct buffer *modules, uint64_t address)
{
    const struct dump_module *module = (const struct dump_module *)modules->memory;
    size_t low = 0, high = modules->used / sizeof(*module);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (address >= module[middle].end)
            low = middle + 1;
        else if (address < module[middle].start)
            high = middle;
        else
            return (uint32_t)middle;
    }
    return DUMP_NONE;
}

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool modules_is_of_system(const char *path)
{
    static const char *const names[] = {"libc.so", "libc-", "ld-", "libstdc++.so", "libhashtrack"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (begins_with(name, names[i]))
            return true;
    return false;
}
