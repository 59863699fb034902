/* What no key says alone: values that follow from others, and combinations. */
#include <math.h>

#include "base/fail.h"
#include "model/config_internal.h"
#include "model/sizes.h"

static bool is_given(const oss_config *config, const char *name, size_t length) {
    return config->given[oss_config_find(name, length)];
}

void oss_config_derive(oss_config *config) {
    if (!is_given(config, "target_hz", 9)) {
        config->model.target_hz = oss_sizes_embedding_hz(&config->model);
    }
    if (!is_given(config, "mel_norm", 8)) {
        config->model.mel.norm =
            config->model.mel.kind == OSS_MEL_POWER ? OSS_MEL_NORM_NONE : OSS_MEL_NORM_UTTERANCE;
    }
}

static oss_status check_front_end(const oss_config *config) {
    const oss_mel_spec *mel = &config->model.mel;
    if (mel->n_fft % 2 != 0) {
        return oss_fail(OSS_EINPUT, "\"n_fft\" is %d; it must be even", mel->n_fft);
    }
    if (mel->win_samples > mel->n_fft) {
        return oss_fail(OSS_EINPUT, "\"frame_win\" is %d; it must be at most \"n_fft\", %d", mel->win_samples,
                        mel->n_fft);
    }
    if (mel->hop_samples > mel->n_fft) {
        return oss_fail(OSS_EINPUT, "\"frame_hop\" is %d; it must be at most \"n_fft\", %d", mel->hop_samples,
                        mel->n_fft);
    }
    if (mel->kind == OSS_MEL_POWER && mel->norm != OSS_MEL_NORM_NONE) {
        return oss_fail(
            OSS_EINPUT,
            "\"mel_norm\" is for \"mel\": \"log\"; with \"power\" remove it or set it to \"none\"");
    }
    return OSS_OK;
}

static oss_status check_network(const oss_config *config) {
    if (config->model.downsample_time != 4 && config->model.downsample_time != 8) {
        return oss_fail(OSS_EINPUT, "\"downsample_time\" is %d; allowed is 4 or 8",
                        config->model.downsample_time);
    }
    double hz = oss_sizes_embedding_hz(&config->model);
    if (fabs(config->model.target_hz - hz) > 1e-9 * hz) {
        return oss_fail(
            OSS_EINPUT,
            "\"target_hz\" is %.10g, but sample_rate / frame_hop / downsample_time is %.10g; change one of "
            "them, or leave target_hz out",
            config->model.target_hz, hz);
    }
    if (config->model.d_model % config->model.n_heads != 0) {
        return oss_fail(OSS_EINPUT, "\"n_heads\" is %d; it must divide \"d_model\", %d",
                        config->model.n_heads, config->model.d_model);
    }
    if (config->model.value_conv > 0 && config->model.value_conv % 2 == 0) {
        return oss_fail(OSS_EINPUT, "\"value_conv\" is %d; allowed is an odd number, or 0 for none",
                        config->model.value_conv);
    }
    if (config->model.position == OSS_POSITION_SINUSOIDAL && config->model.d_model % 2 != 0) {
        return oss_fail(OSS_EINPUT, "\"d_model\" is %d; \"position\": \"sinusoidal\" needs an even one",
                        config->model.d_model);
    }
    if (config->model.position == OSS_POSITION_ROPE &&
        config->model.d_model / config->model.n_heads % 2 != 0) {
        return oss_fail(OSS_EINPUT,
                        "d_model / n_heads is %d; \"position\": \"rope\" needs an even width of heads",
                        config->model.d_model / config->model.n_heads);
    }
    return OSS_OK;
}

static oss_status check_units(const oss_config *config) {
    if (config->model.vocab_size != 0 &&
        (config->model.vocab_size < OSS_BPE_VOCAB_MIN || config->model.vocab_size > OSS_BPE_VOCAB_MAX)) {
        return oss_fail(
            OSS_EINPUT, "\"vocab_size\" is %d; with \"units\": \"bpe\" allowed is %d to %d, or 0 for %d",
            config->model.vocab_size, OSS_BPE_VOCAB_MIN, OSS_BPE_VOCAB_MAX, OSS_BPE_VOCAB_DEFAULT);
    }
    return OSS_OK;
}

static oss_status check_text(const oss_config *config) {
    if (config->model.units == OSS_UNITS_BPE) {
        return check_units(config);
    }
    if (config->augmentation.bpe_dropout > 0.0) {
        return oss_fail(OSS_EINPUT, "\"bpe_dropout\" is for \"units\": \"bpe\"; with \"char\" set it to 0");
    }
    if (config->model.vocab_size == 1 || config->model.vocab_size == 2) {
        return oss_fail(OSS_EINPUT,
                        "\"vocab_size\" is %d; blank and <UNK> leave no place for a character: allowed is "
                        "0 (no bound) or at least 3",
                        config->model.vocab_size);
    }
    return OSS_OK;
}

static oss_status check_order(const char *low_name, double low, const char *high_name, double high) {
    return low <= high ? OSS_OK
                       : oss_fail(OSS_EINPUT, "\"%s\" is %g; it must be at most \"%s\", %g", low_name, low,
                                  high_name, high);
}

int32_t oss_config_inter_ctc_block(const oss_config *config) {
    if (config->training.inter_ctc_weight <= 0.0) {
        return 0;
    }
    return config->training.inter_ctc_block > 0 ? config->training.inter_ctc_block
                                                : config->model.n_layers / 2;
}

double oss_config_cr_ctc_weight(const oss_config *config, int64_t step) {
    const oss_training_config *training = &config->training;
    return step < training->cr_ctc_warmup_steps
               ? training->cr_ctc_weight * (double)step / (double)training->cr_ctc_warmup_steps
               : training->cr_ctc_weight;
}

static oss_status check_inter_ctc(const oss_config *config) {
    if (config->training.inter_ctc_weight <= 0.0) {
        return OSS_OK;
    }
    if (config->model.n_layers < 2) {
        return oss_fail(OSS_EINPUT, "\"inter_ctc_weight\" is %g; it needs \"n_layers\" of at least 2",
                        config->training.inter_ctc_weight);
    }
    if (config->training.inter_ctc_block >= config->model.n_layers) {
        return oss_fail(OSS_EINPUT,
                        "\"inter_ctc_block\" is %d; it must be less than \"n_layers\", %d: after the last "
                        "block comes the loss itself",
                        config->training.inter_ctc_block, config->model.n_layers);
    }
    return OSS_OK;
}

/* What a stream cannot have is refused, or the model would never run as what it was trained for. */
static oss_status check_chunks(const oss_config *config) {
    const oss_chunk_spec *chunk = &config->training.chunk;
    oss_status status =
        check_order("chunk_seconds_min", chunk->seconds_min, "chunk_seconds_max", chunk->seconds_max);
    if (status == OSS_OK) {
        status = check_order("left_seconds_min", chunk->left_seconds_min, "left_seconds_max",
                             chunk->left_seconds_max);
    }
    if (status != OSS_OK || chunk->prob <= 0) {
        return status;
    }
    if (oss_mel_norm_needs_all(config->model.mel.norm)) {
        return oss_fail(OSS_EINPUT,
                        "\"chunk_training\" is %g: it is for streams, and \"mel_norm\": \"%s\" needs the "
                        "whole utterance: set \"mel_norm\" to \"fixed\" or \"none\"",
                        chunk->prob, config->model.mel.norm == OSS_MEL_NORM_SPEECH ? "speech" : "utterance");
    }
    if (config->model.normalize == OSS_NORMALIZE_PEAK) {
        return oss_fail(
            OSS_EINPUT,
            "\"chunk_training\" is %g: it is for streams, and \"normalize\": \"peak\" needs the whole "
            "utterance: set \"normalize\" to \"none\"",
            chunk->prob);
    }
    return OSS_OK;
}

static oss_status check_masks(const oss_config *config) {
    if (!oss_mask_is_on(&config->augmentation.mask)) {
        return OSS_OK;
    }
    if (config->augmentation.mask.freq_masks > 0 &&
        config->augmentation.mask.freq_mask_bins >= config->model.mel.bins) {
        return oss_fail(OSS_EINPUT, "\"freq_mask_bins\" is %d; it must be less than \"mel_bins\", %d",
                        config->augmentation.mask.freq_mask_bins, config->model.mel.bins);
    }
    if (config->model.mel.kind == OSS_MEL_LOG && config->model.mel.norm == OSS_MEL_NORM_NONE) {
        return oss_fail(OSS_EINPUT,
                        "masks set cells to 0, which is the mean of normalised features only: with "
                        "\"mel_norm\": \"none\" set \"freq_masks\" and \"time_masks_per_second\" to 0, or "
                        "choose another \"mel_norm\"");
    }
    return OSS_OK;
}

static oss_status check_augmentation(const oss_config *config) {
    const oss_augment_spec *augment = &config->augmentation.augment;
    oss_status status = check_order("speed_min", augment->speed_min, "speed_max", augment->speed_max);
    if (status == OSS_OK) {
        status = check_order("noise_snr_min_db", augment->noise_snr_min_db, "noise_snr_max_db",
                             augment->noise_snr_max_db);
    }
    if (status == OSS_OK) {
        status = check_order("reverb_rt60_min", augment->reverb_rt60_min_s, "reverb_rt60_max",
                             augment->reverb_rt60_max_s);
    }
    if (status == OSS_OK) {
        status = check_order("reverb_drr_min_db", augment->reverb_drr_min_db, "reverb_drr_max_db",
                             augment->reverb_drr_max_db);
    }
    double recorded = augment->noise_dir == NULL ? 0.0 : augment->noise_recorded;
    if (status == OSS_OK && augment->noise_prob > 0 &&
        augment->noise_white + augment->noise_pink + augment->noise_babble + recorded <= 0) {
        status = oss_fail(OSS_EINPUT,
                          "\"noise_prob\" is %g, but no kind of noise has a chance: set "
                          "\"noise_white\", \"noise_pink\", \"noise_babble\", or "
                          "\"noise_recorded\" with \"noise_dir\", above 0",
                          augment->noise_prob);
    }
    return status == OSS_OK ? check_masks(config) : status;
}

oss_status oss_config_check(const oss_config *config) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < oss_config_fields && status == OSS_OK; i++) {
        status = oss_config_check_field(config, &oss_config_field[i]);
    }
    if (status == OSS_OK) {
        status = check_front_end(config);
    }
    if (status == OSS_OK) {
        status = check_network(config);
    }
    if (status == OSS_OK) {
        status = check_text(config);
    }
    if (status == OSS_OK) {
        status = check_inter_ctc(config);
    }
    if (status == OSS_OK && config->data.max_seconds <= config->data.min_seconds) {
        status = oss_fail(OSS_EINPUT, "\"max_seconds\" is %g; it must be more than \"min_seconds\", %g",
                          config->data.max_seconds, config->data.min_seconds);
    }
    if (status == OSS_OK) {
        status = check_chunks(config);
    }
    return status == OSS_OK ? check_augmentation(config) : status;
}
