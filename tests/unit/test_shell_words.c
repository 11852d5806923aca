/* Words as a shell takes them: shell_words.h. A shell decides. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_words.h"

static void test_a_shell_reads_the_same(void **state)
{
    (void)state;
    char *words[] = {(char *)"plain",   (char *)"two words", (char *)"",      (char *)"it's",
                     (char *)"$HOME",   (char *)"a\nb",      (char *)"*",     (char *)"--x=y",
                     (char *)"back\\s", (char *)"\"q\"",     (char *)"~root", (char *)"#no",
                     (char *)"a;b",     (char *)"'"};
    size_t count = sizeof(words) / sizeof(words[0]);
    char *line = shell_words("printf '<%s>'", words, count), expected[512] = "", got[512] = "";
    assert_non_null(line);
    for (size_t i = 0; i < count; i++) {
        strcat(expected, "<");
        strcat(strcat(expected, words[i]), ">");
    }
    FILE *shell = popen(line, "r");
    assert_non_null(shell);
    got[fread(got, 1, sizeof(got) - 1, shell)] = '\0';
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(got, expected);
    free(line);
}

static void test_plain_words_stay_plain(void **state)
{
    (void)state;
    char *words[] = {(char *)"./build/test_cache", (char *)"--case=spike"};
    char *line = shell_words("hashtrack run --check --", words, 2);
    assert_string_equal(line, "hashtrack run --check -- ./build/test_cache --case=spike");
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_shell_reads_the_same),
        cmocka_unit_test(test_plain_words_stay_plain),
    };
    return RUN(tests);
}
