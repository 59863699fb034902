/* Texts and numbers for them, in the order in which they came, and how often each came. */
#ifndef OSS_LM_TOKEN_TABLE_H
#define OSS_LM_TOKEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_token {
    uint64_t offset; /* of its text in bytes[]; ends with 0 */
    uint64_t count;
    uint64_t hash;
} oss_token;

typedef struct oss_token_table {
    oss_token *token;
    uint32_t tokens, token_capacity;
    uint32_t *slot; /* [slots], a power of two: number of a token + 1; 0: free */
    uint32_t slots;
    char *bytes;
    uint64_t used_bytes, byte_capacity;
} oss_token_table;

/* Zero-initialise. Of a zeroed one: nothing. */
void oss_token_table_deinit(oss_token_table *table);
/* *out: its number, a new one for a text that is not there. */
oss_status oss_token_table_add(oss_token_table *table, uint32_t *out, const char *text, size_t bytes);
const char *oss_token_table_text(const oss_token_table *table, uint32_t token);

#endif
