#include "cli/check_align.h"

#include "cli/align_rows.h"

typedef struct row_sums {
    int32_t missing; /* words */
    double seconds;  /* of sounds */
    double at;       /* where the first of either is */
} row_sums;

static row_sums add_up(const oss_alignment *alignment) {
    row_sums sums = {.at = -1.0};
    for (int32_t i = 0; i < alignment->words; i++) {
        const oss_alignment_word *word = &alignment->word[i];
        if (word->how == OSS_ALIGNED_MISSING) {
            sums.at = sums.missing++ == 0 ? word->start_seconds : sums.at;
        }
    }
    for (int32_t i = 0; i < alignment->sounds; i++) {
        const oss_alignment_sound *sound = &alignment->sound[i];
        sums.at = sums.at < 0.0 || sound->start_seconds < sums.at ? sound->start_seconds : sums.at;
        sums.seconds += sound->end_seconds - sound->start_seconds;
    }
    return sums;
}

typedef struct align_check {
    const char *csv;
    int64_t findings;
} align_check;

/* What cannot be aligned is left to the other checks. */
static oss_status take_row(void *context, const oss_aligned_row *aligned) {
    align_check *check = context;
    const oss_dataset_row *row = aligned->row;
    if (aligned->status != OSS_OK) {
        return OSS_OK;
    }
    const oss_alignment *alignment = aligned->alignment;
    const row_sums sums = add_up(alignment);
    if (sums.missing == 0 && alignment->sounds == 0) {
        return OSS_OK;
    }
    if (check->findings++ == 0) {
        oss_cli_print("\ntext and speech differ:\n");
    }
    oss_cli_print(
        "  %s:%lld: row %lld: %s: %d of %d words not heard, %.1f s of speech without text, from %.1f s on\n",
        check->csv, (long long)row->line, (long long)row->number, row->wav, (int)sums.missing,
        (int)alignment->words, sums.seconds, sums.at);
    return OSS_OK;
}

oss_status oss_check_align_csv(const oss_cli_args *args, const char *csv, oss_data_format format,
                               int64_t *findings) {
    align_check check = {.csv = csv};
    const oss_align_rows rows = {.args = args,
                                 .csv = csv,
                                 .format = &format,
                                 .settings = {.size = sizeof rows.settings},
                                 .context = &check,
                                 .take = take_row};
    int64_t count = 0;
    oss_status status = oss_align_rows_run(&rows, &count);
    *findings += status == OSS_OK ? check.findings : 0;
    return status;
}
