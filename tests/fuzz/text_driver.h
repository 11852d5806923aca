/*
 * Fuzzing what reads a text. Each target defines LLVMFuzzerTestOneInput(); with libFuzzer that is
 * all. Without it text_driver.c has a main() that runs the files it is given and damaged copies of
 * them, in the same order on every machine.
 */
#ifndef HASHTRACK_TESTS_TEXT_DRIVER_H
#define HASHTRACK_TESTS_TEXT_DRIVER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#endif
