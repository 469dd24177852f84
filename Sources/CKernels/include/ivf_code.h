// The inner loops of coding and of a search's beginning: nearest codeword, tables of products, their bytes.
// Private to CKernels, seen by its tests.
#ifndef MEMVEC_IVF_CODE_H
#define MEMVEC_IVF_CODE_H

#include "ivf.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mv_code_kernels {
    const char *name;
    /// argmin over the 256 codewords of |p|^2 - 2 r.p for a residual of `dsub` floats; of equal ones the smaller.
    /// `book` is dsub x 256, `norms` 256.
    uint32_t (*nearest)(const float *residual, const float *book, const float *norms, uint32_t dsub);
    /// start + scale * x.p for the 256 codewords of one sub space. `x` is its `dsub` floats; `start` is 256 floats, or
    /// NULL for zeros.
    void (*products)(const float *x, const float *book, uint32_t dsub, float scale, const float *start, float *table);
    /// See mv_ivf_take_nearest.
    void (*take_nearest)(const float *products, const float *squares, size_t count, uint32_t first, uint32_t n,
                         float *least, uint32_t *lists);
    /// The least and the largest of `n` values; NaN counts for neither.
    void (*range)(const float *values, size_t n, float *low, float *high);
    /// How many are at most `mark`.
    size_t (*count_up_to)(const float *values, size_t n, float mark);
    /// floor((value - low) * inverse), at most `levels` (<= 255), of 256 values that are at least `low`.
    void (*to_bytes)(const float *values, float low, float inverse, float levels, uint8_t *bytes);
} mv_code_kernels;

/// The twins that define the results, and the fastest that this processor runs (chosen before main).
const mv_code_kernels *mv_code_scalar(void);
const mv_code_kernels *mv_code_best(void);

#ifdef __cplusplus
}
#endif

#endif
