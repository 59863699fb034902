#include "dataset/voices.h"

#include "base/logger.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dataset/row_audio.h"

/* Apart from the draws of joined utterances, whose first coordinate is a key of 32 bits. */
static const uint64_t VOICES_PLACE = UINT64_C(1) << 32;

static oss_status decode_voice(oss_clip *out, const oss_row *row, const oss_config *config) {
    float *sample = oss_alloc((size_t)row->sound.samples, sizeof *sample);
    if (sample == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_row_load(sample, row, config);
    if (status == OSS_OK) {
        status = oss_clip_init(out, sample, (int32_t)row->sound.samples);
    }
    oss_free(sample);
    return status;
}

static oss_status add_voice(oss_voice_set *set, const oss_row *row, const oss_config *config) {
    oss_clip *clip = &set->clip[set->clips];
    oss_status status = OSS_OK;
    set->owned[set->clips] = row->clip.value == NULL;
    if (!set->owned[set->clips]) {
        *clip = row->clip;
    } else {
        *clip = (oss_clip){0};
        status = decode_voice(clip, row, config);
        if (config->data.bad_audio == OSS_POLICY_SKIP && oss_row_is_to_blame(status)) {
            oss_log_warn("not heard in babble: %s", oss_last_error());
            status = OSS_OK;
        }
    }
    set->clips += status == OSS_OK;
    return status;
}

static oss_status fill_set(oss_voice_set *set, const oss_manifest *manifest, const oss_config *config,
                           int32_t *order) {
    int32_t rows = manifest->rows;
    for (int32_t i = 0; i < rows; i++) {
        set->of_row[i] = -1;
        order[i] = i;
    }
    oss_rng_shuffle(order, rows, config->training.seed, OSS_RNG_JOIN, VOICES_PLACE);
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < rows && i < OSS_VOICES_MOST && status == OSS_OK; i++) {
        set->of_row[order[i]] = i;
        status = add_voice(set, &manifest->row[order[i]], config);
    }
    return status;
}

oss_status oss_voice_set_init(oss_voice_set *out, const oss_manifest *manifest, const oss_config *config) {
    size_t rows = (size_t)manifest->rows;
    size_t most = rows < OSS_VOICES_MOST ? rows : OSS_VOICES_MOST;
    oss_voice_set set = {0};
    int32_t *order = oss_alloc(rows, sizeof *order);
    set.clip = oss_alloc(most, sizeof *set.clip);
    set.owned = oss_alloc(most, sizeof *set.owned);
    set.of_row = oss_alloc(rows, sizeof *set.of_row);
    bool complete = order != NULL && set.clip != NULL && set.owned != NULL && set.of_row != NULL;
    oss_status status = complete ? fill_set(&set, manifest, config, order) : OSS_ENOMEM;
    oss_free(order);
    if (status != OSS_OK) {
        oss_voice_set_deinit(&set);
        return status;
    }
    *out = set;
    return OSS_OK;
}

void oss_voice_set_deinit(oss_voice_set *set) {
    for (int32_t i = 0; i < set->clips; i++) {
        if (set->owned[i]) {
            oss_clip_deinit(&set->clip[i]);
        }
    }
    oss_free(set->clip);
    oss_free(set->owned);
    oss_free(set->of_row);
    *set = (oss_voice_set){0};
}

oss_voices oss_voice_set_behind(const oss_voice_set *set, int32_t row) {
    return (oss_voices){
        .clip = set->clip, .clips = set->clips, .own = set->of_row == NULL ? -1 : set->of_row[row]};
}
