/* Any bytes as a baseline: read and searched, or refused with file and line. */
#include "text_driver.h"

#include <stdlib.h>
#include <string.h>

#include "baseline.h"

static void use(struct baseline *baseline)
{
    struct error error;
    for (size_t i = 0; i < baseline->count; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        const struct acceptance acceptance = {.id = entry->fingerprint, .reason = "fuzzed"};
        if (baseline_find(baseline, entry->fingerprint) == NULL)
            abort();
        baseline_entry_expired(entry, "2026-12-01");
        if (i < 4)
            baseline_accept(baseline, NULL, &acceptance, &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct baseline baseline;
    struct error error = {.status = STATUS_OK};
    if (baseline_parse("fuzz", (const char *)bytes, count, &baseline, &error))
        use(&baseline);
    else if (error.status != STATUS_BAD_DUMP || strncmp(error.text, "fuzz:", 5) != 0)
        abort();
    baseline_free(&baseline);
    return 0;
}
