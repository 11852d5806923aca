/* Any bytes as a .hashtrack file: taken, or refused with file and line. */
#include "text_driver.h"

#include <stdlib.h>
#include <string.h>

#include "check_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct check_options options = {0};
    struct error error = {.status = STATUS_OK};
    if (!check_config_parse(&options, "fuzz", (const char *)bytes, count, &error) &&
        (error.status != STATUS_USAGE || strncmp(error.text, "fuzz:", 5) != 0))
        abort();
    check_options_free(&options);
    return 0;
}
