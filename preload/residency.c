/*
 * Resident bytes by /proc/PID/pagemap: see residency.h and
 * Documentation/admin-guide/mm/pagemap.rst. Bit 63 of an entry says present, bit 62 swapped; both
 * may be read without privileges.
 */
#include "residency.h"

#include "maps.h"

#define PAGE 4096u

void residency_open(struct residency *residency, int pid)
{
    char path[64];
    proc_path(path, pid, "pagemap");
    residency->pagemap = file_open(path, O_RDONLY, 0);
}

void residency_close(struct residency *residency)
{
    if (residency->pagemap >= 0)
        file_close(residency->pagemap);
}

static uint64_t overlap(uint64_t page, uint64_t address, uint64_t end)
{
    uint64_t from = page > address ? page : address;
    uint64_t to = page + PAGE < end ? page + PAGE : end;
    return to - from;
}

bool residency_of(const struct residency *residency, uint64_t address, uint64_t bytes,
                  uint64_t *out)
{
    uint64_t entries[128];
    uint64_t end = address + bytes;
    uint64_t page = address & ~(uint64_t)(PAGE - 1);
    uint64_t total = 0;

    if (residency->pagemap < 0 || end < address)
        return false;
    while (page < end) {
        uint64_t pages = (end - page + PAGE - 1) / PAGE;
        if (pages > sizeof(entries) / sizeof(entries[0]))
            pages = sizeof(entries) / sizeof(entries[0]);
        long got =
            system_call(SYS_pread64, residency->pagemap, entries, pages * 8, page / PAGE * 8);
        if (got < 8)
            return false;
        for (long i = 0; i < got / 8; i++, page += PAGE)
            /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): by the kernel */
            if (entries[i] >> 62)
                total += overlap(page, address, end);
    }
    *out = total;
    return true;
}
