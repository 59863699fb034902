/* Products of bf16 pairs in float arithmetic: part of programs that train. */
#include "kernel/bf16_table.h"
#include "kernel/cpu.h"

OSS_CPU_DECLARE_TABLES(oss_tile_table, bf16_tile);
const oss_tile_table *const oss_bf16_emulated[OSS_ISA_COUNT] = OSS_CPU_TABLES(bf16_tile);
