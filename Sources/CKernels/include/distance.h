// Exact distances. The product has one definition of a distance, and this is it: the same bytes give the same number to
// the last bit, whichever tier they came from, at whatever address, alone or in a batch, on every processor. Each sum
// is kept as 16 partial sums (value i goes to sum i mod 16, by a fused multiply-add) that are folded in one order.
#ifndef MEMVEC_DISTANCE_H
#define MEMVEC_DISTANCE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MV_EUCLIDEAN = 0, MV_COSINE = 1 };

/// Squared L2 distance, and inner product, of two vectors of `d` float32. Outside 1e-30 ... 1e37 float sums lose digits
/// or overflow.
float mv_l2sq(const float *a, const float *b, size_t d);
float mv_dot(const float *a, const float *b, size_t d);
/// q.x, and x.x into `square`, in one pass over x.
float mv_dot_and_norm(const float *q, const float *x, size_t d, float *square);

/// Squared L2 distances to `count` vectors that lie one behind the other.
void mv_l2sq_rows(const float *query, const float *rows, size_t count, size_t d, float *out);

/// A query, ready to be compared.
typedef struct mv_query {
    const float *values;
    size_t d;
    int metric;
    /// q.q for cosine, else 0.
    double square;
} mv_query;

/// `values`: finite, and for cosine not all zero; they must stay while the query is used.
mv_query mv_query_make(int metric, const float *values, size_t d);

/// Euclidean: the root of the squared distance. Cosine: 1 - q.x / sqrt(q.q x.x), clamped to 0...2, never -0, exactly 0
/// for equal bytes; 1 if `x` is all zero. Where the squares of values leave the range of float32, sums are taken in
/// double; a distance that no float32 can hold is FLT_MAX.
float mv_distance(const mv_query *query, const float *x);

/// Of `count` vectors anywhere, each as mv_distance would give it. Those ahead are prefetched.
void mv_distances(const mv_query *query, const float *const *rows, size_t count, float *out);

/// One implementation of the sums.
typedef struct mv_distance_kernels {
    const char *name;
    float (*l2sq)(const float *a, const float *b, size_t d);
    float (*dot)(const float *a, const float *b, size_t d);
    float (*dot_and_norm)(const float *q, const float *x, size_t d, float *square);
    void (*l2sq_rows)(const float *q, const float *const *rows, size_t count, size_t d, float *out);
    void (*dot_and_norm_rows)(const float *q, const float *const *rows, size_t count, size_t d, float *dots,
                              float *squares);
} mv_distance_kernels;

/// The twins that define the results, and the fastest that this processor runs (chosen before main).
const mv_distance_kernels *mv_distance_scalar(void);
const mv_distance_kernels *mv_distance_best(void);

/// "avx2" or "scalar": which kernels this processor gets.
const char *mv_kernel_name(void);

#ifdef __cplusplus
}
#endif

#endif
