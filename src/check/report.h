/* What `ossicle check` finds out about the rows of a dataset. report_internal.h has what fills it. */
#ifndef OSS_CHECK_REPORT_H
#define OSS_CHECK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "check/words.h"
#include "dataset/verdict.h"
#include "text/vocab.h"

typedef enum oss_check_kind {
    /* Of a row, which cannot train or be scored. */
    OSS_CHECK_CSV,    /* cannot be read from its CSV */
    OSS_CHECK_AUDIO,  /* recording is missing, damaged, no audio */
    OSS_CHECK_SHORT,  /* below min_seconds */
    OSS_CHECK_LONG,   /* above max_seconds */
    OSS_CHECK_SILENT, /* peak below min_peak, or deviation below OSS_SILENT_DEVIATION */
    /* Of a row that could. */
    OSS_CHECK_EMPTY,      /* nothing is left of the text after normalisation */
    OSS_CHECK_INFEASIBLE, /* more frames needed than there are, by the choice that judges */
    OSS_CHECK_DUPLICATE,  /* sound and text of an earlier row of the same set */
    OSS_CHECK_LEAK,       /* of train: the sound of a dev row */
    OSS_CHECK_CONFLICT,   /* the sound of an earlier row of the same set, with another text */
    OSS_CHECK_SCRIPT,     /* a word of ASCII letters and Cyrillic or Greek ones that look like them */
    /* Of the dataset; a row is named as an example. */
    OSS_CHECK_SPEAKER,   /* in train and in dev */
    OSS_CHECK_FORM,      /* a word written with different code points that normalisation makes the same */
    OSS_CHECK_LOOKALIKE, /* a character that looks like another of the data and is a label of its own */
    OSS_CHECK_UNKNOWN,   /* a character outside the vocabulary */
    /* Warnings: worth a look, often right. */
    OSS_CHECK_PACE,    /* characters a second far from the rest: the wrong transcript? */
    OSS_CHECK_CLIPPED, /* flat tops: OSS_CHECK_CLIPPED_SHARE of the samples or more */
    OSS_CHECK_OFFSET,  /* |mean| of OSS_CHECK_OFFSET_MEAN or more */
    OSS_CHECK_RATES,   /* more than one sample rate */
    OSS_CHECK_TEXTS,   /* texts of dev are in train */
    OSS_CHECK_KINDS
} oss_check_kind;

#define OSS_CHECK_CLIPPED_SHARE 0.001
#define OSS_CHECK_OFFSET_MEAN   0.02
#define OSS_CHECK_PACE_FACTOR   3.0 /* from the median, and OSS_CHECK_PACE_SIGMAS robust deviations */
#define OSS_CHECK_PACE_SIGMAS   4.0
#define OSS_CHECK_TOLERANCE     0.005 /* share of rows that a recommended choice may lose */
enum { OSS_CHECK_PACE_ROWS = 20, OSS_CHECK_MAX_SUBFRAMES = 4 };

oss_check_kind oss_check_kind_of(oss_skip_reason reason); /* the kind of finding that names such rows */
const char *oss_check_kind_name(oss_check_kind kind);     /* "audio", "short"...: of --json */
const char *oss_check_kind_title(oss_check_kind kind); /* "unreadable audio", "shorter than min_seconds"... */
bool oss_check_is_warning(oss_check_kind kind);
/* Rows that --fix leaves out (those of kind INFEASIBLE by the recommended choice, see unfit). */
bool oss_check_is_unfit(oss_check_kind kind);

typedef enum oss_check_set { OSS_CHECK_TRAIN, OSS_CHECK_DEV, OSS_CHECK_SETS } oss_check_set;

typedef struct oss_check_source {
    const char *csv;
    oss_check_set set;
} oss_check_source;

/* One row, or what there was of it. Strings are the maker's; those of `csv` are NULL where the CSV could not be read. */
typedef struct oss_check_row {
    oss_dataset_row csv;
    int32_t source;
    bool usable;          /* read, decoded, neither short, long nor silent */
    oss_check_kind fault; /* when not */
    char *message;        /* of the fault; names the file and row itself only for OSS_CHECK_CSV */
    oss_sound sound;      /* for usable rows only; measure.hash 0: not known */
} oss_check_row;

typedef struct oss_check_finding {
    oss_check_kind kind;
    int32_t row;   /* which, or the first of its kind */
    int32_t other; /* the row it is compared with; -1: none */
    char *message;
} oss_check_finding;

enum { OSS_CHECK_BINS = 12 };
/* Of one number a usable row. Bin i is [begin + i * width, begin + (i+1) * width). */
typedef struct oss_check_spread {
    int64_t count;
    double min, median, mean, max;
    double begin, width;
    int32_t bins;
    int64_t bin[OSS_CHECK_BINS];
} oss_check_spread;

/* A way to write texts as symbols; with each number of sub-frames it is a choice. */
typedef struct oss_check_units {
    oss_units kind;
    int32_t symbols; /* vocabulary size */
    int32_t *needed; /* [rows] frames; -1: row is not usable */
} oss_check_units;
const char *oss_check_units_name(const oss_check_units *units); /* "char", "bpe" */

typedef struct oss_check_choice {
    int32_t units; /* index */
    int32_t subframes;
    double frames_hz;
    int64_t infeasible[OSS_CHECK_SETS];
} oss_check_choice;

typedef struct oss_check_set_sum {
    int64_t rows, usable;
    double seconds;
    int64_t speakers;
} oss_check_set_sum;

typedef struct oss_check_input {
    const oss_config *config;
    const oss_vocab *vocab; /* of a model; NULL: made of the train rows as training does */
    bool judge_by_config;   /* ctc_subframes of the config judges rows; else what is recommended */
    bool bpe_choices;       /* also byte-pair vocabularies of 64 to 512 symbols with 1 and 2 sub-frames */
    const oss_check_source *source;
    const oss_check_row *row; /* [rows] those of train first */
    int32_t rows;
    const oss_check_words *words; /* as written; NULL: not known */
} oss_check_input;

typedef struct oss_check_report {
    oss_check_finding *finding; /* by kind, then by row */
    int32_t findings, capacity;
    int64_t by_kind[OSS_CHECK_KINDS];
    oss_check_set_sum set[OSS_CHECK_SETS];
    oss_check_spread duration; /* seconds, of all usable rows */
    oss_check_spread pace;     /* characters a second, of usable rows with a text */
    oss_check_units *units;    /* [unit_sets] */
    int32_t unit_sets;
    int32_t own_units; /* those of the vocabulary that was given or made */
    int32_t *frames;   /* [rows] of the encoder, before sub-frames; 0: row is not usable */
    oss_check_choice *choice;
    int32_t choices;
    int32_t judge, recommended; /* indices; -1: no usable row */
    int32_t symbols;            /* of the vocabulary */
    bool *unfit;                /* [rows] not fit to train: --fix leaves them out */
} oss_check_report;

void oss_check_free(oss_check_report *report);
/* Findings that are not warnings: 0 is clean. */
int64_t oss_check_count(const oss_check_report *report);
/* One paragraph on one line (oss_free); NULL, with the error set, when memory is short. */
char *oss_check_summary(const oss_check_report *report);
/* Frames that a choice gives a row. */
int32_t oss_check_given(const oss_check_report *report, const oss_check_choice *choice, int32_t row);
bool oss_check_fits(const oss_check_report *report, const oss_check_choice *choice, int32_t row);

#endif
