#include "lm/arpa_lines_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DECIMALS = 6, NUMBER_BYTES = 16 };

static void put(oss_arpa_out *out, const char *text, size_t bytes) {
    out->bytes += bytes;
    if (!out->is_measured) {
        oss_writer_put(&out->writer, text, bytes);
    }
}

oss_status oss_arpa_out_open(oss_arpa_out *out, const char *path, const char *const *word, int32_t order,
                             const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    char line[64];
    *out = (oss_arpa_out){.word = word, .order = order, .is_measured = path == NULL};
    oss_status status = path == NULL ? OSS_OK : oss_writer_open(&out->writer, path);
    if (status == OSS_OK) {
        put(out, "\\data\\\n", 7);
        for (int32_t n = 1; n <= order; n++) {
            put(out, line,
                (size_t)snprintf(line, sizeof line, "ngram %d=%lld\n", (int)n, (long long)count[n - 1]));
        }
    }
    return status;
}

/* At most `most` and at least -99, with six decimals, without zeros at the end; returns its bytes. printf takes most of the
 * time of writing, and knows of decimal commas. */
static size_t format(char *text, double value, double most) {
    char digit[NUMBER_BYTES];
    size_t bytes = 0, digits = 0;
    value = value > most ? most : value < -99.0 ? -99.0 : value;
    long long number = llround(fabs(value) * 1e6);
    int decimals = DECIMALS;
    while (decimals > 0 && number % 10 == 0) {
        number /= 10;
        decimals--;
    }
    for (int i = 0; number > 0 || i <= decimals; i++, number /= 10) {
        if (i == decimals && i > 0) {
            digit[digits++] = '.';
        }
        digit[digits++] = (char)('0' + number % 10);
    }
    if (value < 0.0 && !(digits == 1 && digit[0] == '0')) {
        text[bytes++] = '-';
    }
    while (digits > 0) {
        text[bytes++] = digit[--digits];
    }
    return bytes;
}

static void begin_section(oss_arpa_out *out) {
    char line[32];
    out->section++;
    put(out, line, (size_t)snprintf(line, sizeof line, "\n\\%d-grams:\n", (int)out->section));
}

void oss_arpa_out_put(oss_arpa_out *out, int32_t n, const uint32_t *token, double log10_p,
                      double log10_backoff) {
    char text[NUMBER_BYTES + 2];
    while (out->section < n) {
        begin_section(out);
    }
    size_t bytes = format(text, n == 1 && token[0] == OSS_NGRAM_BEGIN ? -99.0 : log10_p, 0.0);
    text[bytes++] = '\t';
    put(out, text, bytes);
    for (int32_t i = 0; i < n; i++) {
        put(out, out->word[token[i]], strlen(out->word[token[i]]));
        put(out, i + 1 < n ? " " : "", i + 1 < n);
    }
    if (n < out->order && token[n - 1] != OSS_NGRAM_END) {
        text[0] = '\t';
        put(out, text, 1 + format(text + 1, log10_backoff, 99.0));
    }
    put(out, "\n", 1);
}

oss_status oss_arpa_out_commit(oss_arpa_out *out) {
    while (out->section < out->order) {
        begin_section(out);
    }
    put(out, "\n\\end\\\n", 7);
    return out->is_measured ? OSS_OK : oss_writer_commit(&out->writer);
}

void oss_arpa_out_abort(oss_arpa_out *out) {
    if (!out->is_measured) {
        oss_writer_abort(&out->writer);
    }
}
