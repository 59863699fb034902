/* The walk over frames; one frame's arithmetic is in ctc_lanes.c.
 *
 * Only states that can lie on a whole path are visited: label i no earlier than frame i, and no later than
 * what leaves a frame for each label after it.
 *
 *     state  L |            ......
 *              |        ..........          T frames to the right; the band is a parallelogram
 *              |    ..........
 *            0 |......
 *
 * Alpha is needed again on the way back. Short utterances keep all of it (and the emissions beside it); from
 * KEEP_ALL_BYTES on, only each sqrt(T)-th row is kept and the rows between are computed again, a block at a
 * time: memory grows as sqrt(T) L. */
#include "kernel/ctc.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/contract.h"
#include "base/round.h"
#include "kernel/cpu.h"
#include "kernel/ctc_table.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"

OSS_CPU_DECLARE_TABLES(oss_ctc_table, ctc);
static const oss_ctc_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(ctc);

enum { KEEP_ALL_BYTES = 1 << 20, ROW_PARTS = 4, KEPT_PARTS = 6, ALIGNMENT = 64 };

typedef struct ctc_work {
    const oss_ctc_table *table;
    const float *logits;
    float *dlogits;
    int32_t t, v, labels;
    int32_t block;                  /* frames whose alpha and emissions are held at a time */
    size_t part;                    /* doubles from one part of a row to the next: pads and L + 1 states */
    size_t symbols;                 /* V, one entry for "no label", rounded up to whole registers */
    double *significand, *exponent; /* [symbols] of the frame in hand */
    double *posterior;              /* [symbols], all zero between frames */
    double *skip;                   /* [part] */
    double *label_posterior;        /* [part] */
    double *next;                   /* [ROW_PARTS,part] beta times emission */
    double *starts;  /* [ceil(T / block),ROW_PARTS,part] alpha before the first frame of each block */
    double *kept;    /* [block,KEPT_PARTS,part] alpha and emissions */
    double *blank;   /* [block,2] */
    int32_t *symbol; /* [part] label i, or V where there is none */
} ctc_work;

/* Hands out `doubles` at *at, on a 64-byte boundary; base NULL: only counts. */
static double *take(double *base, size_t *at, size_t doubles) {
    double *p = base != NULL ? base + *at : NULL;
    *at += oss_round_up(doubles, ALIGNMENT / sizeof(double));
    return p;
}

/* Lays out the scratch, or with base NULL only measures it: returns its bytes. */
static size_t lay_out(ctc_work *w, double *base, int32_t t, int32_t v, int32_t labels) {
    const size_t frames = t > 0 ? (size_t)t : 1;
    size_t at = 0;
    w->part = OSS_CTC_PAD + oss_round_up((size_t)labels + 1, OSS_CTC_PAD) + OSS_CTC_PAD;
    w->symbols = oss_round_up((size_t)v + 1, OSS_CTC_PAD);
    w->block = t;
    if (frames * KEPT_PARTS * w->part * sizeof(double) > KEEP_ALL_BYTES) {
        w->block = (int32_t)ceil(sqrt((double)t));
    }
    const size_t block = w->block > 0 ? (size_t)w->block : 1;
    w->significand = take(base, &at, w->symbols);
    w->exponent = take(base, &at, w->symbols);
    w->posterior = take(base, &at, w->symbols);
    w->skip = take(base, &at, w->part);
    w->label_posterior = take(base, &at, w->part);
    w->next = take(base, &at, ROW_PARTS * w->part);
    w->starts = take(base, &at, (frames + block - 1) / block * ROW_PARTS * w->part);
    w->kept = take(base, &at, block * KEPT_PARTS * w->part);
    w->blank = take(base, &at, block * 2);
    w->symbol = (int32_t *)(void *)take(base, &at, w->part);
    return at * sizeof(double);
}

size_t oss_k_ctc_scratch_bytes(int32_t t, int32_t v, int32_t labels) {
    OSS_CONTRACT(t >= 0 && v > 1 && labels >= 0);
    ctc_work w;
    return lay_out(&w, NULL, t, v, labels);
}

static oss_ctc_row get_row(const ctc_work *w, double *first) {
    first += OSS_CTC_PAD;
    return (oss_ctc_row){first, first + w->part, first + 2 * w->part, first + 3 * w->part};
}

static double *get_kept(const ctc_work *w, int32_t frame) {
    return w->kept + (size_t)(frame % w->block) * KEPT_PARTS * w->part;
}

static double *get_start(const ctc_work *w, int32_t frame) {
    return w->starts + (size_t)(frame / w->block) * ROW_PARTS * w->part;
}

static oss_ctc_emission get_emission(const ctc_work *w, int32_t frame) {
    double *first = get_kept(w, frame) + ROW_PARTS * w->part + OSS_CTC_PAD;
    const double *blank = w->blank + frame % w->block * 2;
    return (oss_ctc_emission){first, first + w->part, {blank[0], blank[1]}};
}

static oss_ctc_band get_band(const ctc_work *w, int32_t frame) {
    int32_t low = w->labels - (w->t - frame);
    return (oss_ctc_band){low > 0 ? low : 0, frame < w->labels ? frame : w->labels};
}

/* All states zero. */
static void clear_row(const ctc_work *w, double *first) {
    for (size_t i = 0; i < w->part; i++) {
        first[i] = first[2 * w->part + i] = 1.0;
        first[w->part + i] = first[3 * w->part + i] = OSS_CTC_NEVER;
    }
}

/* Label i may follow label i-1 without a blank when they differ. */
static void prepare_labels(const ctc_work *w, const int32_t *label) {
    for (size_t i = 0; i < w->part; i++) {
        w->skip[i] = OSS_CTC_NEVER;
        w->symbol[i] = w->v;
    }
    for (int32_t i = 0; i < w->labels; i++) {
        w->symbol[OSS_CTC_PAD + i] = label[i];
        if (i > 0 && label[i] != label[i - 1]) {
            w->skip[OSS_CTC_PAD + i] = 0.0;
        }
    }
    memset(w->posterior, 0, w->symbols * sizeof(double));
}

/* The frame's e^(x - max), and what each label of the band emits; p[V] when not NULL. Returns ln sum e^(x -
 * max). */
static double emit_frame(const ctc_work *w, int32_t frame, float *p) {
    const float *x = w->logits + (size_t)frame * (size_t)w->v;
    double sum = w->table->exponentiate(w->significand, w->exponent, p, x, w->v);
    w->significand[w->v] = 1.0;
    w->exponent[w->v] = OSS_CTC_NEVER;
    oss_ctc_emission emit = get_emission(w, frame);
    oss_ctc_band band = get_band(w, frame);
    const int32_t *symbol = w->symbol + OSS_CTC_PAD;
    int32_t end = (int32_t)oss_round_up((size_t)band.high + 1, OSS_CTC_PAD);
    for (int32_t i = band.low / OSS_CTC_PAD * OSS_CTC_PAD; i < end; i++) {
        emit.label[i] = w->significand[symbol[i]];
        emit.label_exp[i] = w->exponent[symbol[i]];
    }
    w->blank[frame % w->block * 2] = w->significand[OSS_CTC_BLANK];
    w->blank[frame % w->block * 2 + 1] = w->exponent[OSS_CTC_BLANK];
    return log(sum);
}

/* Alpha of frames [begin, end), a block or less, from what get_start holds. softmax: also writes it to
 * dlogits. Returns the sum of ln sum e^(x - max), which alpha leaves out. */
static double walk_forward(const ctc_work *w, int32_t begin, int32_t end, bool softmax) {
    double log_scale = 0.0;
    oss_ctc_row before = get_row(w, get_start(w, begin));
    for (int32_t frame = begin; frame < end; frame++) {
        float *p = softmax ? w->dlogits + (size_t)frame * (size_t)w->v : NULL;
        log_scale += emit_frame(w, frame, p);
        oss_ctc_row now = get_row(w, get_kept(w, frame));
        oss_ctc_emission emit = get_emission(w, frame);
        w->table->step_alpha(&now, &before, &emit, w->skip + OSS_CTC_PAD, get_band(w, frame));
        before = now;
    }
    return log_scale;
}

/* Paths end in the last label or the blank after it. */
static oss_ctc_wide sum_ends(const ctc_work *w) {
    oss_ctc_row row = get_row(w, get_kept(w, w->t - 1));
    const double blank_exp = row.blank_exp[w->labels];
    const double label_exp = row.label_exp[w->labels - 1]; /* without labels: the pad's zero */
    const double high = fmax(blank_exp, label_exp);
    return (oss_ctc_wide){row.blank[w->labels] * exp2(fmax(blank_exp - high, -1000.0)) +
                              row.label[w->labels - 1] * exp2(fmax(label_exp - high, -1000.0)),
                          high};
}

/* dlogits of one frame, which holds the softmax, from the posteriors. Returns |sum of posteriors - 1|. */
static double step_gradient(const ctc_work *w, int32_t frame, oss_ctc_wide total, double grad_scale) {
    oss_ctc_row next = get_row(w, w->next);
    oss_ctc_row alpha = get_row(w, get_kept(w, frame));
    oss_ctc_emission emit = get_emission(w, frame);
    oss_ctc_band band = get_band(w, frame);
    const int32_t *symbol = w->symbol + OSS_CTC_PAD;
    const double *posterior = w->label_posterior;
    double blanks =
        w->table->step_beta(w->label_posterior, &next, &alpha, &emit, w->skip + OSS_CTC_PAD, band, total);
    double sum = blanks;
    w->posterior[OSS_CTC_BLANK] = blanks;
    for (int32_t i = band.low; i <= band.high; i++) {
        w->posterior[symbol[i]] += posterior[i];
        sum += posterior[i];
    }
    w->table->subtract(w->dlogits + (size_t)frame * (size_t)w->v, w->posterior, w->v, grad_scale);
    for (int32_t i = band.low; i <= band.high; i++) {
        w->posterior[symbol[i]] = 0.0;
    }
    return fabs(sum - 1.0);
}

/* From the last frame to the first; the last block's alphas are still there, those of the others are made
 * again. */
static double walk_backward(const ctc_work *w, oss_ctc_wide total, double grad_scale) {
    double imbalance = 0.0;
    clear_row(w, w->next);
    oss_ctc_row next = get_row(w, w->next);
    next.blank_exp[w->labels] = 0.0;
    for (int32_t begin = (w->t - 1) / w->block * w->block; begin >= 0; begin -= w->block) {
        int32_t end = begin + w->block < w->t ? begin + w->block : w->t;
        if (end < w->t) {
            (void)walk_forward(w, begin, end, false);
        }
        for (int32_t frame = end - 1; frame >= begin; frame--) {
            imbalance = fmax(imbalance, step_gradient(w, frame, total, grad_scale));
        }
    }
    return imbalance;
}

static oss_ctc_result walk(const ctc_work *w, double grad_scale) {
    double log_scale = 0.0;
    clear_row(w, w->starts);
    oss_ctc_row start = get_row(w, w->starts);
    start.blank_exp[0] = 0.0; /* before the first frame: the first blank, for certain */
    for (int32_t begin = 0; begin < w->t; begin += w->block) {
        int32_t end = begin + w->block < w->t ? begin + w->block : w->t;
        log_scale += walk_forward(w, begin, end, w->dlogits != NULL);
        if (end < w->t) {
            memcpy(get_start(w, end), get_kept(w, end - 1), ROW_PARTS * w->part * sizeof(double));
        }
    }
    oss_ctc_wide total = sum_ends(w);
    double nll = log_scale - (log(total.significand) + total.exponent * 0.69314718055994530942);
    oss_ctc_result result = {.nll = fmax(nll, 0.0)}; /* p = 1 may round to a little more */
    if (w->dlogits != NULL) {
        result.max_imbalance = walk_backward(w, total, grad_scale);
    }
    return result;
}

static bool are_labels(const int32_t *label, int32_t labels, int32_t v) {
    for (int32_t i = 0; i < labels; i++) {
        if (label[i] <= OSS_CTC_BLANK || label[i] >= v) {
            return false;
        }
    }
    return true;
}

oss_ctc_result oss_k_ctc(float *dlogits, const float *logits, int32_t t, int32_t v, const int32_t *label,
                         int32_t labels, double grad_scale, void *scratch) {
    OSS_CONTRACT(t >= 0 && v > 1 && labels >= 0);
    OSS_CONTRACT(labels == 0 || label != NULL);
    OSS_CONTRACT(logits != NULL || t == 0);
    OSS_CONTRACT(oss_is_apart(dlogits, (size_t)t * (size_t)v, logits, (size_t)t * (size_t)v));
    OSS_CONTRACT(oss_is_aligned(scratch, 64));
    OSS_CONTRACT(are_labels(label, labels, v));
    const size_t count = (size_t)t * (size_t)v;
    const bool finite = oss_k_all_finite(logits, count);
    if (finite && t > 0 && oss_len_ctc_needed(label, labels) <= t) {
        ctc_work w = {.table = tables[oss_cpu_isa()],
                      .logits = logits,
                      .dlogits = dlogits,
                      .t = t,
                      .v = v,
                      .labels = labels};
        (void)lay_out(&w, scratch, t, v, labels);
        prepare_labels(&w, label);
        return walk(&w, grad_scale);
    }
    if (dlogits != NULL) {
        memset(dlogits, 0, count * sizeof(float));
    }
    double nll = !finite       ? NAN
                 : labels == 0 ? 0.0
                               : INFINITY; /* no frames say the empty target for certain */
    return (oss_ctc_result){.nll = nll};
}
