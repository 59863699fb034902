#include "kernel/tile.h"

#include "kernel/cpu.h"

OSS_CPU_DECLARE_TABLES(oss_tile_table, tile);
static const oss_tile_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(tile);

const oss_tile_table *oss_tile_table_get(void) {
    return tables[oss_cpu_isa()];
}

void oss_tile_run_rows(const oss_tile_table *table, oss_tile tile, int32_t vectors, int32_t rows) {
    int32_t max_rows = table->max_rows[vectors - 1];
    int32_t tiles = (rows + max_rows - 1) / max_rows;
    for (; tiles > 0; tiles--) {
        int32_t height = (rows + tiles - 1) / tiles;
        table->run[vectors - 1][height - 1](&tile);
        tile.a += height * tile.a_row;
        tile.c += height * tile.c_row;
        tile.gelu = tile.gelu != NULL ? tile.gelu + height * tile.c_row : NULL;
        rows -= height;
    }
}
