#include "distance.h"

#include <immintrin.h>
#include <math.h>

#include "dispatch.h"

// The scalar twins add in the same order as the vector kernels, 32 partial sums folded pairwise, but without fused
// multiply-add; tests hold the two together within rounding.

static float fold(const float *s) {
    float t[8];
    for (int i = 0; i < 8; i++) t[i] = (s[i] + s[8 + i]) + (s[16 + i] + s[24 + i]);
    float a = t[0] + t[4], b = t[1] + t[5], c = t[2] + t[6], e = t[3] + t[7];
    return (a + c) + (b + e);
}

static float l2sq_scalar(const float *a, const float *b, size_t d) {
    float s[32] = {0};
    for (size_t i = 0; i < d; i++) {
        float x = a[i] - b[i];
        s[i & 31] += x * x;
    }
    return fold(s);
}

static float dot_scalar(const float *a, const float *b, size_t d) {
    float s[32] = {0};
    for (size_t i = 0; i < d; i++) s[i & 31] += a[i] * b[i];
    return fold(s);
}

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static inline float sum256(__m256 a, __m256 b, __m256 c, __m256 e) {
    __m256 s = _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, e));
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_shuffle_ps(t, t, 1)));
}

AVX2 static inline __m256i tail_mask(size_t left) {
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)left), lane);
}

AVX2 static float l2sq_avx2(const float *a, const float *b, size_t d) {
    __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 32 <= d; i += 32) {
        for (int j = 0; j < 4; j++) {
            __m256 x = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j));
            s[j] = _mm256_fmadd_ps(x, x, s[j]);
        }
    }
    for (int j = 0; i + 8 <= d; i += 8, j++) {
        __m256 x = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
        s[j] = _mm256_fmadd_ps(x, x, s[j]);
    }
    if (i < d) {
        __m256i m = tail_mask(d - i);
        __m256 x = _mm256_sub_ps(_mm256_maskload_ps(a + i, m), _mm256_maskload_ps(b + i, m));
        s[3] = _mm256_fmadd_ps(x, x, s[3]);
    }
    return sum256(s[0], s[1], s[2], s[3]);
}

AVX2 static float dot_avx2(const float *a, const float *b, size_t d) {
    __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 32 <= d; i += 32) {
        for (int j = 0; j < 4; j++) {
            s[j] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j), s[j]);
        }
    }
    for (int j = 0; i + 8 <= d; i += 8, j++) {
        s[j] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s[j]);
    }
    if (i < d) {
        __m256i m = tail_mask(d - i);
        s[3] = _mm256_fmadd_ps(_mm256_maskload_ps(a + i, m), _mm256_maskload_ps(b + i, m), s[3]);
    }
    return sum256(s[0], s[1], s[2], s[3]);
}

/// q.x and x.x in one pass over x, each in the order of dot_avx2.
AVX2 static float dot_norm_avx2(const float *q, const float *x, size_t d, float *norm) {
    __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 n[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 32 <= d; i += 32) {
        for (int j = 0; j < 4; j++) {
            __m256 v = _mm256_loadu_ps(x + i + 8 * j);
            s[j] = _mm256_fmadd_ps(_mm256_loadu_ps(q + i + 8 * j), v, s[j]);
            n[j] = _mm256_fmadd_ps(v, v, n[j]);
        }
    }
    for (int j = 0; i + 8 <= d; i += 8, j++) {
        __m256 v = _mm256_loadu_ps(x + i);
        s[j] = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), v, s[j]);
        n[j] = _mm256_fmadd_ps(v, v, n[j]);
    }
    if (i < d) {
        __m256i m = tail_mask(d - i);
        __m256 v = _mm256_maskload_ps(x + i, m);
        s[3] = _mm256_fmadd_ps(_mm256_maskload_ps(q + i, m), v, s[3]);
        n[3] = _mm256_fmadd_ps(v, v, n[3]);
    }
    *norm = sum256(n[0], n[1], n[2], n[3]);
    return sum256(s[0], s[1], s[2], s[3]);
}

static float dot_norm_scalar(const float *q, const float *x, size_t d, float *norm) {
    *norm = dot_scalar(x, x, d);
    return dot_scalar(q, x, d);
}

float mv_l2sq(const float *a, const float *b, size_t d) { return mv_has_avx2() ? l2sq_avx2(a, b, d) : l2sq_scalar(a, b, d); }
float mv_dot(const float *a, const float *b, size_t d) { return mv_has_avx2() ? dot_avx2(a, b, d) : dot_scalar(a, b, d); }

mv_query mv_query_make(int metric, const float *values, size_t d) {
    float norm = metric == MV_COSINE ? sqrtf(mv_dot(values, values, d)) : 0;
    return (mv_query){values, d, metric, norm};
}

float mv_distance(const mv_query *query, const float *x) {
    if (query->metric == MV_EUCLIDEAN) return sqrtf(mv_l2sq(query->values, x, query->d));
    float norm;
    float dot = mv_has_avx2() ? dot_norm_avx2(query->values, x, query->d, &norm)
                              : dot_norm_scalar(query->values, x, query->d, &norm);
    float scale = query->norm * sqrtf(norm);
    float distance = scale > 0 ? 1 - dot / scale : 1;
    return distance > 0 ? (distance < 2 ? distance : 2) : 0;
}

void mv_distances(const mv_query *query, const float *rows, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = mv_distance(query, rows + i * query->d);
}

// What this processor can do, found once. Reading it twice at the start is harmless: both find the same.

static int state = -1, forced = 0;

int mv_has_avx2(void) {
    int known = __atomic_load_n(&state, __ATOMIC_RELAXED);
    if (known < 0) {
        __builtin_cpu_init();
        known = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        __atomic_store_n(&state, known, __ATOMIC_RELAXED);
    }
    return known && !__atomic_load_n(&forced, __ATOMIC_RELAXED);
}

const char *mv_kernel_name(void) { return mv_has_avx2() ? "avx2" : "scalar"; }
void mv_force_scalar(int on) { __atomic_store_n(&forced, on, __ATOMIC_RELAXED); }
