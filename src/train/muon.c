#include "train/muon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/round.h"
#include "kernel/gemm.h"
#include "kernel/gemm_train.h"
#include "kernel/vec.h"

static const float MOMENTUM = 0.95F;
enum { ITERATIONS = 5, ALIGN_FLOATS = 16 };
/* Coefficients of the odd polynomial: as steep at 0 as can be while [0, 1] stays within about [0.7, 1.2]. */
static const float LINEAR = 3.4445F, CUBIC = -4.7750F, QUINTIC = 2.0315F;
/* Against division by 0; a matrix whose gradient was always 0 gets no update. */
static const double TINY_NORM = 1e-30;

typedef struct matrix {
    size_t offset; /* in the block of parameters */
    int32_t rows, columns;
} matrix;

struct oss_muon {
    matrix *item; /* heaviest first, so that no thread ends up with the last large one */
    int32_t count;
    size_t floats, small; /* of the largest matrix, and of its smaller side squared */
    float *scratch;       /* [threads, scratch_floats] */
    size_t scratch_floats;
    oss_pool *pool;
};

/* The blocks of the network have several matrices in one tensor only where attention stacks queries, keys and
 * values. */
static int32_t count_parts(const oss_param *param) {
    return param->layer.role == OSS_ROLE_QKV ? 3 : 1;
}

bool oss_muon_takes(const oss_param *param) {
    return param->decay && param->trained && param->rank >= 2 && param->layer.role != OSS_ROLE_HEAD;
}

static bool is_taken(const oss_params *params, const bool *frozen, int32_t index) {
    return oss_muon_takes(&params->item[index]) && (frozen == NULL || !frozen[index]);
}

static void add_matrices(oss_muon *muon, const oss_param *param) {
    int32_t parts = count_parts(param);
    int32_t rows = param->dim[0] / parts;
    int32_t columns = (int32_t)(param->count / (size_t)param->dim[0]);
    size_t floats = (size_t)rows * (size_t)columns;
    size_t side = (size_t)(rows < columns ? rows : columns);
    for (int32_t part = 0; part < parts; part++) {
        muon->item[muon->count++] =
            (matrix){.offset = param->offset + (size_t)part * floats, .rows = rows, .columns = columns};
    }
    muon->floats = floats > muon->floats ? floats : muon->floats;
    muon->small = side * side > muon->small ? side * side : muon->small;
}

static double get_work(const matrix *item) {
    double side = item->rows < item->columns ? item->rows : item->columns;
    return side * item->rows * item->columns;
}

static int compare_work(const void *left, const void *right) {
    const matrix *a = left, *b = right;
    double difference = get_work(b) - get_work(a);
    if (difference > 0 || difference < 0) {
        return difference > 0 ? 1 : -1;
    }
    return (a->offset > b->offset) - (a->offset < b->offset);
}

oss_status oss_muon_create(oss_muon **out, const oss_params *params, const bool *frozen, oss_pool *pool) {
    int32_t count = 0;
    for (int32_t i = 0; i < params->count; i++) {
        count += is_taken(params, frozen, i) ? count_parts(&params->item[i]) : 0;
    }
    oss_muon *muon = oss_alloc_zero(1, sizeof *muon);
    if (muon == NULL) {
        return OSS_ENOMEM;
    }
    muon->pool = pool;
    muon->item = oss_alloc((size_t)(count > 0 ? count : 1), sizeof *muon->item);
    for (int32_t i = 0; i < params->count && muon->item != NULL; i++) {
        if (is_taken(params, frozen, i)) {
            add_matrices(muon, &params->item[i]);
        }
    }
    muon->scratch_floats = 2 * oss_round_up(muon->floats, ALIGN_FLOATS) +
                           5 * oss_round_up(muon->small, ALIGN_FLOATS) + OSS_GEMM_SCRATCH_FLOATS;
    muon->scratch = oss_alloc(muon->scratch_floats * (size_t)oss_pool_threads(pool), sizeof *muon->scratch);
    if (muon->item == NULL || muon->scratch == NULL) {
        oss_muon_free(muon);
        return OSS_ENOMEM;
    }
    qsort(muon->item, (size_t)muon->count, sizeof *muon->item, compare_work);
    *out = muon;
    return OSS_OK;
}

void oss_muon_free(oss_muon *muon) {
    if (muon != NULL) {
        oss_free(muon->item);
        oss_free(muon->scratch);
        oss_free(muon);
    }
}

/* M = momentum M + g, and u = g + momentum M. */
static void step_momentum(float *restrict u, float *restrict m, const float *restrict gradient,
                          float grad_scale, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * grad_scale;
        m[i] = MOMENTUM * m[i] + g;
        u[i] = g + MOMENTUM * m[i];
    }
}

/* c = a b, of symmetric matrices that commute, so that c is symmetric too; c is neither of them. */
static void multiply(float *c, const float *a, const float *b, int32_t side, float *gemm) {
    oss_k_gemm_train(false, false, side, side, side, a, side, b, side, 0.0F, c, side, gemm);
}

/* m = 3.4445 I - 4.775 a + 2.0315 a a */
static void evaluate(float *m, const float *a, int32_t side, float *gemm) {
    size_t square = (size_t)side * (size_t)side;
    multiply(m, a, a, side, gemm);
    oss_k_scale(m, m, QUINTIC, square);
    oss_k_axpy(m, CUBIC, a, square);
    for (int32_t i = 0; i < side; i++) {
        m[(size_t)i * (size_t)side + (size_t)i] += LINEAR;
    }
}

/* The product of the five polynomials M_i of the iteration X_i+1 = M_i X_i, from A_0 = X X' alone: all are
 * polynomials of A_0, symmetric, and commute, so A_i+1 = M_i A_i M_i. For matrices that are far from square
 * this is half the work of iterating X itself. square[5][side,side]: A_0 in [0]; the result is one of them. */
static float *iterate(float *square[5], int32_t side, float *gemm) {
    float *a = square[0], *m = square[1], *product = square[2], *next = square[3], *spare = square[4];
    evaluate(product, a, side, gemm);
    memcpy(m, product, (size_t)side * (size_t)side * sizeof *m);
    for (int i = 1; i < ITERATIONS; i++) {
        multiply(next, m, a, side, gemm);
        multiply(a, next, m, side, gemm);
        evaluate(m, a, side, gemm);
        multiply(spare, m, product, side, gemm);
        float *swap = product;
        product = spare;
        spare = swap;
    }
    return product;
}

/* y = x[rows,columns], of norm 1 at most, brought towards the nearest matrix with orthonormal rows or
 * columns, whichever are fewer. */
static void orthogonalise(float *y, const float *x, int32_t rows, int32_t columns, float *squares,
                          size_t square_floats, float *gemm) {
    bool wide = rows <= columns;
    int32_t side = wide ? rows : columns, other = wide ? columns : rows;
    float *square[5];
    for (size_t i = 0; i < 5; i++) {
        square[i] = squares + i * square_floats;
    }
    oss_k_gemm_train(!wide, wide, side, side, other, x, columns, x, columns, 0.0F, square[0], side, gemm);
    const float *product = iterate(square, side, gemm);
    if (wide) {
        oss_k_gemm_train(false, false, rows, columns, side, product, side, x, columns, 0.0F, y, columns,
                         gemm);
    } else {
        oss_k_gemm_train(false, false, rows, columns, side, x, columns, product, side, 0.0F, y, columns,
                         gemm);
    }
}

static void apply(float *restrict w, float *restrict average, const float *restrict x, size_t n, float keep,
                  float rate, float average_gain) {
    for (size_t i = 0; i < n; i++) {
        w[i] = w[i] * keep - rate * x[i];
    }
    for (size_t i = 0; average != NULL && i < n; i++) {
        average[i] += average_gain * (w[i] - average[i]);
    }
}

typedef struct update_job {
    const oss_muon *muon;
    const oss_adamw *block;
} update_job;

static void update_matrix(void *context, int32_t task, int32_t worker) {
    const update_job *job = context;
    const oss_muon *muon = job->muon;
    const oss_adamw *block = job->block;
    const oss_adamw_step *rule = &block->rule;
    const matrix *item = &muon->item[task];
    size_t at = item->offset, n = (size_t)item->rows * (size_t)item->columns;
    float *x = muon->scratch + (size_t)worker * muon->scratch_floats;
    float *y = x + oss_round_up(muon->floats, ALIGN_FLOATS),
          *squares = y + oss_round_up(muon->floats, ALIGN_FLOATS);
    step_momentum(x, block->m + at, block->gradient + at, rule->grad_scale, n);
    double norm = sqrt(oss_k_sum_squares(x, n));
    oss_k_scale(x, x, norm > TINY_NORM ? (float)(1.0 / norm) : 0.0F, n);
    orthogonalise(y, x, item->rows, item->columns, squares, oss_round_up(muon->small, ALIGN_FLOATS),
                  squares + 5 * oss_round_up(muon->small, ALIGN_FLOATS));
    double larger = item->rows > item->columns ? item->rows : item->columns;
    apply(block->value + at, block->average == NULL ? NULL : block->average + at, y, n,
          (float)(1.0 - rule->lr * rule->decay), (float)(rule->lr * 0.2 * sqrt(larger)), rule->average_gain);
}

void oss_muon_update(const oss_muon *muon, const oss_adamw *block) {
    update_job job = {.muon = muon, .block = block};
    oss_pool_run(muon->pool, muon->count, update_matrix, &job);
}
