/*
 * process_reader: memory of this process or of another one through process_vm_readv(2), which fails
 * where a load would fault. May touch nothing but the caller's buffer.
 */
#include "reader.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static bool read_process(const struct memory_reader *reader, uint64_t address, void *into,
                         size_t bytes)
{
    if (bytes == 0)
        return true;
    int saved_errno = errno;
    /* gettid() each time: a reader made before fork() must follow into the child. */
    pid_t pid = reader->pid != 0 ? reader->pid : gettid();
    struct iovec local = {.iov_base = into, .iov_len = bytes};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = bytes};
    ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    errno = saved_errno;
    return got >= 0 && (size_t)got == bytes;
}

struct memory_reader process_reader(pid_t pid)
{
    return (struct memory_reader){.read = read_process, .pid = pid};
}
