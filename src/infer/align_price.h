/* What it costs an alignment to pass over a part of the text, by how well the model hears the recording. */
#ifndef OSS_INFER_ALIGN_PRICE_H
#define OSS_INFER_ALIGN_PRICE_H

#include <stdbool.h>

#include "decode/align.h"

/* How much the symbols of a text lie below what the network would rather have, once they are aligned. */
typedef struct oss_align_fit {
    const oss_align_text *text;
    double *
        cost; /* [cuts] nats of what was said between cut[i - 1] and cut[i], its inner gaps too; 0: not said, and [0] */
    double
        hearing; /* nats a symbol of all that was said: 0.3 where every symbol is the best one, at most 2 */
} oss_align_fit;

/* price[cuts] of stretches in a recording that is heard so well: for n symbols (hearing + 0.7) n + 4 root n. A text that was
 * said costs `hearing` a symbol, another one 4 to 6; single symbols vary, which the root allows for. */
void oss_align_price(float *price, const oss_align_text *text, double hearing);
/* The worst hearing that is believed: a text that costs more is another one. */
double oss_align_worst_hearing(void);

/* text and cost are set. aligned[symbols] through logits[., v]. */
void oss_align_fit_measure(oss_align_fit *fit, const oss_aligned *aligned, const float *logits, int32_t v);

/* Whether a stretch costs so much that it might rather be passed over for price[cuts]. */
bool oss_align_fit_doubts(const oss_align_fit *fit, const float *price);

/* Fewest symbols of the best path that make a sound worth telling. */
int32_t oss_align_fit_fewest(const oss_align_fit *fit);

#endif
