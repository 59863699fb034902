/* Files and folders that are no run: told from their content, moved aside when damaged, never when people write them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/logger.h"
#include "base/npy.h"
#include "fsck/fsck.h"
#include "model/model_file.h"
#include "support/faults.h"
#include "support/models.h"
#include "support/program.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/training.h"

static char *folder;

static void set_up(void) {
    folder = oss_tempdir_make();
}

static void tear_down(void) {
    oss_tempdir_remove(folder);
}

static void write_text(const char *name, const char *text) {
    char *path = oss_tempdir_path(folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

static void save_model(const char *name) {
    char *path = oss_tempdir_path(folder, name);
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    oss_model_free(model);
    free(path);
}

static const char arpa[] =
    "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.1\t</s>\n-0.5\ta\n\n\\end\\\n";

static void save_lm(const char *name) {
    char *from = oss_tempdir_path(folder, "small.arpa"), *to = oss_tempdir_path(folder, name);
    write_text("small.arpa", arpa);
    oss_program_run run = oss_run_ossicle("lm", "convert", from, "-o", to);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    free(from);
    free(to);
}

static void save_array(const char *name) {
    const float x[6] = {1, 2, 3, 4, 5, 6};
    char *path = oss_tempdir_path(folder, name);
    ck_assert_int_eq(oss_npy_write(path, x, 2, 3), OSS_OK);
    free(path);
}

static void flip(const char *name, long at) {
    char *path = oss_tempdir_path(folder, name);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_int_lt(at, bytes);
    text[at < 0 ? bytes + at : at] ^= 4;
    oss_tempdir_write(path, text, bytes);
    free(text);
    free(path);
}

static void shorten(const char *name, long by) {
    char *path = oss_tempdir_path(folder, name);
    long bytes = 0;
    free(oss_tempdir_read(path, &bytes));
    ck_assert_int_eq(truncate(path, bytes - by), 0);
    free(path);
}

static bool has(const char *name) {
    char *path = oss_tempdir_path(folder, name);
    bool is_there = oss_file_exists(path);
    free(path);
    return is_there;
}

/* One item, of this kind and state; its note, if any, has `text` in it. */
static void expect(const char *name, bool repair, const char *kind, oss_fsck_state state, const char *text) {
    char *path = oss_tempdir_path(folder, name);
    oss_fsck_report report = {0};
    oss_status status = oss_fsck_path(&report, path, repair);
    ck_assert_msg(status == OSS_OK, "%s: %s", name, oss_last_error());
    ck_assert_int_eq(report.items, 1);
    const oss_fsck_item *item = &report.item[0];
    const char *note = item->note == NULL ? "" : item->note;
    ck_assert_msg(strcmp(item->kind, kind) == 0 && item->state == state && strstr(note, text) != NULL,
                  "%s: %s, %s: %s", name, item->kind, oss_fsck_state_name[item->state], note);
    ck_assert_int_eq(oss_fsck_count(&report), state == OSS_FSCK_OK ? 0 : 1);
    ck_assert_msg(strstr(note, path) != note, "the path stands twice: %s", note);
    oss_fsck_report_deinit(&report);
    free(path);
}

START_TEST(test_what_is_whole) {
    save_model("model.safetensors");
    save_model("another name");
    save_lm("small.lm");
    save_lm("a language model");
    save_array("x.npy");
    save_array("an array");
    write_text("config.json", "{\"d_model\": 96}\n");
    write_text("vocab.json",
               "{\"case\":\"lower\",\"units\":\"char\",\"vocab\":[\"<blank>\",\"<UNK>\",\" \",\"a\"]}\n");
    for (int repair = 0; repair < 2; repair++) {
        expect("model.safetensors", repair, "model", OSS_FSCK_OK, "");
        expect("another name", repair, "model", OSS_FSCK_OK, "");
        expect("small.lm", repair, "language model", OSS_FSCK_OK, "");
        expect("a language model", repair, "language model", OSS_FSCK_OK, "");
        expect("small.arpa", repair, "language model", OSS_FSCK_OK, "carries no sum");
        expect("x.npy", repair, "array", OSS_FSCK_OK, "carries no sum");
        expect("an array", repair, "array", OSS_FSCK_OK, "carries no sum");
        expect("config.json", repair, "config", OSS_FSCK_OK, "");
        expect("vocab.json", repair, "vocabulary", OSS_FSCK_OK, "");
    }
}
END_TEST

START_TEST(test_what_is_damaged_is_moved) {
    save_model("model.safetensors");
    save_lm("small.lm");
    save_array("x.npy");
    flip("model.safetensors", -9);
    flip("small.lm", -3);
    shorten("x.npy", 1);
    write_text("x.npy.damaged", "an earlier one");
    static const struct {
        const char *name, *kind, *moved;
    } files[] = {{"model.safetensors", "model", "model.safetensors.damaged"},
                 {"small.lm", "language model", "small.lm.damaged"},
                 {"x.npy", "array", "x.npy.damaged-2"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        expect(files[i].name, false, files[i].kind, OSS_FSCK_DAMAGED, "");
        ck_assert(has(files[i].name) && !has(files[i].moved));
        expect(files[i].name, true, files[i].kind, OSS_FSCK_DAMAGED, "");
        ck_assert(!has(files[i].name) && has(files[i].moved));
        expect(files[i].name, true, "path", OSS_FSCK_MISSING, "No such file");
    }
    ck_assert(has("x.npy.damaged"));
}
END_TEST

/* Every byte of a model's header and of a language model. */
START_TEST(test_each_byte_counts) {
    const char *const name[] = {"m.safetensors", "small.lm"};
    save_model(name[0]);
    save_lm(name[1]);
    char *path = oss_tempdir_path(folder, name[_i]);
    long bytes = 0;
    free(oss_tempdir_read(path, &bytes));
    for (long at = 0; at < bytes && at < 3000; at += 1 + at / 200) {
        flip(name[_i], at);
        oss_fsck_report report = {0};
        ck_assert_int_eq(oss_fsck_path(&report, path, false), OSS_OK);
        ck_assert_msg(report.items == 1 && report.item[0].state == OSS_FSCK_DAMAGED, "byte %ld: %s", at,
                      oss_fsck_state_name[report.item[0].state]);
        oss_fsck_report_deinit(&report);
        flip(name[_i], at);
    }
    free(path);
}
END_TEST

/* By hand: a mistake in it is told, and it stays. */
START_TEST(test_what_people_write_stays) {
    write_text("config.json", "{\"d_modell\": 96}\n");
    write_text("vocab.json", "{\"vocab\": [1]}\n");
    write_text("broken.json", "{\n");
    write_text("small.arpa", "\\data\\\nngram 1=7\n");
    write_text("notes.txt", "nothing\n");
    static const char foreign[] = "\x08\0\0\0\0\0\0\0{}      ";
    char *path = oss_tempdir_path(folder, "foreign.safetensors");
    oss_tempdir_write(path, foreign, sizeof foreign - 1);
    free(path);
    expect("config.json", true, "config", OSS_FSCK_DAMAGED, "d_modell");
    expect("vocab.json", true, "vocabulary", OSS_FSCK_DAMAGED, "");
    expect("broken.json", true, "config", OSS_FSCK_DAMAGED, "");
    expect("small.arpa", true, "language model", OSS_FSCK_DAMAGED, "");
    expect("notes.txt", true, "file", OSS_FSCK_UNKNOWN, "no kind of file");
    expect("foreign.safetensors", true, "tensors", OSS_FSCK_UNKNOWN, "carries no sum");
    ck_assert(has("foreign.safetensors") && has("config.json") && has("vocab.json") && has("broken.json") &&
              has("small.arpa") && has("notes.txt"));
}
END_TEST

/* The link stays, what it names is moved. */
START_TEST(test_a_link) {
    save_model("model.safetensors");
    flip("model.safetensors", -9);
    char *link = oss_tempdir_path(folder, "link");
    ck_assert_int_eq(symlink("model.safetensors", link), 0);
    expect("link", true, "model", OSS_FSCK_DAMAGED, "");
    ck_assert(has("model.safetensors.damaged") && oss_file_is_link(link));
    free(link);
}
END_TEST

/* A folder: what Ossicle writes there, and nothing else. */
START_TEST(test_a_folder) {
    expect("", false, "folder", OSS_FSCK_UNKNOWN, "no file in it that Ossicle writes");
    save_model("model.safetensors");
    save_array("x.npy");
    shorten("x.npy", 1);
    write_text("results.json", "{}");
    write_text("notes.txt", "nothing\n");
    write_text("ossicle.tmp-1-0", "half");
    oss_fsck_report report = {0};
    ck_assert_int_eq(oss_fsck_path(&report, folder, true), OSS_OK);
    ck_assert_int_eq(report.items, 3);
    ck_assert_int_eq(report.item[0].state, OSS_FSCK_OK);
    ck_assert_int_eq(report.item[1].state, OSS_FSCK_STALE);
    ck_assert_int_eq(report.item[2].state, OSS_FSCK_DAMAGED);
    ck_assert_int_eq(oss_fsck_count(&report), 2);
    oss_fsck_report_deinit(&report);
    ck_assert(has("x.npy.damaged") && has("ossicle.tmp-1-0") && has("results.json"));
}
END_TEST

/* A checkpoint that was taken out of its run. */
START_TEST(test_a_checkpoint_by_itself) {
    oss_training *training = oss_training_make(3);
    char *run = oss_tempdir_path(folder, "run");
    ck_assert_int_eq(oss_file_make_folders(run), OSS_OK);
    ck_assert_msg(oss_training_save(training, run, true, 1) == OSS_OK, "%s", oss_last_error());
    oss_training_free(training);
    char *from = oss_tempdir_path(folder, "run/checkpoints/step-00000003"),
         *to = oss_tempdir_path(folder, "alone");
    ck_assert_int_eq(rename(from, to), 0);
    expect("alone", false, "checkpoint", OSS_FSCK_OK, "");
    expect("alone/model.safetensors", false, "model", OSS_FSCK_OK, "");
    expect("alone/optimizer.safetensors", false, "optimizer", OSS_FSCK_OK, "");
    flip("alone/optimizer.safetensors", -9);
    expect("alone", true, "checkpoint", OSS_FSCK_DAMAGED, "optimizer.safetensors");
    ck_assert(has("alone.damaged/state.json") && !has("alone"));
    free(from);
    free(to);
    free(run);
}
END_TEST

/* A disk that fails once is no damage: whatever call it is, no checkpoint is moved and `latest` leads where it led. */
START_TEST(test_a_disk_that_fails_moves_nothing) {
    char *run = oss_tempdir_path(folder, "run"), *latest = oss_tempdir_path(folder, "run/latest");
    ck_assert_int_eq(oss_file_make_folders(run), OSS_OK);
    for (int64_t step = 2; step <= 4; step += 2) {
        oss_training *training = oss_training_make(step);
        ck_assert_msg(oss_training_save(training, run, step == 2, 5) == OSS_OK, "%s", oss_last_error());
        oss_training_free(training);
    }
    oss_faults_install();
    bool fired = true;
    for (int64_t k = 1; fired; k++) {
        oss_fsck_report report = {0};
        char target[64] = "";
        oss_faults_fail(OSS_CALL_ANY_FILE, k, EIO);
        (void)oss_fsck_path(&report, run, true);
        fired = oss_faults_clear();
        for (int32_t i = 0; i < report.items; i++) {
            const char *note = report.item[i].note;
            ck_assert_msg(note == NULL || strstr(note, "is damaged") == NULL, "call %lld: %s: %s",
                          (long long)k, report.item[i].path, note);
        }
        oss_fsck_report_deinit(&report);
        ck_assert_msg(has("run/checkpoints/step-00000002/state.json") &&
                          has("run/checkpoints/step-00000004/state.json"),
                      "call %lld", (long long)k);
        ck_assert_msg(readlink(latest, target, sizeof target - 1) > 0, "call %lld", (long long)k);
        ck_assert_msg(strcmp(target, "checkpoints/step-00000004") == 0, "call %lld: %s", (long long)k,
                      target);
    }
    oss_faults_remove();
    free(latest);
    free(run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("fsck of files");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_what_is_whole);
    tcase_add_test(all, test_what_is_damaged_is_moved);
    tcase_add_loop_test(all, test_each_byte_counts, 0, 2);
    tcase_add_test(all, test_what_people_write_stays);
    tcase_add_test(all, test_a_link);
    tcase_add_test(all, test_a_folder);
    tcase_add_test(all, test_a_checkpoint_by_itself);
    tcase_add_test(all, test_a_disk_that_fails_moves_nothing);
    suite_add_tcase(suite, all);
    return suite;
}
