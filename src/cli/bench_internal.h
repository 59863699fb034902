/* `ossicle bench`: what its files share. */
#ifndef OSS_CLI_BENCH_INTERNAL_H
#define OSS_CLI_BENCH_INTERNAL_H

#include <stdint.h>

#include "base/json.h"
#include "base/pool.h"
#include "model/model_file.h"

enum { OSS_BENCH_MAX_CASES = 4, OSS_BENCH_MAX_RUNS = 1001 };

typedef struct oss_bench_setup {
    int32_t threads, runs;
    const oss_model *model;      /* d 192, 4 blocks, 8x, V 32, k 1 and initial weights unless --model */
    oss_precision precision;     /* of products, in training and inference */
    int32_t utterances, seconds; /* of a training batch */
    const char **logits;         /* [logits_count] files for the search */
    int32_t logits_count;
    const char *lm; /* file; NULL: none */
    int32_t beam[OSS_BENCH_MAX_CASES], beams;
} oss_bench_setup;

/* One piece of work and the median of its times. */
typedef struct oss_bench_case {
    int32_t utterances, seconds;
    double flop; /* of one run, nominal: what the definition needs, not what is done */
    double median_ms;
    /* Of the search alone, which has neither seconds nor flop. */
    int32_t beam, frames;
    double audio_seconds, state_mib;
} oss_bench_case;

/* What a part of the benchmark gives; case 0 stands for it. */
typedef struct oss_bench_part {
    int32_t cases;
    oss_bench_case item[OSS_BENCH_MAX_CASES];
    double peak_gflops; /* of the threads together, measured before and after: the larger */
    double peak_rss_mib;
} oss_bench_part;

/* Times work(context) setup->runs times after a warm-up of two runs and 0.3 s at least; the median, in
 * milliseconds. */
double oss_bench_time(const oss_bench_setup *setup, void (*work)(void *context), void *context);

/* audio[samples] at a speaker's pace: noise under a changing envelope; the same in every run. */
void oss_bench_fill_audio(float *audio, int64_t samples, uint32_t number);
/* label[count] in 2..vocab-1, no two neighbours alike. */
void oss_bench_fill_labels(int32_t *label, int32_t count, int32_t vocab, uint32_t number);
enum { OSS_BENCH_LABELS_A_SECOND_X2 = 15 }; /* 7.5 labels a second: 60 in 8 s */

oss_status oss_bench_train(const oss_bench_setup *setup, oss_bench_part *out);
oss_status oss_bench_infer(const oss_bench_setup *setup, oss_bench_part *out);
oss_status oss_bench_mel(const oss_bench_setup *setup, oss_bench_part *out);
oss_status oss_bench_ctc(const oss_bench_setup *setup, oss_bench_part *out);
oss_status oss_bench_search(const oss_bench_setup *setup, oss_bench_part *out);

/* What is said of the search. */
void oss_bench_print_search(const oss_bench_part *part);
void oss_bench_add_search(oss_json *object, const oss_bench_part *part);

/* A part: what is run, and whether by all threads; else one thread's peak is its limit. */
typedef struct oss_bench_kind {
    const char *name;
    oss_status (*run)(const oss_bench_setup *setup, oss_bench_part *out);
    bool threaded;
} oss_bench_kind;

/* *gflops becomes the multiply-add peak of the threads together, if that is larger. */
oss_status oss_bench_peak(int32_t threads, double *gflops);
/* Runs it in a process of its own, its peak measured before and after. */
oss_status oss_bench_run_apart(const oss_bench_kind *part, const oss_bench_setup *setup, oss_bench_part *out);

#endif
