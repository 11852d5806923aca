/* What every unit test includes: cmocka wants its standard headers first and in this order. */
#ifndef HASHTRACK_TESTS_UNIT_H
#define HASHTRACK_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
