/* The modules of our own process, against what the loader says of them: modules.h. */
#include "unit.h"

#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps.h"
#include "modules.h"

struct collected {
    struct buffer modules, strings;
};

static struct collected collect(void)
{
    struct collected collected = {0};
    struct memory_reader reader = process_reader(0);
    struct buffer maps = {0};
    buffer_append(&collected.strings, "", 1);
    assert_true(maps_read(0, &maps));
    assert_true(modules_collect(&reader, &maps, &collected.modules, &collected.strings));
    buffer_free(&maps);
    return collected;
}

static void collected_free(struct collected *collected)
{
    buffer_free(&collected->modules);
    buffer_free(&collected->strings);
}

static const struct dump_module *module_of(const struct collected *collected, const void *address)
{
    uint32_t index = modules_find(&collected->modules, (uint64_t)(uintptr_t)address);
    assert_true(index < collected->modules.used / sizeof(struct dump_module));
    return &((const struct dump_module *)collected->modules.memory)[index];
}

static void test_sorted_and_apart(void **state)
{
    (void)state;
    struct collected collected = collect();
    const struct dump_module *modules = (const struct dump_module *)collected.modules.memory;
    size_t count = collected.modules.used / sizeof(*modules);
    assert_true(count >= 3); /* the test, cmocka, libc, the loader */
    for (size_t i = 0; i < count; i++) {
        assert_true(modules[i].start < modules[i].end);
        assert_true(i == 0 || modules[i - 1].end <= modules[i].start);
        assert_int_equal(modules_find(&collected.modules, modules[i].start), i);
        assert_int_equal(modules_find(&collected.modules, modules[i].end - 1), i);
    }
    assert_int_equal(modules_find(&collected.modules, 0), DUMP_NONE);
    assert_int_equal(modules_find(&collected.modules, UINT64_MAX), DUMP_NONE);
    assert_int_equal(modules_find(&collected.modules, modules[count - 1].end), DUMP_NONE);
    assert_int_equal(modules_find(&(struct buffer){0}, 0x1000), DUMP_NONE);
    collected_free(&collected);
}

static void test_the_program_itself(void **state)
{
    (void)state;
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    assert_true(length > 0);
    path[length] = '\0';
    struct collected collected = collect();
    const struct dump_module *module = module_of(&collected, (void *)test_the_program_itself);
    assert_string_equal(collected.strings.memory + module->path, path);
    collected_free(&collected);
}

/* The build-id as the loader's own view of the module has it. */
static void loader_build_id(const struct dl_phdr_info *info, char *hex)
{
    *hex = '\0';
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_NOTE)
            continue;
        const char *at = (const char *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr);
        const char *end = at + segment->p_memsz;
        while (at < end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const unsigned char *id = (const unsigned char *)at + sizeof(*note) + 4;
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4)
                for (size_t byte = 0; byte < note->n_descsz; byte++, hex += 2)
                    snprintf(hex, 3, "%02x", id[byte]);
            at += sizeof(*note) + ((note->n_namesz + 3) & ~3u) + ((note->n_descsz + 3) & ~3u);
        }
    }
}

static int check_module(struct dl_phdr_info *info, size_t bytes, void *context)
{
    const struct collected *collected = context;
    char build_id[256];
    (void)bytes;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        uint64_t start = info->dlpi_addr + segment->p_vaddr;
        uint32_t index = modules_find(&collected->modules, start);
        if (index == DUMP_NONE) {
            assert_non_null(strstr(info->dlpi_name, "vdso")); /* it is no file */
            return 0;
        }
        const struct dump_module *module =
            &((const struct dump_module *)collected->modules.memory)[index];
        assert_int_equal(module->bias, info->dlpi_addr);
        loader_build_id(info, build_id);
        assert_string_equal(collected->strings.memory + module->build_id, build_id);
    }
    return 0;
}

static void test_bias_and_build_id(void **state)
{
    (void)state;
    struct collected collected = collect();
    dl_iterate_phdr(check_module, &collected);
    collected_free(&collected);
}

/* --- images of our own making, mapped as a program's would be --- */

#define IMAGE_BYTES 8192u

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    struct {
        Elf64_Nhdr header;
        char name[4];
        unsigned char id[4];
    } note;
};

static void make_image(struct image *image)
{
    static const unsigned char id[4] = {0xde, 0xad, 0xbe, 0xef};
    *image = (struct image){
        .header = {.e_phoff = offsetof(struct image, segments),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .note = {.header = {.n_namesz = 4, .n_descsz = 4, .n_type = NT_GNU_BUILD_ID},
                 .name = "GNU"},
    };
    memcpy(image->header.e_ident, ELFMAG, SELFMAG);
    memcpy(image->note.id, id, sizeof(id));
    image->segments[0] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = IMAGE_BYTES, .p_memsz = IMAGE_BYTES};
    image->segments[1] = (Elf64_Phdr){.p_type = PT_NOTE,
                                      .p_offset = offsetof(struct image, note),
                                      .p_vaddr = offsetof(struct image, note),
                                      .p_filesz = sizeof(image->note)};
}

/* Maps the image from a file and says which build-id is found. */
static void assert_build_id(const struct image *image, const char *expected)
{
    char path[] = "/tmp/hashtrack-module-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, IMAGE_BYTES), 0);
    assert_int_equal(pwrite(file, image, sizeof(*image), 0), sizeof(*image));
    void *mapped = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    close(file);
    unlink(path);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    struct collected collected = collect();
    const struct dump_module *module = module_of(&collected, mapped);
    assert_int_equal(module->bias, (uintptr_t)mapped);
    assert_string_equal(collected.strings.memory + module->build_id, expected);
    collected_free(&collected);
    munmap(mapped, IMAGE_BYTES);
}

static void test_notes_before_or_behind_the_code(void **state)
{
    (void)state;
    struct image image;
    make_image(&image);
    assert_build_id(&image, "deadbeef");
    /* mold and Go's linker write the note's segment first. */
    Elf64_Phdr code = image.segments[0];
    image.segments[0] = image.segments[1];
    image.segments[1] = code;
    assert_build_id(&image, "deadbeef");
}

static void test_headers_that_make_no_sense(void **state)
{
    (void)state;
    struct image image;
    make_image(&image);
    image.note.header.n_descsz = 0xffffffff;
    assert_build_id(&image, "");
    make_image(&image);
    image.note.header.n_namesz = 0xfffffffc;
    assert_build_id(&image, "");
    make_image(&image);
    image.header.e_phoff = UINT64_MAX - 7;
    assert_build_id(&image, "");
    make_image(&image);
    image.header.e_phnum = 0xffff;
    assert_build_id(&image, "");
    make_image(&image);
    image.segments[1].p_filesz = sizeof(image.note) - 1;
    assert_build_id(&image, "");
    make_image(&image);
    memcpy(image.header.e_ident, "text", 4);
    assert_build_id(&image, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_and_apart),
        cmocka_unit_test(test_the_program_itself),
        cmocka_unit_test(test_bias_and_build_id),
        cmocka_unit_test(test_notes_before_or_behind_the_code),
        cmocka_unit_test(test_headers_that_make_no_sense),
    };
    return RUN(tests);
}
