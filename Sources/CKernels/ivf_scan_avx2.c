#include "ivf_scan.h"

#include "dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) AVX2 MV_READS_WHOLE_BLOCKS

/// Entries of 32 rows. A register holds 16 entries of the table: of the 16 lookups only the one whose number is the
/// code's high nibble gives something, the others give 0 (a saturating add lifts their index over 127).
INLINE __m256i entries(const uint8_t *words, __m256i codes) {
    __m256i found = _mm256_setzero_si256(), lift = _mm256_set1_epi8(0x70);
#pragma clang loop unroll(full)
    for (int h = 0; h < 16; h++) {
        __m256i part = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(words + 16 * h)));
        __m256i at = _mm256_adds_epu8(_mm256_xor_si256(codes, _mm256_set1_epi8((char)(h << 4))), lift);
        found = _mm256_or_si256(found, _mm256_shuffle_epi8(part, at));
    }
    return found;
}

/// Bit i: 8 rows whose sums are `eight` 16-bit words.
INLINE uint32_t passing(const mv_filter *filter, __m128i eight, const float *terms) {
    __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(eight));
    __m256 bound = _mm256_fmadd_ps(_mm256_set1_ps(filter->step), sum, _mm256_loadu_ps(terms));
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(bound, _mm256_set1_ps(filter->limit), _CMP_NGT_UQ));
}

INLINE uint32_t filter_1(const mv_filter *filter, const uint8_t *codes, const float *terms, const uint8_t *next) {
    // `all` adds 16-bit words as they come (odd rows 256-fold), `odd` the odd rows alone.
    __m256i all = _mm256_setzero_si256(), odd = all;
    for (size_t j = 0; j < filter->m; j++) {
        __m256i codes_j = _mm256_loadu_si256((const __m256i *)(codes + j * MV_BLOCK_ROWS));
        __m256i found = entries(filter->table + j * MV_CODEWORDS, codes_j);
        if (!(j & 1)) _mm_prefetch((const char *)next + j * MV_BLOCK_ROWS, _MM_HINT_T1);
        all = _mm256_add_epi16(all, found);
        odd = _mm256_add_epi16(odd, _mm256_srli_epi16(found, 8));
    }
    __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
    // Each 128-bit lane k holds 16 rows, 8 in `low` and 8 in `high`.
    __m256i low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
    return passing(filter, _mm256_castsi256_si128(low), terms) |
           passing(filter, _mm256_castsi256_si128(high), terms + 8) << 8 |
           passing(filter, _mm256_extracti128_si256(low, 1), terms + 16) << 16 |
           passing(filter, _mm256_extracti128_si256(high, 1), terms + 24) << 24;
}

AVX2 MV_READS_WHOLE_BLOCKS
static void filter_avx2(const mv_filter *filter, const uint8_t *codes, const float *terms, uint32_t blocks,
                        const uint8_t *next, uint32_t masks[MV_SCAN_BLOCKS]) {
    if (!next) next = codes;
    size_t block = (size_t)MV_BLOCK_ROWS * filter->m;
    for (uint32_t b = 0; b < blocks; b++) {
        masks[b] = filter_1(filter, codes + b * block, terms + b * MV_BLOCK_ROWS, next + b * block);
    }
}

mv_filter_blocks *mv_filter_avx2(void) { return mv_has_avx2() ? filter_avx2 : NULL; }

#else

mv_filter_blocks *mv_filter_avx2(void) { return NULL; }

#endif
