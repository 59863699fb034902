/* Transcripts as label sequences, and whether they fit their recording. */
#ifndef OSS_BATCH_LABELS_H
#define OSS_BATCH_LABELS_H

#include "dataset/manifest.h"
#include "text/vocab.h"

typedef struct oss_label_report {
    int64_t unknown_characters; /* became <UNK> */
    int32_t unknown_rows;       /* rows that have one */
    char *unknown_list;      /* the distinct ones, e.g. "'q' U+0071, 'é' U+00E9"; "" when none; oss_free */
    int32_t empty_rows;      /* empty transcripts: legal CTC targets, all blank */
    int32_t infeasible_rows; /* fewer frames than labels plus one blank between equal neighbours */
} oss_label_report;

/* Symbols of the training rows, in the way config->model.units and vocab_size say, or those of vocab_json. */
oss_status oss_labels_vocabulary(oss_vocab **out, const oss_manifest *train, const oss_config *config);

/* Every symbol of `vocab`, that of a model which is fine-tuned, and the characters of the training rows that it
 * lacks (units/learn.h). */
oss_status oss_labels_extend_vocabulary(oss_vocab **out, const oss_vocab *vocab, const oss_manifest *train,
                                        const oss_config *config);

/* Fills label and labels of every row, character with bpe_dropout, space_label and vocab, which must outlive
 * the manifest. drop_infeasible: rows whose labels do not fit are moved to the skipped ones, and are
 * OSS_EINPUT (the first ones named) when config->data.infeasible is "error"; no row left is OSS_EINPUT.
 * Otherwise they stay: validation counts their errors, but not their loss. */
oss_status oss_labels_encode(oss_manifest *manifest, const oss_vocab *vocab, const oss_config *config,
                             bool drop_infeasible, oss_label_report *out);

#endif
