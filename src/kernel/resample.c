#include "kernel/resample.h"

#include "kernel/cpu.h"
#include "kernel/resample_table.h"

OSS_CPU_DECLARE_TABLES(oss_resample_table, resample);
static const oss_resample_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(resample);

void oss_k_resample(float *y, const float *x, size_t n, uint64_t position, uint64_t step, const float *h,
                    int32_t taps) {
    tables[oss_cpu_isa()]->resample(y, x, n, position, step, h, taps);
}
