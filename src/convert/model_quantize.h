/* Models in smaller numbers. */
#ifndef OSS_CONVERT_MODEL_QUANTIZE_H
#define OSS_CONVERT_MODEL_QUANTIZE_H

#include "model/model_file.h"

/* What oss_model_save writes of the model from now on. From float32 to any storage, from any to float32 (the values as
 * they are) or to itself (the same file); OSS_EUSAGE between two small ones, which would round what is rounded. */
oss_status oss_model_quantize(oss_model *model, oss_storage to);

#endif
