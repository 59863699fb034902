/* Settings of augmentation: off by default, and what does not go together is refused by name. */
#include <string.h>

#include "model/config.h"
#include "support/suite.h"

static oss_config *parse(const char *json) {
    oss_config *config = NULL;
    oss_status status = oss_config_parse(&config, json, "c.json");
    ck_assert_msg(status == OSS_OK, "%s: %s", json, oss_last_error());
    return config;
}

START_TEST(test_all_is_off_by_default) {
    oss_config *config = parse("{}");
    ck_assert(!oss_augment_is_on(&config->augmentation.augment));
    ck_assert(!oss_mask_is_on(&config->augmentation.mask));
    ck_assert(!oss_warp_is_on(&config->augmentation.warp) && config->augmentation.warp.most == 0.1);
    ck_assert(config->augmentation.concat_prob == 0);
    ck_assert(config->augmentation.augment.noise_white == 1 &&
              config->augmentation.augment.noise_babble == 0);
    ck_assert_ptr_null(config->augmentation.augment.noise_dir);
    ck_assert(config->augmentation.augment.speed_min == 0.9 && config->augmentation.augment.speed_max == 1.1);
    oss_config_free(config);
}
END_TEST

START_TEST(test_every_key_reaches_its_place) {
    oss_config *config = parse(
        "{\"speed_prob\": 0.1, \"speed_min\": 0.6, \"speed_max\": 1.7, \"gain_prob\": 0.2, "
        "\"gain_db\": 3, \"noise_prob\": 0.3, \"noise_snr_min_db\": -5, \"noise_snr_max_db\": 20, "
        "\"shift_ms\": 40, \"silence_prob\": 0.15, \"silence_seconds_max\": 7, \"concat_prob\": 0.4, \"freq_masks\": 2, \"freq_mask_bins\": 11, "
        "\"time_masks_per_second\": 1.5, \"time_mask_frames\": 12, \"time_mask_max_fraction\": 0.6, "
        "\"noise_white\": "
        "2, \"noise_pink\": 3, \"noise_babble\": 4, \"noise_recorded\": 5, \"noise_dir\": \"n\", "
        "\"noise_mib\": 6, "
        "\"reverb_prob\": 0.7, \"reverb_rt60_min\": 0.2, \"reverb_rt60_max\": 0.3, "
        "\"reverb_drr_min_db\": -8, "
        "\"reverb_drr_max_db\": 9, \"reverb_dir\": \"r\", \"telephone_prob\": 0.8, "
        "\"telephone_mulaw_prob\": 0.9, \"warp_prob\": 0.55, \"warp_max\": 0.25}");
    const oss_augment_spec *a = &config->augmentation.augment;
    const oss_mask_spec *m = &config->augmentation.mask;
    ck_assert(a->speed_prob == 0.1 && a->speed_min == 0.6 && a->speed_max == 1.7);
    ck_assert(a->gain_prob == 0.2 && a->gain_db == 3);
    ck_assert(a->noise_prob == 0.3 && a->noise_snr_min_db == -5 && a->noise_snr_max_db == 20);
    ck_assert(a->noise_white == 2 && a->noise_pink == 3 && a->noise_babble == 4 && a->noise_recorded == 5);
    ck_assert_str_eq(a->noise_dir, "n");
    ck_assert_str_eq(a->reverb_dir, "r");
    ck_assert(a->noise_mib == 6 && a->reverb_prob == 0.7);
    ck_assert(a->reverb_rt60_min_s == 0.2 && a->reverb_rt60_max_s == 0.3);
    ck_assert(a->reverb_drr_min_db == -8 && a->reverb_drr_max_db == 9);
    ck_assert(a->telephone_prob == 0.8 && a->telephone_mulaw_prob == 0.9);
    ck_assert(a->silence_prob == 0.15 && a->silence_max_s == 7);
    ck_assert(a->shift_ms == 40 && config->augmentation.concat_prob == 0.4);
    ck_assert(config->augmentation.warp.prob == 0.55 && config->augmentation.warp.most == 0.25);
    ck_assert(m->freq_masks == 2 && m->freq_mask_bins == 11 && m->time_mask_frames == 12);
    ck_assert(m->time_masks_per_second == 1.5 && m->time_mask_max_fraction == 0.6);
    oss_config_free(config);
}
END_TEST

START_TEST(test_what_does_not_fit_is_refused) {
    static const char *const refused[][2] = {
        {"{\"speed_min\": 1.2}", "\"speed_min\" is 1.2; it must be at most \"speed_max\", 1.1"},
        {"{\"speed_min\": 0.4}", "\"speed_min\" is 0.4; allowed is 0.5 to 2"},
        {"{\"speed_prob\": 1.5}", "\"speed_prob\" is 1.5; allowed is 0 to 1"},
        {"{\"noise_snr_max_db\": 5}", "at most \"noise_snr_max_db\", 5"},
        {"{\"reverb_rt60_min\": 0.7}", "at most \"reverb_rt60_max\", 0.6"},
        {"{\"reverb_drr_max_db\": -1}", "at most \"reverb_drr_max_db\", -1"},
        {"{\"noise_prob\": 0.5, \"noise_white\": 0, \"noise_pink\": 0}", "no kind of noise has a chance"},
        {"{\"freq_masks\": 1, \"freq_mask_bins\": 128}", "less than \"mel_bins\", 128"},
        {"{\"freq_masks\": 1, \"mel_norm\": \"none\"}", "masks set cells to 0"},
        {"{\"time_masks_per_second\": 1, \"mel_norm\": \"none\"}", "masks set cells to 0"},
        {"{\"chunk_training\": 0.5}", "set \"mel_norm\" to \"fixed\" or \"none\""},
        {"{\"chunk_training\": 0.5, \"mel_norm\": \"speech\"}", "\"speech\" needs the whole utterance"},
        {"{\"chunk_training\": 0.5, \"mel_norm\": \"fixed\", \"normalize\": \"peak\"}",
         "set \"normalize\" to \"none\""},
        {"{\"chunk_training\": 1.5, \"mel_norm\": \"fixed\"}", "allowed is 0 to 1"},
        {"{\"chunk_seconds_min\": 3}", "at most \"chunk_seconds_max\", 2.56"},
        {"{\"chunk_seconds_min\": 0}", "allowed is above 0"},
        {"{\"warp_max\": 0.5}", "\"warp_max\" is 0.5; allowed is 0 to 0.4"},
        {"{\"warp_prob\": -0.1}", "allowed is 0 to 1"},
        {"{\"left_seconds_min\": 6}", "at most \"left_seconds_max\", 5.12"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        oss_config *config = NULL;
        ck_assert_msg(oss_config_parse(&config, refused[i][0], "c.json") == OSS_EINPUT, "%s was taken",
                      refused[i][0]);
        ck_assert_msg(strstr(oss_last_error(), refused[i][1]) != NULL, "%s: \"%s\" does not say \"%s\"",
                      refused[i][0], oss_last_error(), refused[i][1]);
    }
}
END_TEST

START_TEST(test_what_fits_is_taken) {
    static const char *const taken[] = {
        "{\"freq_mask_bins\": 500}", /* of no mask */
        "{\"mel_norm\": \"none\", \"time_mask_frames\": 9}",
        "{\"mel\": \"power\", \"freq_masks\": 1}", /* 0 is silence there */
        "{\"mel_norm\": \"fixed\", \"freq_masks\": 1}",
        "{\"chunk_training\": 0.5, \"mel_norm\": \"fixed\", \"freq_masks\": 1}",
        "{\"chunk_training\": 1, \"mel_norm\": \"none\"}",
        "{\"chunk_training\": 1, \"mel\": \"power\"}",
        "{\"speed_min\": 1.1}",
        "{\"noise_prob\": 0.5, \"noise_white\": 0, \"noise_pink\": 0, \"noise_dir\": \"n\"}",
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        oss_config_free(parse(taken[i]));
    }
}
END_TEST

/* A resumed run must draw what the first one would have drawn; of folders what is in them counts, not where they are. */
START_TEST(test_resume_may_not_change_augmentation) {
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        oss_config_key key = oss_config_key_get(i);
        bool is_place = strcmp(key.name, "noise_dir") == 0 || strcmp(key.name, "reverb_dir") == 0;
        ck_assert_msg(strcmp(key.section, "augmentation") != 0 || key.resume == is_place, "%s", key.name);
    }
    ck_assert(!oss_config_may_change_on_resume("speed_prob=1"));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("config of augmentation");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_all_is_off_by_default);
    tcase_add_test(all, test_every_key_reaches_its_place);
    tcase_add_test(all, test_what_does_not_fit_is_refused);
    tcase_add_test(all, test_what_fits_is_taken);
    tcase_add_test(all, test_resume_may_not_change_augmentation);
    suite_add_tcase(suite, all);
    return suite;
}
