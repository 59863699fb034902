#include "support/golden.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/tempdir.h"

#ifndef OSS_TESTS_DIR
#error "the Makefile defines OSS_TESTS_DIR for this file"
#endif

/* Elements converted for a test, kept until the end. */
typedef struct converted {
    struct converted *next;
    void *elements;
} converted;

struct oss_golden {
    char *path;
    char *bytes;
    const unsigned char *data; /* what follows the header */
    size_t data_bytes;
    oss_json *header;
    converted **kept; /* behind a pointer: getters take a const oss_golden */
};

typedef struct tensor_view {
    const char *dtype;
    const unsigned char *data;
    size_t count;
    int rank;
    int64_t dims[8];
} tensor_view;

char *oss_golden_path(const char *name) {
    const char *folder = getenv("OSSICLE_TESTS_DIR");
    return oss_tempdir_path(folder != NULL && folder[0] != '\0' ? folder : OSS_TESTS_DIR, name);
}

oss_golden *oss_golden_load(const char *name) {
    char relative[256];
    snprintf(relative, sizeof relative, "golden/%s.safetensors", name);
    oss_golden *golden = calloc(1, sizeof *golden);
    ck_assert_ptr_nonnull(golden);
    golden->kept = calloc(1, sizeof(converted *));
    ck_assert_ptr_nonnull(golden->kept);
    golden->path = oss_golden_path(relative);
    long bytes = 0;
    golden->bytes = oss_tempdir_read(golden->path, &bytes);
    ck_assert_msg(golden->bytes != NULL, "golden file %s is missing: a script in scripts/golden/ makes it",
                  golden->path);
    ck_assert_msg(bytes >= 8, "golden file %s is too short", golden->path);
    uint64_t header_bytes = 0;
    for (int i = 7; i >= 0; i--) {
        header_bytes = header_bytes << 8 | (unsigned char)golden->bytes[i];
    }
    ck_assert_msg(header_bytes <= (uint64_t)bytes - 8, "golden file %s: header past the end", golden->path);
    oss_status status =
        oss_json_parse(&golden->header, golden->bytes + 8, (size_t)header_bytes, golden->path);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    golden->data = (const unsigned char *)golden->bytes + 8 + header_bytes;
    golden->data_bytes = (size_t)bytes - 8 - (size_t)header_bytes;
    return golden;
}

void oss_golden_free(oss_golden *golden) {
    if (golden == NULL) {
        return;
    }
    for (converted *at = *golden->kept; at != NULL;) {
        converted *next = at->next;
        free(at->elements);
        free(at);
        at = next;
    }
    free(golden->kept);
    oss_json_free(golden->header);
    free(golden->bytes);
    free(golden->path);
    free(golden);
}

bool oss_golden_has(const oss_golden *golden, const char *tensor) {
    return oss_json_get(golden->header, tensor) != NULL;
}

static size_t size_dtype(const char *dtype) {
    if (strcmp(dtype, "F64") == 0 || strcmp(dtype, "I64") == 0) {
        return 8;
    }
    return strcmp(dtype, "F32") == 0 || strcmp(dtype, "I32") == 0 ? 4 : 0;
}

static void read_shape(tensor_view *view, const oss_json *entry, const char *tensor) {
    view->count = 1;
    for (const oss_json *at = oss_json_first(oss_json_get(entry, "shape")); at != NULL;
         at = oss_json_next(at)) {
        ck_assert_msg(view->rank < 8, "golden tensor %s has more than 8 dimensions", tensor);
        view->dims[view->rank] = (int64_t)oss_json_number(at);
        view->count *= (size_t)view->dims[view->rank++];
    }
}

static tensor_view find_tensor(const oss_golden *golden, const char *tensor) {
    const oss_json *entry = oss_json_get(golden->header, tensor);
    ck_assert_msg(entry != NULL, "golden file %s has no tensor \"%s\"", golden->path, tensor);
    tensor_view view = {.dtype = oss_json_string(oss_json_get(entry, "dtype"))};
    size_t size = size_dtype(view.dtype);
    ck_assert_msg(size != 0, "golden tensor %s of %s: type %s is not read here", tensor, golden->path,
                  view.dtype);
    read_shape(&view, entry, tensor);
    const oss_json *offsets = oss_json_get(entry, "data_offsets");
    ck_assert_msg(oss_json_count(offsets) == 2, "golden tensor %s of %s: no data_offsets", tensor,
                  golden->path);
    size_t begin = (size_t)oss_json_number(oss_json_first(offsets));
    size_t end = (size_t)oss_json_number(oss_json_next(oss_json_first(offsets)));
    ck_assert_msg(begin <= end && end <= golden->data_bytes && end - begin == view.count * size,
                  "golden tensor %s of %s: its offsets do not fit its shape or the file", tensor,
                  golden->path);
    view.data = golden->data + begin;
    return view;
}

int oss_golden_dims(const oss_golden *golden, const char *tensor, int64_t out_dims[8]) {
    tensor_view view = find_tensor(golden, tensor);
    memcpy(out_dims, view.dims, sizeof view.dims);
    return view.rank;
}

int64_t oss_golden_dim(const oss_golden *golden, const char *tensor, int dim) {
    tensor_view view = find_tensor(golden, tensor);
    int at = dim < 0 ? dim + view.rank : dim;
    ck_assert_msg(at >= 0 && at < view.rank, "golden tensor %s has %d dimensions: none numbered %d", tensor,
                  view.rank, dim);
    return view.dims[at];
}

static double read_element(const tensor_view *view, size_t index) {
    double f64;
    float f32;
    int64_t i64;
    int32_t i32;
    if (strcmp(view->dtype, "F64") == 0) {
        memcpy(&f64, view->data + 8 * index, 8);
        return f64;
    }
    if (strcmp(view->dtype, "I64") == 0) {
        memcpy(&i64, view->data + 8 * index, 8);
        return (double)i64;
    }
    if (strcmp(view->dtype, "F32") == 0) {
        memcpy(&f32, view->data + 4 * index, 4);
        return (double)f32;
    }
    memcpy(&i32, view->data + 4 * index, 4);
    return (double)i32;
}

static void *keep_elements(const oss_golden *golden, size_t count, size_t size) {
    converted *entry = calloc(1, sizeof *entry);
    ck_assert_ptr_nonnull(entry);
    entry->elements = calloc(count + 1, size);
    ck_assert_ptr_nonnull(entry->elements);
    entry->next = *golden->kept;
    *golden->kept = entry;
    return entry->elements;
}

const double *oss_golden_f64(const oss_golden *golden, const char *tensor, size_t *out_count) {
    tensor_view view = find_tensor(golden, tensor);
    double *out = keep_elements(golden, view.count, sizeof *out);
    for (size_t i = 0; i < view.count; i++) {
        out[i] = read_element(&view, i);
    }
    if (out_count != NULL) {
        *out_count = view.count;
    }
    return out;
}

const float *oss_golden_f32(const oss_golden *golden, const char *tensor, size_t *out_count) {
    tensor_view view = find_tensor(golden, tensor);
    float *out = keep_elements(golden, view.count, sizeof *out);
    for (size_t i = 0; i < view.count; i++) {
        out[i] = (float)read_element(&view, i);
    }
    if (out_count != NULL) {
        *out_count = view.count;
    }
    return out;
}

const int32_t *oss_golden_i32(const oss_golden *golden, const char *tensor, size_t *out_count) {
    tensor_view view = find_tensor(golden, tensor);
    int32_t *out = keep_elements(golden, view.count, sizeof *out);
    for (size_t i = 0; i < view.count; i++) {
        double value = read_element(&view, i);
        bool exact = value >= INT32_MIN && value <= INT32_MAX && value == floor(value);
        ck_assert_msg(exact, "golden tensor %s: element %zu is %.17g, no int32", tensor, i, value);
        out[i] = (int32_t)value;
    }
    if (out_count != NULL) {
        *out_count = view.count;
    }
    return out;
}

double oss_golden_number(const oss_golden *golden, const char *tensor) {
    tensor_view view = find_tensor(golden, tensor);
    ck_assert_msg(view.count == 1, "golden tensor %s has %zu elements, not one", tensor, view.count);
    return read_element(&view, 0);
}
