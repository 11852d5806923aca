/*
 * One ELF file and its DWARF, read with elfutils' libdwfl (0.188). It bounds-checks what it reads;
 * every error it returns means "not known" here, never a guess.
 */
#include "module_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include "code_scopes.h"
#include "compile_units.h"
#include "demangle.h"
#include "function_name.h"
#include "parent_folders.h"
#include "tail_calls.h"
#include "variables.h"

struct module_symbols {
    Dwfl *session;
    Dwfl_Module *module;
    GElf_Addr bias; /* libdwfl's address minus the ELF virtual address */
    struct compile_units *units;
    struct variables *variables;
    struct function_symbols *functions;
    struct machine_code *code;
    struct tail_side tail_side;
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

/* The path comes out of a dump: it may name a device or a FIFO, and opening those has effects. */
static int open_regular(const char *path, struct stat *status)
{
    if (stat(path, status) != 0)
        return -1;
    if (!S_ISREG(status->st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static bool same_build_id(Dwfl_Module *module, const char *expected)
{
    const unsigned char *bits;
    GElf_Addr address;
    int bytes = dwfl_module_build_id(module, &bits, &address);
    if (bytes <= 0)
        return expected[0] == '\0';
    if (strlen(expected) != (size_t)bytes * 2)
        return false;
    for (size_t i = 0; i < (size_t)bytes; i++) {
        char hexadecimal[3];
        snprintf(hexadecimal, sizeof(hexadecimal), "%02x", bits[i]);
        if (strncasecmp(hexadecimal, expected + 2 * i, 2) != 0)
            return false;
    }
    return true;
}

static struct module_symbols *open_file(const char *path, const char *build_id,
                                        uint64_t not_after_ns, const char **why)
{
    struct stat status;
    int file = open_regular(path, &status);
    if (file < 0) {
        *why = strerror(errno);
        return NULL;
    }
    uint64_t changed_ns =
        (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    if (build_id[0] == '\0' && changed_ns > not_after_ns) {
        close(file);
        *why = "it changed after the program ran and has no build-id to tell by";
        return NULL;
    }

    struct module_symbols *opened = calloc(1, sizeof(*opened));
    Dwfl *session = opened != NULL ? dwfl_begin(&callbacks) : NULL;
    if (session == NULL) {
        close(file);
        free(opened);
        *why = "out of memory";
        return NULL;
    }
    opened->session = session;
    dwfl_report_begin(session);
    opened->module = dwfl_report_offline(session, path, path, file);
    if (opened->module == NULL) {
        *why = dwfl_errmsg(-1);
        close(file); /* libdwfl takes the descriptor over only when it succeeds */
    }
    dwfl_report_end(session, NULL, NULL);
    Elf *elf = opened->module != NULL ? dwfl_module_getelf(opened->module, &opened->bias) : NULL;
    if (opened->module != NULL && elf == NULL) {
        *why = dwfl_errmsg(-1);
        opened->module = NULL;
    }
    if (opened->module != NULL && !same_build_id(opened->module, build_id)) {
        *why = "the file there now is another build than the one that ran";
        opened->module = NULL;
    }
    if (opened->module == NULL) {
        module_symbols_close(opened);
        return NULL;
    }
    opened->units = compile_units_new(opened->module);
    opened->variables = variables_new(opened->module, opened->bias, opened->units);
    opened->functions = function_symbols_new(opened->module, opened->bias);
    opened->code = machine_code_new(elf);
    opened->tail_side = (struct tail_side){opened->functions, opened->code};
    return opened;
}

/* Debian's debug packages keep what `strip` took away under the build-id; that file alone has
 * symbols and lines, whatever became of the program itself (an upgrade, another machine). */
static struct module_symbols *open_debug_file(const char *build_id, uint64_t not_after_ns)
{
    char path[256];
    const char *ignored;
    if (strlen(build_id) < 4 || strlen(build_id) > 128 ||
        strspn(build_id, "0123456789abcdefABCDEF") != strlen(build_id))
        return NULL;
    snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", build_id, build_id + 2);
    return open_file(path, build_id, not_after_ns, &ignored);
}

struct module_symbols *module_symbols_open(const char *path, const char *build_id,
                                           uint64_t not_after_ns, char **why)
{
    const char *reason = NULL;
    struct module_symbols *opened = open_file(path, build_id, not_after_ns, &reason);
    *why = NULL;
    if (opened == NULL && asprintf(why, "no symbols of %s: %s", path, reason) < 0)
        *why = NULL;
    if (opened == NULL)
        opened = open_debug_file(build_id, not_after_ns);
    return opened;
}

void module_symbols_close(struct module_symbols *module)
{
    if (module == NULL)
        return;
    machine_code_free(module->code);
    function_symbols_free(module->functions);
    variables_free(module->variables);
    compile_units_free(module->units);
    dwfl_end(module->session);
    free(module);
}

struct variables *module_symbols_variables(struct module_symbols *module)
{
    return module->variables;
}

const struct tail_side *module_symbols_tail_side(const struct module_symbols *module)
{
    return module->functions != NULL && module->code != NULL ? &module->tail_side : NULL;
}

static const char *symbol_name(struct module_symbols *module, uint64_t address)
{
    GElf_Sym symbol;
    GElf_Off offset;
    const char *name =
        dwfl_module_addrinfo(module->module, address, &offset, &symbol, NULL, NULL, NULL);
    if (name == NULL || name[0] == '\0')
        return NULL;
    switch (GELF_ST_TYPE(symbol.st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
    case STT_NOTYPE:
        return name;
    default:
        return NULL;
    }
}

/* Compilers name a file relative to the directory that they were called in, and libdw makes that
 * whole for some forms of the table only. */
static char *whole_path(Dwarf_Die *unit, const char *file)
{
    Dwarf_Attribute attribute;
    char *path = NULL;
    const char *directory =
        *file == '/' ? NULL : dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    if (directory == NULL)
        path = strdup(file);
    else if (asprintf(&path, "%s/%s", directory, file) < 0)
        return NULL;
    if (path != NULL)
        fold_parent_folders(path);
    return path;
}

static void line_of(Dwarf_Die *unit, Dwarf_Addr pc, struct source_position *position)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    const char *file = line != NULL ? dwarf_linesrc(line, NULL, NULL) : NULL;
    if (file == NULL)
        return;
    position->file = whole_path(unit, file);
    dwarf_lineno(line, &position->line);
}

/* Where an inlined function was called: the position of the function around it. */
static void call_of(Dwarf_Die *unit, Dwarf_Die *inlined, struct source_position *position)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index, line;
    Dwarf_Files *files;
    size_t count;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index) != 0 ||
        dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count)
        return;
    const char *file = dwarf_filesrc(files, index, NULL, NULL);
    if (file == NULL)
        return;
    position->file = whole_path(unit, file);
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 &&
        line <= INT32_MAX)
        position->line = (int)line;
}

size_t module_symbols_find(struct module_symbols *module, uint64_t address,
                           struct source_position **positions)
{
    Dwarf_Addr place = address + module->bias;
    Dwarf_Addr bias = 0;
    Dwarf_Die unit, code;
    struct code_scopes scopes = {.count = 0};
    bool has_unit = compile_units_find(module->units, place, &unit, &code, &bias);
    if (has_unit)
        code_scopes_find(compile_units_functions(module->units), &code, place - bias, &scopes);

    size_t count = scopes.count > 0 ? scopes.count : 1;
    struct source_position *found = calloc(count, sizeof(*found));
    *positions = found;
    if (found == NULL)
        return 0;
    if (has_unit)
        line_of(&unit, place - bias, &found[0]);
    for (size_t i = 0; i < scopes.count; i++) {
        Dwarf_Die *function = &scopes.functions[scopes.count - 1 - i];
        bool outermost = i == scopes.count - 1;
        const char *symbol =
            outermost && needs_symbol(function) ? symbol_name(module, place) : NULL;
        found[i].function = function_name(compile_units_scopes(module->units), function, symbol);
        found[i].inlined = !outermost;
        if (!outermost)
            call_of(&unit, function, &found[i + 1]);
    }
    if (found[count - 1].function == NULL) {
        const char *symbol = symbol_name(module, place);
        found[count - 1].function = symbol != NULL ? demangle_function(symbol) : NULL;
    }

    if (count == 1 && found[0].function == NULL && found[0].file == NULL) {
        source_positions_free(found, count);
        *positions = NULL;
        return 0;
    }
    return count;
}

void source_positions_free(struct source_position *positions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(positions[i].function);
        free(positions[i].file);
    }
    free(positions);
}
