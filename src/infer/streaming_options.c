#include "infer/streaming_options.h"

#include <math.h>

#include "base/fail.h"
#include "infer/chunk_encoder.h"
#include "infer/options.h"
#include "model/sizes.h"

static const oss_stream_options defaults = {.latency_seconds = 2.0,
                                            .left_seconds = 5.12,
                                            .rule1_silence_seconds = 2.4,
                                            .rule2_silence_seconds = 1.2,
                                            .rule3_length_seconds = 20.0};

static const double LEAST_LATENCY = 0.4, MOST_LATENCY = 30.0, MOST_LEFT = 60.0, MOST_RULE = 3600.0;

/* From the last sample of a word to the last frame of its last symbol, and what a frame waits for samples under its
 * windows: docs/inference.md has the measurement. */
static const double SYMBOL_DELAY_SECONDS = 0.24;

/* ---- What cannot be ---- */

static oss_status refuse_features(const oss_model *model, const char *setting, const char *instead) {
    return oss_fail(
        OSS_EUSAGE,
        "%s cannot run as a stream: it normalises over the whole recording (%s); train a model with %s and "
        "\"chunk_training\"",
        model->path, setting, instead);
}

static oss_status check_model(const oss_model *model) {
    const oss_model_config *config = &model->config;
    if (config->mel.kind == OSS_MEL_LOG && oss_mel_norm_needs_all(config->mel.norm)) {
        return refuse_features(model,
                               config->mel.norm == OSS_MEL_NORM_SPEECH ? "\"mel_norm\": \"speech\""
                                                                       : "\"mel_norm\": \"utterance\"",
                               "\"mel_norm\": \"fixed\"");
    }
    if (config->normalize == OSS_NORMALIZE_PEAK) {
        return refuse_features(model, "\"normalize\": \"peak\"", "\"normalize\": \"none\"");
    }
    if (model->chunk_training == 0.0) {
        return oss_fail(
            OSS_EUSAGE,
            "%s cannot run as a stream: it was trained on whole recordings alone; train a model with "
            "\"chunk_training\"",
            model->path);
    }
    return OSS_OK;
}

static oss_status check_range(const char *name, double value, double least, double most) {
    return value >= least && value <= most
               ? OSS_OK
               : oss_fail(OSS_EUSAGE, "%s is %g: give %g to %g", name, value, least, most);
}

static oss_status check_options(const oss_stream_options *options) {
    const double rule[] = {options->rule1_silence_seconds, options->rule2_silence_seconds,
                           options->rule3_length_seconds};
    static const char *const name[] = {"rule1_silence_seconds", "rule2_silence_seconds",
                                       "rule3_length_seconds"};
    oss_status status = check_range("latency_seconds", options->latency_seconds, LEAST_LATENCY, MOST_LATENCY);
    if (status == OSS_OK) {
        status = check_range("left_seconds", options->left_seconds, 0.0, MOST_LEFT);
    }
    for (int i = 0; i < 3 && status == OSS_OK; i++) {
        status = check_range(name[i], rule[i], -INFINITY, MOST_RULE);
    }
    return status;
}

/* ---- What is made of it ---- */

static double or_default(double value, double usual) {
    return value == 0.0 ? usual : value;
}

static oss_stream_options fill_in(const oss_stream_options *o) {
    return (oss_stream_options){
        .latency_seconds = or_default(o->latency_seconds, defaults.latency_seconds),
        .left_seconds = or_default(o->left_seconds, defaults.left_seconds),
        .rule1_silence_seconds = or_default(o->rule1_silence_seconds, defaults.rule1_silence_seconds),
        .rule2_silence_seconds = or_default(o->rule2_silence_seconds, defaults.rule2_silence_seconds),
        .rule3_length_seconds = or_default(o->rule3_length_seconds, defaults.rule3_length_seconds)};
}

/* At least one row: 0 would switch the rule off. */
static int64_t to_rows(double seconds, double rows_hz) {
    return seconds < 0.0 ? 0 : (int64_t)fmax(1.0, ceil(seconds * rows_hz));
}

oss_status oss_stream_plan_make(oss_stream_plan *out, const oss_stream_options *given,
                                const oss_model *model) {
    oss_stream_options options = defaults;
    oss_status status = check_model(model);
    if (status == OSS_OK && given != NULL) {
        status = oss_options_copy(&options, given, sizeof options, sizeof options, "oss_stream_options");
        options = fill_in(&options);
    }
    if (status == OSS_OK) {
        status = check_options(&options);
    }
    if (status != OSS_OK) {
        return status;
    }
    double hz = oss_sizes_embedding_hz(&model->config), rows_hz = hz * model->config.ctc_subframes;
    double chunk = floor((options.latency_seconds - SYMBOL_DELAY_SECONDS) * hz),
           left = options.left_seconds * hz;
    if (chunk < 1.0 || chunk + left > OSS_CHUNK_ENCODER_MOST) {
        return oss_fail(
            OSS_EUSAGE,
            "%s has %g embeddings a second: with latency_seconds %g and left_seconds %g a chunk has %g of them "
            "and sees %g, which must be 1 to %d",
            model->path, hz, options.latency_seconds, options.left_seconds, chunk, chunk + left,
            (int)OSS_CHUNK_ENCODER_MOST);
    }
    *out = (oss_stream_plan){
        .chunk = (int32_t)chunk,
        .left = (int32_t)left,
        .rules = {.silence = to_rows(options.rule1_silence_seconds, rows_hz),
                  .silence_after_speech = to_rows(options.rule2_silence_seconds, rows_hz),
                  .length = to_rows(options.rule3_length_seconds, rows_hz)},
    };
    return OSS_OK;
}
