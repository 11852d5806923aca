/*
 * Parsing /proc/PID/maps: see maps.h. proc(5) describes the format.
 */
#include "maps.h"

#include "file.h"

void proc_path(char *path, int pid, const char *name)
{
    char digits[12];
    size_t count = 0;
    char *to = path;
    memcpy(to, "/proc/", 6);
    to += 6;
    if (pid == 0) {
        /* "self" leads nowhere when the first thread has ended; it is found sooner. */
        const char *self = system_is_first_thread() ? "self" : "thread-self";
        size_t bytes = strlen(self);
        memcpy(to, self, bytes);
        to += bytes;
    }
    for (; pid > 0; pid /= 10)
        digits[count++] = (char)('0' + pid % 10);
    while (count > 0)
        *to++ = digits[--count];
    *to++ = '/';
    size_t length = strlen(name);
    memcpy(to, name, length + 1);
}

bool maps_read(int pid, struct buffer *text)
{
    char path[64];
    proc_path(path, pid, "maps");
    return file_read_all(path, text);
}

static bool hexadecimal(const char **at, const char *end, uint64_t *out)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; *at < end; ++*at) {
        char c = **at;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    *out = value;
    return *at > start;
}

static bool skip(const char **at, const char *end, char wanted)
{
    if (*at == end || **at != wanted)
        return false;
    ++*at;
    return true;
}

static bool parse_line(const char *at, const char *end, struct mapping *out)
{
    if (!hexadecimal(&at, end, &out->start) || !skip(&at, end, '-') ||
        !hexadecimal(&at, end, &out->end) || !skip(&at, end, ' ') || end - at < 5)
        return false;
    out->readable = at[0] == 'r';
    out->writable = at[1] == 'w';
    out->executable = at[2] == 'x';
    out->shared = at[3] == 's';
    at += 5;
    if (!hexadecimal(&at, end, &out->file_offset))
        return false;
    /* The device and the inode, then blanks up to the path. */
    for (int field = 0; field < 2; field++) {
        while (at < end && *at == ' ')
            at++;
        while (at < end && *at != ' ')
            at++;
    }
    while (at < end && *at == ' ')
        at++;
    out->path = at;
    out->path_bytes = (size_t)(end - at);
    return out->start < out->end;
}

bool maps_next(const struct buffer *text, size_t *offset, struct mapping *out)
{
    while (*offset < text->used) {
        const char *line = text->memory + *offset;
        const char *end = memchr(line, '\n', text->used - *offset);
        if (!end)
            end = text->memory + text->used;
        *offset = (size_t)(end - text->memory) + 1;
        if (parse_line(line, end, out))
            return true;
    }
    return false;
}
