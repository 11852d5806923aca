/*
 * A program that fills memory itself when it is first touched (userfaultfd), as virtual machines
 * and restored processes do, and fills no more at the end: whoever reads what is missing waits for
 * ever.
 */
#include "host.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 256u

/* Two of three pages are filled; by the time of the end nobody fills the others. */
static void *make_partly_missing(int faults)
{
    static uint64_t page[PAGE / 8];
    unsigned char *memory = NULL;
    HOST_CHECK(posix_memalign((void **)&memory, PAGE, PAGES * PAGE) == 0);
    HOST_CHECK(madvise(memory, PAGES * PAGE, MADV_DONTNEED) == 0);
    struct uffdio_register range = {.range = {(uintptr_t)memory, PAGES * PAGE},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};
    HOST_CHECK(ioctl(faults, UFFDIO_REGISTER, &range) == 0);
    for (size_t i = 0; i < PAGE / 8; i += 2)
        page[i] = i * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < PAGES; i++) {
        struct uffdio_copy copy = {
            .dst = (uintptr_t)memory + i * PAGE, .src = (uintptr_t)page, .len = PAGE};
        HOST_CHECK(i % 3 == 1 || ioctl(faults, UFFDIO_COPY, &copy) == 0);
    }
    return memory;
}

static int missing(void)
{
    int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0)
        host_skip("no userfaultfd here");
    static void *kept;
    alarm(20); /* what waits is to end */
    host_work(50000);
    void *gone = make_partly_missing(faults);
    kept = make_partly_missing(faults);
    free(gone);
    host_work(50000);
    HOST_CHECK(kept != NULL);
    host_describe();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct host_case cases[] = {{"missing", missing}, {NULL, NULL}};
    return host_main(argc, argv, cases);
}
