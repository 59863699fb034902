#include "kernel/peak.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/peak_table.h"

OSS_CPU_DECLARE_TABLES(oss_peak_table, peak);
static const oss_peak_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(peak);

double oss_k_peak_run(int64_t rounds, float *out) {
    OSS_CONTRACT(rounds > 0 && out != NULL);
    return tables[oss_cpu_isa()]->run(rounds, out);
}
