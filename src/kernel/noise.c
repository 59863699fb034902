#include "kernel/noise.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/noise_table.h"

OSS_CPU_DECLARE_TABLES(oss_noise_table, noise);
static const oss_noise_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(noise);

void oss_k_white_noise(float *y, size_t n, uint64_t seed, uint32_t stream, uint32_t key) {
    OSS_CONTRACT(y != NULL || n == 0);
    OSS_CONTRACT(n <= (size_t)1 << 35);
    const uint32_t words[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {0, key, 0, stream};
    tables[oss_cpu_isa()]->white_noise(y, n, words, counter);
}
