#include "cli/check_align.h"

#include "base/fail.h"
#include "dataset/dataset_csv.h"
#include "infer/recognizer_internal.h"

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

static void print_row(const char *csv, const oss_dataset_row *row, const oss_alignment *alignment,
                      int64_t *findings) {
    const row_sums sums = add_up(alignment);
    if (sums.missing == 0 && alignment->sounds == 0) {
        return;
    }
    if ((*findings)++ == 0) {
        oss_cli_print("\ntext and speech differ:\n");
    }
    oss_cli_print(
        "  %s:%lld: row %lld: %s: %d of %d words not heard, %.1f s of speech without text, from %.1f s on\n",
        csv, (long long)row->line, (long long)row->number, row->wav, (int)sums.missing, (int)alignment->words,
        sums.seconds, sums.at);
}

static bool is_row_own(oss_status status) {
    return status == OSS_EINPUT || status == OSS_EIO || status == OSS_ENUMERIC;
}

static oss_status align_row(oss_recognizer *recognizer, const oss_dataset_row *row, const char *text,
                            oss_alignment **out) {
    const oss_reference reference = {.path = row->path,
                                     .start_seconds = row->start_seconds,
                                     .end_seconds = row->end_seconds,
                                     .text = text};
    oss_status status = oss_recognizer_align_row(recognizer, &reference, NULL, out);
    return is_row_own(status) ? OSS_OK : status;
}

static oss_status check_rows(oss_recognizer *recognizer, oss_dataset *dataset, const char *csv,
                             int64_t *findings) {
    bool is_there = true;
    int64_t before = 0;
    while (is_there) {
        oss_dataset_row row = {0};
        oss_alignment *alignment = NULL;
        oss_status status = oss_dataset_next(dataset, &row, &is_there);
        if (status == OSS_OK && is_there) {
            status = align_row(recognizer, &row, oss_dataset_source_text(dataset), &alignment);
        }
        is_there |= status == OSS_EINPUT;
        if (alignment != NULL) {
            print_row(csv, &row, alignment, &before);
        }
        oss_alignment_free(alignment);
        oss_dataset_row_deinit(&row);
        if (status != OSS_OK && status != OSS_EINPUT) {
            return status;
        }
    }
    *findings += before;
    return OSS_OK;
}

oss_status oss_check_align_csv(const oss_cli_args *args, const char *model, const char *csv,
                               int64_t *findings) {
    oss_recognizer_options settings = {.size = sizeof settings};
    oss_recognizer *recognizer = NULL;
    oss_dataset *dataset = NULL;
    oss_status status = oss_cli_threads(args, &settings.threads);
    if (status == OSS_OK) {
        status = oss_recognizer_create(&recognizer, model, &settings);
    }
    if (status == OSS_OK) {
        status = oss_dataset_open(&dataset, csv, oss_recognizer_config(recognizer)->text_case);
    }
    if (status == OSS_OK) {
        status = check_rows(recognizer, dataset, csv, findings);
    }
    oss_dataset_free(dataset);
    oss_recognizer_free(recognizer);
    return status;
}
