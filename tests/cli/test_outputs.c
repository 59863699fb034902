/* ossicle embed, features, info, import: the files and descriptions they make. */
#include <math.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/cli_cases.h"
#include "ossicle/ossicle.h"
#include "support/suite.h"

/* ---- .npy ---- */

typedef struct npy {
    char *file;
    const float *value;
    long rows, columns;
} npy;

static npy read_npy(const char *path) {
    long bytes = 0;
    npy n = {.file = oss_tempdir_read(path, &bytes)};
    ck_assert_msg(n.file != NULL, "%s was not written", path);
    ck_assert_int_eq(memcmp(n.file, "\x93NUMPY\x01\x00", 8), 0);
    long header = 10 + (unsigned char)n.file[8] + 256 * (unsigned char)n.file[9];
    const char *text = n.file + 10;
    ck_assert_ptr_nonnull(strstr(text, "'descr': '<f4'"));
    const char *shape = strstr(text, "'shape': (");
    ck_assert_ptr_nonnull(shape);
    ck_assert_int_eq(sscanf(shape, "'shape': (%ld, %ld", &n.rows, &n.columns), 2);
    ck_assert_int_eq(bytes - header, n.rows * n.columns * 4);
    float *value = malloc((size_t)(bytes - header));
    ck_assert_ptr_nonnull(value);
    memcpy(value, n.file + header, (size_t)(bytes - header));
    free(n.file);
    n.file = (char *)value;
    n.value = value;
    return n;
}

static void check_matrix(const char *path, const oss_matrix *want) {
    npy got = read_npy(path);
    ck_assert_int_eq(got.rows, want->rows);
    ck_assert_int_eq(got.columns, want->columns);
    ck_assert_mem_eq(got.value, want->value, (size_t)(want->rows * want->columns) * sizeof(float));
    free(got.file);
}

/* ---- embed ---- */

START_TEST(test_embed) {
    static const char *const words[] = {"embeddings", "projected", "logits"};
    static const int32_t columns[] = {32, 20, 11}, rows[] = {6, 6, 12};
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.npy");
    oss_program_run run =
        oss_run_ossicle("embed", "--model", c.model, "--what", words[_i], "-o", out, c.five);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    oss_recognizer *recognizer = NULL;
    oss_matrix want = {0};
    ck_assert_int_eq(oss_recognizer_create(&recognizer, c.model, NULL), OSS_OK);
    ck_assert_int_eq(oss_recognizer_embed_file(recognizer, c.five, (oss_output)_i, &want), OSS_OK);
    ck_assert_int_eq(want.rows, rows[_i]);
    ck_assert_int_eq(want.columns, columns[_i]);
    check_matrix(out, &want);
    oss_matrix_deinit(&want);
    oss_recognizer_free(recognizer);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_embeddings_are_the_default) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.npy");
    oss_program_run run = oss_run_ossicle("embed", "--model", c.model, c.three, "-o", out);
    oss_program_expect(&run, 0);
    npy got = read_npy(out);
    ck_assert_int_eq(got.columns, 32);
    free(got.file);
    oss_program_run_deinit(&run);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_embed_what_the_model_has_not) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.npy");
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = 0;
    oss_model *model = oss_models_create(&sizes);
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    oss_program_run run =
        oss_run_ossicle("embed", "--model", c.model, "--what", "projected", "-o", out, c.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "has no projector");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("embed", "--model", c.model, "--what", "logits", "-o", out, c.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "has no CTC head");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, c.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "has no CTC head");
    oss_program_run_deinit(&run);
    ck_assert(!oss_tempdir_has(c.folder, "out.npy"));
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_output_file_that_cannot_be_written) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("embed", "--model", c.model, "-o", "/nowhere/out.npy", c.three);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "/nowhere/out.npy");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("features", "-o", "/nowhere/out.npy", c.three);
    oss_program_expect(&run, 3);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* ---- features ---- */

START_TEST(test_features) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.npy");
    oss_program_run run = oss_run_ossicle("features", "-o", out, c.five);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    oss_features *features = NULL;
    oss_matrix want = {0};
    ck_assert_int_eq(oss_features_create(&features, NULL), OSS_OK);
    ck_assert_int_eq(oss_features_compute_file(features, c.five, &want), OSS_OK);
    ck_assert_int_eq(want.rows, 41);
    ck_assert_int_eq(want.columns, 128);
    check_matrix(out, &want);
    /* The model's front end is the default one here. */
    run = oss_run_ossicle("features", "--model", c.model, "-o", out, c.five);
    oss_program_expect(&run, 0);
    check_matrix(out, &want);
    oss_program_run_deinit(&run);
    oss_matrix_deinit(&want);
    oss_features_free(features);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_features_of_a_config) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "out.npy");
    char *config = oss_tempdir_path(c.folder, "power.json");
    oss_cli_case_write(&c, "power.json", "{\"mel\": \"power\"}");
    oss_program_run run = oss_run_ossicle("features", "--config", config, "-o", out, c.five);
    oss_program_expect(&run, 0);
    npy got = read_npy(out);
    for (long i = 0; i < got.rows * got.columns; i++) {
        ck_assert_float_ge(got.value[i], 0.0F); /* logarithms would go below */
    }
    free(got.file);
    oss_program_run_deinit(&run);
    oss_cli_case_write(&c, "power.json", "{\"mel_norm\": \"fixed\"}");
    run = oss_run_ossicle("features", "--config", config, "-o", out, c.five);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "\"fixed\"");
    oss_program_run_deinit(&run);
    oss_cli_case_write(&c, "power.json", "{\"mell\": \"power\"}");
    run = oss_run_ossicle("features", "--config", config, "-o", out, c.five);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "mell");
    oss_program_run_deinit(&run);
    free(config);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* ---- info ---- */

static oss_json *info_json(const char *model) {
    oss_program_run run = oss_run_ossicle("info", "--json", model);
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_msg(oss_json_parse(&json, run.out, strlen(run.out), "info") == OSS_OK, "%s", oss_last_error());
    oss_program_run_deinit(&run);
    return json;
}

START_TEST(test_info_of_a_file) {
    oss_cli_case c = oss_cli_case_make();
    oss_json *json = info_json(c.model);
    long bytes = 0;
    char *file = oss_tempdir_read(c.model, &bytes);
    ck_assert_str_eq(oss_json_string(oss_json_get(json, "file")), c.model);
    ck_assert(oss_json_is(oss_json_get(json, "step"), OSS_JSON_NULL));
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "bytes")), (double)bytes);
    const char *sum = oss_json_string(oss_json_get(json, "sum"));
    ck_assert_uint_eq(strlen(sum), 16);
    bool found = false;
    for (long i = 0; i + 16 <= bytes && !found; i++) {
        found = memcmp(file + i, sum, 16) == 0;
    }
    ck_assert_msg(found, "the sum %s is not in the file", sum);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "embedding_hz")), 12.5);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "embedding_width")), 32);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "projected_width")), 20);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "vocabulary_size")), 11);
    const oss_json *symbol = oss_json_first(oss_json_get(json, "vocabulary"));
    ck_assert_str_eq(oss_json_string(symbol), "<blank>");
    ck_assert_double_eq(oss_json_number(oss_json_get(oss_json_get(json, "config"), "conv_channels")), 8);
    oss_recognizer *recognizer = NULL;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, c.model, NULL), OSS_OK);
    oss_recognizer_info info = {.size = sizeof info};
    ck_assert_int_eq(oss_recognizer_get_info(recognizer, &info), OSS_OK);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "parameters")), (double)info.parameters);
    oss_recognizer_free(recognizer);
    free(file);
    oss_json_free(json);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_info_for_people) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("info", c.model);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "embeddings     32 wide, 12.5 a second\n");
    oss_program_expect_out(&run, "vocabulary     11 symbols: <blank> <UNK> (space) a b c d e f g h\n");
    oss_program_expect_out(&run, "\"conv_channels\": 8");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_info_says_which_step) {
    oss_cli_case c = oss_cli_case_make();
    char *state = oss_tempdir_path(c.folder, "state.json");
    oss_cli_case_write(&c, "state.json", "{\"step\": 1234}");
    oss_json *json = info_json(c.folder); /* a checkpoint folder */
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "step")), 1234);
    oss_json_free(json);
    oss_cli_case_write(&c, "state.json", "{\"step\": \"soon\"}");
    oss_program_run run = oss_run_ossicle("info", c.folder);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, state);
    oss_program_run_deinit(&run);
    free(state);
    oss_cli_case_free(&c);
}
END_TEST

/* ---- import ---- */

static void put_u64(char *out, uint64_t value) {
    for (int i = 0; i < 8; i++) {
        out[i] = (char)(value >> (8 * i) & 0xff);
    }
}

/* The model's weights as another program would write them: no sum, no metadata, another prefix. */
static void write_foreign(const char *path, const oss_model *model) {
    oss_json *header = oss_json_object();
    size_t at = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        const char *name = strncmp(param->name, "encoder.", 8) == 0 ? param->name + 8 : param->name;
        oss_json *tensor = oss_json_add_object(header, name);
        oss_json_add_string(tensor, "dtype", "F32");
        oss_json *shape = oss_json_add_array(tensor, "shape");
        for (int32_t d = 0; d < param->rank; d++) {
            oss_json_add_integer(shape, NULL, param->dim[d]);
        }
        oss_json *offsets = oss_json_add_array(tensor, "data_offsets");
        oss_json_add_integer(offsets, NULL, (int64_t)at);
        at += param->count * 4;
        oss_json_add_integer(offsets, NULL, (int64_t)at);
    }
    char *text = NULL;
    ck_assert_int_eq(oss_json_print(&text, header, OSS_JSON_LINE), OSS_OK);
    size_t length = strlen(text);
    char *file = malloc(8 + length + at);
    ck_assert_ptr_nonnull(file);
    put_u64(file, length);
    memcpy(file + 8, text, length);
    char *to = file + 8 + length;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        memcpy(to, model->value + param->offset, param->count * 4);
        to += param->count * 4;
    }
    oss_tempdir_write(path, file, (long)(8 + length + at));
    free(file);
    oss_free(text);
    oss_json_free(header);
}

static const char micro_config[] =
    "{\"d_model\": 32, \"n_heads\": 2, \"d_ff\": 64, \"n_layers\": 2, \"conv_channels\": 8, "
    "\"position\": \"rope\", \"ctc_subframes\": 2}";

START_TEST(test_import) {
    oss_cli_case c = oss_cli_case_make();
    char *foreign = oss_tempdir_path(c.folder, "foreign.safetensors");
    char *config = oss_tempdir_path(c.folder, "config.json");
    char *vocab = oss_tempdir_path(c.folder, "vocab.json");
    char *out = oss_tempdir_path(c.folder, "imported.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"b", " "}, 2);
    write_foreign(foreign, model);
    oss_model_free(model);
    oss_cli_case_write(&c, "config.json", micro_config);
    oss_cli_case_write(&c, "vocab.json",
                       "[\"<blank>\",\"<UNK>\",\" \",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]");
    oss_program_run run = oss_run_ossicle("transcribe", "--model", foreign, c.three);
    oss_program_expect(&run, 3); /* no sum */
    oss_program_expect_err(&run, "ossicle import");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("import", "--config", config, "--vocab", vocab, "-o", out, foreign);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", out, c.three);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "b b b\n");
    oss_program_run_deinit(&run);
    free(out);
    free(vocab);
    free(config);
    free(foreign);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_import_refusals) {
    static const struct {
        const char *vocab, *says;
    } cases[] = {{"{\"a\": 1}", "must be an array of strings, not an object"},
                 {"[\"<blank>\", \"<UNK>\", 3]", "symbol 2"},
                 {"[\"<blank>\", \"<UNK>\", \"a\"]", "head"},
                 {"[\"a\", \"b\"]", "<blank>"},
                 {"[", "vocab.json"}};
    oss_cli_case c = oss_cli_case_make();
    char *foreign = oss_tempdir_path(c.folder, "foreign.safetensors");
    char *config = oss_tempdir_path(c.folder, "config.json");
    char *vocab = oss_tempdir_path(c.folder, "vocab.json");
    char *out = oss_tempdir_path(c.folder, "imported.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    write_foreign(foreign, model);
    oss_model_free(model);
    oss_cli_case_write(&c, "config.json", micro_config);
    oss_cli_case_write(&c, "vocab.json", cases[_i].vocab);
    oss_program_run run = oss_run_ossicle("import", "--config", config, "--vocab", vocab, "-o", out, foreign);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, cases[_i].says);
    ck_assert(!oss_tempdir_has(c.folder, "imported"));
    oss_program_run_deinit(&run);
    free(out);
    free(vocab);
    free(config);
    free(foreign);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/outputs");
    TCase *numbers = tcase_create("npy");
    tcase_add_loop_test(numbers, test_embed, 0, 3);
    tcase_add_test(numbers, test_embeddings_are_the_default);
    tcase_add_test(numbers, test_embed_what_the_model_has_not);
    tcase_add_test(numbers, test_output_file_that_cannot_be_written);
    tcase_add_test(numbers, test_features);
    tcase_add_test(numbers, test_features_of_a_config);
    TCase *info = tcase_create("info");
    tcase_add_test(info, test_info_of_a_file);
    tcase_add_test(info, test_info_for_people);
    tcase_add_test(info, test_info_says_which_step);
    TCase *import = tcase_create("import");
    tcase_add_test(import, test_import);
    tcase_add_loop_test(import, test_import_refusals, 0, 5);
    suite_add_tcase(suite, numbers);
    suite_add_tcase(suite, info);
    suite_add_tcase(suite, import);
    return suite;
}
