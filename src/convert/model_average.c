#include "convert/model_average.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "model/config_compare.h"
#include "model/model_internal.h"

/* ---- What must be equal ---- */

typedef struct model_pair {
    const oss_model *a, *b;
} model_pair;

static oss_status refuse_difference(void *context, const char *key, const char *in_a, const char *in_b) {
    const model_pair *pair = context;
    if (strcmp(key, "dropout") == 0) { /* no weight means anything else with another */
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT, "\"%s\" is %s in %s and %s in %s: only models of the same kind have a mean",
                    key, in_a, pair->a->path, in_b, pair->b->path);
}

static oss_status compare_settings(const oss_model *a, const oss_model *b) {
    model_pair pair = {a, b};
    return oss_config_compare(&a->config, &b->config, refuse_difference, &pair);
}

static oss_status compare_vocabularies(const oss_model *a, const oss_model *b) {
    if (a->vocab == NULL || b->vocab == NULL) {
        return a->vocab == b->vocab
                   ? OSS_OK
                   : oss_fail(OSS_EINPUT, "%s has no head, %s has one", a->vocab == NULL ? a->path : b->path,
                              a->vocab == NULL ? b->path : a->path);
    }
    int32_t size = oss_vocab_size(a->vocab);
    if (size != oss_vocab_size(b->vocab)) {
        return oss_fail(OSS_EINPUT, "the vocabulary of %s has %d symbols, that of %s %d", a->path, size,
                        b->path, oss_vocab_size(b->vocab));
    }
    for (int32_t id = 0; id < size; id++) {
        const char *first = oss_vocab_symbol(a->vocab, id), *other = oss_vocab_symbol(b->vocab, id);
        if (strcmp(first, other) != 0) {
            return oss_fail(OSS_EINPUT, "symbol %d of the vocabulary is \"%s\" in %s and \"%s\" in %s", id,
                            first, a->path, other, b->path);
        }
    }
    return OSS_OK;
}

/* Equal settings, so both have statistics or none. */
static oss_status compare_stats(const oss_model *a, const oss_model *b) {
    if (a->mel_mean == NULL) {
        return OSS_OK;
    }
    size_t bytes = (size_t)a->config.mel.bins * sizeof *a->mel_mean;
    bool same = memcmp(a->mel_mean, b->mel_mean, bytes) == 0 && memcmp(a->mel_std, b->mel_std, bytes) == 0;
    return same
               ? OSS_OK
               : oss_fail(OSS_EINPUT,
                          "the mel statistics of %s and %s differ: they were trained on different recordings",
                          a->path, b->path);
}

static oss_status compare_models(const oss_model *a, const oss_model *b) {
    oss_status status = compare_settings(a, b);
    if (status == OSS_OK) {
        status = compare_vocabularies(a, b);
    }
    return status == OSS_OK ? compare_stats(a, b) : status;
}

/* ---- The mean ---- */

static oss_status add_model(double *sum, const oss_model *first, const char *path) {
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, path);
    if (status == OSS_OK) {
        status = compare_models(first, model);
    }
    for (size_t i = 0; status == OSS_OK && i < first->params->floats; i++) {
        sum[i] += (double)model->value[i];
    }
    oss_model_free(model);
    return status;
}

oss_status oss_model_average(oss_model **out, const char *const *path, int32_t count) {
    oss_model *mean = NULL;
    oss_status status = oss_model_load(&mean, path[0]);
    if (status != OSS_OK) {
        return status;
    }
    size_t floats = mean->params->floats;
    double *sum = oss_alloc(floats, sizeof *sum);
    status = sum == NULL ? OSS_ENOMEM : OSS_OK;
    for (size_t i = 0; status == OSS_OK && i < floats; i++) {
        sum[i] = (double)mean->value[i];
    }
    for (int32_t m = 1; m < count && status == OSS_OK; m++) {
        status = add_model(sum, mean, path[m]);
    }
    for (size_t i = 0; status == OSS_OK && i < floats; i++) {
        mean->value[i] = (float)(sum[i] / count);
    }
    if (count > 1) { /* the mean of rounded weights is none of the numbers that they were rounded to */
        mean->storage = OSS_STORAGE_FP32;
        mean->calibration = (oss_calibration){0}; /* what was measured of the first is not true of it */
    }
    oss_free(sum);
    if (status != OSS_OK) {
        oss_model_free(mean);
        return status;
    }
    *out = mean;
    return OSS_OK;
}

/* ---- Less of a model ---- */

/* value[to->floats] = the parameters of model that `to` has too. */
static void copy_values(float *value, const oss_params *to, const oss_model *model) {
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *from = &model->params->item[i];
        const oss_param *param = oss_params_find(to, from->name);
        if (param != NULL) {
            memcpy(value + param->offset, model->value + from->offset, from->count * sizeof *value);
        }
    }
}

oss_status oss_model_drop_projector(oss_model *model) {
    oss_model_config config = model->config;
    config.projector_dim = 0;
    oss_params *params = NULL;
    float *value = NULL;
    oss_status status =
        oss_params_create(&params, &config, model->vocab == NULL ? 0 : oss_vocab_size(model->vocab));
    if (status == OSS_OK) {
        value = oss_model_alloc_block(params);
        status = value == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status != OSS_OK) {
        oss_params_free(params);
        return status;
    }
    copy_values(value, params, model);
    oss_params_free(model->params);
    oss_free(model->value);
    model->config = config;
    model->params = params;
    model->value = value;
    return OSS_OK;
}
