/* Nothing that a dump holds may steer a terminal or break a JSON document. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "printable.h"

static void test_printable(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } expected[] = {
        {"plain text", "plain text"},
        {"\033[2J", "\\x1b[2J"},
        {"a\nb\rc\td\x7f", "a\\x0ab\\x0dc\\x09d\\x7f"},
        {"größe €", "größe €"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"}, /* C1 control: CSI in one character */
        {"\xe2\x80\xae"
         "abc",
         "\\xe2\\x80\\xaeabc"}, /* right-to-left override */
        {"a\xe2\x80\x8f\xe2\x80\x8e\xd8\x9c",
         "a\\xe2\\x80\\x8f\\xe2\\x80\\x8e\\xd8\\x9c"}, /* marks of it */
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong / */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
        {"cut \xe2\x82", "cut \\xe2\\x82"},
    };
    char out[64];
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        printable(out, sizeof(out), expected[i].text);
        assert_string_equal(out, expected[i].shown);
    }
}

static void test_printable_cuts_between_characters(void **state)
{
    (void)state;
    char out[8];
    printable(out, sizeof(out), "abcdef€");
    assert_string_equal(out, "abcdef");
    printable(out, sizeof(out), "abcde\033");
    assert_string_equal(out, "abcde");
    printable(out, sizeof(out), "abcdefghij");
    assert_string_equal(out, "abcdefg");
}

static void test_valid_utf8_keeps_what_json_can_hold(void **state)
{
    (void)state;
    char *text = valid_utf8("a\n\033€\xff\xe2\x80");
    assert_string_equal(text, "a\n\033€\\xff\\xe2\\x80");
    free(text);
}

static void test_every_byte_pair(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (unsigned second = 1; second < 256; second++) {
            char text[3] = {(char)first, (char)second, 0}, out[16];
            printable(out, sizeof(out), text);
            for (const unsigned char *byte = (unsigned char *)out; *byte; byte++)
                assert_true(*byte >= 0x20 && *byte != 0x7f);
        }
}

static void test_cut_to_columns(void **state)
{
    (void)state;
    char text[32];
    strcpy(text, "größer");
    assert_int_equal(text_columns(text), 6);
    cut_to_columns(text, 6, "...");
    assert_string_equal(text, "größer");
    cut_to_columns(text, 5, "...");
    assert_string_equal(text, "gr...");
    strcpy(text, "abcdefgh");
    cut_to_columns(text, 4, "…");
    assert_string_equal(text, "abc…");
    strcpy(text, "abcde"); /* two letters make no room for three bytes: cut without a mark */
    cut_to_columns(text, 4, "…");
    assert_string_equal(text, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_printable_cuts_between_characters),
        cmocka_unit_test(test_valid_utf8_keeps_what_json_can_hold),
        cmocka_unit_test(test_every_byte_pair),
        cmocka_unit_test(test_cut_to_columns),
    };
    return RUN(tests);
}
