#include "ivf_scan.h"

#include <math.h>

MV_READS_WHOLE_BLOCKS
static void filter_scalar(const mv_filter *filter, const uint8_t *codes, const float *terms, uint32_t blocks,
                          const uint8_t *next, uint32_t masks[MV_SCAN_BLOCKS]) {
    (void)next;
    for (uint32_t b = 0; b < blocks; b++) {
        const uint8_t *block = codes + (size_t)b * MV_BLOCK_ROWS * filter->m;
        masks[b] = 0;
        for (uint32_t r = 0; r < MV_BLOCK_ROWS; r++) {
            uint32_t sum = 0;
            for (uint32_t j = 0; j < filter->m; j++) {
                sum += filter->table[j * MV_CODEWORDS + block[j * MV_BLOCK_ROWS + r]];
            }
            if (!(fmaf(filter->step, (float)sum, terms[b * MV_BLOCK_ROWS + r]) > filter->limit)) masks[b] |= 1u << r;
        }
    }
}

// Set before main by `choose`, and never again.
static mv_filter_blocks *best = filter_scalar;

__attribute__((constructor)) static void choose(void) {
    if (mv_filter_vbmi()) best = mv_filter_vbmi();
    else if (mv_filter_avx2()) best = mv_filter_avx2();
}

mv_filter_blocks *mv_filter_scalar(void) { return filter_scalar; }
mv_filter_blocks *mv_filter_best(void) { return best; }
