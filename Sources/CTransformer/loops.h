// What happens to the states between two products. Private to CTransformer.
#ifndef MEMVEC_TRANSFORMER_LOOPS_H
#define MEMVEC_TRANSFORMER_LOOPS_H

#include <stddef.h>

typedef struct mvt_loops {
    /// rows x count: row += bias
    void (*add_bias)(float *rows, const float *bias, size_t row_count, size_t count);
    /// rows x count: row = gelu(row + bias), with the error function
    void (*gelu)(float *rows, const float *bias, size_t row_count, size_t count);
    /// rows x count: row = norm(row + bias + beside) * gain + shift; bias and beside may be NULL
    void (*normalise)(
        float *rows, const float *bias, const float *beside, const float *gain, const float *shift, size_t row_count,
        size_t count);
    /// rows x count: row = softmax(scale * row)
    void (*softmax)(float *rows, float scale, size_t row_count, size_t count);
} mvt_loops;

/// Of any x86-64 or other processor.
extern const mvt_loops mvt_loops_plain;
#if defined(__x86_64__)
/// Of processors with AVX2 and FMA.
extern const mvt_loops mvt_loops_avx2;
#endif

#endif
