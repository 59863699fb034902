#include "base/tsv.h"

#include <string.h>

void oss_tsv_append(oss_strbuf *line, const char *cell) {
    while (*cell != '\0') {
        size_t plain = strcspn(cell, "\t\n\r\\");
        oss_strbuf_append_bytes(line, cell, plain);
        cell += plain;
        if (*cell != '\0') {
            char escape[] = {'\\', *cell == '\t' ? 't' : *cell == '\n' ? 'n' : *cell == '\r' ? 'r' : '\\'};
            oss_strbuf_append_bytes(line, escape, sizeof escape);
            cell++;
        }
    }
}
