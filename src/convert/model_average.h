/* Models made of models. The mean of several models' weights: one model that often hears better than each of
 * them (Izmailov et al. 2018 along one run, Wortsman et al. 2022 over several runs from the same start). */
#ifndef OSS_CONVERT_MODEL_AVERAGE_H
#define OSS_CONVERT_MODEL_AVERAGE_H

#include "model/model_file.h"

/* value = sum_i value_i / count, summed in double in the order given. path[count], count >= 1: what
 * oss_model_load takes. Front end, network and text settings, vocabulary and mel statistics must be equal;
 * `dropout`, which only training reads, may differ and is the first's. The mean of several models is to be stored in
 * float32, one keeps its storage. OSS_EINPUT names the first difference. */
oss_status oss_model_average(oss_model **out, const char *const *path, int32_t count);

/* Takes the projector out, if there is one: what is left is what transcripts need, and a smaller file.
 * Unchanged on failure. */
oss_status oss_model_drop_projector(oss_model *model);

#endif
