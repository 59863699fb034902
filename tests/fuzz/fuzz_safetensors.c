/* safetensors, with a sum that is right where there is one. The first byte says what is asked of it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/safetensors.h"
#include "support/rewrite.h"

static void read_tensor(const oss_safetensors *file, const oss_st_tensor *tensor) {
    size_t elements = tensor->bytes / oss_safetensors_dtype_bytes(tensor->dtype);
    int32_t dim[OSS_ST_MAX_RANK];
    bool fits = elements <= 65536;
    for (int32_t i = 0; i < tensor->rank; i++) {
        fits = fits && tensor->dim[i] <= INT32_MAX;
        dim[i] = fits ? (int32_t)tensor->dim[i] : 0;
    }
    oss_fuzz_read_all(tensor->data, tensor->bytes);
    ck_assert_ptr_eq(oss_safetensors_find(file, tensor->name), tensor);
    if (fits) {
        float *out = malloc(elements * sizeof *out + 1);
        (void)oss_fuzz_ok(oss_safetensors_read_float(file, tensor->name, tensor->rank, dim, out));
        (void)oss_fuzz_ok(oss_safetensors_read_f32(file, tensor->name, tensor->rank, dim, out));
        free(out);
    }
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    oss_st_sum policy = (oss_st_sum)(oss_fuzz_u8(&bytes) % 3);
    char *copy = oss_fuzz_text(bytes.at, bytes.left),
         *exact = realloc(copy, bytes.left == 0 ? 1 : bytes.left);
    oss_safetensors *file = NULL;
    (void)oss_rewrite_sum(exact, bytes.left);
    if (oss_fuzz_ok(oss_safetensors_open_memory(&file, exact, bytes.left, "input", policy)) &&
        oss_fuzz_ok(oss_safetensors_fetch(file))) {
        for (int32_t i = 0; i < oss_safetensors_count(file); i++) {
            read_tensor(file, oss_safetensors_get(file, i));
        }
        (void)oss_safetensors_metadata(file, "ossicle_format");
    }
    oss_safetensors_free(file);
    free(exact);
}

static void seeds(void) {
    static const float x[] = {1.0F, -2.0F, 3.5F, 0.0F, 5.0F, 6.0F};
    const oss_st_item item[] = {{.name = "w", .rank = 2, .dim = {2, 2}, .data = x},
                                {.name = "b", .rank = 1, .dim = {1}, .data = x + 4},
                                {.name = "half", .rank = 1, .dim = {3}, .data = x, .dtype = "BF16"}};
    const oss_st_meta meta[] = {{"ossicle_format", "1"}, {"note", "a \"word\""}};
    static const char plain[] =
        "\x46\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},\"__metadata__\":{}}    "
        "12345678";
    for (uint8_t i = 0; i < 3; i++) {
        const char *path = oss_fuzz_scratch();
        ck_assert_int_eq(oss_safetensors_save(path, item, 3, meta, 2, NULL), OSS_OK);
        oss_fuzz_seed_file(path, i);
        oss_fuzz_seed_after(i, plain, sizeof plain - 1);
    }
}

const oss_fuzz_target oss_target_safetensors = {.name = "safetensors", .run = run, .seeds = seeds};
