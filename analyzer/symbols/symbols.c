/*
 * From the addresses of a dump to functions, files and lines: three caches around module_symbols.c.
 * A module is opened once, an address looked up once, a site put together once.
 */
#include "symbols.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump_reader.h"
#include "fold.h"
#include "module_symbols.h"
#include "path_base.h"
#include "tail_calls.h"

/* A module of some dump; several dumps of one program share it. A node of the tree `modules`. */
struct known_module {
    char *path; /* as in the dump */
    char *build_id;
    struct module_symbols *symbols; /* NULL: not usable */
};

/* What one address expands to. A node of the tree `places`. */
struct known_place {
    const struct known_module *module;
    uint64_t address;
    struct source_position *positions;
    size_t count;
};

/* A finished site; never moved, so that callers may keep the frames. */
struct known_site {
    struct known_site *next;
    size_t count;
    struct symbol_frame frames[];
};

struct kept_text {
    struct kept_text *next;
    char text[];
};

struct symbolizer {
    struct symbolizer_options options;
    void *modules, *places; /* tsearch(3) */
    struct known_site *all_sites;
    struct kept_text *texts;

    /* Of the dump that was asked about last, by its indices. */
    const struct dump *dump;
    struct dump_info dump_info; /* tells a new dump that lies where the last one lay */
    struct known_module **dump_modules;
    struct known_site **dump_sites;

    const char **notes;
    size_t note_count;
};

struct symbolizer *symbolizer_new(const struct symbolizer_options *options)
{
    struct symbolizer *symbolizer = calloc(1, sizeof(*symbolizer));
    if (symbolizer == NULL)
        return NULL;
    symbolizer->options = *options;
    if (!options->debuginfod)
        unsetenv("DEBUGINFOD_URLS");
    return symbolizer;
}

static void free_place(void *node)
{
    struct known_place *place = node;
    source_positions_free(place->positions, place->count);
    free(place);
}

static void free_module(void *node)
{
    struct known_module *module = node;
    module_symbols_close(module->symbols);
    free(module->path);
    free(module->build_id);
    free(module);
}

void symbolizer_free(struct symbolizer *symbolizer)
{
    if (symbolizer == NULL)
        return;
    tdestroy(symbolizer->modules, free_module);
    while (symbolizer->all_sites != NULL) {
        struct known_site *site = symbolizer->all_sites;
        symbolizer->all_sites = site->next;
        free(site);
    }
    while (symbolizer->texts != NULL) {
        struct kept_text *text = symbolizer->texts;
        symbolizer->texts = text->next;
        free(text);
    }
    tdestroy(symbolizer->places, free_place);
    for (size_t i = 0; i < symbolizer->note_count; i++)
        free((char *)symbolizer->notes[i]);
    free(symbolizer->notes);
    free(symbolizer->dump_modules);
    free(symbolizer->dump_sites);
    free(symbolizer);
}

size_t symbolizer_notes(const struct symbolizer *symbolizer, const char *const **notes)
{
    *notes = symbolizer->notes;
    return symbolizer->note_count;
}

static void add_note(struct symbolizer *symbolizer, char *note)
{
    const char **grown =
        reallocarray(symbolizer->notes, symbolizer->note_count + 1, sizeof(*symbolizer->notes));
    if (grown == NULL) {
        free(note);
        return;
    }
    symbolizer->notes = grown;
    symbolizer->notes[symbolizer->note_count++] = note;
}

/* One line that is wiped again: a large program's debug information takes seconds. */
static bool show_progress(const struct symbolizer *symbolizer, const char *path)
{
    if (!symbolizer->options.progress || !isatty(STDERR_FILENO))
        return false;
    fprintf(stderr, "hashtrack: reading the symbols of ");
    for (const char *c = path_base(path); *c != '\0'; c++)
        fputc((unsigned char)*c >= ' ' && *c != 0x7f ? *c : '?', stderr);
    fflush(stderr);
    return true;
}

static void wipe_progress(void)
{
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

static struct module_symbols *open_symbols(struct symbolizer *symbolizer,
                                           const struct known_module *module,
                                           const struct dump *dump)
{
    /* [vdso], [anon] and the like have no file. */
    if (symbolizer->options.off || module->path[0] != '/')
        return NULL;

    char *path = strdup(module->path);
    if (path == NULL)
        return NULL;
    /* The kernel's word for a file that was replaced while it ran. The build-id says whether what
     * lies there now is the same. */
    static const char deleted[] = " (deleted)";
    size_t length = strlen(path);
    if (length > sizeof(deleted) && strcmp(path + length - (sizeof(deleted) - 1), deleted) == 0)
        path[length - (sizeof(deleted) - 1)] = '\0';

    uint64_t dumped_ns = dump->info.start_realtime_ns + dump->info.at_ms * 1000000;
    char *why = NULL;
    bool shown = show_progress(symbolizer, path);
    struct module_symbols *symbols = module_symbols_open(path, module->build_id, dumped_ns, &why);
    if (shown)
        wipe_progress();
    if (why != NULL && symbols == NULL)
        add_note(symbolizer, why);
    else
        free(why);
    free(path);
    return symbols;
}

static int compare_modules(const void *left, const void *right)
{
    const struct known_module *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order != 0 ? order : strcmp(a->build_id, b->build_id);
}

static struct known_module *add_module(struct symbolizer *symbolizer,
                                       const struct known_module *wanted)
{
    struct known_module *module = calloc(1, sizeof(*module));
    if (module == NULL)
        return NULL;
    module->path = strdup(wanted->path);
    module->build_id = strdup(wanted->build_id);
    if (module->path == NULL || module->build_id == NULL ||
        tsearch(module, &symbolizer->modules, compare_modules) == NULL) {
        free_module(module);
        return NULL;
    }
    return module;
}

static struct known_module *module_at(struct symbolizer *symbolizer, const struct dump *dump,
                                      uint32_t index)
{
    if (symbolizer->dump_modules[index] != NULL)
        return symbolizer->dump_modules[index];

    struct known_module wanted = {
        .path = (char *)dump_string(dump, dump->modules[index].path),
        .build_id = (char *)dump_string(dump, dump->modules[index].build_id),
    };
    struct known_module **found = tfind(&wanted, &symbolizer->modules, compare_modules);
    struct known_module *module = found != NULL ? *found : add_module(symbolizer, &wanted);
    if (module != NULL && found == NULL)
        module->symbols = open_symbols(symbolizer, module, dump);
    symbolizer->dump_modules[index] = module;
    return module;
}

static int compare_places(const void *left, const void *right)
{
    const struct known_place *a = left, *b = right;
    if (a->module != b->module)
        return (uintptr_t)a->module < (uintptr_t)b->module ? -1 : 1;
    return (a->address > b->address) - (a->address < b->address);
}

/* NULL when nothing is known of that address. */
static const struct known_place *place_at(struct symbolizer *symbolizer,
                                          const struct known_module *module, uint64_t address)
{
    if (module == NULL || module->symbols == NULL)
        return NULL;
    struct known_place wanted = {.module = module, .address = address};
    struct known_place **found = tfind(&wanted, &symbolizer->places, compare_places);
    if (found != NULL)
        return *found;

    struct known_place *place = malloc(sizeof(*place));
    if (place == NULL)
        return NULL;
    *place = wanted;
    place->count = module_symbols_find(module->symbols, address, &place->positions);
    if (tsearch(place, &symbolizer->places, compare_places) == NULL) {
        free_place(place);
        return NULL;
    }
    return place;
}

/* A frame of a stack before inlined functions are expanded. */
struct physical_frame {
    const struct known_module *module;
    uint64_t offset;     /* return address, or behind the jump that took it off the stack */
    bool tail_call;      /* put back */
    bool only_outermost; /* the jump is not known: nor is what was inlined around it */
    const struct known_place *place;  /* NULL when nothing is known */
    const struct dump_script *script; /* a line of a script; NULL for code */
};

struct physical_stack {
    struct physical_frame *frames;
    size_t count;
};

static const struct tail_side *side_of(const struct physical_frame *frame)
{
    return frame->module != NULL && frame->module->symbols != NULL
               ? module_symbols_tail_side(frame->module->symbols)
               : NULL;
}

static struct physical_frame tail_frame(struct symbolizer *symbolizer,
                                        const struct known_module *module,
                                        const struct tail_call *call)
{
    const struct known_place *place =
        call->jump != 0 ? place_at(symbolizer, module, call->jump) : NULL;
    /* A jump that stands for two calls in the source has line 0. */
    bool has_line = place != NULL && place->count > 0 && place->positions[0].line != 0;
    uint64_t address = has_line ? call->jump : call->entry;
    return (struct physical_frame){
        .module = module,
        .offset = address + 1,
        .tail_call = true,
        .only_outermost = !has_line,
        .place = has_line ? place : place_at(symbolizer, module, address),
    };
}

/* The functions that jumped away between `outer` and the frame before it, or the allocator. */
static void put_back_tail_calls(struct symbolizer *symbolizer, struct physical_stack *stack,
                                const struct physical_frame *outer)
{
    const struct physical_frame *inner = stack->count > 0 ? &stack->frames[stack->count - 1] : NULL;
    const struct tail_side *outer_side = side_of(outer);
    const struct tail_side *inner_side = inner != NULL ? side_of(inner) : NULL;
    if (outer_side == NULL || (inner != NULL && inner_side == NULL))
        return;
    struct tail_call calls[TAIL_CALLS_MAX];
    bool in_inner;
    size_t count = tail_calls_find(outer_side, outer->offset, inner_side,
                                   inner != NULL ? inner->offset - 1 : 0, calls, &in_inner);
    const struct known_module *module = in_inner ? inner->module : outer->module;
    for (size_t i = 0; i < count; i++)
        stack->frames[stack->count++] = tail_frame(symbolizer, module, &calls[i]);
}

static bool unwind_site(struct symbolizer *symbolizer, const struct dump *dump,
                        const struct dump_site *site, struct physical_stack *stack)
{
    stack->count = 0;
    stack->frames =
        calloc((size_t)site->frame_count * (TAIL_CALLS_MAX + 1) + 1, sizeof(*stack->frames));
    if (stack->frames == NULL)
        return false;
    for (uint32_t i = 0; i < site->frame_count; i++) {
        const struct dump_frame *frame = &dump->frames[site->first_frame + i];
        struct physical_frame physical = {.offset = frame->offset};
        if (frame->script != 0) {
            physical.script = &dump->scripts[frame->script - 1];
            stack->frames[stack->count++] = physical;
            continue;
        }
        if (frame->module != DUMP_NONE)
            physical.module = module_at(symbolizer, dump, frame->module);
        /* A return address is the instruction after the call, perhaps of another line. */
        physical.place = place_at(symbolizer, physical.module, frame->offset - 1);
        put_back_tail_calls(symbolizer, stack, &physical);
        stack->frames[stack->count++] = physical;
    }
    return true;
}

/* How many functions it expands to; the first of them in *positions, NULL when none is known. */
static size_t expand(const struct physical_frame *frame, const struct source_position **positions)
{
    const struct known_place *place = frame->place;
    *positions = NULL;
    if (place == NULL || place->count == 0)
        return 1;
    size_t first = frame->only_outermost ? place->count - 1 : 0;
    *positions = &place->positions[first];
    return place->count - first;
}

/* A copy of a string of the dump, which may be unloaded before the frames that name it; NULL for an
 * empty one. */
static const char *keep_text(struct symbolizer *symbolizer, const struct dump *dump, uint32_t text)
{
    const char *original = dump_string(dump, text);
    size_t bytes = strlen(original) + 1;
    struct kept_text *kept = bytes > 1 ? malloc(sizeof(*kept) + bytes) : NULL;
    if (kept == NULL)
        return NULL;
    memcpy(kept->text, original, bytes);
    kept->next = symbolizer->texts;
    symbolizer->texts = kept;
    return kept->text;
}

/* "<string>" and the like are no files: the function then has to do. */
static struct symbol_frame script_frame(struct symbolizer *symbolizer, const struct dump *dump,
                                        const struct dump_script *script)
{
    const char *file = keep_text(symbolizer, dump, script->file);
    bool is_file = file != NULL && file[0] != '<';
    return (struct symbol_frame){
        .function = keep_text(symbolizer, dump, script->function),
        .file = is_file ? file : NULL,
        .line = is_file ? (int)script->line : 0,
        .is_script = true,
        /* Python's import, which its own tracebacks leave out as well. */
        .internal = file != NULL && strncmp(file, "<frozen importlib", 17) == 0,
    };
}

static struct symbol_frame *fill_frames(struct symbol_frame *out,
                                        const struct physical_frame *frame)
{
    const struct source_position *positions;
    size_t count = expand(frame, &positions);
    for (size_t i = 0; i < count; i++) {
        *out++ = (struct symbol_frame){
            .function = positions != NULL ? positions[i].function : NULL,
            .file = positions != NULL ? positions[i].file : NULL,
            .line = positions != NULL ? positions[i].line : 0,
            .inlined = positions != NULL && positions[i].inlined,
            .module = frame->module != NULL ? frame->module->path : NULL,
            .offset = frame->offset,
            .tail_call = frame->tail_call,
        };
    }
    return out;
}

static struct known_site *build_site(struct symbolizer *symbolizer, const struct dump *dump,
                                     const struct dump_site *recorded)
{
    struct physical_stack stack;
    const struct source_position *ignored;
    if (!unwind_site(symbolizer, dump, recorded, &stack))
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < stack.count; i++)
        count += expand(&stack.frames[i], &ignored);

    struct known_site *site = calloc(1, sizeof(*site) + count * sizeof(site->frames[0]));
    if (site != NULL) {
        struct symbol_frame *out = site->frames;
        for (size_t i = 0; i < stack.count; i++)
            if (stack.frames[i].script != NULL)
                *out++ = script_frame(symbolizer, dump, stack.frames[i].script);
            else
                out = fill_frames(out, &stack.frames[i]);
        site->count = count;
        fold_mark(site->frames, site->count);
    }
    free(stack.frames);
    return site;
}

static bool turn_to(struct symbolizer *symbolizer, const struct dump *dump)
{
    if (symbolizer->dump == dump &&
        memcmp(&symbolizer->dump_info, &dump->info, sizeof(dump->info)) == 0)
        return true;
    free(symbolizer->dump_modules);
    free(symbolizer->dump_sites);
    symbolizer->dump_modules = calloc(dump->module_count + 1, sizeof(struct known_module *));
    symbolizer->dump_sites = calloc(dump->site_count + 1, sizeof(struct known_site *));
    bool ready = symbolizer->dump_modules != NULL && symbolizer->dump_sites != NULL;
    symbolizer->dump = ready ? dump : NULL;
    symbolizer->dump_info = dump->info;
    return ready;
}

void symbolizer_forget_dump(struct symbolizer *symbolizer)
{
    symbolizer->dump = NULL;
}

struct variables *symbolizer_variables(struct symbolizer *symbolizer, const struct dump *dump,
                                       uint32_t module)
{
    if (module >= dump->module_count || !turn_to(symbolizer, dump))
        return NULL;
    const struct known_module *known = module_at(symbolizer, dump, module);
    return known != NULL && known->symbols != NULL ? module_symbols_variables(known->symbols)
                                                   : NULL;
}

bool symbolizer_has_function(struct symbolizer *symbolizer, const struct dump *dump,
                             uint32_t module, const char *name)
{
    if (module >= dump->module_count || !turn_to(symbolizer, dump))
        return false;
    const struct known_module *known = module_at(symbolizer, dump, module);
    const struct tail_side *side =
        known != NULL && known->symbols != NULL ? module_symbols_tail_side(known->symbols) : NULL;
    return side != NULL && function_symbols_named(side->symbols, name) != NULL;
}

const char *symbolizer_function(struct symbolizer *symbolizer, const struct dump *dump,
                                uint32_t module, uint64_t address)
{
    if (module >= dump->module_count || !turn_to(symbolizer, dump))
        return NULL;
    const struct known_place *place =
        place_at(symbolizer, module_at(symbolizer, dump, module), address - 1);
    return place != NULL && place->count > 0 ? place->positions[place->count - 1].function : NULL;
}

size_t symbolizer_site(struct symbolizer *symbolizer, const struct dump *dump, uint32_t site,
                       const struct symbol_frame **frames)
{
    *frames = NULL;
    if (site >= dump->site_count || !turn_to(symbolizer, dump))
        return 0;
    struct known_site *known = symbolizer->dump_sites[site];
    if (known == NULL) {
        known = build_site(symbolizer, dump, &dump->sites[site]);
        if (known == NULL)
            return 0;
        known->next = symbolizer->all_sites;
        symbolizer->all_sites = known;
        symbolizer->dump_sites[site] = known;
    }
    *frames = known->frames;
    return known->count;
}
