#include "base/pipe.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/sys.h"

enum { FIRST_BYTES = 1 << 16 };

oss_status oss_pipe_open(oss_pipe *pipe, const char *path) {
    int fd = oss_file_open_fd(path, O_RDONLY);
    if (fd < 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    oss_pipe_init(pipe, fd, path);
    return OSS_OK;
}

void oss_pipe_init(oss_pipe *pipe, int fd, const char *name) {
    *pipe = (oss_pipe){.fd = fd, .name = name};
}

void oss_pipe_close(oss_pipe *pipe) {
    if (pipe->fd >= 0) {
        (void)oss_file_close_fd(pipe->fd); /* nothing was written: nothing can be lost */
    }
    oss_free(pipe->ahead);
    *pipe = (oss_pipe){.fd = -1};
}

void oss_pipe_wait_by(oss_pipe *pipe, oss_status (*wait)(void *context), void *context) {
    pipe->wait = wait;
    pipe->wait_context = context;
}

/* At least one of the next bytes from the descriptor, or 0 at the end. */
static oss_status read_more(oss_pipe *pipe, char *into, size_t bytes, size_t *out_bytes) {
    ssize_t got;
    oss_status status = pipe->wait == NULL ? OSS_OK : pipe->wait(pipe->wait_context);
    if (status != OSS_OK) {
        return status;
    }
    do {
        got = oss_file.read(pipe->fd, into, bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return oss_fail_errno(errno, "cannot read %s", pipe->name);
    }
    pipe->ended = got == 0;
    *out_bytes = (size_t)got;
    return OSS_OK;
}

/* Room behind `end`, for `bytes` from `begin` on at most. */
static oss_status make_room(oss_pipe *pipe, size_t bytes) {
    if (pipe->begin > 0) {
        memmove(pipe->ahead, pipe->ahead + pipe->begin, pipe->end - pipe->begin);
        pipe->end -= pipe->begin;
        pipe->begin = 0;
    }
    if (pipe->end < pipe->capacity) {
        return OSS_OK;
    }
    size_t wanted = pipe->capacity == 0 ? FIRST_BYTES : 2 * pipe->capacity;
    wanted = wanted < bytes ? wanted : bytes;
    char *grown = oss_resize(pipe->ahead, wanted, 1);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    pipe->ahead = grown;
    pipe->capacity = wanted;
    return OSS_OK;
}

oss_status oss_pipe_look(oss_pipe *pipe, size_t bytes, const char **out, size_t *out_bytes) {
    oss_status status = OSS_OK;
    while (status == OSS_OK && !pipe->ended && pipe->end - pipe->begin < bytes) {
        size_t got = 0;
        status = make_room(pipe, bytes);
        if (status == OSS_OK) {
            status = read_more(pipe, pipe->ahead + pipe->end, pipe->capacity - pipe->end, &got);
        }
        pipe->end += got;
    }
    if (status != OSS_OK) {
        return status;
    }
    size_t there = pipe->end - pipe->begin;
    *out = pipe->ahead == NULL ? "" : pipe->ahead + pipe->begin;
    *out_bytes = there < bytes ? there : bytes;
    return OSS_OK;
}

static size_t take_ahead(oss_pipe *pipe, char *into, size_t bytes) {
    size_t there = pipe->end - pipe->begin;
    size_t count = there < bytes ? there : bytes;
    if (into != NULL && count > 0) {
        memcpy(into, pipe->ahead + pipe->begin, count);
    }
    pipe->begin += count;
    if (pipe->begin == pipe->end) { /* it may have been a long look */
        oss_free(pipe->ahead);
        pipe->ahead = NULL;
        pipe->begin = pipe->end = pipe->capacity = 0;
    }
    return count;
}

oss_status oss_pipe_read(oss_pipe *pipe, void *into, size_t bytes, size_t *out_bytes) {
    char dropped[4096];
    size_t done = take_ahead(pipe, into, bytes);
    while (done < bytes && !pipe->ended) {
        size_t got = 0, left = bytes - done;
        char *to = into == NULL ? dropped : (char *)into + done;
        oss_status status =
            read_more(pipe, to, into == NULL && left > sizeof dropped ? sizeof dropped : left, &got);
        if (status != OSS_OK) {
            return status;
        }
        done += got;
    }
    *out_bytes = done;
    return OSS_OK;
}

oss_status oss_pipe_load(oss_pipe *pipe, size_t max_bytes, oss_source *out) {
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_pipe_look(pipe, max_bytes + 1, &bytes, &count);
    if (status == OSS_OK && count > max_bytes) {
        status = oss_fail(OSS_EINPUT,
                          "%s gives more than %zu bytes, which is the most that is taken from a pipe; "
                          "save it as a file and give its path",
                          pipe->name, max_bytes);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_source_memory(out, bytes, count);
    out->owned = pipe->ahead; /* it begins there, or there is none */
    pipe->ahead = NULL;
    oss_pipe_close(pipe);
    return OSS_OK;
}
