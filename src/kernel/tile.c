#include "kernel/tile.h"

#include "base/contract.h"
#include "kernel/cpu.h"

OSS_CPU_DECLARE_TABLES(oss_tile_table, tile);
static const oss_tile_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(tile);

const oss_tile_table *oss_tile_table_get(void) {
    return tables[oss_cpu_isa()];
}

void oss_tile_run_rows(const oss_tile_table *table, oss_tile tile, int32_t vectors, int32_t rows) {
    OSS_CONTRACT(rows >= 0);
    OSS_CONTRACT(vectors >= 1 && vectors <= table->max_vectors);
    OSS_CONTRACT(tile.segments >= 1 && tile.k >= 0);
    OSS_CONTRACT(tile.columns >= 0 && tile.columns <= vectors * table->lanes);
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

void oss_tile_run_panels(const oss_tile_table *table, oss_tile first, int32_t rows, int32_t n) {
    OSS_CONTRACT(rows >= 0 && n >= 0);
    OSS_CONTRACT(first.segments == 1 && first.k >= 0);
    for (int32_t j = 0; j < n;) {
        int32_t vectors = oss_tile_panel_vectors(table, n - j);
        int32_t width = vectors * table->lanes;
        oss_tile tile = first;
        tile.b += (ptrdiff_t)j * first.k;
        tile.b_step = width;
        tile.c += j;
        tile.columns = n - j < width ? n - j : width;
        tile.bias = first.bias != NULL ? first.bias + j : NULL;
        tile.gelu = first.gelu != NULL ? first.gelu + j : NULL;
        oss_tile_run_rows(table, tile, vectors, rows);
        j += tile.columns;
    }
}
