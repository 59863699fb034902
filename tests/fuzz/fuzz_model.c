/* Model files whose sum is right: what is loaded is saved as bytes that load as the same, and is run. Values that the header
 * promises and the input lacks are filled in, so that inputs are short. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/model_file.h"
#include "ossicle/ossicle.h"
#include "support/models.h"
#include "support/rewrite.h"
#include "support/tempdir.h"

enum { FILLED_MAX_BYTES = 1 << 17, SAMPLES = 1600, FLOATS_MAX = 1 << 15 };

/* The largest number in the header that could be where data end. */
static size_t promised_bytes(const char *header, size_t bytes) {
    static const char key[] = "\"data_offsets\":[";
    const char *end = header + bytes;
    size_t most = 0;
    for (const char *at = header; (at = memmem(at, (size_t)(end - at), key, sizeof key - 1)) != NULL;) {
        size_t number = 0;
        for (at += sizeof key - 1; at < end && (*at == ',' || (*at >= '0' && *at <= '9')); at++) {
            number = *at == ',' ? 0 : number * 10 + (size_t)(*at - '0');
            number = number > FILLED_MAX_BYTES ? FILLED_MAX_BYTES : number;
        }
        most = number > most ? number : most;
    }
    return most;
}

/* For free(). */
static char *fill_up(const uint8_t *data, size_t size, size_t *out_size) {
    uint64_t header = 0;
    size_t whole = size;
    if (size >= 8) {
        memcpy(&header, data, 8);
    }
    if (header > 0 && header <= size - 8) {
        size_t wanted = 8 + (size_t)header + promised_bytes((const char *)data + 8, (size_t)header);
        whole = wanted > size ? wanted : size;
    }
    char *bytes = malloc(whole + 1);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, data, size);
    memset(bytes + size, 0x3d, whole - size); /* 0.046 in float32, 1.3 in float16 */
    (void)oss_rewrite_sum(bytes, whole);
    *out_size = whole;
    return realloc(bytes, whole == 0 ? 1 : whole);
}

static char *save(const oss_model *model, long *out_bytes) {
    const char *path = oss_fuzz_scratch();
    if (!oss_fuzz_ok(oss_model_save(model, path))) {
        return NULL;
    }
    return oss_tempdir_read(path, out_bytes);
}

static void check_saved(const oss_model *model) {
    long bytes = 0, bytes_again = 0;
    char *saved = save(model, &bytes), *again = NULL;
    oss_model *loaded = NULL;
    if (saved != NULL && oss_fuzz_ok(oss_model_load_memory(&loaded, saved, (size_t)bytes, "saved"))) {
        again = save(loaded, &bytes_again);
        ck_assert(again != NULL || oss_fuzz_has_faults());
        ck_assert(again == NULL || (bytes == bytes_again && memcmp(saved, again, (size_t)bytes) == 0));
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s", oss_last_error());
    }
    oss_model_free(loaded);
    free(again);
    free(saved);
}

static void recognize(const void *bytes, size_t size) {
    static float x[SAMPLES];
    oss_recognizer_options options = {.size = sizeof options, .threads = 1};
    oss_recognizer_info info = oss_recognizer_info_init();
    oss_recognizer *recognizer = NULL;
    oss_transcript *transcript = NULL;
    oss_matrix rows = {0};
    if (!oss_fuzz_ok(oss_recognizer_create_memory(&recognizer, bytes, size, "input", &options))) {
        return;
    }
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = (float)(i * 37 % 101) / 101.0F - 0.5F;
    }
    ck_assert_int_eq(oss_recognizer_get_info(recognizer, &info), OSS_OK);
    if (oss_fuzz_ok(
            oss_recognizer_recognize_samples(recognizer, x, SAMPLES, info.sample_rate_hz, &transcript))) {
        oss_fuzz_read_all(transcript->text, strlen(transcript->text));
        oss_transcript_free(transcript);
    }
    if (oss_fuzz_ok(oss_recognizer_embed_samples(recognizer, x, SAMPLES, info.sample_rate_hz,
                                                 OSS_OUTPUT_PROJECTED, &rows))) {
        oss_fuzz_read_all(rows.value, (size_t)rows.rows * (size_t)rows.columns * sizeof(float));
        oss_matrix_deinit(&rows);
    }
    oss_recognizer_free(recognizer);
}

static void run(const uint8_t *data, size_t size) {
    size_t whole = 0;
    char *bytes = fill_up(data, size, &whole);
    oss_model *model = NULL;
    if (oss_fuzz_ok(oss_model_load_memory(&model, bytes, whole, "input"))) {
        check_saved(model);
        if (model->params->floats <= FLOATS_MAX && model->config.mel.n_fft <= 2048) {
            recognize(bytes, whole);
        }
        oss_model_free(model);
    } else {
        ck_assert_ptr_null(model);
    }
    free(bytes);
}

/* The header of a model's file: data are filled in. */
static void seed_header(const oss_model *model) {
    const char *path = oss_fuzz_scratch();
    long bytes = 0;
    uint64_t header = 0;
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    char *all = oss_tempdir_read(path, &bytes);
    memcpy(&header, all, sizeof header);
    oss_fuzz_seed(all, 8 + (size_t)header);
    free(all);
}

static void seeds(void) {
    const oss_network_sizes sizes = oss_network_least();
    for (int i = 0; i < 4; i++) {
        oss_network_sizes each = sizes;
        each.projector_dim = i == 1 ? 3 : 0;
        each.value_conv = i == 2 ? 3 : 0;
        each.downsample = i == 3 ? 4 : 8;
        each.vocab = i == 3 ? 0 : 6;
        oss_model *model = oss_models_create(&each);
        model->storage = (oss_storage)i;
        model->chunk_training = i == 2 ? 0.5 : -1.0;
        model->calibration = (oss_calibration){
            .has_edges = i == 1, .edges = {0.1, 0.2}, .has_level = i == 1, .speech_db = -26.0};
        seed_header(model);
        oss_model_free(model);
    }
}

const oss_fuzz_target oss_target_model = {.name = "model", .run = run, .seeds = seeds};
