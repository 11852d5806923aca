/*
 * Every kind of file that somebody may name on the command line of `hashtrack run`.
 *
 * test_target FOLDER: where meson built the fixtures.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_facts.h"
#include "target.h"

static const char *fixtures;
static char folder[] = "/tmp/hashtrack-target-XXXXXX";
static struct target target;
static struct error error;

static const char *in_folder(const char *name)
{
    static char path[4][PATH_MAX];
    static unsigned turn;
    char *slot = path[turn++ % 4];
    snprintf(slot, PATH_MAX, "%s/%s", folder, name);
    return slot;
}

static const char *fixture(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", fixtures, name);
    return path;
}

static const char *write_file(const char *name, const void *bytes, size_t count, mode_t mode)
{
    const char *path = in_folder(name);
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, count), count);
    assert_int_equal(close(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *write_script(const char *name, const char *text)
{
    return write_file(name, text, strlen(text), 0755);
}

static char *read_file(const char *path, size_t *count)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &status), 0);
    char *bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(file, bytes, (size_t)status.st_size), status.st_size);
    close(file);
    *count = (size_t)status.st_size;
    return bytes;
}

static void refused(const char *program, enum exit_status status, const char *word)
{
    assert_false(target_check(program, &target, &error));
    if (strstr(error.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", error.text, word);
    assert_int_equal(error.status, status);
}

static void runs(const char *program, const char *binary)
{
    if (!target_check(program, &target, &error))
        fail_msg("%s was refused: %s", program, error.text);
    if (binary != NULL)
        assert_string_equal(target.binary, binary);
}

static void takes_dynamic_programs(void **state)
{
    (void)state;
    runs(fixture("prints"), fixture("prints"));
    runs(fixture("prints_not_pie"), NULL);
    runs("/usr/bin/env", "/usr/bin/env");
    runs("sh", NULL); /* by PATH */
}

static void says_why_a_word_is_no_program(void **state)
{
    (void)state;
    refused("", STATUS_USAGE, "empty");
    refused("no-such-program-anywhere", STATUS_USAGE, "no such program in PATH");
    refused(in_folder("missing"), STATUS_USAGE, "No such file");
    refused(folder, STATUS_USAGE, "directory");
    refused(write_file("plain", "text", 4, 0644), STATUS_USAGE, "Permission denied");
    refused("/dev/null", STATUS_USAGE, "Permission denied");
}

static void searches_path_as_execvp_does(void **state)
{
    (void)state;
    char *saved = strdup(getenv("PATH"));
    write_script("found-in-path", "#!/bin/sh\n");
    setenv("PATH", folder, 1);
    runs("found-in-path", NULL);
    write_file("not-executable", "text", 4, 0644);
    refused("not-executable", STATUS_USAGE, "not executable");
    assert_int_equal(chdir(folder), 0);
    setenv("PATH", ":/nowhere", 1); /* an empty element is the working directory */
    runs("found-in-path", NULL);
    unsetenv("PATH"); /* then execvp looks in /bin and /usr/bin */
    runs("sh", NULL);
    setenv("PATH", saved, 1);
    free(saved);
}

static void follows_scripts_to_their_interpreter(void **state)
{
    (void)state;
    runs(write_script("sh", "#!/bin/sh\nexit 0\n"), "/bin/sh");
    runs(write_script("space", "#! /bin/sh -e\n"), "/bin/sh");
    runs(write_script("env", "#!/usr/bin/env sh\n"), NULL);
    assert_non_null(strstr(target.binary, "/sh"));
    runs(write_script("env-s", "#!/usr/bin/env -S A=1 sh -e\n"), NULL);
    assert_non_null(strstr(target.binary, "/sh"));
    refused(write_script("gone", "#!/nowhere/interpreter\n"), STATUS_USAGE, "its interpreter");
    refused(write_script("none", "#!\n"), STATUS_USAGE, "no interpreter");
    refused(write_script("env-gone", "#!/usr/bin/env no-such-program-anywhere\n"), STATUS_USAGE,
            "no such program");

    char text[PATH_MAX + 8];
    snprintf(text, sizeof(text), "#!%s\n", fixture("prints_static"));
    refused(write_script("static-interpreter", text), STATUS_UNTRACKABLE, "statically linked");
    snprintf(text, sizeof(text), "#!%s\n", in_folder("ring"));
    refused(write_script("ring", text), STATUS_USAGE, "too many interpreters");
}

static void refuses_what_the_preload_cannot_reach(void **state)
{
    (void)state;
    refused(fixture("prints_static"), STATUS_UNTRACKABLE, "statically linked");
    refused(fixture("prints_static_pie"), STATUS_UNTRACKABLE, "statically linked");
    refused(fixture("prints_go"), STATUS_UNTRACKABLE, "Go program");
    refused(fixture("prints_musl"), STATUS_UNTRACKABLE, "musl");
    refused(fixture("own_malloc_default"), STATUS_UNTRACKABLE, "defines malloc");
    refused(fixture("own_malloc_hidden"), STATUS_UNTRACKABLE, "defines malloc");
    refused(fixture("prints_sanitized"), STATUS_UNTRACKABLE, "built with a sanitizer");
    refused(fixture("linked_jemalloc"), STATUS_UNTRACKABLE, "_rjem_malloc");
    refused(write_script("text", "echo hello\n"), STATUS_UNTRACKABLE, "neither an ELF");
    refused(write_file("nothing", "", 0, 0755), STATUS_UNTRACKABLE, "neither an ELF");
}

static void refuses_other_machines(void **state)
{
    (void)state;
    size_t count;
    char *bytes = read_file(fixture("prints"), &count);
    bytes[18] = 8; /* e_machine: MIPS */
    refused(write_file("mips", bytes, count, 0755), STATUS_UNTRACKABLE, "another architecture");
    bytes[18] = 62;
    bytes[4] = 1; /* EI_CLASS: 32 bits */
    refused(write_file("small", bytes, count, 0755), STATUS_UNTRACKABLE, "32-bit");
    free(bytes);
}

static void refuses_programs_with_privileges(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    size_t count;
    char *bytes = read_file(fixture("prints"), &count);
    const char *path = write_file("setuid", bytes, count, 0755);
    free(bytes);
    assert_int_equal(chown(path, 12345, 23456), 0);
    assert_int_equal(chmod(path, 04755), 0);
    refused(path, STATUS_UNTRACKABLE, "setuid");
    assert_int_equal(chmod(path, 02755), 0);
    refused(path, STATUS_UNTRACKABLE, "setgid");
    assert_int_equal(chmod(path, 02745), 0); /* without group execution: a lock, not a privilege */
    runs(path, NULL);
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chmod(path, 06755), 0); /* of our own identity: nothing is gained */
    runs(path, NULL);
}

/* Whatever the bytes are, elf_facts_read comes back; the sanitizers' build watches how. */
static void survives_damaged_files(void **state)
{
    (void)state;
    size_t count;
    char *whole = read_file(fixture("prints"), &count);
    char *bytes = malloc(count);
    unsigned seed = 20241123;
    unsigned readable = 0;
    assert_non_null(bytes);
    for (int attempt = 0; attempt < 400; attempt++) {
        struct elf_facts facts;
        const char *why = NULL;
        memcpy(bytes, whole, count);
        size_t kept = attempt % 5 == 0 ? (size_t)rand_r(&seed) % count : count;
        /* Half of the damage goes to the headers, where the offsets are. */
        for (int i = 0; i < 20; i++) {
            size_t reach = attempt % 2 == 0 ? 1024 : count;
            bytes[(size_t)rand_r(&seed) % reach] = (char)rand_r(&seed);
        }
        memcpy(bytes, whole, 16); /* still taken for ELF */
        int file = open(write_file("damaged", bytes, kept, 0755), O_RDONLY | O_CLOEXEC);
        assert_true(file >= 0);
        if (elf_facts_read(file, &facts, &why))
            readable++;
        else
            assert_non_null(why);
        close(file);
    }
    assert_true(readable > 0); /* the damage was not all refused at the door */
    free(bytes);
    free(whole);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[PATH_MAX];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_dynamic_programs),
        cmocka_unit_test(says_why_a_word_is_no_program),
        cmocka_unit_test(searches_path_as_execvp_does),
        cmocka_unit_test(follows_scripts_to_their_interpreter),
        cmocka_unit_test(refuses_what_the_preload_cannot_reach),
        cmocka_unit_test(refuses_other_machines),
        cmocka_unit_test(refuses_programs_with_privileges),
        cmocka_unit_test(survives_damaged_files),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: test_target FOLDER\n");
        return 2;
    }
    fixtures = argv[1];
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
