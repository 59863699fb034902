#include "model/sum.h"

#include <string.h>

#include "base/hash.h"

/* A place in JSON that is known to be valid; every step is bounded all the same. */
typedef struct walk {
    const char *json;
    size_t bytes;
    size_t at;
} walk;

static int peek(const walk *w) {
    return w->at < w->bytes ? (unsigned char)w->json[w->at] : -1;
}

static void skip_space(walk *w) {
    while (w->at < w->bytes && memchr(" \t\r\n", w->json[w->at], 4) != NULL) {
        w->at++;
    }
}

/* From an opening quote to behind the closing one. */
static void skip_string(walk *w) {
    w->at++;
    while (w->at < w->bytes && w->json[w->at] != '"') {
        w->at += w->json[w->at] == '\\' ? 2 : 1;
    }
    w->at++;
}

/* Any value: strings are stepped over, so brackets in them do not count. */
static void skip_value(walk *w) {
    int depth = 0;
    while (w->at < w->bytes) {
        int byte = peek(w);
        if (depth == 0 && (byte == ',' || byte == '}' || byte == ']')) {
            return;
        }
        if (byte == '"') {
            skip_string(w);
            continue;
        }
        depth += (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
        w->at++;
    }
}

/* From the '{' of an object to the value of its member `key`; false when there is none. */
static bool enter_member(walk *w, const char *key) {
    size_t length = strlen(key);
    if (peek(w) != '{') {
        return false;
    }
    for (w->at++; w->at < w->bytes; w->at++) {
        skip_space(w);
        size_t start = w->at + 1;
        if (peek(w) != '"') {
            return false;
        }
        skip_string(w);
        bool is_wanted = w->at == start + length + 1 && memcmp(w->json + start, key, length) == 0;
        skip_space(w);
        w->at++; /* the colon */
        skip_space(w);
        if (is_wanted) {
            return true;
        }
        skip_value(w);
        if (peek(w) != ',') {
            return false;
        }
    }
    return false;
}

static bool is_digits(const char *text) {
    for (int i = 0; i < OSS_SUM_DIGITS; i++) {
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'))) {
            return false;
        }
    }
    return true;
}

bool oss_sum_find(size_t *out_at, const char *json, size_t bytes, const char *const *key, int keys) {
    walk w = {.json = json, .bytes = bytes};
    skip_space(&w);
    for (int i = 0; i < keys; i++) {
        if (!enter_member(&w, key[i])) {
            return false;
        }
    }
    bool fits =
        peek(&w) == '"' && bytes - w.at >= OSS_SUM_DIGITS + 2 && json[w.at + OSS_SUM_DIGITS + 1] == '"';
    if (!fits || !is_digits(json + w.at + 1)) {
        return false;
    }
    *out_at = w.at + 1;
    return true;
}

oss_status oss_sum_digest(char out[OSS_SUM_DIGITS + 1], const char *first, size_t first_bytes,
                          size_t digits_at, const oss_sum_part *part, size_t parts) {
    static const char zeros[] = "0000000000000000";
    oss_hasher *hasher = oss_hasher_create();
    if (hasher == NULL) {
        return OSS_ENOMEM;
    }
    size_t behind = digits_at + OSS_SUM_DIGITS;
    oss_hasher_update(hasher, first, digits_at);
    oss_hasher_update(hasher, zeros, OSS_SUM_DIGITS);
    oss_hasher_update(hasher, first + behind, first_bytes - behind);
    for (size_t i = 0; i < parts; i++) {
        oss_hasher_update(hasher, part[i].data, part[i].bytes);
    }
    oss_hash_hex(out, oss_hasher_digest(hasher));
    oss_hasher_free(hasher);
    return OSS_OK;
}
