/* Every setting of training and inference: JSON in, checked struct out. One table (config_keys.c) holds each
 * key's name, alias, type, range, default, section and one-line help; parsing, --set, writing, the error for
 * an unknown key (with the nearest known one) and docs/configuration.md all come from that table. */
#ifndef OSS_MODEL_CONFIG_H
#define OSS_MODEL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "augment/augment.h"
#include "augment/freq_warp.h"
#include "audio/mel.h"
#include "augment/spec_mask.h"
#include "model/data_format.h"
#include "ossicle/precision.h"
#include "ossicle/status.h"
#include "text/unicode.h"
#include "text/vocab.h"

typedef enum oss_position { OSS_POSITION_NONE, OSS_POSITION_SINUSOIDAL, OSS_POSITION_ROPE } oss_position;
typedef enum oss_normalize { OSS_NORMALIZE_NONE, OSS_NORMALIZE_PEAK } oss_normalize;
typedef enum oss_split_by { OSS_SPLIT_TEXT, OSS_SPLIT_SPEAKER, OSS_SPLIT_ROW } oss_split_by;
typedef enum oss_optimizer_kind { OSS_OPTIMIZER_ADAMW, OSS_OPTIMIZER_MUON } oss_optimizer_kind;
typedef enum oss_mel_stats { OSS_MEL_STATS_MODEL, OSS_MEL_STATS_DATA } oss_mel_stats;
typedef enum oss_policy { OSS_POLICY_SKIP, OSS_POLICY_ERROR } oss_policy;

enum { OSS_CONFIG_MAX_KEYS = 128 };
enum { OSS_BPE_VOCAB_MIN = 32, OSS_BPE_VOCAB_MAX = 1024, OSS_BPE_VOCAB_DEFAULT = 256 };

typedef struct oss_csv_source {
    char *csv;     /* path */
    double weight; /* > 0: times each row is drawn in an epoch, on average */
} oss_csv_source;

/* Random limits of attention in training; lengths in seconds. */
typedef struct oss_chunk_spec {
    double prob; /* that an utterance is limited; 0: none */
    double seconds_min, seconds_max;
    double left_seconds_min, left_seconds_max;
} oss_chunk_spec;

/* What a model file stores: everything that inference needs. Copied by assignment. */
typedef struct oss_model_config {
    /* front end */
    oss_mel_spec mel; /* sample_rate n_fft frame_win frame_hop mel_bins mel mel_norm mel_floor */
    oss_normalize normalize;
    double min_peak;
    /* network */
    int32_t downsample_time; /* 4 or 8 */
    double target_hz;        /* checked: sample_rate / frame_hop / downsample_time */
    int32_t d_model, n_layers, n_heads, d_ff, conv_channels, ctc_subframes;
    int32_t projector_dim; /* 0: no projector */
    int32_t value_conv;    /* taps, odd; 0: none */
    oss_position position;
    double dropout;
    /* text */
    oss_units units;
    int32_t vocab_size; /* upper bound; 0: none for units "char", OSS_BPE_VOCAB_DEFAULT for "bpe" */
    oss_case text_case; /* key "case" */
} oss_model_config;

typedef struct oss_data_config {
    oss_csv_source *train_csv;
    int32_t train_csvs;
    char *dev_csv;               /* NULL: split off */
    oss_data_format data_format; /* of both */
    char *vocab_json;            /* of `ossicle vocab`; NULL: the vocabulary is made from the training rows */
    double dev_fraction;
    oss_split_by split_by;
    double min_seconds, max_seconds;
    oss_policy infeasible, bad_audio;
    int64_t cache_mib;
} oss_data_config;

typedef struct oss_training_config {
    uint64_t seed;
    int64_t max_steps;
    double batch_seconds;
    int64_t curriculum_epochs; /* first epochs whose batches go from short to long; 0: none */
    int32_t accum_steps, grad_shards;
    double lr;
    int64_t warmup_steps;
    oss_optimizer_kind optimizer;
    double min_lr_ratio, weight_decay, beta1, beta2, eps, clip_norm;
    double ema_decay;                             /* of the running average of the weights; 0: none */
    double head_init_gain;                        /* 1: PyTorch's initial values */
    double inter_ctc_weight;                      /* share of intermediate CTC in the loss; 0: none */
    int32_t inter_ctc_block;                      /* blocks before it; 0: half of them */
    double cr_ctc_weight;                         /* of the consistency of two views; 0: one view */
    int64_t cr_ctc_warmup_steps;                  /* over which it rises from 0 */
    double label_prior_weight, label_prior_decay; /* weight 0: none; decay of their average */
    double stochastic_depth; /* probability that an utterance skips the last block; 0: none */
    oss_chunk_spec chunk;    /* chunk_training chunk_seconds_min to left_seconds_max */
    char **freeze;           /* patterns (fnmatch) of tensors that get no update; set by `train --freeze` */
    int32_t freezes;
    oss_mel_stats mel_stats; /* of a run that starts from another model, with mel_norm "fixed" */
    int64_t eval_every, checkpoint_every;
    int32_t keep_last, patience, threads; /* patience 0: never stop early; threads 0: as many as processors */
    oss_precision precision;              /* of products and convolutions */
    char *run_dir;                        /* alias save_dir; NULL: checkpoints/<name of the config file> */
} oss_training_config;

/* Of training rows only. */
typedef struct oss_augmentation_config {
    oss_augment_spec augment; /* speed_prob to silence_seconds_max */
    double concat_prob;
    double bpe_dropout;
    oss_warp_spec warp; /* warp_prob warp_max */
    oss_mask_spec mask; /* freq_masks freq_mask_bins time_masks_per_second time_mask_frames... */
} oss_augmentation_config;

typedef struct oss_config {
    oss_model_config model;
    oss_data_config data;
    oss_training_config training;
    oss_augmentation_config augmentation;
    /* Keys that were set, [i] for key i of the table: those that were not may follow others (target_hz,
     * mel_norm). For config*.c only. */
    bool given[OSS_CONFIG_MAX_KEYS];
} oss_config;

/* The defaults; never fails except for memory. */
oss_status oss_config_create(oss_config **out);
/* The same with the sections of a model, all of whose keys count as given. */
oss_status oss_config_create_from(oss_config **out, const oss_model_config *model);
/* Defaults overlaid with a JSON file. Errors name file and key. */
oss_status oss_config_load(oss_config **out, const char *path);
/* The same from text; `what` stands for the file in messages. */
oss_status oss_config_parse(oss_config **out, const char *json, const char *what);
void oss_config_free(oss_config *config);

/* cr_ctc_weight of a step of training, from 1: min(step / cr_ctc_warmup_steps, 1) of it. */
double oss_config_cr_ctc_weight(const oss_config *config, int64_t step);
/* Blocks before the intermediate CTC; 0: none. */
int32_t oss_config_inter_ctc_block(const oss_config *config);

/* KEY=VALUE; VALUE is JSON, or a bare word taken as a string (for a path always, unless it begins like JSON's
 * string, list or null). OSS_EUSAGE. Only the value's own range is checked: after the last one call
 * oss_config_check. */
oss_status oss_config_set(oss_config *config, const char *assignment);
/* True when `--resume` may change this key (KEY or KEY=VALUE): max_steps, threads, train_csv, dev_csv,
 * noise_dir, reverb_dir, eval_every, checkpoint_every, keep_last, patience. */
bool oss_config_may_change_on_resume(const char *assignment);
/* The paths that a config names, train_csv's among them: the index'th, NULL after the last. They stay the config's. */
const char *oss_config_path_get(const oss_config *config, int32_t index);
/* Ranges and combinations (heads divide d_model, rope needs an even head width...). load and parse call it. */
oss_status oss_config_check(const oss_config *config);

/* JSON with sorted keys (oss_free); NULL, with the error set, when memory is short. Reading it gives the same
 * config. print_model: front end, network and text keys in one line; print_stored: as a model file has them, without
 * keys that are newer than its format and say nothing. */
char *oss_config_print(const oss_config *config);
char *oss_config_print_model(const oss_model_config *model);
char *oss_config_print_stored(const oss_model_config *model);

/* The table, from which docs/configuration.md is made. */
typedef struct oss_config_key {
    const char *name;
    const char *alias;        /* another name that is read, NULL: none */
    const char *section;      /* front end|network|text|data|training|augmentation */
    const char *type;         /* "integer", "number", "word", "path", "list"... */
    const char *default_text; /* JSON */
    const char *help;
    char range[96]; /* of the value in words; "" when any will do */
    bool resume;    /* --resume may change it */
} oss_config_key;
int32_t oss_config_key_count(void);
oss_config_key oss_config_key_get(int32_t index);
const char *oss_config_section(const char *name); /* of the key that is called so; NULL when there is none */
/* Name of a key of the program that the network comes from which means nothing here, NULL after the last;
 * *instead is the key that does something like it, NULL: none. */
const char *oss_config_foreign_get(int32_t index, const char **instead);

#endif
