/* Which of the compiled instruction-set variants runs. Kernel files named *_lanes.c are compiled once per ISA
 * with OSS_ISA set; each ends in a const table `oss_<name>_table_<isa>`, and the plain file beside it picks
 * one of them. */
#ifndef OSS_KERNEL_CPU_H
#define OSS_KERNEL_CPU_H

#include <stdbool.h>

#include "ossicle/status.h"

typedef enum oss_isa { OSS_ISA_GENERIC = 0, OSS_ISA_AVX2 = 1, OSS_ISA_AVX512 = 2, OSS_ISA_COUNT = 3 } oss_isa;

/* The ISA in use: the best this processor has, or what oss_cpu_select was told. Never changes once kernels
 * have run. */
oss_isa oss_cpu_isa(void);
const char *oss_cpu_isa_name(oss_isa isa); /* "generic" "avx2" "avx512" */

/* Reads OSSICLE_CPU=generic|avx2|avx512. OSS_EUSAGE for another word, or for an ISA that this processor or
 * build lacks (the message lists what it has); unset or empty is fine. The commands call it first. */
oss_status oss_cpu_select_from_environment(void);

/* For tests: force an ISA; false when it cannot run here. Not while other threads run kernels. */
int oss_cpu_force(oss_isa isa);

/* Whether the ISA in use has a product of bf16 pairs beside it (AVX512_BF16 beside avx512). */
bool oss_cpu_has_bf16(void);
/* For tests: true does without it. Not while other threads run kernels. */
void oss_cpu_hide_bf16(bool hide);

/* Whether it has sums of products of bytes beside it (AVX512_VNNI beside avx512); and as above. */
bool oss_cpu_has_vnni(void);
void oss_cpu_hide_vnni(bool hide);

/* For the plain file beside a *_lanes.c: declares the tables that lanes.h's OSS_LANES_TABLE(name) defines,
 * and lists them in the order of oss_isa. A build for another processor has the generic one only, and
 * oss_cpu_isa() never leaves it there. */
#if defined(__x86_64__)
#define OSS_CPU_DECLARE_TABLES(type, name)                                                                   \
    extern const type oss_##name##_table_generic, oss_##name##_table_avx2, oss_##name##_table_avx512
#define OSS_CPU_TABLES(name)                                                                                 \
    { &oss_##name##_table_generic, &oss_##name##_table_avx2, &oss_##name##_table_avx512 }
#else
#define OSS_CPU_DECLARE_TABLES(type, name) extern const type oss_##name##_table_generic
#define OSS_CPU_TABLES(name)                                                                                 \
    { &oss_##name##_table_generic, 0, 0 }
#endif

#endif
