/* Gates made by hand: see sample_gate.h. */
#include "sample_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define MIB      (1ULL << 20)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the samples are made of lives on, and must not look like a leak. */
static void *keep(void *memory)
{
    static void *kept[1024];
    static size_t count;
    if (!memory || count == COUNT(kept))
        abort();
    kept[count++] = memory;
    return memory;
}

static char *in_root(const char *root, const char *file)
{
    char *path;
    if (asprintf(&path, "%s/%s", root, file) < 0)
        abort();
    return keep(path);
}

static void set_frames(struct gate_finding *finding, const struct gate_frame *frames, size_t count)
{
    finding->frames = keep(calloc(count, sizeof(*frames)));
    memcpy(finding->frames, frames, count * sizeof(*frames));
    finding->frame_count = count;
}

static struct gate_finding cache(const char *root)
{
    struct gate_finding finding = {
        .fingerprint = "00112233445566aa",
        .verdict = VERDICT_HOLLOW,
        .state = GATE_INTRODUCED,
        .over_limit = true,
        .implementation = "std::unordered_map",
        .owner = "g_cache.sessions (cache.h:12)",
        .owner_name = "g_cache.sessions",
        .function = "Cache::insert(std::string const&, int)",
        .file = in_root(root, "build/../src/cache.cc"),
        .line = 118,
        .module = in_root(root, "build/server"),
        .program = in_root(root, "build/server"),
        .dump = "hashtrack.server.4711.htd",
        .dumps = 1,
        .tables = 1,
        .saving = 12 * MIB,
        .saving_at_most = 12 * MIB,
        .bytes = 12 * MIB + MIB / 2,
        .capacity = 1638400,
        .live = 100,
        .live_at_least = 100,
        .live_at_most = 100,
        .peak_live = 1500000,
        .action = "recreate",
        .how = "m.rehash(0);",
        .cost = "rehashes 100 entries once",
    };
    const struct gate_frame frames[] = {
        {.function = "std::_Hashtable<int>::_M_rehash(unsigned long)",
         .file = "/usr/include/c++/12/bits/hashtable.h",
         .line = 2500,
         .module = finding.module,
         .offset = 0x1234,
         .inlined = true,
         .internal = true},
        {.function = finding.function,
         .file = finding.file,
         .line = 118,
         .module = finding.module,
         .offset = 0x1234},
        {.function = "main",
         .file = in_root(root, "src/main.cc"),
         .line = 20,
         .module = finding.module,
         .offset = 0x2345},
        {.function = "__libc_start_main",
         .module = "/lib/x86_64-linux-gnu/libc.so.6",
         .offset = 0x27249,
         .internal = true},
    };
    set_frames(&finding, frames, COUNT(frames));
    return finding;
}

/* One finding of each state. */
static void make_red(const char *root, struct gate *gate)
{
    static struct gate_finding findings[5];
    static struct gate_fixed fixed[] = {{"ffeeddccbbaa9988", "Old::index", 3 * MIB, 7}};
    static struct gate_fixed not_seen[] = {{"8899aabbccddeeff", "Rare::index", 5 * MIB, 9}};
    static struct gate_suppression used[] = {{"hollow:libfoo", "suppressions.txt:3", 1, 2 * MIB}};
    static char *failures[] = {"2 findings are over 0 bytes, for no limit is set"};
    static char *warnings[] = {"1 entry of the baseline was not met: --prune-baseline drops it"};
    for (size_t i = 0; i < COUNT(findings); i++)
        findings[i] = cache(root);
    struct gate_finding *worsened = &findings[1], *old = &findings[2];
    struct gate_finding *accepted = &findings[3], *suppressed = &findings[4];

    worsened->state = GATE_WORSENED;
    strcpy(worsened->fingerprint, "1111222233334444");
    worsened->verdict = VERDICT_TOMBSTONES;
    worsened->implementation = "unknown";
    worsened->owner = worsened->owner_name = NULL;
    worsened->function = "index_add";
    worsened->file = in_root(root, "src/index.c");
    worsened->line = 7;
    worsened->frames[1].function = worsened->function;
    worsened->frames[1].file = worsened->file;
    worsened->frames[1].line = 7;
    worsened->estimated = true;
    worsened->near_limit = true;
    worsened->live_at_least = 80;
    worsened->live_at_most = 120;
    worsened->saving_at_most = 13 * MIB;
    worsened->baseline = 4 * MIB;
    worsened->tables = 3;
    worsened->dumps = 5;

    old->state = GATE_PREEXISTING;
    old->over_limit = false;
    strcpy(old->fingerprint, "5555666677778888");
    old->verdict = VERDICT_OVER_RESERVED;
    old->baseline = 12 * MIB;

    accepted->state = GATE_ACCEPTED;
    accepted->over_limit = false;
    strcpy(accepted->fingerprint, "9999aaaabbbbcccc");
    accepted->baseline = 12 * MIB;
    accepted->reason = "filled again every morning";
    accepted->expires = "2027-01-31";

    suppressed->state = GATE_SUPPRESSED;
    suppressed->over_limit = false;
    strcpy(suppressed->fingerprint, "ddddeeeeffff0000");
    suppressed->reason = "hollow:libfoo (suppressions.txt:3)";

    *gate = (struct gate){
        .findings = findings,
        .finding_count = COUNT(findings),
        .fixed = fixed,
        .fixed_count = COUNT(fixed),
        .not_seen = not_seen,
        .not_seen_count = COUNT(not_seen),
        .suppressions = used,
        .suppression_count = COUNT(used),
        .warnings = warnings,
        .warning_count = COUNT(warnings),
        .dumps = 5,
        .tables = 60,
        .counted_bytes = 20 * MIB,
        .hollow_bytes = 48 * MIB,
        .largest_quiet = 100000,
        .failed = true,
        .failures = failures,
        .failure_count = COUNT(failures),
        .baseline_path = "hashtrack.baseline.json",
        .status = STATUS_FINDINGS,
    };
}

/* Findings, but none over its limit. */
static void make_green(const char *root, struct gate *gate)
{
    static struct gate_finding finding;
    finding = cache(root);
    finding.over_limit = false;
    *gate = (struct gate){
        .findings = &finding,
        .finding_count = 1,
        .dumps = 1,
        .tables = 4,
        .counted_bytes = finding.saving,
        .hollow_bytes = finding.saving,
    };
}

/* No finding is over a limit alone, all together are. */
static void make_sum(const char *root, struct gate *gate)
{
    static struct gate_finding findings[2];
    static char *failures[] = {"24.0 MiB are hollow, over --max-hollow 20M"};
    findings[0] = cache(root);
    findings[1] = cache(root);
    strcpy(findings[1].fingerprint, "0011223344556677");
    findings[0].over_limit = findings[1].over_limit = false;
    *gate = (struct gate){
        .findings = findings,
        .finding_count = COUNT(findings),
        .dumps = 1,
        .tables = 4,
        .failed = true,
        .failures = failures,
        .failure_count = 1,
        .status = STATUS_FINDINGS,
    };
}

/* Some dumps could not be read. */
static void make_unread(struct gate *gate)
{
    static char *errors[] = {"/tmp/a.htd: is damaged",
                             "/tmp/\x1b[31mb.htd: is \"no\" dump & <more>"};
    *gate = (struct gate){
        .dumps = 1, .errors = errors, .error_count = COUNT(errors), .status = STATUS_BAD_DUMP};
}

static char *every_byte(void)
{
    static char all[256];
    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    return all;
}

static char *very_long(void)
{
    static char text[20001];
    for (size_t i = 0; i + 5 < sizeof(text); i += 5)
        memcpy(text + i, "a<b>&", 6);
    return text;
}

/* Names that break what is not escaped. */
static void make_nasty(const char *root, struct gate *gate)
{
    static char *const names[] = {
        "operator[](int) [x](http://example.com) {0} {{closure}}",
        "core::ops::function::FnOnce::call_once{{vtable.shim}}::h0123456789abcdef",
        "<alloc::vec::Vec<T> as core::iter::FromIterator<T>>::from_iter",
        "std::map<std::vector<char const*> >::operator<<(foo&&) const::{lambda(auto:1)#1}",
        "a\n::error::injected\r\n%0A::warning title=x::y",
        "not ok 7 - x # TODO it is fine",
        "]]> --> <!DOCTYPE x> &amp; \"quoted\" 'single' `code` |cell| <script>alert(1)</script>",
        "\xff\xfe not UTF-8 \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80",
        "\xef\xbf\xbe \xef\xbf\xbf \xe2\x80\xae turned \xc2\x85 \x1b[31m",
        "",
    };
    static char *const files[] = {
        "src/with space, comma: colon%25.cc",
        "src/not-utf8-\xff.cc",
        "src/\xc3\xa4rger.cc",
        "src/new\nline.cc",
        "src/#hash?query.cc",
    };
    static struct gate_finding findings[COUNT(names) + 6];
    static char *warnings[4], *failures[2];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(names); i++, count++) {
        struct gate_finding *finding = &findings[count];
        *finding = cache(root);
        snprintf(finding->fingerprint, sizeof(finding->fingerprint), "%016zx", i + 1);
        finding->function = names[i];
        finding->owner = finding->owner_name = names[(i + 1) % COUNT(names)];
        finding->implementation = names[(i + 2) % COUNT(names)];
        finding->how = names[(i + 3) % COUNT(names)];
        finding->cost = names[(i + 4) % COUNT(names)];
        finding->dump = names[(i + 5) % COUNT(names)];
        finding->program = names[(i + 6) % COUNT(names)];
        finding->reason = names[(i + 7) % COUNT(names)];
        finding->file = in_root(root, files[i % COUNT(files)]);
        finding->frames[1].function = names[i];
        finding->frames[1].file = finding->file;
        finding->frames[2].function = names[(i + 1) % COUNT(names)];
        finding->frames[2].module = names[(i + 2) % COUNT(names)];
    }
    /* Nothing is known of it. */
    findings[count] = (struct gate_finding){.fingerprint = "e000", .verdict = VERDICT_HOLLOW};
    count++;
    /* Its source is outside, its caller inside. */
    findings[count] = cache(root);
    findings[count].file = findings[count].frames[1].file = "/elsewhere/lib/cache.cc";
    strcpy(findings[count++].fingerprint, "e001");
    /* All of it is outside, and what is relative is relative to nobody knows what. */
    findings[count] = cache(root);
    findings[count].file = findings[count].frames[1].file = "../../cache.cc";
    findings[count].frames[2].file = "main.cc";
    findings[count].module = "[vdso]";
    findings[count].frames[3].module = NULL;
    strcpy(findings[count++].fingerprint, "e002");
    findings[count] = cache(root);
    findings[count].function = every_byte();
    findings[count].owner = findings[count].owner_name = every_byte();
    findings[count].how = every_byte();
    strcpy(findings[count++].fingerprint, "e003");
    findings[count] = cache(root);
    findings[count].function = findings[count].owner_name = very_long();
    findings[count].frames[1].function = very_long();
    strcpy(findings[count++].fingerprint, "e004");
    findings[count] = cache(root);
    findings[count].state = GATE_ACCEPTED;
    findings[count].over_limit = false;
    findings[count].reason = every_byte();
    strcpy(findings[count++].fingerprint, "e005-2");
    for (size_t i = 0; i < COUNT(warnings); i++)
        warnings[i] = names[i + 4];
    failures[0] = every_byte();
    failures[1] = names[4];
    *gate = (struct gate){
        .findings = findings,
        .finding_count = count,
        .warnings = warnings,
        .warning_count = COUNT(warnings),
        .dumps = 1,
        .tables = 20,
        .failed = true,
        .failures = failures,
        .failure_count = COUNT(failures),
        .baseline_path = names[4],
        .status = STATUS_FINDINGS,
    };
}

/* More than anybody takes. */
static void make_many(const char *root, struct gate *gate)
{
    enum { MANY = 25001 };
    struct gate_finding *findings = keep(calloc(MANY, sizeof(*findings)));
    static char *failures[] = {"much is over --max-per-site 1M"};
    struct gate_finding one = cache(root);
    for (size_t i = 0; i < MANY; i++) {
        findings[i] = one;
        snprintf(findings[i].fingerprint, sizeof(findings[i].fingerprint), "%016zx", i + 1);
        findings[i].over_limit = i < 12500;
    }
    *gate = (struct gate){
        .findings = findings,
        .finding_count = MANY,
        .dumps = 200,
        .tables = MANY,
        .failed = true,
        .failures = failures,
        .failure_count = COUNT(failures),
        .status = STATUS_FINDINGS,
    };
}

bool sample_gate(const char *name, const char *root, struct gate *gate)
{
    if (strcmp(name, "red") == 0)
        make_red(root, gate);
    else if (strcmp(name, "green") == 0)
        make_green(root, gate);
    else if (strcmp(name, "empty") == 0)
        *gate = (struct gate){.dumps = 1, .tables = 4, .largest_quiet = 5000};
    else if (strcmp(name, "sum") == 0)
        make_sum(root, gate);
    else if (strcmp(name, "nasty") == 0)
        make_nasty(root, gate);
    else if (strcmp(name, "many") == 0)
        make_many(root, gate);
    else if (strcmp(name, "unread") == 0)
        make_unread(gate);
    else
        return false;
    return true;
}
