#include "ivf_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VBMI __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))
#define INLINE static inline __attribute__((always_inline)) VBMI MV_READS_WHOLE_BLOCKS

/// Entries of 64 rows: a table of 256 bytes is four registers, vpermi2b looks up 128 of them at once.
INLINE __m512i entries(const __m512i table[4], __m512i codes) {
    __m512i low = _mm512_permutex2var_epi8(table[0], codes, table[1]);
    __m512i high = _mm512_permutex2var_epi8(table[2], codes, table[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes), low, high);
}

/// Codes of one sub space of two blocks.
INLINE __m512i pair(const uint8_t *first, const uint8_t *second) {
    __m512i low = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)first));
    return _mm512_inserti64x4(low, _mm256_loadu_si256((const __m256i *)second), 1);
}

/// Sums of 64 rows. `all` adds 16-bit words as they come (odd rows 256-fold), `odd` the odd rows alone.
typedef struct sums {
    __m512i all, odd;
} sums;

INLINE void add(sums *s, __m512i entries) {
    s->all = _mm512_add_epi16(s->all, entries);
    s->odd = _mm512_add_epi16(s->odd, _mm512_srli_epi16(entries, 8));
}

/// Bit r: row r of the two blocks is not left out.
INLINE uint64_t passing(const mv_filter *filter, sums s, const float *first_terms, const float *second_terms) {
    __m512i even = _mm512_sub_epi16(s.all, _mm512_slli_epi16(s.odd, 8));
    // Each 128-bit lane k holds 16 rows, 8 in `low` and 8 in `high`.
    __m512i low = _mm512_unpacklo_epi16(even, s.odd), high = _mm512_unpackhi_epi16(even, s.odd);
    __m512 step = _mm512_set1_ps(filter->step), limit = _mm512_set1_ps(filter->limit);
    __m128i lows[4] = {_mm512_castsi512_si128(low), _mm512_extracti32x4_epi32(low, 1),
                       _mm512_extracti32x4_epi32(low, 2), _mm512_extracti32x4_epi32(low, 3)};
    __m128i highs[4] = {_mm512_castsi512_si128(high), _mm512_extracti32x4_epi32(high, 1),
                        _mm512_extracti32x4_epi32(high, 2), _mm512_extracti32x4_epi32(high, 3)};
    uint64_t mask = 0;
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        const float *terms = (k < 2 ? first_terms : second_terms) + 16 * (k & 1);
        __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_set_m128i(highs[k], lows[k])));
        __m512 bound = _mm512_fmadd_ps(step, sum, _mm512_loadu_ps(terms));
        mask |= (uint64_t)_mm512_cmp_ps_mask(bound, limit, _CMP_NGT_UQ) << (16 * k);
    }
    return mask;
}

/// Two pairs of blocks at once share the loads of the tables. What is prefetched goes to the second cache: the first is
/// full of the table, and evicting that cost a third of the time.
INLINE void filter_4(const mv_filter *filter, const uint8_t *codes, const float *terms, const uint8_t *next,
                     uint32_t masks[MV_SCAN_BLOCKS]) {
    size_t m = filter->m, block = m * MV_BLOCK_ROWS;
    sums left = {_mm512_setzero_si512(), _mm512_setzero_si512()}, right = left;
    for (size_t j = 0; j < m; j++) {
        const uint8_t *words = filter->table + j * MV_CODEWORDS, *at = codes + j * MV_BLOCK_ROWS;
        __m512i table[4] = {_mm512_loadu_si512(words), _mm512_loadu_si512(words + 64), _mm512_loadu_si512(words + 128),
                            _mm512_loadu_si512(words + 192)};
        _mm_prefetch((const char *)next + 128 * j, _MM_HINT_T1);
        _mm_prefetch((const char *)next + 128 * j + 64, _MM_HINT_T1);
        add(&left, entries(table, pair(at, at + block)));
        add(&right, entries(table, pair(at + 2 * block, at + 3 * block)));
    }
    uint64_t first = passing(filter, left, terms, terms + 32), second = passing(filter, right, terms + 64, terms + 96);
    masks[0] = (uint32_t)first, masks[1] = (uint32_t)(first >> 32);
    masks[2] = (uint32_t)second, masks[3] = (uint32_t)(second >> 32);
}

/// One or two blocks; one is taken twice.
INLINE void filter_2(const mv_filter *filter, const uint8_t *codes, const float *terms, uint32_t blocks,
                     const uint8_t *next, uint32_t masks[MV_SCAN_BLOCKS]) {
    size_t m = filter->m, second = blocks > 1 ? 1 : 0, block = second * m * MV_BLOCK_ROWS;
    sums s = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t j = 0; j < m; j++) {
        const uint8_t *words = filter->table + j * MV_CODEWORDS, *at = codes + j * MV_BLOCK_ROWS;
        __m512i table[4] = {_mm512_loadu_si512(words), _mm512_loadu_si512(words + 64), _mm512_loadu_si512(words + 128),
                            _mm512_loadu_si512(words + 192)};
        _mm_prefetch((const char *)next + 64 * j, _MM_HINT_T1);
        add(&s, entries(table, pair(at, at + block)));
    }
    uint64_t mask = passing(filter, s, terms, terms + second * MV_BLOCK_ROWS);
    masks[0] = (uint32_t)mask;
    if (second) masks[1] = (uint32_t)(mask >> 32);
}

VBMI MV_READS_WHOLE_BLOCKS
static void filter_vbmi(const mv_filter *filter, const uint8_t *codes, const float *terms, uint32_t blocks,
                        const uint8_t *next, uint32_t masks[MV_SCAN_BLOCKS]) {
    if (!next) next = codes;
    if (blocks == 4) {
        filter_4(filter, codes, terms, next, masks);
    } else {
        size_t two = (size_t)2 * MV_BLOCK_ROWS * filter->m;
        filter_2(filter, codes, terms, blocks, next, masks);
        if (blocks == 3) filter_2(filter, codes + two, terms + 2 * MV_BLOCK_ROWS, 1, next + two, masks + 2);
    }
}

mv_filter_blocks *mv_filter_vbmi(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
               ? filter_vbmi
               : NULL;
}

#else

mv_filter_blocks *mv_filter_vbmi(void) { return NULL; }

#endif
