#include "train/finetune_defaults.h"

#include <math.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "model/config_given.h"

typedef struct setting {
    const char *key, *value;
    bool masks; /* of mel features */
} setting;

static const setting fixed[] = {
    {.key = "optimizer", .value = "muon"},
    {.key = "lr", .value = "0.0005"},
    {.key = "min_lr_ratio", .value = "0.02"},
    {.key = "batch_seconds", .value = "32"},
    {.key = "speed_prob", .value = "0.8"},
    {.key = "shift_ms", .value = "80"},
    {.key = "concat_prob", .value = "0.2"},
    {.key = "freq_masks", .value = "2", .masks = true},
    {.key = "time_masks_per_second", .value = "1", .masks = true},
};

/* Steps of batches of BATCH_SECONDS: they grow with the root of the minutes, so that few minutes are heard often enough
 * and many do not take hours. */
static const double STEPS_OF_A_MINUTE = 300.0, FEWEST_STEPS = 300.0, MOST_STEPS = 6000.0,
                    BATCH_SECONDS = 32.0;
enum {
    PARTS = 10
}; /* of a run: one to warm up, an evaluation after each, one that the average looks back over */

/* `key` = `value` unless it was set; what was set here is added to `said`. */
static oss_status set_open(oss_config *config, const char *key, const char *value, oss_strbuf *said) {
    if (oss_config_is_given(config, key)) {
        return OSS_OK;
    }
    oss_strbuf assignment = {0};
    oss_strbuf_printf(&assignment, "%s=%s", key, value);
    char *text = oss_strbuf_take(&assignment);
    oss_status status = text == NULL ? OSS_ENOMEM : oss_config_set(config, text);
    if (status == OSS_OK) {
        oss_strbuf_printf(said, " %s", text);
    }
    oss_free(text);
    return status;
}

/* One line of the log: `before` and what was set. */
static oss_status say(const char *before, oss_strbuf *said) {
    char *list = oss_strbuf_take(said);
    if (list == NULL) {
        return OSS_ENOMEM;
    }
    oss_log_info("%s%s", before, list[0] == '\0' ? " none, all are set" : list);
    oss_free(list);
    return OSS_OK;
}

/* ---- Before the data ---- */

/* Masks are the mean of normalised features, and narrower than all of them (oss_config_check). */
static bool may_mask(const oss_config *config) {
    const oss_mel_spec *mel = &config->model.mel;
    return !(mel->kind == OSS_MEL_LOG && mel->norm == OSS_MEL_NORM_NONE) &&
           config->augmentation.mask.freq_mask_bins < mel->bins;
}

/* A model that heard chunks goes on so, unless the front end was set to one that needs the whole utterance. */
static void drop_chunks(oss_config *config) {
    bool needs_all =
        oss_mel_norm_needs_all(config->model.mel.norm) || config->model.normalize == OSS_NORMALIZE_PEAK;
    if (needs_all && !oss_config_is_given(config, "chunk_training")) {
        config->training.chunk.prob = 0.0;
    }
}

oss_status oss_finetune_defaults_apply(oss_config *config) {
    oss_strbuf said = {0};
    oss_strbuf_append(&said, "");
    oss_status status = OSS_OK;
    drop_chunks(config);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && status == OSS_OK; i++) {
        if (!fixed[i].masks || may_mask(config)) {
            status = set_open(config, fixed[i].key, fixed[i].value, &said);
        }
    }
    if (status == OSS_OK) {
        status = say("fine-tuning, no --config: its own defaults where --set says nothing:", &said);
    }
    oss_strbuf_deinit(&said);
    return status;
}

/* ---- When the rows are known ---- */

static oss_status set_number(oss_config *config, const char *key, double value, oss_strbuf *said) {
    char text[OSS_NUMBER_CHARS];
    (void)oss_number_print(text, value);
    return set_open(config, key, text, said);
}

static double choose_steps(const oss_config *config, double minutes) {
    double steps = STEPS_OF_A_MINUTE * sqrt(minutes);
    steps = steps < FEWEST_STEPS ? FEWEST_STEPS : steps > MOST_STEPS ? MOST_STEPS : steps;
    steps = ceil(steps * BATCH_SECONDS / (config->training.batch_seconds * config->training.accum_steps));
    return steps;
}

/* To look back over a part of the run; four digits, for a config that is read. */
static double choose_decay(double part) {
    return part > 1.0 ? round(1e4 * (1.0 - 1.0 / part)) / 1e4 : 0.0;
}

static double measure_epoch(const oss_manifest *train, const oss_config *config) {
    double samples = 0;
    for (int32_t i = 0; i < train->rows; i++) {
        const oss_row *row = &train->row[i];
        samples += config->data.train_csv[row->source].weight * (double)row->sound.samples;
    }
    return samples / config->model.mel.sample_rate_hz;
}

oss_status oss_finetune_defaults_fit(oss_config *config, const oss_manifest *train) {
    double seconds = measure_epoch(train, config);
    oss_strbuf said = {0};
    oss_strbuf_append(&said, "");
    oss_status status = set_number(config, "max_steps", choose_steps(config, seconds / 60.0), &said);
    double part = ceil((double)config->training.max_steps / PARTS);
    if (status == OSS_OK) {
        status = set_number(config, "warmup_steps", part, &said);
    }
    if (status == OSS_OK) {
        status = set_number(config, "eval_every", part, &said);
    }
    if (status == OSS_OK) {
        status = set_number(config, "checkpoint_every", part, &said);
    }
    if (status == OSS_OK) {
        status = set_number(config, "ema_decay", choose_decay(part), &said);
    }
    char before[120];
    (void)oss_format(before, sizeof before,
                     "steps for %.1f minutes of audio (each heard some %.0f times):", seconds / 60.0,
                     (double)config->training.max_steps * config->training.accum_steps *
                         config->training.batch_seconds / seconds);
    if (status == OSS_OK) {
        status = say(before, &said);
    }
    oss_strbuf_deinit(&said);
    return status;
}
