/* Bytes that come in order and once (a pipe, a terminal, a device), with a look at those that come next. */
#ifndef OSS_BASE_PIPE_H
#define OSS_BASE_PIPE_H

#include <stdbool.h>

#include "base/source.h"

typedef struct oss_pipe {
    int fd;
    const char *name; /* for messages; the caller's */
    char *ahead;      /* [capacity]: bytes [begin, end) were looked at and not taken; NULL: none; owned */
    size_t begin, end, capacity;
    bool ended;                        /* nothing comes after what is ahead */
    oss_status (*wait)(void *context); /* called before the descriptor is read; NULL: nobody */
    void *wait_context;
} oss_pipe;

/* Of the file at `path`, which need not be regular; opening waits for whoever writes, and reading for what they write. */
oss_status oss_pipe_open(oss_pipe *pipe, const char *path);
/* Of a descriptor, which the pipe takes over. */
void oss_pipe_init(oss_pipe *pipe, int fd, const char *name);
void oss_pipe_close(oss_pipe *pipe);
/* `wait` returns when there is something to read, or the end of it, or fails, which reading then does too. */
void oss_pipe_wait_by(oss_pipe *pipe, oss_status (*wait)(void *context), void *context);

/* *out = the next [*out_bytes], until the next call: `bytes` of them, or all that are left. They stay to be taken. */
oss_status oss_pipe_look(oss_pipe *pipe, size_t bytes, const char **out, size_t *out_bytes);
/* Takes the next `bytes`, or all that are left: *out_bytes. into NULL: drops them. */
oss_status oss_pipe_read(oss_pipe *pipe, void *into, size_t bytes, size_t *out_bytes);
/* Takes all that is left into memory of a source, and closes the pipe; more than max_bytes is OSS_EINPUT. */
oss_status oss_pipe_load(oss_pipe *pipe, size_t max_bytes, oss_source *out);

#endif
