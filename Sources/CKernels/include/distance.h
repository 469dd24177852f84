// Exact distances. The product has one definition of a distance, and this is it: the same bytes give the same number
// to the last bit, whichever tier they came from, at whatever address, alone or in a batch.
#ifndef MEMVEC_DISTANCE_H
#define MEMVEC_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

enum { MV_EUCLIDEAN = 0, MV_COSINE = 1 };

/// Squared L2 distance, and inner product, of two vectors of `d` float32.
float mv_l2sq(const float *a, const float *b, size_t d);
float mv_dot(const float *a, const float *b, size_t d);

/// A query, ready to be compared: its norm is worked out once.
typedef struct mv_query {
    const float *values;
    size_t d;
    int metric;
    float norm;
} mv_query;

mv_query mv_query_make(int metric, const float *values, size_t d);

/// Euclidean: the root of the squared distance. Cosine: 1 - dot / (|q| |x|), clamped to 0...2; 1 if `x` is all zero.
float mv_distance(const mv_query *query, const float *x);

/// Of `count` vectors that lie one behind the other.
void mv_distances(const mv_query *query, const float *rows, size_t count, float *out);

/// "avx2" or "scalar": which kernels this processor gets. `mv_force_scalar(1)` takes the scalar ones (for tests).
const char *mv_kernel_name(void);
void mv_force_scalar(int on);

#endif
