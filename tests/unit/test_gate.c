/* What the gate decides of findings: gate_make.h. Findings come as the lines that workers send. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "gate_make.h"

#define MIB        (1 << 20)
#define MOST_DUMPS 4

struct scene {
    struct gate_dump dumps[MOST_DUMPS];
    size_t count;
    struct check_options options;
    struct baseline baseline;
    bool has_baseline;
    struct suppressions *suppressions;
    struct gate gate;
    struct error error;
};

/* A dump of `program` without a table. */
static struct gate_dump *add_dump(struct scene *scene, const char *path, const char *program)
{
    struct gate_dump *dump = &scene->dumps[scene->count++];
    *dump = (struct gate_dump){
        .path = strdup(path), .program = strdup(program), .read = true, .tables = 3};
    return dump;
}

/* A hollow table in it; takes the long way through JSON that those of workers take. */
static void add_table(struct gate_dump *dump, const char *fingerprint, uint64_t saving,
                      uint64_t saving_at_most)
{
    bool ok = true;
    struct gate_dump back = {0};
    dump->hollow = realloc(dump->hollow, (dump->hollow_count + 1) * sizeof(*dump->hollow));
    assert_non_null(dump->hollow);
    struct gate_table *table = &dump->hollow[dump->hollow_count++];
    *table = (struct gate_table){.finding = {
                                     .verdict = VERDICT_HOLLOW,
                                     .implementation = strdup("std::unordered_map"),
                                     .function = strdup("Cache::insert"),
                                     .file = strdup("/src/cache.cc"),
                                     .line = 118,
                                     .program = strdup(dump->program),
                                     .dumps = 1,
                                     .tables = 1,
                                     .saving = saving,
                                     .saving_at_most = saving_at_most,
                                     .bytes = 2 * saving,
                                 }};
    snprintf(table->finding.fingerprint, FINGERPRINT_BYTES, "%s", fingerprint);
    assert_true(
        text_list_add(&table->finding.functions, &table->finding.function_count, "Cache::insert"));
    json_t *object = gate_dump_to_json(dump, &ok);
    assert_true(ok);
    assert_true(gate_dump_from_json(object, &back));
    json_decref(object);
    back.path = strdup(dump->path);
    gate_dump_free(dump);
    *dump = back;
}

static void set_limit(struct bytes_limit *limit, const char *name, uint64_t bytes)
{
    limit->bytes = bytes;
    limit->from = strdup(name);
}

static void set_baseline(struct scene *scene, const char *entries)
{
    char text[2048];
    snprintf(text, sizeof(text), "{\"schema\": \"" BASELINE_SCHEMA "\"}\n%s", entries);
    scene->has_baseline = true;
    if (!baseline_parse("known.json", text, strlen(text), &scene->baseline, &scene->error))
        fail_msg("%s", scene->error.text);
}

static bool make(struct scene *scene)
{
    struct gate_input input = {
        .dumps = scene->dumps,
        .count = scene->count,
        .suppressions = scene->suppressions,
        .baseline = scene->has_baseline ? &scene->baseline : NULL,
        .options = &scene->options,
        .today = "2026-06-15",
    };
    gate_free(&scene->gate);
    return gate_make(&input, &scene->gate, &scene->error);
}

static void tear_down(struct scene *scene)
{
    gate_free(&scene->gate);
    for (size_t i = 0; i < scene->count; i++)
        gate_dump_free(&scene->dumps[i]);
    check_options_free(&scene->options);
    baseline_free(&scene->baseline);
    suppressions_free(scene->suppressions);
}

static void assert_says(char *const *list, size_t count, const char *words)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(list[i], words))
            return;
    for (size_t i = 0; i < count; i++)
        print_message("%s\n", list[i]);
    fail_msg("nothing says \"%s\"", words);
}

#define ENTRY(fingerprint, bytes, more)                                                            \
    "{\"bytes\": " bytes ", \"family\": \"x\", \"fingerprint\": \"" fingerprint                    \
    "\", \"program\": \"server\", \"rule\": \"hollow\", \"site\": \"f\"" more "}\n"

/* Tables of one dump are summed; of several dumps the worst counts. */
static void test_merges(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct gate_dump *first = add_dump(&scene, "b.htd", "/bin/server");
    add_table(first, "aa", 2 * MIB, 2 * MIB);
    add_table(first, "aa", 3 * MIB, 3 * MIB);
    add_table(first, "bb", 1 * MIB, 1 * MIB);
    add_table(add_dump(&scene, "a.htd", "/bin/client"), "aa", 4 * MIB, 4 * MIB);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.finding_count, 2);
    const struct gate_finding *largest = &scene.gate.findings[0];
    assert_string_equal(largest->fingerprint, "aa");
    assert_int_equal(largest->saving, 5 * MIB);
    assert_int_equal(largest->tables, 2);
    assert_int_equal(largest->dumps, 2);
    assert_string_equal(largest->dump, "b.htd");
    assert_int_equal(scene.gate.hollow_bytes, 6 * MIB);
    assert_int_equal(scene.gate.tables, 6);
    tear_down(&scene);
}

/* Where two dumps have the same, their paths decide, not their order. */
static void test_equal_dumps(void **state)
{
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        struct scene scene = {0};
        add_table(add_dump(&scene, turned ? "a.htd" : "b.htd", "/bin/server"), "aa", MIB, MIB);
        add_table(add_dump(&scene, turned ? "b.htd" : "a.htd", "/bin/server"), "aa", MIB, MIB);
        assert_true(make(&scene));
        assert_int_equal(scene.gate.finding_count, 1);
        assert_string_equal(scene.gate.findings[0].dump, "a.htd");
        tear_down(&scene);
    }
}

static void test_without_limits_nothing_new_passes(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct gate_dump *dump = add_dump(&scene, "a.htd", "/bin/server");
    assert_true(make(&scene));
    assert_false(scene.gate.failed);
    assert_int_equal(scene.gate.status, STATUS_OK);
    add_table(dump, "aa", 2 * MIB, 2 * MIB);
    assert_true(make(&scene));
    assert_true(scene.gate.failed);
    assert_int_equal(scene.gate.status, STATUS_FINDINGS);
    assert_true(scene.gate.findings[0].over_limit);
    assert_says(scene.gate.failures, scene.gate.failure_count, "1 finding is new");
    scene.options.error_exitcode = (struct number_setting){7, strdup("--error-exitcode")};
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, 7);
    tear_down(&scene);
}

static void test_limits(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct gate_dump *dump = add_dump(&scene, "a.htd", "/bin/server");
    add_table(dump, "aa", 2 * MIB, 2 * MIB);
    add_table(dump, "bb", 3 * MIB, 3 * MIB);
    set_limit(&scene.options.max_hollow, "--max-hollow", 5 * MIB);
    assert_true(make(&scene));
    assert_false(scene.gate.failed); /* exactly as much as is allowed */
    scene.options.max_hollow.bytes--;
    assert_true(make(&scene));
    assert_true(scene.gate.failed);
    assert_false(scene.gate.findings[0].over_limit); /* alone it would pass */
    scene.options.max_hollow.bytes = 10 * MIB;
    set_limit(&scene.options.max_per_site, "--max-per-site", 3 * MIB - 1);
    assert_true(make(&scene));
    assert_true(scene.gate.failed);
    assert_true(scene.gate.findings[0].over_limit);
    assert_false(scene.gate.findings[1].over_limit);
    assert_says(scene.gate.failures, scene.gate.failure_count, "Cache::insert (cache.cc:118)");
    tear_down(&scene);
}

/* An estimate that has the limit in its interval is judged by its lower end, and it is said. */
static void test_near_limit(void **state)
{
    (void)state;
    struct scene scene = {0};
    add_table(add_dump(&scene, "a.htd", "/bin/server"), "aa", 2 * MIB, 4 * MIB);
    set_limit(&scene.options.max_per_site, "--max-per-site", 3 * MIB);
    set_limit(&scene.options.max_hollow, "--max-hollow", 3 * MIB);
    assert_true(make(&scene));
    assert_false(scene.gate.failed);
    assert_true(scene.gate.findings[0].near_limit);
    assert_says(scene.gate.warnings, scene.gate.warning_count, "3.00 MiB of --max-per-site");
    assert_says(scene.gate.warnings, scene.gate.warning_count, "3.00 MiB of --max-hollow");
    scene.options.max_per_site.bytes = scene.options.max_hollow.bytes = 4 * MIB;
    assert_true(make(&scene));
    assert_false(scene.gate.findings[0].near_limit);
    assert_int_equal(scene.gate.warning_count, 0);
    tear_down(&scene);
}

static void test_baseline(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct gate_dump *dump = add_dump(&scene, "a.htd", "/bin/server");
    add_table(dump, "aa", 11 * MIB, 11 * MIB);
    add_table(dump, "bb", 11 * MIB + 11, 11 * MIB + 11);
    add_table(dump, "cc", 1 * MIB, 1 * MIB);
    add_table(dump, "dd", 1 * MIB, 1 * MIB);
    set_baseline(&scene,
                 ENTRY("aa", "10485760", "") ENTRY("bb", "10485760", "")
                     ENTRY("cc", "1048576",
                           ", \"accepted\": true, \"reason\": \"r\", \"expires\": \"2026-06-15\"")
                         ENTRY("ee", "5", ""));
    assert_true(make(&scene));
    assert_int_equal(scene.gate.state_count[GATE_INTRODUCED], 1);
    assert_int_equal(scene.gate.state_count[GATE_WORSENED], 1);
    assert_int_equal(scene.gate.state_count[GATE_PREEXISTING], 1); /* ten percent are allowed */
    assert_int_equal(scene.gate.state_count[GATE_ACCEPTED], 1);    /* until the end of today */
    assert_int_equal(scene.gate.fixed_count, 0);
    assert_int_equal(scene.gate.not_seen_count, 1);
    assert_string_equal(scene.gate.not_seen[0].fingerprint, "ee");
    /* The new one with all it has, the worsened one with what is more than the baseline's. */
    assert_int_equal(scene.gate.counted_bytes, 1 * MIB + 1 * MIB + 11);
    tear_down(&scene);
}

static void set_grown(struct gate_dump *dump, const char *fingerprint, uint64_t bytes)
{
    dump->grown = calloc(1, sizeof(*dump->grown));
    assert_non_null(dump->grown);
    dump->grown_count = 1;
    strcpy(dump->grown[0].fingerprint, fingerprint);
    dump->grown[0].bytes = bytes;
}

static void set_unseen(struct gate_dump *dump, uint32_t reason, uint32_t pid)
{
    dump->read = false;
    dump->unseen = reason;
    dump->pid = pid;
    dump->why = strdup("killed");
}

/* Only where a table grew as large as one of the entry's did something was put to the test. */
static void test_fixed_where_it_grew(void **state)
{
    (void)state;
    static const struct {
        uint64_t grown;
        const char *tables;
        bool is_fixed;
    } cases[] = {
        {8 * MIB, "", true},
        {4 * MIB, "", true},
        {4 * MIB - 1, "", false},
        {0, "", false},
        {MIB, ", \"tables\": 4", true},
        {MIB - 1, ", \"tables\": 4", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene = {0};
        char baseline[512];
        struct gate_dump *dump = add_dump(&scene, "a.htd", "/bin/server");
        set_grown(dump, cases[i].grown ? "aa" : "bb", cases[i].grown);
        snprintf(baseline, sizeof(baseline), ENTRY("aa", "8388608", "%s"), cases[i].tables);
        set_baseline(&scene, baseline);
        assert_true(make(&scene));
        assert_int_equal(scene.gate.fixed_count, cases[i].is_fixed);
        assert_int_equal(scene.gate.not_seen_count, !cases[i].is_fixed);
        tear_down(&scene);
    }
}

/* One that was not looked at may be the one that is hollow. */
static void test_not_fixed_while_one_is_missing(void **state)
{
    (void)state;
    struct scene scene = {0};
    char *allowed[] = {(char *)"serv*"};
    set_grown(add_dump(&scene, "a.htd", "/bin/server"), "aa", 8 * MIB);
    set_unseen(add_dump(&scene, "b.htd", "/sbin/server"), DUMP_REASON_NO_DUMP, 7);
    set_baseline(&scene, ENTRY("aa", "8388608", ""));
    scene.options.allow_missing.list = allowed;
    scene.options.allow_missing.count = 1;
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_OK);
    assert_int_equal(scene.gate.fixed_count, 0);
    assert_int_equal(scene.gate.not_seen_count, 1);
    scene.options.allow_missing.list = NULL;
    scene.options.allow_missing.count = 0;
    tear_down(&scene);
}

static void test_unseen_processes(void **state)
{
    (void)state;
    struct scene scene = {0};
    add_dump(&scene, "a.htd", "/bin/server");
    set_unseen(add_dump(&scene, "b.htd", "/bin/tool"), DUMP_REASON_UNTRACKED, 8);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_UNTRACKABLE);
    assert_int_equal(scene.gate.dumps, 1);
    set_unseen(add_dump(&scene, "c.htd", "/bin/yes"), DUMP_REASON_NO_DUMP, 9);
    set_unseen(add_dump(&scene, "d.htd", "/bin/yes"), DUMP_REASON_NO_DUMP, 3);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_BAD_DUMP);
    assert_int_equal(gate_missing(&scene.gate), 3);
    assert_int_equal(scene.gate.error_count, 2);
    assert_says(scene.gate.errors, 2, "yes (pids 3, 9) left no dump: killed");
    assert_says(scene.gate.errors, 2, "tool (pid 8) was not tracked: killed");
    assert_false(scene.gate.failed);
    tear_down(&scene);
}

static void test_expired_acceptance(void **state)
{
    (void)state;
    struct scene scene = {0};
    add_table(add_dump(&scene, "a.htd", "/bin/server"), "aa", MIB, MIB);
    set_baseline(&scene,
                 ENTRY("aa", "1048576",
                       ", \"accepted\": true, \"reason\": \"r\", \"expires\": \"2026-06-14\""));
    assert_true(make(&scene));
    assert_true(scene.gate.failed);
    assert_int_equal(scene.gate.state_count[GATE_INTRODUCED], 1);
    assert_int_equal(scene.gate.counted_bytes, MIB);
    assert_says(scene.gate.warnings, scene.gate.warning_count,
                "ended on 2026-06-14: r (known.json:2)");
    tear_down(&scene);
}

/* What a program that was not looked at has is neither fixed nor wrong, unless the gate fails by
 * such a baseline. */
static void test_other_programs(void **state)
{
    (void)state;
    struct scene scene = {0};
    add_dump(&scene, "a.htd", "/bin/client");
    set_baseline(&scene, ENTRY("aa", "1", "") ENTRY("bb", "1", ""));
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_OK);
    assert_int_equal(scene.gate.fixed_count, 0);
    add_table(&scene.dumps[0], "cc", 1, 1);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_USAGE);
    assert_says(scene.gate.errors, scene.gate.error_count, "known.json:2");
    scene.options.is_part_of_suite = true;
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_FINDINGS);
    assert_says(scene.gate.warnings, scene.gate.warning_count, "known.json:2");
    scene.options.is_part_of_suite = false;
    add_table(&scene.dumps[0], "bb", 1, 1);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_FINDINGS);
    tear_down(&scene);
}

/* A dump that could not be read: never green, and nothing is called fixed. */
static void test_unreadable_dump(void **state)
{
    (void)state;
    struct scene scene = {0};
    add_dump(&scene, "a.htd", "/bin/server");
    struct gate_dump *broken = add_dump(&scene, "b.htd", "/bin/server");
    broken->read = false;
    error_set(&broken->error, STATUS_BAD_DUMP, "b.htd: is broken");
    set_baseline(&scene, ENTRY("aa", "1", ""));
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_BAD_DUMP);
    assert_int_equal(scene.gate.dumps, 1);
    assert_int_equal(scene.gate.fixed_count, 0);
    assert_says(scene.gate.errors, scene.gate.error_count, "b.htd: is broken");
    /* That a program could not be tracked weighs less than a finding. */
    broken->error.status = STATUS_UNTRACKABLE;
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_UNTRACKABLE);
    add_table(&scene.dumps[0], "bb", 1, 1);
    assert_true(make(&scene));
    assert_int_equal(scene.gate.status, STATUS_FINDINGS);
    tear_down(&scene);
}

static void test_suppressions(void **state)
{
    (void)state;
    struct scene scene = {.suppressions = suppressions_new()};
    struct gate_dump *dump = add_dump(&scene, "a.htd", "/bin/server");
    add_table(dump, "aa", MIB, MIB);
    dump->hollow[0].finding.owner = strdup("g_cache");
    assert_true(
        suppressions_add_text(scene.suppressions, "lines", "hollow:^g_cache$\n", &scene.error));
    assert_true(make(&scene));
    assert_false(scene.gate.failed);
    assert_int_equal(scene.gate.state_count[GATE_SUPPRESSED], 1);
    assert_int_equal(scene.gate.hollow_bytes, 0);
    assert_int_equal(scene.gate.suppression_count, 1);
    assert_string_equal(scene.gate.suppressions[0].rule, "hollow:^g_cache$");
    assert_string_equal(scene.gate.suppressions[0].from, "lines:1");
    assert_int_equal(scene.gate.suppressions[0].bytes, MIB);
    tear_down(&scene);
}

/* A program's own suppressions are for its own tables. */
static void test_own_suppressions(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct gate_dump *first = add_dump(&scene, "a.htd", "/bin/server");
    first->suppressions = strdup("leak:g_cache\n");
    add_table(first, "aa", 2 * MIB, 2 * MIB);
    first->hollow[0].finding.owner = strdup("g_cache");
    struct gate_dump *second = add_dump(&scene, "b.htd", "/bin/client");
    add_table(second, "aa", MIB, MIB);
    second->hollow[0].finding.owner = strdup("g_cache");
    assert_true(make(&scene));
    assert_int_equal(scene.gate.state_count[GATE_SUPPRESSED], 1);
    assert_int_equal(scene.gate.state_count[GATE_INTRODUCED], 1);
    assert_int_equal(scene.gate.counted_bytes, MIB);
    assert_non_null(strstr(scene.gate.suppressions[0].from, "/bin/server"));
    tear_down(&scene);
}

/* Nothing that a worker sends may bring down the one that reads it. */
static void test_damaged_records(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}",
        "[]",
        "{\"error\": \"\", \"hollow\": 3, \"warnings\": []}",
        "{\"error\": \"\", \"hollow\": [], \"warnings\": [3]}",
        "{\"error\": \"\", \"hollow\": [{}], \"warnings\": []}",
        "{\"error\": \"\", \"hollow\": [], \"warnings\": [], \"tables\": -1}",
        "{\"error\": \"\", \"hollow\": [{\"fingerprint\": \"a\", \"rule\": \"ok\"}], \"warnings\": "
        "[]}",
        "{\"error\": \"\", \"hollow\": [{\"fingerprint\": \"a\", \"rule\": \"hollow\", "
        "\"functions\": [], \"frames\": [{\"function\": \"f\", \"offset\": 3}], \"birth\": []}], "
        "\"warnings\": "
        "[]}",
        "{\"error\": \"\", \"hollow\": [{\"fingerprint\": \"a\", \"rule\": \"hollow\", "
        "\"functions\": [], \"frames\": [], \"birth\": [], \"owner\": 3}], \"warnings\": []}",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct gate_dump dump = {0};
        json_t *object = json_loads(lines[i], 0, NULL);
        assert_non_null(object);
        if (gate_dump_from_json(object, &dump))
            fail_msg("taken: %s", lines[i]);
        gate_dump_free(&dump);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_equal_dumps),
        cmocka_unit_test(test_without_limits_nothing_new_passes),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_near_limit),
        cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_fixed_where_it_grew),
        cmocka_unit_test(test_not_fixed_while_one_is_missing),
        cmocka_unit_test(test_unseen_processes),
        cmocka_unit_test(test_expired_acceptance),
        cmocka_unit_test(test_other_programs),
        cmocka_unit_test(test_unreadable_dump),
        cmocka_unit_test(test_suppressions),
        cmocka_unit_test(test_own_suppressions),
        cmocka_unit_test(test_damaged_records),
    };
    return RUN(tests);
}
