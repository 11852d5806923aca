/*
 * Resident bytes by /proc/PID/pagemap: see residency.h and
 * Documentation/admin-guide/mm/pagemap.rst. Bit 63 of an entry says present, bit 62 swapped, bit 61
 * that the page is a file's (of a private mapping: it was not written to); all may be read without
 * privileges.
 */
#include "residency.h"

#include "maps.h"
#include "page.h"

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

/* Of up to RESIDENCY_ENTRIES pages; how many were to be had. */
static uint32_t read_entries(const struct residency *residency, uint64_t page, uint64_t pages,
                             uint64_t *entries)
{
    if (pages > RESIDENCY_ENTRIES)
        pages = RESIDENCY_ENTRIES;
    long got =
        system_call(SYS_pread64, residency->pagemap, entries, pages * 8, page / PAGE_BYTES * 8);
    return got < 8 ? 0 : (uint32_t)(got / 8);
}

static uint64_t overlap(uint64_t page, uint64_t address, uint64_t end)
{
    uint64_t from = page > address ? page : address;
    uint64_t to = page + PAGE_BYTES < end ? page + PAGE_BYTES : end;
    return to - from;
}

/* Goes through the pages until more than `most` bytes of them are in memory. False when the kernel
 * does not tell. */
static bool count_resident(const struct residency *residency, uint64_t address, uint64_t bytes,
                           uint64_t most, uint64_t *out)
{
    uint64_t entries[RESIDENCY_ENTRIES];
    uint64_t end = address + bytes;
    uint64_t page = address & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t total = 0;

    if (residency->pagemap < 0 || end < address)
        return false;
    while (page < end && total <= most) {
        uint64_t pages = (end - page + PAGE_BYTES - 1) / PAGE_BYTES;
        uint32_t count = read_entries(residency, page, pages, entries);
        if (count == 0)
            return false;
        for (uint32_t i = 0; i < count; i++, page += PAGE_BYTES)
            /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): by the kernel */
            if (entries[i] >> 62)
                total += overlap(page, address, end);
    }
    *out = total;
    return true;
}

bool residency_of(const struct residency *residency, uint64_t address, uint64_t bytes,
                  uint64_t *out)
{
    return count_resident(residency, address, bytes, UINT64_MAX, out);
}

bool residency_is_none(const struct residency *residency, uint64_t address, uint64_t bytes)
{
    uint64_t resident;
    return count_resident(residency, address, bytes, 0, &resident) && resident == 0;
}

bool residency_is_hardly_any(const struct residency *residency, uint64_t address, uint64_t bytes)
{
    uint64_t start = (address + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end = (address + bytes) & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t resident;
    return end > start && count_resident(residency, start, end - start, PAGE_BYTES, &resident) &&
           resident <= PAGE_BYTES;
}

struct written_pages written_pages_of(const struct residency *residency, uint64_t start,
                                      uint64_t end)
{
    return (struct written_pages){.residency = residency, .next = start, .end = end};
}

enum page_state { PAGE_NOT_WRITTEN, PAGE_PRESENT, PAGE_ELSEWHERE };

/* PAGE_ELSEWHERE as well where it is not known. */
static enum page_state state_of(struct written_pages *pages, uint64_t page)
{
    if (page - pages->first_page >= (uint64_t)pages->count * PAGE_BYTES) {
        pages->first_page = page;
        pages->count =
            read_entries(pages->residency, page, (pages->end - page + PAGE_BYTES - 1) / PAGE_BYTES,
                         pages->entries);
        if (pages->count == 0)
            return PAGE_ELSEWHERE;
    }
    uint64_t entry = pages->entries[(page - pages->first_page) / PAGE_BYTES];
    if (entry >> 62 == 0 || (entry >> 61 & 1) != 0)
        return PAGE_NOT_WRITTEN;
    return entry >> 63 ? PAGE_PRESENT : PAGE_ELSEWHERE;
}

bool written_pages_next(struct written_pages *pages, uint64_t *start, uint64_t *end)
{
    enum page_state state = PAGE_NOT_WRITTEN;
    if (pages->next >= pages->end)
        return false;
    if (pages->residency->pagemap < 0) {
        *start = pages->next;
        *end = pages->next = pages->end;
        return true;
    }
    uint64_t page = pages->next & ~(uint64_t)(PAGE_BYTES - 1);
    while (page < pages->end && (state = state_of(pages, page)) == PAGE_NOT_WRITTEN)
        page += PAGE_BYTES;
    if (page >= pages->end)
        return false;
    *start = page > pages->next ? page : pages->next;
    pages->are_present = state == PAGE_PRESENT;
    while (page < pages->end && state_of(pages, page) == state)
        page += PAGE_BYTES;
    *end = pages->next = page < pages->end ? page : pages->end;
    return true;
}
