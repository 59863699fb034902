/* What the recording of a row is like, and whether it can be used: one judgement for the scan before training
 * and for `ossicle check`. */
#ifndef OSS_DATASET_VERDICT_H
#define OSS_DATASET_VERDICT_H

#include "audio/measure.h"
#include "dataset/row.h"

#define OSS_SILENT_DEVIATION 0.0003 /* -70 dBFS */

typedef enum oss_skip_reason {
    OSS_SKIP_CSV,
    OSS_SKIP_AUDIO,
    OSS_SKIP_SHORT,  /* below min_seconds */
    OSS_SKIP_LONG,   /* above max_seconds */
    OSS_SKIP_SILENT, /* peak below min_peak, or deviation below OSS_SILENT_DEVIATION */
    OSS_SKIP_INFEASIBLE,
    OSS_SKIP_REASONS
} oss_skip_reason;
const char *
oss_skip_reason_name(oss_skip_reason reason); /* "csv" "audio" "short" "long" "silent" "infeasible" */

typedef struct oss_sound {
    int64_t samples; /* at the model's rate */
    int32_t source_rate_hz;
    oss_audio_measure measure; /* of the file's own samples: neither resampled nor normalised */
} oss_sound;

typedef struct oss_verdict {
    bool usable;
    oss_skip_reason reason; /* when not: AUDIO, SHORT, LONG or SILENT */
    char *message;          /* when not: with the file's name for AUDIO and LONG alone; oss_free */
} oss_verdict;

/* Of a failure that this thread has just met at a row's recording: whether the row is to blame, which may then be left
 * out: what is there cannot be used, or nothing is there, or we may not read it. What a disk or the system does not
 * give (EIO, too many open files, a server that is gone) may be another row's turn next, and is no fault of the data. */
bool oss_row_is_to_blame(oss_status status);

/* Decodes a row's recording and judges it. audio: NULL, or where a usable one goes, as oss_dataset_row_decode
 * gives it, for the price of its resampling. *out is filled when there was something to decode. Fails only when
 * the recording is not to blame (oss_row_is_to_blame); the verdict is then empty. */
oss_status oss_sound_judge(oss_verdict *verdict, oss_sound *out, oss_audio *audio, const oss_dataset_row *row,
                           const oss_config *config);

#endif
