/* What `ossicle calibrate` measures of a model and writes into its file: where words begin and end beside what the network
 * hears, how often it is right when it is so sure, by itself and with a search, and how loud what it hears usually is. */
#ifndef OSS_MODEL_CALIBRATION_H
#define OSS_MODEL_CALIBRATION_H

#include <stdbool.h>

#include "decode/confidence.h"
#include "decode/word_edges.h"

typedef struct oss_calibration {
    bool has_edges, has_confidence, has_search_confidence, has_level; /* zeroed: none */
    oss_edge_offsets edges;
    oss_confidence_weights confidence; /* of the best symbols of each row; the posterior has no weight */
    oss_confidence_weights search_confidence; /* of words that a beam search chose */
    double speech_db;                         /* usual level of speech (audio/level.h), dB of full scale */
} oss_calibration;

/* *out: one line of JSON (oss_free), the value of the key `calibration` of a model file. */
oss_status oss_calibration_print(char **out, const oss_calibration *calibration);
/* A part made of other features than this version knows is passed over with a warning: a later version made it. OSS_EINPUT:
 * it is damaged. */
oss_status oss_calibration_parse(oss_calibration *out, const char *text);

#endif
