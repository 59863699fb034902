/* Folders of recordings: what is read, in which order, within which memory; noise and rooms made of them. */
#include "augment/sounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "augment/augment.h"
#include "base/logger.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

enum { RATE = 16000 };

static void write_clip(const char *folder, const char *name, int16_t first, size_t samples) {
    int16_t value[4000] = {0};
    char *path = oss_tempdir_path(folder, name);
    for (size_t i = 0; i < samples; i++) {
        value[i] = (int16_t)(first + (int16_t)i);
    }
    oss_wav_write_pcm16(path, value, samples, 1, RATE);
    free(path);
}

static char *make_folder(void) {
    char *folder = oss_tempdir_make();
    char *below = oss_tempdir_path(folder, "below");
    char *text = oss_tempdir_path(folder, "LICENSE");
    ck_assert_int_eq(mkdir(below, 0777), 0);
    write_clip(folder, "b.wav", 200, 300);
    write_clip(folder, "a.WAV", 100, 100);
    write_clip(below, "c.wav", 300, 50);
    write_clip(folder, "z.wav", 400, 10);
    oss_tempdir_write(text, "words", 5);
    free(below);
    free(text);
    return folder;
}

static oss_sounds_request request_of(const char *folder, int64_t bytes) {
    return (oss_sounds_request){
        .folder = folder, .setting = "noise_dir", .rate_hz = RATE, .most_bytes = bytes};
}

static void ignore_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    (void)line;
}

START_TEST(test_what_is_read) {
    static const char *const name[] = {"a.WAV", "b.wav", "below/c.wav", "z.wav"};
    static const int32_t samples[] = {100, 300, 50, 10};
    char *folder = make_folder();
    oss_sounds sounds;
    oss_sounds_request request = request_of(folder, 1 << 20);
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
    ck_assert_int_eq(sounds.clips, 4);
    ck_assert_int_eq(sounds.left_out, 0);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert_str_eq(sounds.name[i], name[i]);
        ck_assert_int_eq(sounds.clip[i].samples, samples[i]);
        ck_assert_int_eq(sounds.clip[i].value[9], 100 * (i + 1) + 9);
    }
    oss_sounds_deinit(&sounds);
    oss_tempdir_remove(folder);
}
END_TEST

/* The same files: the same hash; another sample or another name: another. */
START_TEST(test_hash) {
    char *folder = make_folder();
    char *from = oss_tempdir_path(folder, "z.wav"), *to = oss_tempdir_path(folder, "y.wav");
    oss_sounds_request request = request_of(folder, 1 << 20);
    uint64_t hash[4];
    for (int i = 0; i < 4; i++) {
        oss_sounds sounds;
        if (i == 2) {
            write_clip(folder, "z.wav", 401, 10);
        } else if (i == 3) {
            write_clip(folder, "z.wav", 400, 10);
            ck_assert_int_eq(rename(from, to), 0);
        }
        ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
        hash[i] = sounds.hash;
        oss_sounds_deinit(&sounds);
    }
    ck_assert(hash[0] == hash[1] && hash[0] != hash[2] && hash[0] != hash[3] && hash[2] != hash[3]);
    free(from);
    free(to);
    oss_tempdir_remove(folder);
}
END_TEST

/* What comes after the first for which there is no room is left out, even if it were small enough. */
START_TEST(test_memory_is_bounded) {
    char *folder = make_folder();
    oss_sounds sounds;
    oss_sounds_request request = request_of(folder, 2 * 399);
    oss_log_set(ignore_line, NULL);
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
    ck_assert_int_eq(sounds.clips, 1);
    ck_assert_int_eq(sounds.left_out, 3);
    oss_sounds_deinit(&sounds);
    request.most_bytes = 150;
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_EINPUT);
    oss_log_set(NULL, NULL);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_refused) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "bad.wav");
    oss_sounds sounds;
    oss_sounds_request request = request_of(folder, 1 << 20);
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "noise_dir"));
    oss_tempdir_write(path, "no recording", 12);
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "bad.wav"));
    request.folder = path;
    ck_assert_int_ne(oss_sounds_load(&sounds, &request), OSS_OK);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_memory_may_run_out) {
    char *folder = make_folder();
    oss_sounds_request request = request_of(folder, 1 << 20);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_sounds sounds;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_sounds_load(&sounds, &request);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            oss_sounds_deinit(&sounds);
            break;
        }
    }
    oss_faults_remove();
    oss_tempdir_remove(folder);
}
END_TEST

/* A view with noise and room from folders is what the recordings say: z.wav's echo after 20 samples at half
 * the height, then the one recording of noise from the drawn place on. */
START_TEST(test_views_of_recordings) {
    enum { LENGTH = 8000 };
    static float x[LENGTH], y[LENGTH], want[LENGTH];
    char *noise = oss_tempdir_make(), *rooms = oss_tempdir_make();
    char *room = oss_tempdir_path(rooms, "room.wav");
    int16_t response[40] = {[3] = 50, [10] = 16000, [30] = 8000};
    oss_wav_write_pcm16(room, response, 40, 1, RATE);
    write_clip(noise, "n.wav", -500, 1000);
    oss_augment_spec spec = {.noise_prob = 1,
                             .noise_snr_min_db = 12,
                             .noise_snr_max_db = 12,
                             .noise_recorded = 1,
                             .noise_dir = noise,
                             .noise_mib = 1,
                             .reverb_prob = 1,
                             .reverb_dir = rooms};
    oss_augment_kit *kit = NULL;
    ck_assert_int_eq(oss_augment_kit_create(&kit, &spec, RATE), OSS_OK);
    ck_assert(oss_augment_kit_hash(kit) != 0);
    float *work = calloc((size_t)oss_augment_work_floats(kit, LENGTH) + 16, sizeof *work);
    float *aligned = (float *)(((uintptr_t)work + 63) & ~(uintptr_t)63);
    oss_augment_view view = oss_augment_draw(&spec, RATE, 1, 2);
    ck_assert(view.noise == OSS_NOISE_RECORDED && view.room == OSS_ROOM_RECORDED);
    ck_assert_str_eq(oss_augment_noise_name(kit, &view), "n.wav");
    ck_assert_str_eq(oss_augment_room_name(kit, &view), "room.wav");
    double before = 0, after = 0, loud = 0;
    oss_fill_f32(x, LENGTH, 1, 0.1);
    for (int32_t i = 0; i < LENGTH; i++) {
        want[i] = x[i] + (i < 20 ? 0.0f : 0.5f * x[i - 20]);
        before += (double)x[i] * (double)x[i];
        after += (double)want[i] * (double)want[i];
    }
    oss_augment_apply(y, &view, x, LENGTH, kit, NULL, aligned);
    int64_t from = oss_augment_noise_from(kit, &view);
    for (int32_t i = 0; i < LENGTH; i++) {
        double value = (double)((from + i) % 1000 - 500);
        loud += value * value;
    }
    for (int32_t i = 0; i < LENGTH; i++) {
        double level = sqrt(before / loud * pow(10.0, -1.2));
        double sum = (double)want[i] * sqrt(before / after) + level * (double)((from + i) % 1000 - 500);
        ck_assert_double_eq_tol((double)y[i], sum, 1e-5);
    }
    free(work);
    oss_augment_kit_free(kit);
    memset(response, 0, sizeof response);
    oss_wav_write_pcm16(room, response, 40, 1, RATE);
    ck_assert_int_eq(oss_augment_kit_create(&kit, &spec, RATE), OSS_EINPUT);
    free(room);
    oss_tempdir_remove(noise);
    oss_tempdir_remove(rooms);
}
END_TEST

/* ---- Silence ---- */

enum { TENTH = RATE / 10, LONG = 10 * RATE };

/* value[LONG]: a tone between the seconds `from` and `to`, else `offset`. */
static void write_tone(const char *folder, const char *name, double from, double to, int16_t offset) {
    static int16_t value[LONG];
    char *path = oss_tempdir_path(folder, name);
    for (int32_t i = 0; i < LONG; i++) {
        bool sounds = i >= from * (double)RATE && i < to * (double)RATE;
        value[i] = (int16_t)(offset + (sounds ? 8000.0 * sin(0.3 * i) : 0.0));
    }
    oss_wav_write_pcm16(path, value, LONG, 1, RATE);
    free(path);
}

static char lines[2000];

static void keep_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    size_t length = strlen(lines);
    snprintf(lines + length, sizeof lines - length, "%s\n", line);
}

static int count(const char *text, const char *word) {
    int times = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        times++;
    }
    return times;
}

/* Silence of a tenth of a second and more is not kept, whatever its offset; what stands in the file where is known. */
START_TEST(test_silence_is_cut_out_of_noise) {
    char *folder = oss_tempdir_make();
    write_tone(folder, "a.wav", 2.0, 3.0, 0);
    write_tone(folder, "b.wav", 0.0, 10.0, 0);
    write_tone(folder, "c.wav", 9.25, 10.0, 3000);
    oss_sounds sounds;
    oss_sounds_request request = request_of(folder, 1 << 20);
    request.cut_silence = true;
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
    ck_assert_int_eq(sounds.clips, 3);
    ck_assert_int_eq(sounds.clip[0].samples, 10 * TENTH);
    ck_assert_int_eq(sounds.clip[1].samples, LONG);
    ck_assert_int_eq(sounds.clip[2].samples, 8 * TENTH);
    ck_assert_int_eq(sounds.clip[0].value[1], (int16_t)(8000.0 * sin(0.3 * (2 * RATE + 1))));
    ck_assert_int_eq(oss_sounds_origin(&sounds, 0, 5), 2 * RATE + 5);
    ck_assert_int_eq(oss_sounds_origin(&sounds, 1, 12345), 12345);
    ck_assert_int_eq(oss_sounds_origin(&sounds, 2, 0), 92 * TENTH);
    oss_sounds_deinit(&sounds);
    request.cut_silence = false;
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
    ck_assert_int_eq(sounds.clip[0].samples, LONG);
    ck_assert_int_eq(oss_sounds_origin(&sounds, 0, 5), 5);
    oss_sounds_deinit(&sounds);
    oss_tempdir_remove(folder);
}
END_TEST

/* A recording that is silent as a whole is named once and does not take part; nothing else is an error. */
START_TEST(test_silent_recordings_are_named) {
    char *folder = oss_tempdir_make();
    write_tone(folder, "dead.wav", 0, 0, 0);
    write_tone(folder, "offset.wav", 0, 0, 100);
    write_tone(folder, "sound.wav", 0, 1, 0);
    for (int cut = 0; cut < 2; cut++) {
        oss_sounds sounds;
        oss_sounds_request request = request_of(folder, 1 << 20);
        request.cut_silence = cut != 0;
        lines[0] = '\0';
        oss_log_set(keep_line, NULL);
        ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_OK);
        oss_log_set(NULL, NULL);
        ck_assert_int_eq(sounds.clips, cut != 0 ? 1 : 2);
        ck_assert_str_eq(sounds.name[sounds.clips - 1], "sound.wav");
        ck_assert_int_eq(count(lines, "/dead.wav is silent"), 1);
        ck_assert_int_eq(count(lines, "/offset.wav is silent"), cut);
        ck_assert_int_eq(count(lines, "noise_dir"), 1 + cut);
        oss_sounds_deinit(&sounds);
    }
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_a_folder_of_silence_is_refused) {
    char *folder = oss_tempdir_make();
    write_tone(folder, "dead.wav", 0, 0, 0);
    oss_sounds sounds;
    oss_sounds_request request = request_of(folder, 1 << 20);
    oss_log_set(ignore_line, NULL);
    ck_assert_int_eq(oss_sounds_load(&sounds, &request), OSS_EINPUT);
    oss_log_set(NULL, NULL);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "silent"));
    oss_tempdir_remove(folder);
}
END_TEST

/* Every view changes the recording by as much as it says, and says what was asked for. */
START_TEST(test_noise_with_silence_is_heard_in_every_view) {
    enum { LENGTH = RATE };
    static float x[LENGTH], y[LENGTH];
    char *folder = oss_tempdir_make();
    write_tone(folder, "noise.wav", 4.0, 5.0, 0);
    oss_augment_spec spec = {.noise_prob = 1,
                             .noise_snr_min_db = 0,
                             .noise_snr_max_db = 20,
                             .noise_recorded = 1,
                             .noise_dir = folder,
                             .noise_mib = 1};
    oss_augment_kit *kit = NULL;
    ck_assert_int_eq(oss_augment_kit_create(&kit, &spec, RATE), OSS_OK);
    float *work = aligned_alloc(64, (size_t)(oss_augment_work_floats(kit, LENGTH) + 15) / 16 * 64);
    oss_fill_f32(x, LENGTH, 1, 0.1);
    for (uint32_t key = 0; key < 20; key++) {
        oss_augment_view view = oss_augment_draw(&spec, RATE, 1, key);
        double measured_db = oss_augment_apply(y, &view, x, LENGTH, kit, NULL, work);
        int64_t from = oss_augment_noise_from(kit, &view);
        ck_assert(from >= 4 * RATE && from < 5 * RATE);
        double signal = 0, noise = 0;
        for (int32_t i = 0; i < LENGTH; i++) {
            double added = (double)y[i] - (double)x[i];
            signal += (double)x[i] * (double)x[i];
            noise += added * added;
        }
        ck_assert_double_eq_tol(10.0 * log10(signal / noise), measured_db, 0.01);
        ck_assert_double_eq_tol(view.snr_db, measured_db, 0.01);
    }
    memset(x, 0, sizeof x);
    oss_augment_view view = oss_augment_draw(&spec, RATE, 1, 1);
    ck_assert(isinf(oss_augment_apply(y, &view, x, LENGTH, kit, NULL, work)));
    free(work);
    oss_augment_kit_free(kit);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("sounds");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_what_is_read);
    tcase_add_test(all, test_hash);
    tcase_add_test(all, test_memory_is_bounded);
    tcase_add_test(all, test_refused);
    tcase_add_test(all, test_memory_may_run_out);
    tcase_add_test(all, test_views_of_recordings);
    tcase_add_test(all, test_silence_is_cut_out_of_noise);
    tcase_add_test(all, test_silent_recordings_are_named);
    tcase_add_test(all, test_a_folder_of_silence_is_refused);
    tcase_add_test(all, test_noise_with_silence_is_heard_in_every_view);
    suite_add_tcase(suite, all);
    return suite;
}
