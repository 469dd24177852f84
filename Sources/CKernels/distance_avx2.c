#include "distance_avx2.h"
#include "dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) AVX2

// All kernels take 16 values a step into an even and an odd sum of 8 lanes; the rest is loaded under a mask, which adds
// exact zeros. So sum i mod 16 of distance.c is lane i mod 8 of the even (i mod 16 < 8) or the odd sum.

/// Lanes 0 ..< rest are on; rest 0 ... 8.
INLINE __m256i lanes(size_t rest) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)rest), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// The masks of the last 0 ... 15 values.
typedef struct tail {
    size_t from;
    __m256i even, odd;
} tail;

INLINE tail tail_of(size_t d) {
    size_t from = d & ~(size_t)15, rest = d - from;
    return (tail){from, lanes(rest < 8 ? rest : 8), lanes(rest > 8 ? rest - 8 : 0)};
}

INLINE __m128 four(__m256 even, __m256 odd) {
    __m256 eight = _mm256_add_ps(even, odd);
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

INLINE float folded(__m256 even, __m256 odd) {
    __m128 sums = four(even, odd);
    sums = _mm_hadd_ps(sums, sums);
    return _mm_cvtss_f32(_mm_hadd_ps(sums, sums));
}

INLINE __m256 add_square(__m256 a, __m256 b, __m256 sum) {
    __m256 difference = _mm256_sub_ps(a, b);
    return _mm256_fmadd_ps(difference, difference, sum);
}

static AVX2 float l2sq(const float *a, const float *b, size_t d) {
    tail end = tail_of(d);
    __m256 even = _mm256_setzero_ps(), odd = even;
    for (size_t i = 0; i < end.from; i += 16) {
        even = add_square(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), even);
        odd = add_square(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), odd);
    }
    if (end.from < d) {
        const float *ra = a + end.from, *rb = b + end.from;
        even = add_square(_mm256_maskload_ps(ra, end.even), _mm256_maskload_ps(rb, end.even), even);
        odd = add_square(_mm256_maskload_ps(ra + 8, end.odd), _mm256_maskload_ps(rb + 8, end.odd), odd);
    }
    return folded(even, odd);
}

static AVX2 float dot(const float *a, const float *b, size_t d) {
    tail end = tail_of(d);
    __m256 even = _mm256_setzero_ps(), odd = even;
    for (size_t i = 0; i < end.from; i += 16) {
        even = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), even);
        odd = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), odd);
    }
    if (end.from < d) {
        const float *ra = a + end.from, *rb = b + end.from;
        even = _mm256_fmadd_ps(_mm256_maskload_ps(ra, end.even), _mm256_maskload_ps(rb, end.even), even);
        odd = _mm256_fmadd_ps(_mm256_maskload_ps(ra + 8, end.odd), _mm256_maskload_ps(rb + 8, end.odd), odd);
    }
    return folded(even, odd);
}

static AVX2 float dot_and_norm(const float *q, const float *x, size_t d, float *square) {
    tail end = tail_of(d);
    __m256 even = _mm256_setzero_ps(), odd = even, square_even = even, square_odd = even;
    for (size_t i = 0; i < end.from; i += 16) {
        __m256 a = _mm256_loadu_ps(x + i), b = _mm256_loadu_ps(x + i + 8);
        even = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), a, even);
        odd = _mm256_fmadd_ps(_mm256_loadu_ps(q + i + 8), b, odd);
        square_even = _mm256_fmadd_ps(a, a, square_even);
        square_odd = _mm256_fmadd_ps(b, b, square_odd);
    }
    if (end.from < d) {
        __m256 a = _mm256_maskload_ps(x + end.from, end.even), b = _mm256_maskload_ps(x + end.from + 8, end.odd);
        even = _mm256_fmadd_ps(_mm256_maskload_ps(q + end.from, end.even), a, even);
        odd = _mm256_fmadd_ps(_mm256_maskload_ps(q + end.from + 8, end.odd), b, odd);
        square_even = _mm256_fmadd_ps(a, a, square_even);
        square_odd = _mm256_fmadd_ps(b, b, square_odd);
    }
    *square = folded(square_even, square_odd);
    return folded(even, odd);
}

static AVX2 void l2sq_4(const float *q, const float *const *rows, size_t d, float *out) {
    tail end = tail_of(d);
    __m256 even[4], odd[4];
    for (int r = 0; r < 4; r++) even[r] = odd[r] = _mm256_setzero_ps();
    for (size_t i = 0; i < end.from; i += 16) {
        __m256 a = _mm256_loadu_ps(q + i), b = _mm256_loadu_ps(q + i + 8);
#pragma clang loop unroll(full)
        for (int r = 0; r < 4; r++) {
            even[r] = add_square(a, _mm256_loadu_ps(rows[r] + i), even[r]);
            odd[r] = add_square(b, _mm256_loadu_ps(rows[r] + i + 8), odd[r]);
        }
    }
    if (end.from < d) {
        __m256 a = _mm256_maskload_ps(q + end.from, end.even), b = _mm256_maskload_ps(q + end.from + 8, end.odd);
#pragma clang loop unroll(full)
        for (int r = 0; r < 4; r++) {
            even[r] = add_square(a, _mm256_maskload_ps(rows[r] + end.from, end.even), even[r]);
            odd[r] = add_square(b, _mm256_maskload_ps(rows[r] + end.from + 8, end.odd), odd[r]);
        }
    }
    __m128 left = _mm_hadd_ps(four(even[0], odd[0]), four(even[1], odd[1]));
    __m128 right = _mm_hadd_ps(four(even[2], odd[2]), four(even[3], odd[3]));
    _mm_storeu_ps(out, _mm_hadd_ps(left, right));
}

/// Asks for the first KiB of a row; the machine's own prefetcher follows a longer one.
INLINE void prefetch(const float *row, size_t d) {
    size_t bytes = d * sizeof(float) < 1024 ? d * sizeof(float) : 1024;
    for (size_t i = 0; i < bytes; i += 64) _mm_prefetch((const char *)row + i, _MM_HINT_T0);
}

static AVX2 void l2sq_rows(const float *q, const float *const *rows, size_t count, size_t d, float *out) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t next = i + 4; next < i + 8 && next < count; next++) prefetch(rows[next], d);
        l2sq_4(q, rows + i, d, out + i);
    }
    for (; i < count; i++) out[i] = l2sq(q, rows[i], d);
}

static AVX2 void dot_and_norm_rows(const float *q, const float *const *rows, size_t count, size_t d, float *dots,
                                   float *squares) {
    for (size_t i = 0; i < count; i++) {
        if (i + 4 < count) prefetch(rows[i + 4], d);
        dots[i] = dot_and_norm(q, rows[i], d, &squares[i]);
    }
}

static const mv_distance_kernels kernels = {"avx2", l2sq, dot, dot_and_norm, l2sq_rows, dot_and_norm_rows};

int mv_has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const mv_distance_kernels *mv_distance_avx2(void) { return mv_has_avx2() ? &kernels : NULL; }

#else

int mv_has_avx2(void) { return 0; }
const mv_distance_kernels *mv_distance_avx2(void) { return NULL; }

#endif
