// The filter of a list scan: which rows could have an estimate that still matters? Answered on a table of bytes, which
// holds a lower bound of each entry of the float table; only the rows that pass are worked out exactly. So the result
// is that of a scan with floats, at a fraction of its time: 64 float lookups a row miss the L1 cache half of the time.
// Private to CKernels, seen by its tests.
#ifndef MEMVEC_IVF_SCAN_H
#define MEMVEC_IVF_SCAN_H

#include "ivf.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Blocks that one call looks at.
#define MV_SCAN_BLOCKS 4u

typedef struct mv_filter {
    uint32_t m;
    /// m x 256. Sums of m entries fit 16 bits.
    const uint8_t *table;
    /// A row is left out if and only if `term + step * (sum of its entries) > limit`, fused.
    float step, limit;
} mv_filter;

/// Sets bit r of masks[b] if row r of block b is not left out, for `blocks` (1 ... 4) blocks of codes and their terms.
/// Rows beyond the list's count give bits of no meaning. Prefetches as many codes from `next` on (may be NULL).
typedef void mv_filter_blocks(const mv_filter *filter, const uint8_t *codes, const float *terms, uint32_t blocks,
                              const uint8_t *next, uint32_t masks[MV_SCAN_BLOCKS]);

/// The twin that defines the result; NULL where the processor cannot run one; and the fastest that it can.
mv_filter_blocks *mv_filter_scalar(void);
mv_filter_blocks *mv_filter_avx2(void);
mv_filter_blocks *mv_filter_vbmi(void);
mv_filter_blocks *mv_filter_best(void);

// The writer may be filling lanes beyond the count while a scan loads whole blocks; what comes out of those lanes is
// thrown away, so the thread sanitizer is not told of these loads.
#define MV_READS_WHOLE_BLOCKS __attribute__((no_sanitize("thread")))

#ifdef __cplusplus
}
#endif

#endif
