/*
 * Collecting modules: see modules.h. The ELF structures are those of elf(5); a header that makes no
 * sense leaves the module without bias and build-id, which the analyzer then reports as an offset.
 */
#include "modules.h"

#include "maps.h"

#define MAX_PROGRAM_HEADERS 32
#define SEGMENTS_AT_ONCE    16
#define MAX_NOTES           16
#define MAX_BUILD_ID_BYTES  32

/* The text of the GNU build-id note inside [notes, notes + bytes), into `hex`; empty when there is
 * none. */
static void find_build_id(const struct memory_reader *reader, uint64_t notes, uint64_t bytes,
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
        if (!reader->read(reader, notes + at, &note, sizeof(note)))
            return;
        uint64_t name = at + sizeof(note);
        uint64_t value = name + (((uint64_t)note.n_namesz + 3) & ~(uint64_t)3);
        at = value + (((uint64_t)note.n_descsz + 3) & ~(uint64_t)3);
        if (at > bytes)
            return;
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(found.name) ||
            note.n_descsz > sizeof(found.id) ||
            !reader->read(reader, notes + name, &found, sizeof(found.name) + note.n_descsz) ||
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

/* Calls visit for each program header of that type until it returns false. */
static void visit_segments(const struct memory_reader *reader, uint64_t base,
                           const Elf64_Ehdr *header, uint32_t type,
                           bool (*visit)(const struct memory_reader *reader,
                                         const Elf64_Phdr *segment, void *context),
                           void *context)
{
    Elf64_Phdr segments[SEGMENTS_AT_ONCE];
    for (unsigned i = 0; i < header->e_phnum; i++) {
        unsigned at = i % SEGMENTS_AT_ONCE, left = header->e_phnum - i;
        size_t bytes = (left < SEGMENTS_AT_ONCE ? left : SEGMENTS_AT_ONCE) * sizeof(segments[0]);
        uint64_t address = base + header->e_phoff + i * sizeof(segments[0]);
        if (at == 0 && !reader->read(reader, address, segments, bytes))
            return;
        if (segments[at].p_type == type && !visit(reader, &segments[at], context))
            return;
    }
}

struct image {
    uint64_t base;
    uint64_t bias;
    bool have_bias;
    char *hex;
};

static bool take_bias(const struct memory_reader *reader, const Elf64_Phdr *segment, void *context)
{
    struct image *image = context;
    (void)reader;
    image->bias = image->base - (segment->p_vaddr - segment->p_offset);
    image->have_bias = true;
    return false; /* the first is the one that holds the header */
}

static bool take_build_id(const struct memory_reader *reader, const Elf64_Phdr *segment,
                          void *context)
{
    struct image *image = context;
    find_build_id(reader, image->bias + segment->p_vaddr, segment->p_filesz, image->hex);
    return image->hex[0] == '\0';
}

/* Reads the header of the ELF image mapped at `base`, and its bias. */
static bool read_header(const struct memory_reader *reader, uint64_t base, Elf64_Ehdr *header,
                        struct image *image)
{
    if (!reader->read(reader, base, header, sizeof(*header)) ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > MAX_PROGRAM_HEADERS)
        return false;
    /* Some linkers (mold, Go's) write the notes' header before that of the first loaded segment. */
    visit_segments(reader, base, header, PT_LOAD, take_bias, image);
    return image->have_bias;
}

/* Reads bias and build-id of the ELF image whose header is mapped at `base`. */
static bool read_image(const struct memory_reader *reader, uint64_t base, uint64_t *bias, char *hex)
{
    Elf64_Ehdr header;
    struct image image = {.base = base, .hex = hex};
    hex[0] = '\0';
    if (!read_header(reader, base, &header, &image))
        return false;
    *bias = image.bias;
    visit_segments(reader, base, &header, PT_NOTE, take_build_id, &image);
    return true;
}

struct segment_visit {
    void (*visit)(void *context, const Elf64_Phdr *segment, uint64_t bias);
    void *context;
    uint64_t bias;
};

static bool pass_on(const struct memory_reader *reader, const Elf64_Phdr *segment, void *context)
{
    const struct segment_visit *visit = context;
    (void)reader;
    visit->visit(visit->context, segment, visit->bias);
    return true;
}

bool modules_segments(const struct memory_reader *reader, uint64_t base, uint32_t type,
                      void (*visit)(void *context, const Elf64_Phdr *segment, uint64_t bias),
                      void *context)
{
    Elf64_Ehdr header;
    struct image image = {.base = base};
    if (!read_header(reader, base, &header, &image))
        return false;
    struct segment_visit each = {.visit = visit, .context = context, .bias = image.bias};
    visit_segments(reader, base, &header, type, pass_on, &each);
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

bool modules_collect(const struct memory_reader *reader, struct buffer *modules,
                     struct buffer *strings)
{
    struct buffer text = {0};
    struct mapping mapping;
    uint64_t image = 0; /* start of the mapping of the present file's first bytes */
    const char *image_path = NULL;
    size_t image_path_bytes = 0;
    size_t offset = 0;

    if (!maps_read(reader->pid, &text)) {
        buffer_free(&text);
        return false;
    }
    bool complete = true;
    while (maps_next(&text, &offset, &mapping)) {
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
    buffer_free(&text);
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
