#include "ngram/codebook.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    VALUES = OSS_CODEBOOK_VALUES,
    FREE = VALUES - 1 /* beside the exact one */,
    BINS = 1 << 16,
    ROUNDS = 40,
    COVERING = 128,
    HALVINGS = 40
};

/* What falls into each of BINS equal parts of the values' range. */
typedef struct histogram {
    double low, scale; /* bin = (x - low) * scale */
    int64_t count[BINS];
    double sum[BINS];
} histogram;

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Different values, ascending, when there are at most FREE; else false. */
static bool collect(float value[FREE], int32_t *out_values, const float *x, int64_t count, float exact) {
    int32_t values = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t low = 0, high = values;
        while (low < high) {
            int32_t middle = low + (high - low) / 2;
            low = value[middle] < x[i] ? middle + 1 : low;
            high = value[middle] < x[i] ? high : middle;
        }
        if (x[i] == exact || (low < values && value[low] == x[i])) {
            continue;
        }
        if (values == FREE) {
            return false;
        }
        memmove(value + low + 1, value + low, (size_t)(values - low) * sizeof *value);
        value[low] = x[i];
        values++;
    }
    *out_values = values;
    return true;
}

static void fill_histogram(histogram *h, const float *x, int64_t count, float exact) {
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (x[i] != exact) {
            low = fmin(low, (double)x[i]);
            high = fmax(high, (double)x[i]);
        }
    }
    h->low = low;
    h->scale = (BINS - 1) / (high - low); /* there are two values at least */
    for (int64_t i = 0; i < count; i++) {
        if (x[i] != exact) {
            int32_t bin = (int32_t)(((double)x[i] - low) * h->scale + 0.5);
            h->count[bin]++;
            h->sum[bin] += (double)x[i];
        }
    }
}

static double bin_value(const histogram *h, int32_t bin) {
    return h->low + bin / h->scale;
}

/* How many values it takes to be within `radius` of everything: the first of them go to value[most]. */
static int32_t cover(double *value, int32_t most, const histogram *h, double radius) {
    int32_t values = 0;
    double covered = -INFINITY;
    for (int32_t bin = 0; bin < BINS; bin++) {
        if (h->count[bin] > 0 && bin_value(h, bin) > covered) {
            covered = bin_value(h, bin) + 2 * radius;
            if (values < most) {
                value[values] = bin_value(h, bin) + radius;
            }
            values++;
        }
    }
    return values;
}

/* As many as COVERING values with the least radius: what is rare, far out, has one near it too. */
static int32_t cover_all(double value[COVERING], const histogram *h) {
    double low = 0.0, high = BINS / h->scale;
    for (int32_t i = 0; i < HALVINGS; i++) {
        double radius = (low + high) / 2;
        bool fits = cover(value, COVERING, h, radius) <= COVERING;
        low = fits ? low : radius;
        high = fits ? radius : high;
    }
    return cover(value, COVERING, h, high);
}

/* The others where there is most, but not as many more as there is more: the best density goes with the cube root of what
 * is there (Panter and Dite 1951); the fourth root is near enough to begin with. */
static void spread(double value[FREE], const histogram *h) {
    double whole = 0.0, before = 0.0;
    int32_t covering = cover_all(value, h), values = covering;
    for (int32_t bin = 0; bin < BINS; bin++) {
        whole += sqrt(sqrt((double)h->count[bin]));
    }
    for (int32_t bin = 0; bin < BINS; bin++) {
        before += sqrt(sqrt((double)h->count[bin]));
        while (values < FREE && before >= whole * (values - covering + 0.5) / (FREE - covering)) {
            value[values++] = bin_value(h, bin);
        }
    }
    while (values < FREE) {
        value[values++] = bin_value(h, BINS - 1);
    }
    qsort(value, FREE, sizeof *value, compare_doubles);
}

/* Every value goes to the mean of those that are nearest to it; one that has none stays. */
static void improve(double value[FREE], const histogram *h) {
    int32_t bin = 0;
    for (int32_t i = 0; i < FREE; i++) {
        double limit = i + 1 < FREE ? (value[i] + value[i + 1]) / 2 : INFINITY, sum = 0.0;
        int64_t count = 0;
        for (; bin < BINS && bin_value(h, bin) <= limit; bin++) {
            count += h->count[bin];
            sum += h->sum[bin];
        }
        value[i] = count > 0 ? sum / (double)count : value[i];
    }
}

static oss_status fit_many(float value[FREE], const float *x, int64_t count, float exact) {
    double place[FREE];
    histogram *h = oss_alloc_zero(1, sizeof *h);
    if (h == NULL) {
        return OSS_ENOMEM;
    }
    fill_histogram(h, x, count, exact);
    spread(place, h);
    for (int32_t round = 0; round < ROUNDS; round++) {
        improve(place, h);
    }
    for (int32_t i = 0; i < FREE; i++) {
        value[i] = (float)place[i];
    }
    oss_free(h);
    return OSS_OK;
}

oss_status oss_codebook_fit(float book[OSS_CODEBOOK_VALUES], const float *x, int64_t count, float exact) {
    float value[FREE];
    int32_t values = 0;
    oss_status status = OSS_OK;
    if (x != NULL && !collect(value, &values, x, count, exact)) {
        values = FREE;
        status = fit_many(value, x, count, exact);
    }
    if (status == OSS_OK) {
        for (int32_t i = 0; i < VALUES; i++) {
            book[i] = i < values ? value[i] : exact;
        }
        qsort(book, VALUES, sizeof *book, compare_floats);
    }
    return status;
}

uint32_t oss_codebook_find(const float book[OSS_CODEBOOK_VALUES], float x) {
    uint32_t low = 0, high = VALUES - 1;
    while (low < high) { /* the first that is not below x, or the last */
        uint32_t middle = low + (high - low) / 2;
        low = book[middle] < x ? middle + 1 : low;
        high = book[middle] < x ? high : middle;
    }
    return low > 0 && x - book[low - 1] < book[low] - x ? low - 1 : low;
}
