/* What `ossicle listen` prints: segments that have ended, a line each, and on a terminal what is being said. */
#ifndef OSS_CLI_LISTEN_PRINT_H
#define OSS_CLI_LISTEN_PRINT_H

#include <stdbool.h>

#include "ossicle/transcript.h"

typedef struct oss_listen_printer {
    bool json;
    bool redraws; /* standard output and error are the same kind of terminal */
    char *shown;  /* text of the last partial; NULL: none */
} oss_listen_printer;

void oss_listen_print_begin(oss_listen_printer *printer, bool json);
/* Whether it prints segments that go on. */
bool oss_listen_print_wants_partials(const oss_listen_printer *printer);
/* One of those; nothing when it is what was printed last. */
oss_status oss_listen_print_partial(oss_listen_printer *printer, const oss_transcript *heard);
/* One that has ended; nothing when nothing was said. What was printed has arrived when this returns. */
oss_status oss_listen_print_final(oss_listen_printer *printer, const oss_transcript *heard);
void oss_listen_print_end(oss_listen_printer *printer);

#endif
