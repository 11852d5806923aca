/* Call stacks of one source line, and what they are together: the frames are of this program. */
#include "unit.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "findings.h"
#include "source_places.h"
#include "symbols.h"

enum { FIRST, SECOND, ELSEWHERE, SITES };

static struct {
    struct dump dump;
    struct dump_module module;
    struct dump_frame frames[SITES];
    struct dump_site sites[SITES];
    struct dump_table tables[6];
    struct dump_growth growth;
    char strings[4200];
} scene;

static __attribute__((noinline)) uint64_t here(void)
{
    __asm__ volatile(""); /* or one call stands for all */
    return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

/* A dump with three stacks of one frame each, two of them of one line. */
static void make_dump(void)
{
    uint64_t addresses[SITES];
    /* clang-format off */
    addresses[FIRST] = here(); addresses[SECOND] = here();
    /* clang-format on */
    addresses[ELSEWHERE] = here();
    Dl_info info;
    struct link_map *map;
    assert_int_not_equal(
        dladdr1((void *)(uintptr_t)addresses[0], &info, (void **)&map, RTLD_DL_LINKMAP), 0);
    memset(&scene, 0, sizeof(scene));
    strcpy(scene.strings + 1, "std::unordered_map");
    ssize_t length = readlink("/proc/self/exe", scene.strings + 32, 4096);
    assert_true(length > 0);
    scene.module = (struct dump_module){.bias = map->l_addr, .path = 32};
    for (uint32_t i = 0; i < SITES; i++) {
        scene.frames[i] = (struct dump_frame){.offset = addresses[i] - map->l_addr};
        scene.sites[i] = (struct dump_site){.first_frame = i, .frame_count = 1};
    }
    scene.dump = (struct dump){
        .path = "x.htd",
        /* Without a build-id a file counts when it is older than the dump. */
        .info = {.start_realtime_ns = 4000000000000000000,
                 .at_ms = 60000,
                 .tracked_bytes = 10 << 20},
        .strings = scene.strings,
        .string_bytes = sizeof(scene.strings),
        .modules = &scene.module,
        .module_count = 1,
        .frames = scene.frames,
        .frame_count = SITES,
        .sites = scene.sites,
        .site_count = SITES,
        .tables = scene.tables,
        .growths = &scene.growth,
    };
}

/* 400 kB for nobody. */
static void add_map(uint32_t site, uint32_t growths)
{
    size_t number = scene.dump.table_count++;
    scene.tables[number] = (struct dump_table){
        .number = number + 1,
        .address = (number + 1) << 20,
        .bytes = 50000 * 8,
        .capacity = 50000,
        .slot_bytes = 8,
        .implementation = 1,
        .kind = DUMP_KIND_CHAINED,
        .read = DUMP_READ_EXACT,
        .known = DUMP_KNOWN_CAPACITY | DUMP_KNOWN_LIVE | DUMP_KNOWN_SLOT_BYTES,
        .confidence_ppm = 1000000,
        .birth_site = site,
        .growth_site = growths ? site : DUMP_NONE,
        .growths = growths,
        .growth_load_ppm = 1000000,
        .read_ms = 60000,
    };
}

static struct symbolizer *symbols(bool off)
{
    struct symbolizer *symbolizer = symbolizer_new(&(struct symbolizer_options){.off = off});
    assert_non_null(symbolizer);
    return symbolizer;
}

static void test_one_line_is_one_place(void **state)
{
    (void)state;
    make_dump();
    struct symbolizer *symbolizer = symbols(false);
    bool wanted[SITES] = {true, true, true};
    uint32_t place[SITES] = {FIRST, SECOND, ELSEWHERE};
    assert_true(source_places_find(symbolizer, &scene.dump, wanted, place));
    assert_int_equal(place[FIRST], FIRST);
    assert_int_equal(place[SECOND], FIRST);
    assert_int_equal(place[ELSEWHERE], ELSEWHERE);
    /* What nobody asked for stays as it is. */
    uint32_t untouched[SITES] = {FIRST, SECOND, ELSEWHERE};
    wanted[FIRST] = false;
    assert_true(source_places_find(symbolizer, &scene.dump, wanted, untouched));
    assert_int_equal(untouched[SECOND], SECOND);
    symbolizer_free(symbolizer);
}

static void test_without_lines_addresses_count(void **state)
{
    (void)state;
    make_dump();
    struct symbolizer *symbolizer = symbols(true);
    scene.frames[ELSEWHERE] = scene.frames[FIRST];
    const bool wanted[SITES] = {true, true, true};
    uint32_t place[SITES] = {FIRST, SECOND, ELSEWHERE};
    assert_true(source_places_find(symbolizer, &scene.dump, wanted, place));
    assert_int_equal(place[SECOND], SECOND);
    assert_int_equal(place[ELSEWHERE], FIRST);
    symbolizer_free(symbolizer);
}

/* Two small maps of each stack; those of the first were seen growing, which tells of all four. */
static void test_small_tables_of_a_line_are_one_finding(void **state)
{
    (void)state;
    struct findings findings;
    struct error error;
    make_dump();
    add_map(FIRST, 9);
    add_map(FIRST, 9);
    add_map(SECOND, 0);
    add_map(SECOND, 0);
    add_map(ELSEWHERE, 0);
    assert_true(findings_make(&scene.dump, NULL, NULL, &findings, &error));
    assert_int_equal(findings.class_count[CLASS_FINDING], 0);
    findings_free(&findings);

    struct symbolizer *symbolizer = symbols(false);
    assert_true(findings_make(&scene.dump, NULL, symbolizer, &findings, &error));
    assert_int_equal(findings.class_count[CLASS_FINDING], 4);
    assert_int_equal(findings.group_count, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(findings.tables[i].judgement.verdict, VERDICT_HOLLOW);
        assert_ptr_equal(findings.tables[i].group, &findings.groups[0]);
    }
    assert_int_equal(findings.groups[0].tables, 4);
    findings_free(&findings);
    symbolizer_free(symbolizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line_is_one_place),
        cmocka_unit_test(test_without_lines_addresses_count),
        cmocka_unit_test(test_small_tables_of_a_line_are_one_finding),
    };
    return RUN(tests);
}
