/* Golden values: tests/golden/NAME.safetensors, made by scripts/golden/. F64, F32, I64 and I32 tensors are
 * read and converted to what the test asks for. Everything belongs to the oss_golden. The test stops, saying
 * what is missing, when a file or tensor is not there or is malformed. The folder is found from any working
 * directory; OSSICLE_TESTS_DIR overrides it (a folder that holds golden/). */
#ifndef OSS_TESTS_GOLDEN_H
#define OSS_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct oss_golden oss_golden;

oss_golden *oss_golden_load(const char *name); /* without folder and ".safetensors" */
void oss_golden_free(oss_golden *golden);

bool oss_golden_has(const oss_golden *golden, const char *tensor);
/* Number of dimensions (at most 8; 0 for a scalar), sizes in out_dims, outermost first. */
int oss_golden_dims(const oss_golden *golden, const char *tensor, int64_t out_dims[8]);
/* One dimension; negative counts from the last. */
int64_t oss_golden_dim(const oss_golden *golden, const char *tensor, int dim);

/* The elements, C order; *out_count may be NULL. To float: rounded once. To an integer type: must be exact. */
const double *oss_golden_f64(const oss_golden *golden, const char *tensor, size_t *out_count);
const float *oss_golden_f32(const oss_golden *golden, const char *tensor, size_t *out_count);
const int32_t *oss_golden_i32(const oss_golden *golden, const char *tensor, size_t *out_count);
/* A scalar, or the only element. */
double oss_golden_number(const oss_golden *golden, const char *tensor);

/* tests/NAME as an absolute path, for other files that tests read; free with free(). */
char *oss_golden_path(const char *name);

#endif
