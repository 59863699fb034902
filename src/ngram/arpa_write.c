/* Writing ARPA files. */
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "ngram/ngram_image.h"
#include "ngram/pack.h"

enum { FLUSH_BYTES = 1 << 16 };

typedef struct arpa_writer {
    const oss_ngram *ngram;
    oss_writer file;
    oss_strbuf text;
    uint64_t at[OSS_NGRAM_ORDER_MAX];   /* places of an n-gram and of those that begin it */
    uint64_t left[OSS_NGRAM_ORDER_MAX]; /* n-grams of each order that a section did not come to yet */
    bool is_damaged;
    char p[OSS_NGRAM_BOOK][16], backoff[OSS_NGRAM_BOOK][16];
} arpa_writer;

static void flush(arpa_writer *w, size_t most) {
    if (w->text.length > most) {
        oss_writer_put(&w->file, w->text.data, w->text.length);
        oss_strbuf_clear(&w->text);
    }
}

/* Rounding never makes a probability larger than 1: what is below 0 stays below or becomes -0. */
static void print_book(char out[OSS_NGRAM_BOOK][16], const float *ln) {
    for (int32_t i = 0; i < OSS_NGRAM_BOOK; i++) {
        double value = (double)ln[i] / OSS_NGRAM_LN10;
        (void)oss_format(out[i], sizeof out[i], "%.7g", value == 0.0 ? 0.0 : value);
    }
}

/* The n-gram of order n at w->at. */
static void write_ngram(arpa_writer *w, uint32_t n) {
    const oss_ngram_level *level = &w->ngram->level[n - 1];
    const uint64_t bit = w->at[n - 1] * level->width;
    oss_strbuf_append(&w->text, w->p[oss_ngram_bits(level->record, bit + level->token_bits) & 0xff]);
    for (uint32_t k = 0; k < n; k++) {
        size_t bytes;
        uint32_t token = k == 0 ? (uint32_t)w->at[0] : oss_ngram_token_at(&w->ngram->level[k], w->at[k]);
        const char *text =
            oss_ngram_token(w->ngram, token < w->ngram->header.count[0] ? token : OSS_NGRAM_UNKNOWN, &bytes);
        oss_strbuf_append(&w->text, k == 0 ? "\t" : " ");
        oss_strbuf_append_bytes(&w->text, text, bytes);
    }
    if (n < w->ngram->header.order) {
        uint64_t code = oss_ngram_bits(level->record, bit + level->backoff_shift) & 0xff;
        oss_strbuf_append(&w->text, "\t");
        oss_strbuf_append(&w->text, w->backoff[code]);
    }
    oss_strbuf_append(&w->text, "\n");
    flush(w, FLUSH_BYTES);
}

/* All of order n that go on from the place of order m in w->at. */
static void write_from(arpa_writer *w, uint32_t m, uint32_t n) {
    if (m >= n || m >= OSS_NGRAM_ORDER_MAX) { /* the second for what compilers know */
        write_ngram(w, n);
        return;
    }
    uint64_t begin, end;
    oss_ngram_nexts_at(&w->ngram->level[m - 1], w->at[m - 1], &begin, &end);
    for (uint64_t next = begin; next < end && !w->is_damaged; next++) {
        w->is_damaged = w->left[m]-- == 0; /* n-grams that go on from several may be endless */
        w->at[m] = next;
        write_from(w, m + 1, n);
    }
}

static void write_section(arpa_writer *w, uint32_t n) {
    print_book(w->p, w->ngram->level[n - 1].ln_p);
    print_book(w->backoff, w->ngram->level[n - 1].ln_backoff);
    oss_strbuf_printf(&w->text, "\n\\%u-grams:\n", n);
    memcpy(w->left, w->ngram->header.count, sizeof w->left);
    for (uint64_t token = 0; token < w->ngram->header.count[0]; token++) {
        w->at[0] = token;
        write_from(w, 1, n);
    }
}

oss_status oss_ngram_write_arpa(const oss_ngram *ngram, const char *path) {
    arpa_writer *w = oss_alloc_zero(1, sizeof *w);
    if (w == NULL) {
        return OSS_ENOMEM;
    }
    w->ngram = ngram;
    oss_status status = oss_writer_open(&w->file, path);
    if (status == OSS_OK) {
        oss_strbuf_append(&w->text, "\\data\\\n");
        for (uint32_t n = 1; n <= ngram->header.order; n++) {
            oss_strbuf_printf(&w->text, "ngram %u=%llu\n", n, (unsigned long long)ngram->header.count[n - 1]);
        }
        for (uint32_t n = 1; n <= ngram->header.order; n++) {
            write_section(w, n);
        }
        oss_strbuf_append(&w->text, "\n\\end\\\n");
        if (w->is_damaged) {
            status = oss_fail(OSS_EINPUT, "%s: not written: the model's n-grams are not in an order", path);
            oss_writer_abort(&w->file);
        } else if (oss_strbuf_ok(&w->text)) {
            flush(w, 0);
            status = oss_writer_commit(&w->file);
        } else {
            status = OSS_ENOMEM;
            oss_writer_abort(&w->file);
        }
    }
    oss_strbuf_deinit(&w->text);
    oss_free(w);
    return status;
}
