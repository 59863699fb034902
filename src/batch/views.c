#include "batch/views.h"

#include "base/mem.h"

static oss_status reserve_work(oss_views *views, const oss_manifest *manifest, const oss_config *config) {
    int64_t longest = 0;
    for (int32_t i = 0; i < manifest->rows; i++) {
        int64_t own = oss_augment_longest(&config->augmentation.augment, config->model.mel.sample_rate_hz,
                                          manifest->row[i].sound.samples);
        longest = own > longest ? own : longest;
    }
    size_t floats = (size_t)oss_augment_work_floats(views->kit, longest);
    views->work = oss_alloc_zero((size_t)views->threads, sizeof *views->work);
    oss_status status = views->work == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < views->threads && status == OSS_OK; i++) {
        views->work[i] = oss_alloc_aligned(floats, sizeof **views->work);
        status = views->work[i] == NULL ? OSS_ENOMEM : OSS_OK;
    }
    return status;
}

oss_status oss_views_init(oss_views *out, const oss_manifest *manifest, const oss_config *config,
                          const oss_augment_kit *kit, int32_t threads) {
    *out = (oss_views){.kit = kit, .threads = threads};
    oss_status status = OSS_OK;
    if (kit == NULL) {
        status = oss_augment_kit_create(&out->own_kit, &config->augmentation.augment,
                                        config->model.mel.sample_rate_hz);
        out->kit = out->own_kit;
    }
    if (status == OSS_OK && oss_augment_has_babble(&config->augmentation.augment)) {
        status = oss_voice_set_init(&out->voices, manifest, config);
    }
    return status == OSS_OK ? reserve_work(out, manifest, config) : status;
}

void oss_views_deinit(oss_views *views) {
    for (int32_t i = 0; views->work != NULL && i < views->threads; i++) {
        oss_free(views->work[i]);
    }
    oss_free((void *)views->work);
    oss_voice_set_deinit(&views->voices);
    oss_augment_kit_free(views->own_kit);
    *views = (oss_views){0};
}
