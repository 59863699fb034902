#include "infer/align_price.h"

#include <math.h>

#include "decode/align_column.h"
#include "text/vocab.h"

/* Measured with scripts/measure_align.sh on voices that the shipped model knows, hears well, and hears badly. */
static const double best_hearing = 0.3, worst_hearing = 2.0;
static const double price_above = 0.7, price_root = 4.0;
/* Symbols of the worst hearing that are counted in, so that a short text does not speak for the recording. */
static const double prior_symbols = 15.0;
static const double fewest_symbols = 2.0, fewest_by_hearing = 4.0;

double oss_align_worst_hearing(void) {
    return worst_hearing;
}

void oss_align_price(float *price, const oss_align_text *text, double hearing) {
    for (int64_t i = 1; i < text->cuts; i++) {
        double symbols = (double)(text->cut[i] - text->cut[i - 1]);
        price[i] = (float)((hearing + price_above) * symbols + price_root * sqrt(symbols));
    }
}

static double cost_of(const float *logits, int64_t begin, int64_t end, int32_t v, int32_t id) {
    double cost = 0.0;
    for (int64_t frame = begin; frame < end; frame++) {
        const float *row = logits + frame * v;
        cost -= (double)oss_align_score(row, oss_frame_best(row, v), id);
    }
    return cost;
}

void oss_align_fit_measure(oss_align_fit *fit, const oss_aligned *aligned, const float *logits, int32_t v) {
    const oss_align_text *text = fit->text;
    double sum = worst_hearing * prior_symbols, symbols = prior_symbols;
    int64_t stretch = 0;
    for (int64_t i = 0; i < text->cuts; i++) {
        fit->cost[i] = 0.0;
    }
    for (int64_t i = 0; i < text->symbols; i++) {
        bool behind_cut = false;
        for (; stretch < text->cuts && text->cut[stretch] <= i; stretch++) {
            behind_cut = true;
        }
        if (aligned[i].end == aligned[i].begin) {
            continue;
        }
        bool gap = i > 0 && !behind_cut && aligned[i - 1].end > aligned[i - 1].begin;
        double cost = cost_of(logits, aligned[i].begin, aligned[i].end, v, text->id[i]) +
                      (gap ? cost_of(logits, aligned[i - 1].end, aligned[i].begin, v, OSS_VOCAB_BLANK) : 0.0);
        if (stretch > 0 && stretch < text->cuts) {
            fit->cost[stretch] += cost;
        }
        sum += cost;
        symbols++;
    }
    fit->hearing = fmax(best_hearing, fmin(worst_hearing, sum / symbols));
}

bool oss_align_fit_doubts(const oss_align_fit *fit, const float *price) {
    for (int64_t i = 1; i < fit->text->cuts; i++) {
        if (fit->cost[i] > 0.5 * (double)price[i]) {
            return true;
        }
    }
    return false;
}

int32_t oss_align_fit_fewest(const oss_align_fit *fit) {
    return (int32_t)ceil(fewest_symbols + fewest_by_hearing * fit->hearing);
}
