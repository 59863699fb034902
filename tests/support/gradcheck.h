/* Everything that must hold of any op, checked on one set of inputs:
 *
 *  - output and gradients against PyTorch (golden files), when there are such values;
 *  - gradients against finite differences: signed, relative, with a random cotangent, so that errors
 *    cannot cancel;
 *  - gradients that are stored do not read what was there (arena and gradient buffers hold NaN before);
 *    gradients that are added keep what was there;
 *  - an input that needs no gradient gets none, and the others' gradients stay the same to the bit;
 *  - forward gives the same bits recording and not; measuring finds the bytes that the real run takes;
 *  - one byte less makes OSS_ENOMEM, not a crash;
 *  - backward makes no heap call. */
#ifndef OSS_TESTS_GRADCHECK_H
#define OSS_TESTS_GRADCHECK_H

#include "support/golden.h"
#include "tape/tape.h"

enum { OSS_GRADCHECK_INPUTS = 3 };

/* Calls the op under test. data: what the caller of the check passes through. */
typedef oss_tensor *(*oss_gradcheck_forward)(oss_tape *tape, oss_tensor *const *in, const void *data);

typedef struct oss_gradcheck_input {
    int32_t rank;
    int32_t dim[OSS_MAX_RANK];
    const float *value;
    const double *want_grad; /* NULL: not known */
} oss_gradcheck_input;

typedef struct oss_gradcheck {
    const char *name;
    oss_gradcheck_forward forward;
    const void *data;
    int32_t inputs;
    oss_gradcheck_input input[OSS_GRADCHECK_INPUTS];
    const float *cotangent; /* of the output's shape */
    const double *want_out; /* NULL: not known */
    double golden_l2;       /* relative L2 error allowed against golden values; 0: 1e-6 */
    double step;            /* of the differences; 0: 2^-5 */
    double difference_l2;   /* relative L2 error allowed against differences; 0: 2e-3 */
} oss_gradcheck;

/* Inputs, cotangent and wanted values from the tensors NAME.in.I, NAME.cotangent, NAME.out, NAME.grad.I. */
oss_gradcheck oss_gradcheck_from_golden(const oss_golden *golden, const char *name,
                                        oss_gradcheck_forward forward, const void *data);
/* Runs all checks; the test fails with the check's name and what was found. */
void oss_gradcheck_run(const oss_gradcheck *check);

/* A tensor of a golden file by "NAME.PART"; the test fails when it is not there. */
const int32_t *oss_golden_ints(const oss_golden *golden, const char *name, const char *part,
                               size_t *out_count);
/* The sequence of NAME.lengths, in the tape. */
oss_seq oss_gradcheck_seq(oss_tape *tape, const int32_t *lengths, int32_t count);

#endif
