#include "lm/token_table.h"

#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_SLOTS = 1 << 10, FIRST_BYTES = 1 << 14, MOST_TOKENS = 1 << 30 };

void oss_token_table_deinit(oss_token_table *table) {
    oss_free(table->token);
    oss_free(table->slot);
    oss_free(table->bytes);
    *table = (oss_token_table){0};
}

const char *oss_token_table_text(const oss_token_table *table, uint32_t token) {
    return table->bytes + table->token[token].offset;
}

static oss_status grow_slots(oss_token_table *table) {
    uint32_t slots = table->slots == 0 ? FIRST_SLOTS : 2 * table->slots;
    uint32_t *slot = oss_alloc_zero(slots, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    for (uint32_t i = 0; i < table->tokens; i++) {
        uint32_t at = (uint32_t)table->token[i].hash & (slots - 1);
        while (slot[at] != 0) {
            at = (at + 1) & (slots - 1);
        }
        slot[at] = i + 1;
    }
    oss_free(table->slot);
    table->slot = slot;
    table->slots = slots;
    return OSS_OK;
}

static oss_status grow(oss_token_table *table, size_t bytes) {
    if (table->tokens == table->token_capacity) {
        uint32_t capacity = table->token_capacity == 0 ? FIRST_SLOTS : 2 * table->token_capacity;
        oss_token *token = oss_resize(table->token, capacity, sizeof *token);
        if (token == NULL) {
            return OSS_ENOMEM;
        }
        table->token = token;
        table->token_capacity = capacity;
    }
    if (table->used_bytes + bytes + 1 > table->byte_capacity) {
        uint64_t capacity = 2 * (table->byte_capacity + bytes) + FIRST_BYTES;
        char *grown = oss_resize(table->bytes, capacity, 1);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        table->bytes = grown;
        table->byte_capacity = capacity;
    }
    return table->tokens == MOST_TOKENS
               ? oss_fail(OSS_EINPUT, "more than %d different words", (int)MOST_TOKENS)
               : OSS_OK;
}

static bool is_token(const oss_token_table *table, uint32_t token, uint64_t hash, const char *text,
                     size_t bytes) {
    const char *own = oss_token_table_text(table, token);
    return table->token[token].hash == hash && strncmp(own, text, bytes) == 0 && own[bytes] == '\0';
}

oss_status oss_token_table_add(oss_token_table *table, uint32_t *out, const char *text, size_t bytes) {
    uint64_t hash = oss_hash(text, bytes);
    oss_status status = table->tokens >= table->slots / 2 ? grow_slots(table) : OSS_OK;
    if (status != OSS_OK) {
        return status;
    }
    uint32_t at = (uint32_t)hash & (table->slots - 1);
    while (table->slot[at] != 0 && !is_token(table, table->slot[at] - 1, hash, text, bytes)) {
        at = (at + 1) & (table->slots - 1);
    }
    if (table->slot[at] == 0) {
        status = grow(table, bytes);
        if (status != OSS_OK) {
            return status;
        }
        table->token[table->tokens++] = (oss_token){.offset = table->used_bytes, .hash = hash};
        memcpy(table->bytes + table->used_bytes, text, bytes);
        table->bytes[table->used_bytes + bytes] = '\0';
        table->used_bytes += bytes + 1;
        table->slot[at] = table->tokens;
    }
    *out = table->slot[at] - 1;
    return OSS_OK;
}
