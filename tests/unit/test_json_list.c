/* A list written element by element is the same text as the document written whole. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "json_list.h"

static json_t *head(void)
{
    return json_pack("{s:s, s:{s:b}}", "schema", "x/1", "snapshot", "complete", 1);
}

static json_t *element(int number)
{
    return json_pack("{s:i, s:[], s:[{s:s}], s:f}", "number", number, "none", "some", "text",
                     "a\nb\"}", "share", 0.97);
}

static char *written_whole(int elements, bool one_line, bool has_tail)
{
    char *text = NULL;
    size_t bytes;
    struct error error;
    FILE *out = open_memstream(&text, &bytes);
    json_t *document = head(), *list = json_array();
    for (int i = 0; i < elements; i++)
        json_array_append_new(list, element(i));
    json_object_set_new(document, "list", list);
    if (has_tail)
        json_object_set_new(document, "rest", json_integer(7));
    assert_true(json_write(document, true, one_line, out, &error));
    fclose(out);
    return text;
}

static char *written_by_element(int elements, bool one_line, bool has_tail)
{
    char *text = NULL;
    size_t bytes;
    struct error error;
    struct json_list list;
    FILE *out = open_memstream(&text, &bytes);
    json_list_begin(&list, head(), "list", one_line, out);
    for (int i = 0; i < elements; i++)
        json_list_add(&list, element(i));
    assert_true(
        json_list_end(&list, has_tail ? json_pack("{s:i}", "rest", 7) : NULL, true, &error));
    fclose(out);
    return text;
}

static void test_is_the_same_text(void **state)
{
    (void)state;
    for (int variant = 0; variant < 12; variant++) {
        int elements = variant / 4;
        char *whole = written_whole(elements, variant & 1, variant & 2);
        char *piecewise = written_by_element(elements, variant & 1, variant & 2);
        assert_string_equal(piecewise, whole);
        free(whole);
        free(piecewise);
    }
}

static void test_says_what_went_wrong(void **state)
{
    (void)state;
    struct json_list list;
    struct error error;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    json_list_begin(&list, head(), "list", false, full);
    json_list_add(&list, element(1));
    assert_false(json_list_end(&list, NULL, true, &error));
    assert_string_equal(error.text, "the report cannot be written");
    assert_int_equal(error.status, STATUS_USAGE);
    fclose(full);

    FILE *out = tmpfile();
    assert_non_null(out);
    json_list_begin(&list, head(), "list", false, out);
    json_list_add(&list, element(1));
    assert_false(json_list_end(&list, NULL, false, &error));
    assert_string_equal(error.text, "out of memory");
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_the_same_text),
        cmocka_unit_test(test_says_what_went_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
