/* Where a stream's segment ends: the three rules of Kaldi (online2/online-endpoint.h), by the best symbol of each row of
 * logits. */
#ifndef OSS_INFER_ENDPOINT_H
#define OSS_INFER_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

/* In rows; 0: not by this rule. */
typedef struct oss_endpoint_rules {
    int64_t silence;              /* whatever was said */
    int64_t silence_after_speech; /* when something was said */
    int64_t length;               /* at the next space, or when it is twice as long */
} oss_endpoint_rules;

typedef enum oss_endpoint_row {
    OSS_ENDPOINT_SILENCE, /* blank */
    OSS_ENDPOINT_SPACE,   /* between words: silence as far as the rules go */
    OSS_ENDPOINT_WORD,    /* the first row of a symbol that begins a word with its space */
    OSS_ENDPOINT_SPEECH
} oss_endpoint_row;

typedef struct oss_endpoint {
    int64_t rows, silent; /* of the segment; at its end without speech */
    bool spoken;
} oss_endpoint;

/* Does the segment end before this row? */
bool oss_endpoint_before(const oss_endpoint *segment, const oss_endpoint_rules *rules, oss_endpoint_row row);
/* Adds the row: does the segment end with it? */
bool oss_endpoint_with(oss_endpoint *segment, const oss_endpoint_rules *rules, oss_endpoint_row row);

#endif
