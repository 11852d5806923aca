/* Work that crashes ends with a status and a word, and not the process that wanted it done. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apart.h"
#include "error.h"

struct job {
    FILE *out;
    int status;
    int signal;
};

static int do_job(void *context)
{
    const struct job *job = context;
    fputs("written", job->out);
    if (job->signal) {
        fflush(job->out);
        signal(job->signal, SIG_DFL);
        raise(job->signal);
    }
    return job->status;
}

/* What the job wrote to its file and to stderr. */
static int outcome_of(int status, int signal, char written[64], char said[512])
{
    FILE *out = tmpfile(), *errors = tmpfile();
    assert_non_null(out);
    assert_non_null(errors);
    fflush(stderr);
    int real_stderr = dup(STDERR_FILENO);
    dup2(fileno(errors), STDERR_FILENO);
    struct job job = {out, status, signal};
    int result = run_apart(do_job, &job, out, "x.htd");
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(out);
    rewind(errors);
    written[fread(written, 1, 63, out)] = '\0';
    said[fread(said, 1, 511, errors)] = '\0';
    fclose(out);
    fclose(errors);
    return result;
}

static void test_passes_the_status_on(void **state)
{
    (void)state;
    char written[64], said[512];
    assert_int_equal(outcome_of(STATUS_OK, 0, written, said), STATUS_OK);
    assert_string_equal(written, "written");
    assert_string_equal(said, "");
    assert_int_equal(outcome_of(STATUS_UNTRACKABLE, 0, written, said), STATUS_UNTRACKABLE);
    assert_string_equal(written, "written");
}

static void test_survives_a_crash(void **state)
{
    (void)state;
    char written[64], said[512];
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGKILL};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        assert_int_equal(outcome_of(STATUS_OK, signals[i], written, said), STATUS_BAD_DUMP);
        assert_string_equal(written, "written");
        assert_non_null(strstr(said, "hashtrack: x.htd: "));
        assert_non_null(strstr(said, "--no-symbols"));
    }
}

static void test_says_that_nothing_can_be_written(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    int real_stderr = dup(STDERR_FILENO);
    if (!freopen("/dev/null", "w", stderr))
        fail_msg("no /dev/null");
    struct job job = {full, STATUS_OK, 0};
    int result = run_apart(do_job, &job, full, "x.htd");
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    fclose(full);
    assert_int_equal(result, STATUS_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_the_status_on),
        cmocka_unit_test(test_survives_a_crash),
        cmocka_unit_test(test_says_that_nothing_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
