// Forward passes of small transformers: products by BLAS, the rest by loops of our own.
#ifndef MEMVEC_TRANSFORMER_H
#define MEMVEC_TRANSFORMER_H

#include <stddef.h>

/// Scales `count` values to length 1; values of length 0 stay.
void mvt_normalise(float *values, size_t count);

#endif
