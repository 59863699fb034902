#include "convert/model_quantize.h"

#include "base/fail.h"

oss_status oss_model_quantize(oss_model *model, oss_storage to) {
    oss_storage from = model->storage;
    if (from != OSS_STORAGE_FP32 && to != OSS_STORAGE_FP32 && from != to) {
        return oss_fail(
            OSS_EUSAGE,
            "%s is stored in %s, and %s of it would be rounded twice: quantize the fp32 model that it "
            "was made of",
            model->path == NULL ? "the model" : model->path, oss_storage_name[from], oss_storage_name[to]);
    }
    model->storage = to;
    return OSS_OK;
}
