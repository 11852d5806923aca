/* Any bytes become text that an XML parser takes. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml_text.h"

static void expect_text(void (*put)(FILE *, const char *), const char *text, const char *expected)
{
    char *bytes = NULL;
    size_t count = 0;
    FILE *out = open_memstream(&bytes, &count);
    assert_non_null(out);
    put(out, text);
    fclose(out);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void test_markup(void **state)
{
    (void)state;
    expect_text(xml_text, "a<b>&\"c\" ]]> 'd'", "a&lt;b&gt;&amp;\"c\" ]]&gt; 'd'");
    expect_text(xml_attribute, "a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;");
}

static void test_line_ends(void **state)
{
    (void)state;
    expect_text(xml_text, "a\tb\nc\rd", "a\tb\nc&#13;d");
    expect_text(xml_attribute, "a\tb\nc\rd", "a&#9;b&#10;c&#13;d");
}

static void test_what_xml_cannot_hold(void **state)
{
    (void)state;
    expect_text(xml_text, "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f");
    expect_text(xml_text, "\xff\xc3", "\\xff\\xc3");          /* not UTF-8 */
    expect_text(xml_text, "\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
    expect_text(xml_text, "\xef\xbf\xbe\xef\xbf\xbf", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf");
    expect_text(xml_text, "\xc2\x85", "\\xc2\\x85"); /* a C1 control */
    expect_text(xml_text, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd",
                "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_what_xml_cannot_hold),
    };
    return RUN(tests);
}
