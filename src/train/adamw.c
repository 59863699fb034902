#include "train/adamw.h"

typedef struct update_job {
    const oss_adamw *adamw;
    const oss_spans *spans;
} update_job;

static void update_span(void *context, int32_t task, int32_t worker) {
    (void)worker;
    const update_job *job = context;
    const oss_adamw *adamw = job->adamw;
    const oss_span *span = &job->spans->item[task];
    if (adamw->leave_matrices && span->matrix) {
        return;
    }
    oss_adamw_step rule = adamw->rule;
    rule.decay = span->decay ? rule.decay : 0.0;
    size_t at = span->offset;
    float *average = adamw->average == NULL ? NULL : adamw->average + at;
    oss_k_adamw(adamw->value + at, adamw->m + at, adamw->v + at, average, adamw->gradient + at, span->floats,
                &rule);
}

void oss_adamw_update(const oss_adamw *adamw, const oss_spans *spans, oss_pool *pool) {
    update_job job = {.adamw = adamw, .spans = spans};
    oss_pool_run(pool, spans->count, update_span, &job);
}

double oss_clip_factor(double norm, double clip_norm) {
    double factor = clip_norm / (norm + 1e-6);
    return clip_norm > 0 && factor < 1.0 ? factor : 1.0;
}

double oss_average_gain(double decay, int64_t update) {
    double warming_up = (1.0 + (double)update) / (10.0 + (double)update);
    return 1.0 - (decay < warming_up ? decay : warming_up);
}
