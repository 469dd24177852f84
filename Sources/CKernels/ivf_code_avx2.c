#include "ivf_code_avx2.h"

#include "dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#define AVX2 __attribute__((target("avx2,fma,popcnt")))

typedef struct winner {
    float value;
    uint32_t place;
} winner;

/// The least of 8 lanes; of equal ones that with the smallest place.
static AVX2 winner least_lane(__m256 values, __m256i places) {
    float value[8];
    uint32_t place[8];
    _mm256_storeu_ps(value, values);
    _mm256_storeu_si256((__m256i *)place, places);
    winner best = {value[0], place[0]};
    for (int i = 1; i < 8; i++) {
        if (value[i] < best.value || (value[i] == best.value && place[i] < best.place)) {
            best = (winner){value[i], place[i]};
        }
    }
    return best;
}

static AVX2 uint32_t nearest(const float *residual, const float *book, const float *norms, uint32_t dsub) {
    __m256 least = _mm256_set1_ps(INFINITY);
    __m256i best = _mm256_setzero_si256(), at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (uint32_t j = 0; j < MV_CODEWORDS; j += 8) {
        __m256 value = _mm256_loadu_ps(norms + j);
        for (uint32_t s = 0; s < dsub; s++) {
            __m256 words = _mm256_loadu_ps(book + s * MV_CODEWORDS + j);
            value = _mm256_fmadd_ps(_mm256_set1_ps(-2 * residual[s]), words, value);
        }
        __m256 nearer = _mm256_cmp_ps(value, least, _CMP_LT_OQ);
        least = _mm256_blendv_ps(least, value, nearer);
        best = _mm256_blendv_epi8(best, at, _mm256_castps_si256(nearer));
        at = _mm256_add_epi32(at, _mm256_set1_epi32(8));
    }
    return least_lane(least, best).place;
}

static AVX2 void products(const float *x, const float *book, uint32_t dsub, float scale, const float *start,
                          float *table) {
    for (uint32_t j = 0; j < MV_CODEWORDS; j += 8) {
        __m256 value = start ? _mm256_loadu_ps(start + j) : _mm256_setzero_ps();
        for (uint32_t s = 0; s < dsub; s++) {
            __m256 words = _mm256_loadu_ps(book + s * MV_CODEWORDS + j);
            value = _mm256_fmadd_ps(_mm256_set1_ps(scale * x[s]), words, value);
        }
        _mm256_storeu_ps(table + j, value);
    }
}

static AVX2 void take_nearest(const float *products, const float *squares, size_t count, uint32_t first, uint32_t n,
                              float *least, uint32_t *lists) {
    const __m256 two = _mm256_set1_ps(-2);
    for (size_t i = 0; i < count; i++) {
        const float *row = products + i * n, *own = squares + first;
        __m256 value = _mm256_set1_ps(INFINITY);
        __m256i place = _mm256_set1_epi32((int)first);
        __m256i at = _mm256_add_epi32(place, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        uint32_t l = 0;
        for (; l + 8 <= n; l += 8) {
            __m256 next = _mm256_fmadd_ps(two, _mm256_loadu_ps(row + l), _mm256_loadu_ps(own + l));
            __m256 nearer = _mm256_cmp_ps(next, value, _CMP_LT_OQ);
            value = _mm256_blendv_ps(value, next, nearer);
            place = _mm256_blendv_epi8(place, at, _mm256_castps_si256(nearer));
            at = _mm256_add_epi32(at, _mm256_set1_epi32(8));
        }
        winner best = least_lane(value, place);
        for (; l < n; l++) {
            float next = fmaf(-2, row[l], own[l]);
            if (next < best.value) best = (winner){next, first + l};
        }
        if (best.value < least[i]) least[i] = best.value, lists[i] = best.place;
    }
}

static AVX2 void range(const float *values, size_t n, float *low, float *high) {
    // min and max give their second operand where the first is NaN.
    __m256 least = _mm256_set1_ps(INFINITY), most = _mm256_set1_ps(-INFINITY), least2 = least, most2 = most;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256 a = _mm256_loadu_ps(values + i), b = _mm256_loadu_ps(values + i + 8);
        least = _mm256_min_ps(a, least), most = _mm256_max_ps(a, most);
        least2 = _mm256_min_ps(b, least2), most2 = _mm256_max_ps(b, most2);
    }
    float lows[8], highs[8];
    _mm256_storeu_ps(lows, _mm256_min_ps(least, least2));
    _mm256_storeu_ps(highs, _mm256_max_ps(most, most2));
    *low = INFINITY, *high = -INFINITY;
    for (int k = 0; k < 8; k++) {
        *low = lows[k] < *low ? lows[k] : *low;
        *high = highs[k] > *high ? highs[k] : *high;
    }
    for (; i < n; i++) {
        *low = values[i] < *low ? values[i] : *low;
        *high = values[i] > *high ? values[i] : *high;
    }
}

static AVX2 size_t count_up_to(const float *values, size_t n, float mark) {
    __m256 bound = _mm256_set1_ps(mark);
    size_t count = 0, i = 0;
    for (; i + 32 <= n; i += 32) {
        uint32_t mask = 0;
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++) {
            __m256 below = _mm256_cmp_ps(_mm256_loadu_ps(values + i + 8 * k), bound, _CMP_LE_OQ);
            mask |= (uint32_t)_mm256_movemask_ps(below) << (8 * k);
        }
        count += (size_t)_mm_popcnt_u32(mask);
    }
    for (; i < n; i++) count += values[i] <= mark;
    return count;
}

static AVX2 void to_bytes(const float *values, float low, float inverse, float levels, uint8_t *bytes) {
    __m256 base = _mm256_set1_ps(low), scale = _mm256_set1_ps(inverse), most = _mm256_set1_ps(levels);
    // The packing takes 128-bit halves in turns; this puts groups of four bytes back in order.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (uint32_t j = 0; j < MV_CODEWORDS; j += 32) {
        __m256i steps[4];
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++) {
            __m256 value = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(values + j + 8 * k), base), scale);
            steps[k] = _mm256_cvttps_epi32(_mm256_min_ps(value, most));
        }
        __m256i low16 = _mm256_packs_epi32(steps[0], steps[1]), high16 = _mm256_packs_epi32(steps[2], steps[3]);
        __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low16, high16), order);
        _mm256_storeu_si256((__m256i *)(bytes + j), packed);
    }
}

static const mv_code_kernels kernels = {"avx2",       nearest,     products, take_nearest, range,
                                        count_up_to, to_bytes};

const mv_code_kernels *mv_code_avx2(void) { return mv_has_avx2() ? &kernels : NULL; }

#else

const mv_code_kernels *mv_code_avx2(void) { return NULL; }

#endif
