#include "tape/tensor.h"

size_t oss_tensor_row(const oss_tensor *tensor) {
    size_t count = 1;
    for (int32_t axis = 1; axis < tensor->rank; axis++) {
        count *= (size_t)tensor->dim[axis];
    }
    return count;
}

size_t oss_tensor_count(const oss_tensor *tensor) {
    return tensor->rank == 0 ? 1 : (size_t)tensor->dim[0] * oss_tensor_row(tensor);
}

oss_tensor *oss_tensor_base(oss_tensor *tensor) {
    return tensor->base != NULL ? tensor->base : tensor;
}
