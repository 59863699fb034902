/* Another program whose standard output is read as it comes: started by its name in PATH, without a shell, with nothing on
 * its standard input and no descriptor of ours. */
#ifndef OSS_BASE_CHILD_H
#define OSS_BASE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "base/pipe.h"
#include "base/stop.h"

enum { OSS_CHILD_MESSAGE_BYTES = 200 };

typedef struct oss_child {
    const char *name; /* argument[0]; the caller's */
    pid_t pid;        /* 0: none that was not waited for */
    int output;       /* its standard output, which the pipe owns that oss_child_pipe gave */
    int messages;     /* its standard error; -1: closed */
    int32_t limit_ms; /* without a byte of output */
    oss_stop *stop;   /* NULL: nobody stops it */
    char line[OSS_CHILD_MESSAGE_BYTES],
        last[OSS_CHILD_MESSAGE_BYTES]; /* that it writes to standard error; the last whole one */
    size_t line_bytes;
} oss_child;

/* argument[0] is the child, NULL ends the list. *pipe (named `name` in messages) reads what it writes; close it before the
 * child. A wait of more than limit_ms for the next byte is OSS_EINPUT, a stop that is asked for OSS_ESTOPPED, at once.
 * OSS_EUSAGE, and nothing is started: there is no such program in PATH. */
oss_status oss_child_start(oss_child *child, const char *const *argument, int32_t limit_ms, oss_stop *stop,
                           oss_pipe *pipe, const char *name);
/* After the end of its output: waits for it. OSS_EINPUT: it failed, with the last line that it said. */
oss_status oss_child_finish(oss_child *child);
/* Kills what still runs, and waits for it. Of a zeroed or finished one: nothing. */
void oss_child_close(oss_child *child);

#endif
