/* Recordings to the network's numbers. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "infer/recognizer_state.h"

static oss_status check_output(const oss_recognizer *recognizer, oss_output what) {
    if (what == OSS_OUTPUT_EMBEDDINGS) {
        return OSS_OK;
    }
    if (what == OSS_OUTPUT_LOGITS) {
        return oss_recognizer_check_head(recognizer);
    }
    if (what != OSS_OUTPUT_PROJECTED) {
        return oss_fail(OSS_EUSAGE, "%d is no output of the network", (int)what);
    }
    if (recognizer->model->config.projector_dim == 0) {
        return oss_fail(OSS_EUSAGE, "%s has no projector (its config has no \"projector_dim\")",
                        recognizer->model->path);
    }
    return OSS_OK;
}

/* ---- Rows ---- */

oss_status oss_gathered_add(oss_gathered *gathered, const float *x, int32_t rows, int32_t columns) {
    const size_t width = (size_t)columns;
    int64_t wanted = gathered->rows + rows;
    if (wanted > gathered->capacity) {
        int64_t capacity = gathered->rows + gathered->rows / 2;
        capacity = capacity > wanted ? capacity : wanted;
        float *grown = oss_resize(gathered->value, (size_t)capacity, width * sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        gathered->value = grown;
        gathered->capacity = capacity;
    }
    memcpy(gathered->value + (size_t)gathered->rows * width, x, (size_t)rows * width * sizeof *x);
    gathered->rows = wanted;
    gathered->columns = columns;
    return OSS_OK;
}

typedef struct rows_of {
    oss_output what;
    oss_rows_fn fn;
    void *context;
} rows_of;

static oss_status take_heard(void *context, const oss_heard *heard, bool *out_enough) {
    const rows_of *rows = context;
    const oss_encoding *e = &heard->encoding;
    int32_t more = rows->what == OSS_OUTPUT_LOGITS
                       ? rows->fn(rows->context, e->logits, e->logit_rows, e->vocab)
                   : rows->what == OSS_OUTPUT_PROJECTED
                       ? rows->fn(rows->context, e->projected, e->frames, e->projected_width)
                       : rows->fn(rows->context, e->embeddings, e->frames, e->width);
    *out_enough = more == 0;
    return OSS_OK;
}

oss_status oss_recognizer_embed_file_to(oss_recognizer *recognizer, const char *path, oss_output what,
                                        oss_rows_fn rows, void *context) {
    rows_of to = {.what = what, .fn = rows, .context = context};
    oss_status status = check_output(recognizer, what);
    return status == OSS_OK
               ? oss_recognizer_hear_file(recognizer, path, (oss_hearer){.take = take_heard, .context = &to})
               : status;
}

/* ---- All of them ---- */

typedef struct embedding {
    oss_gathered rows;
    oss_status status;
} embedding;

static int32_t gather(void *context, const float *x, int32_t rows, int32_t columns) {
    embedding *e = context;
    e->status = oss_gathered_add(&e->rows, x, rows, columns);
    return e->status == OSS_OK;
}

static oss_status give_rows(oss_matrix *out, const embedding *e, oss_status status) {
    status = status == OSS_OK ? e->status : status;
    if (status != OSS_OK) {
        oss_free(e->rows.value);
        return status;
    }
    *out = (oss_matrix){.value = e->rows.value, .rows = e->rows.rows, .columns = e->rows.columns};
    return OSS_OK;
}

oss_status oss_recognizer_embed_file(oss_recognizer *recognizer, const char *path, oss_output what,
                                     oss_matrix *out) {
    embedding e = {0};
    return give_rows(out, &e, oss_recognizer_embed_file_to(recognizer, path, what, gather, &e));
}

oss_status oss_recognizer_embed_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                        int32_t rate_hz, oss_output what, oss_matrix *out) {
    embedding e = {0};
    rows_of to = {.what = what, .fn = gather, .context = &e};
    oss_status status = check_output(recognizer, what);
    if (status == OSS_OK) {
        status = oss_recognizer_hear_samples(recognizer, sample, samples, rate_hz,
                                             (oss_hearer){.take = take_heard, .context = &to});
    }
    return give_rows(out, &e, status);
}
