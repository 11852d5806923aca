/*
 * From a dump file to what it adds to the gate: see check_dump.h. Runs in a process of its own
 * (check_workers.c).
 */
#include "check_dump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "format.h"
#include "owner.h"
#include "place.h"
#include "printable.h"
#include "program_suppressions.h"
#include "words.h"

struct examination {
    const struct findings *findings;
    struct symbolizer *symbolizer;
    struct gate_dump *out;
    bool out_of_memory;
};

static char *copy(struct examination *examination, const char *text)
{
    char *result = text ? strdup(text) : NULL;
    if (text && !result)
        examination->out_of_memory = true;
    return result;
}

/* --- estimates --- */

/* The fewest entries that an estimate leaves possible. */
static uint64_t live_at_least(const struct dump_table *table)
{
    if (table->flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND)
        return 0;
    return table->live > 2 * table->live_error ? table->live - 2 * table->live_error : 0;
}

/* The same table with so many entries, for certain. */
static struct saving saving_with(const struct examination *examination,
                                 const struct judged_table *judged, uint64_t live)
{
    struct dump_table table = *judged->table;
    table.live = live;
    table.live_error = 0;
    return saving_of(&table, judged->layout,
                     dump_growths(examination->findings->dump, judged->table));
}

/* A quiet table that would be a finding if it held as few entries as its estimate leaves possible.
 * An upper bound has no other end: about such a table nothing more is known than the report says.
 */
static bool is_near_limit(const struct examination *examination, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    enum verdict_reason reason = judged->judgement.reason;
    if (!live_is_estimate(table) || table->live_error == 0 ||
        table->flags & DUMP_TABLE_LIVE_IS_UPPER_BOUND || !is_kept(judged) ||
        (reason != REASON_LOADED && reason != REASON_SMALL))
        return false;
    struct saving saving = saving_with(examination, judged, live_at_least(table));
    return saving.load < judged->judgement.limits.hollow_below &&
           best_saving(&saving) >= examination->findings->limits.min_saving;
}

static void warn_of_near_limit(struct examination *examination, const struct judged_table *judged)
{
    const struct dump_table *table = judged->table;
    char name[WORDS_BYTES], place[PLACE_BYTES], least[FORMAT_BYTES], most[FORMAT_BYTES];
    char capacity[FORMAT_BYTES], limit[FORMAT_BYTES], text[1024];
    implementation_name(name, judged);
    place_of_site(examination->symbolizer, examination->findings->dump, telling_site(table), place);
    snprintf(text, sizeof(text),
             "near the limit: the %s from %s holds %s to %s entries in %s %s (an estimate) and is "
             "hollow below a load of %s; taken for not hollow",
             name, place, format_count(least, live_at_least(table)),
             format_count(most, table->live + 2 * table->live_error),
             format_count(capacity, table->capacity), slot_word(table),
             format_load(limit, judged->judgement.limits.hollow_below));
    if (!text_list_add(&examination->out->warnings, &examination->out->warning_count, text))
        examination->out_of_memory = true;
}

/* --- a hollow table --- */

static struct gate_frame *copy_frames(struct examination *examination, uint32_t site, size_t *count)
{
    const struct symbol_frame *frames = NULL;
    size_t wanted = site == DUMP_NONE ? 0
                                      : symbolizer_site(examination->symbolizer,
                                                        examination->findings->dump, site, &frames);
    struct gate_frame *copies = calloc(wanted + 1, sizeof(*copies));
    if (!copies)
        examination->out_of_memory = true;
    for (*count = 0; copies && *count < wanted; ++*count) {
        const struct symbol_frame *frame = &frames[*count];
        copies[*count] = (struct gate_frame){
            .function = copy(examination, frame->function),
            .file = copy(examination, frame->file),
            .line = frame->line,
            .module = copy(examination, frame->module),
            .offset = frame->offset,
            .inlined = frame->inlined,
            .internal = frame->internal,
        };
    }
    return copies;
}

/* "build-id+0x1234" of a frame, with the module's name where it has no build-id. */
static char *place_in_file(struct examination *examination, const struct symbol_frame *frame)
{
    const struct dump *dump = examination->findings->dump;
    if (frame->is_script) /* its lines move with every change of the file */
        return copy(examination, frame->file ? path_base(frame->file) : frame->function);
    const char *name = frame->module ? path_base(frame->module) : "";
    for (size_t i = 0; frame->module && i < dump->module_count; i++) {
        const char *build_id = dump_string(dump, dump->modules[i].build_id);
        if (*build_id && strcmp(dump_string(dump, dump->modules[i].path), frame->module) == 0) {
            name = build_id;
            break;
        }
    }
    char *place = NULL;
    if (asprintf(&place, "%s+0x%" PRIx64, name, frame->offset) < 0) {
        examination->out_of_memory = true;
        return NULL;
    }
    return place;
}

/* Who it is: its fingerprint, and the line of the program that a reader is sent to. */
static void name_it(struct examination *examination, uint32_t site, struct gate_finding *finding)
{
    const struct symbol_frame *frames = NULL, *own = NULL;
    char *functions[FINGERPRINT_FUNCTIONS_MAX];
    size_t count = site == DUMP_NONE ? 0
                                     : symbolizer_site(examination->symbolizer,
                                                       examination->findings->dump, site, &frames);
    for (size_t i = 0; i < count && !own; i++)
        if (!frames[i].internal)
            own = &frames[i];
    size_t function_count = fingerprint_functions(frames, count, functions);
    char *place = own ? place_in_file(examination, own) : NULL;
    fingerprint_make(verdict_word(finding->verdict), finding->implementation, functions,
                     function_count, place ? place : "", finding->fingerprint);
    free(place);
    for (size_t i = 0; i < function_count; i++) {
        if (!text_list_add(&finding->functions, &finding->function_count, functions[i]))
            examination->out_of_memory = true;
        free(functions[i]);
    }
    if (!own)
        return;
    finding->function = copy(examination, own->function);
    finding->file = copy(examination, own->file);
    finding->line = own->line;
    finding->module = copy(examination, own->module);
}

static void count_it(struct examination *examination, const struct judged_table *judged,
                     struct gate_finding *finding)
{
    const struct dump_table *table = judged->table;
    finding->dumps = finding->tables = 1;
    finding->saving = finding->saving_at_most = best_saving(&judged->saving);
    finding->bytes = table->bytes;
    finding->capacity = table->capacity;
    finding->live = finding->live_at_least = finding->live_at_most = table->live;
    finding->freed_at_end = judged->freed_at_end;
    finding->estimated = live_is_estimate(table);
    if (finding->estimated) {
        struct saving most = saving_with(examination, judged, live_at_least(table));
        finding->live_at_least = live_at_least(table);
        finding->live_at_most = table->live + 2 * table->live_error;
        if (best_saving(&most) > finding->saving)
            finding->saving_at_most = best_saving(&most);
    }
    if (judged->judgement.proven_peak > table->live)
        finding->peak_live = judged->judgement.proven_peak;
}

static void add_hollow(struct examination *examination, const struct judged_table *judged)
{
    const struct dump *dump = examination->findings->dump;
    const struct dump_table *table = judged->table;
    struct gate_table *hollow = &examination->out->hollow[examination->out->hollow_count++];
    struct gate_finding *finding = &hollow->finding;
    struct owner owner;
    finding->verdict = judged->judgement.verdict;
    finding->implementation = copy(examination, judged->implementation);
    if (!finding->implementation)
        return;
    name_it(examination, telling_site(table), finding);
    count_it(examination, judged, finding);
    if (owner_of_table(examination->symbolizer, examination->findings, judged, &owner))
        finding->owner = copy(examination, owner.name);
    if (finding->owner && *owner.headline)
        finding->owner_name = copy(examination, owner.headline);
    finding->program = copy(examination, dump_string(dump, dump->info.program));
    finding->dump = copy(examination, dump->path);
    if (judged->advice_count) {
        finding->action = copy(examination, advice_word(judged->advice[0].action));
        finding->how = copy(examination, judged->advice[0].how);
        finding->cost = copy(examination, judged->advice[0].cost);
    }
    finding->grown = table->growth_site != DUMP_NONE;
    finding->frames = copy_frames(examination, telling_site(table), &finding->frame_count);
    bool has_other = table->growth_site != DUMP_NONE && table->birth_site != table->growth_site;
    hollow->birth =
        copy_frames(examination, has_other ? table->birth_site : DUMP_NONE, &hollow->birth_count);
}

/* --- where tables grew, whatever became of them --- */

static void add_grown(struct examination *examination, const struct dump_grown_place *place,
                      enum verdict rule)
{
    const struct symbol_frame *frames = NULL;
    struct gate_dump *out = examination->out;
    char *functions[FINGERPRINT_FUNCTIONS_MAX];
    size_t count =
        symbolizer_site(examination->symbolizer, examination->findings->dump, place->site, &frames);
    size_t function_count = fingerprint_functions(frames, count, functions);
    /* Without a name of a function it takes the implementation, which the place does not have. */
    if (function_count > 0) {
        struct gate_grown *grown = &out->grown[out->grown_count++];
        fingerprint_make(verdict_word(rule), NULL, functions, function_count, NULL,
                         grown->fingerprint);
        grown->bytes = place->bytes;
    }
    for (size_t i = 0; i < function_count; i++)
        free(functions[i]);
}

static void list_grown(struct examination *examination)
{
    const struct dump *dump = examination->findings->dump;
    struct gate_dump *out = examination->out;
    out->grown = calloc(2 * dump->grown_place_count + 1, sizeof(*out->grown));
    if (!out->grown)
        examination->out_of_memory = true;
    for (size_t i = 0; out->grown && i < dump->grown_place_count; i++) {
        add_grown(examination, &dump->grown_places[i], VERDICT_HOLLOW);
        add_grown(examination, &dump->grown_places[i], VERDICT_TOMBSTONES);
    }
}

/* --- the others --- */

static void look_at_quiet(struct examination *examination, const struct judged_table *judged,
                          const struct judged_table **largest)
{
    if (!is_kept(judged))
        return;
    uint64_t saved = best_saving(&judged->saving);
    if (judged->judgement.below_limit && saved > examination->out->largest_quiet)
        examination->out->largest_quiet = saved;
    if (!*largest || judged->table->bytes > (*largest)->table->bytes)
        *largest = judged;
    if (is_near_limit(examination, judged))
        warn_of_near_limit(examination, judged);
}

static void name_largest(struct examination *examination, const struct judged_table *largest)
{
    char name[WORDS_BYTES], place[PLACE_BYTES], bytes[FORMAT_BYTES], load[FORMAT_BYTES] = "unknown";
    char text[1024];
    if (largest->saving.known)
        format_load(load, largest->saving.load);
    place_of_site(examination->symbolizer, examination->findings->dump,
                  telling_site(largest->table), place);
    snprintf(text, sizeof(text), "%s from %s, %s, load %s: %s", implementation_name(name, largest),
             place, format_bytes(bytes, largest->table->bytes), load,
             reason_clause(largest->judgement.reason));
    examination->out->largest_table = copy(examination, text);
    examination->out->largest_bytes = largest->table->bytes;
}

/* A partial dump says nothing about what is missing: it may be the hollow table. */
static void say_if_partial(const struct dump *dump, struct gate_dump *out)
{
    char why[512] = "";
    size_t used = 0;
    if (dump->info.flags & DUMP_INFO_COMPLETE)
        return;
    for (size_t i = 0; i < dump->counter_count && used < sizeof(why); i++)
        used +=
            (size_t)snprintf(why + used, sizeof(why) - used, "; %s: %" PRIu64,
                             dump_string(dump, dump->counters[i].name), dump->counters[i].value);
    error_set(&out->error, STATUS_BAD_DUMP, "%s: is partial: %s%s", dump->path,
              dump->info.reason == DUMP_REASON_OUTSIDE
                  ? "the program was last seen from outside, before its end"
                  : "the tracker could not see everything",
              why);
}

static void take_suppressions(struct examination *examination)
{
    const struct dump *dump = examination->findings->dump;
    struct gate_dump *out = examination->out;
    out->suppressions = copy(examination, program_suppressions_text(dump));
    char *note = program_suppressions_note(examination->symbolizer, dump);
    if (note && !text_list_add(&out->warnings, &out->warning_count, note))
        examination->out_of_memory = true;
    free(note);
}

/* What the tracker has to say of the program, a heap that it cannot see for instance: a green gate
 * would hide it. */
static void take_warnings(struct examination *examination)
{
    const struct dump *dump = examination->findings->dump;
    struct gate_dump *out = examination->out;
    char text[512], program[128], warning[256];
    printable(program, sizeof(program), path_base(dump_string(dump, dump->info.program)));
    for (size_t i = 0; i < dump->warning_count; i++) {
        printable(warning, sizeof(warning), dump_string(dump, dump->warnings[i].text));
        snprintf(text, sizeof(text), "%s: %s", program, warning);
        if (!text_list_add(&out->warnings, &out->warning_count, text))
            examination->out_of_memory = true;
    }
}

static void examine(struct examination *examination, bool has_baseline)
{
    const struct findings *findings = examination->findings;
    const struct judged_table *largest = NULL;
    struct gate_dump *out = examination->out;
    const char *const *notes;
    out->tables = findings->count;
    out->hollow = calloc(findings->class_count[CLASS_FINDING] + 1, sizeof(*out->hollow));
    if (!out->hollow) {
        examination->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < findings->count; i++) {
        const struct judged_table *judged = &findings->tables[i];
        if (finding_class(judged) == CLASS_FINDING)
            add_hollow(examination, judged);
        else if (finding_class(judged) == CLASS_QUIET)
            look_at_quiet(examination, judged, &largest);
    }
    if (largest)
        name_largest(examination, largest);
    if (has_baseline)
        list_grown(examination);
    take_suppressions(examination);
    take_warnings(examination);
    size_t count = symbolizer_notes(examination->symbolizer, &notes);
    for (size_t i = 0; i < count; i++)
        if (!text_list_add(&out->warnings, &out->warning_count, notes[i]))
            examination->out_of_memory = true;
}

static void take_unseen(struct examination *examination, const struct dump *dump)
{
    struct gate_dump *out = examination->out;
    out->unseen = dump->info.reason;
    out->pid = dump->info.pid;
    out->why = copy(examination,
                    dump->warning_count ? dump_string(dump, dump->warnings[0].text) : "no reason");
}

bool check_dump(const char *path, const struct check_options *options,
                struct symbolizer *symbolizer, struct gate_dump *out)
{
    const struct finding_limits limits = {
        .min_saving = !options->min_saving.from   ? 0 /* the default */
                      : options->min_saving.bytes ? options->min_saving.bytes
                                                  : 1,
        .min_fill = options->min_fill.value,
    };
    struct findings findings = {0};
    struct dump dump;
    struct examination examination = {
        .findings = &findings,
        .symbolizer = symbolizer,
        .out = out,
    };
    if (!dump_load(path, &dump, &out->error))
        return true;
    out->program = copy(&examination, dump_string(&dump, dump.info.program));
    if (dump_stands_for_none(&dump)) {
        take_unseen(&examination, &dump);
    } else if (findings_make(&dump, &limits, symbolizer, &findings, &out->error)) {
        out->read = true;
        say_if_partial(&dump, out);
        examine(&examination, options->baseline.path != NULL);
        findings_free(&findings);
    }
    symbolizer_forget_dump(symbolizer);
    dump_unload(&dump);
    return !examination.out_of_memory;
}
