#include "ivf.h"

#include <immintrin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "distance.h"

#define CODEWORDS 256
#define AVX2 __attribute__((target("avx2,fma")))

size_t mv_list_bytes(uint32_t capacity, uint32_t m) { return sizeof(mv_list) + (size_t)capacity * (8 + m); }

mv_list *mv_list_create(uint32_t capacity, uint32_t m) {
    mv_list *list = malloc(mv_list_bytes(capacity, m));
    if (list) *list = (mv_list){0, capacity, m, 0};
    return list;
}

void mv_list_append(mv_list *list, uint32_t row, float term, const uint8_t *code) {
    uint32_t at = list->count;
    mv_list_rows(list)[at] = row;
    mv_list_terms(list)[at] = term;
    memcpy(mv_list_codes(list) + (size_t)at * list->m, code, list->m);
    __atomic_store_n(&list->count, at + 1, __ATOMIC_RELEASE);
}

void mv_list_copy(mv_list *to, const mv_list *from) {
    memcpy(mv_list_rows(to), mv_list_rows(from), (size_t)from->count * sizeof(uint32_t));
    memcpy(mv_list_terms(to), mv_list_terms(from), (size_t)from->count * sizeof(float));
    memcpy(mv_list_codes(to), mv_list_codes(from), (size_t)from->count * from->m);
    to->count = from->count;
}

// ---- coding

// The nearest of 256 codewords: argmin |p|^2 - 2 r.p, ties to the smaller.
static int nearest_scalar(const float *r, const float *book, const float *norms, uint32_t dsub) {
    int best = 0;
    float least = INFINITY;
    for (int j = 0; j < CODEWORDS; j++) {
        float v = norms[j];
        for (uint32_t s = 0; s < dsub; s++) v -= 2 * r[s] * book[s * CODEWORDS + j];
        if (v < least) least = v, best = j;
    }
    return best;
}

AVX2 static int nearest_avx2(const float *r, const float *book, const float *norms, uint32_t dsub) {
    __m256 least = _mm256_set1_ps(INFINITY);
    __m256i best = _mm256_setzero_si256(), at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int j = 0; j < CODEWORDS; j += 8) {
        __m256 v = _mm256_loadu_ps(norms + j);
        for (uint32_t s = 0; s < dsub; s++)
            v = _mm256_fnmadd_ps(_mm256_set1_ps(2 * r[s]), _mm256_loadu_ps(book + s * CODEWORDS + j), v);
        __m256 nearer = _mm256_cmp_ps(v, least, _CMP_LT_OQ);
        least = _mm256_blendv_ps(least, v, nearer);
        best = _mm256_blendv_epi8(best, at, _mm256_castps_si256(nearer));
        at = _mm256_add_epi32(at, _mm256_set1_epi32(8));
    }
    float values[8];
    int places[8];
    _mm256_storeu_ps(values, least);
    _mm256_storeu_si256((__m256i *)places, best);
    int winner = 0;
    for (int i = 1; i < 8; i++)
        if (values[i] < values[winner] || (values[i] == values[winner] && places[i] < places[winner])) winner = i;
    return places[winner];
}

void mv_ivf_encode(const mv_ivf *ivf, uint32_t list, const float *vector, uint8_t *code, float *term, float *error) {
    uint32_t dsub = ivf->d / ivf->m;
    const float *c = ivf->centroids + (size_t)list * ivf->d;
    bool fast = mv_has_avx2();
    float lost = 0;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * CODEWORDS;
        float r[dsub];
        for (uint32_t s = 0; s < dsub; s++) r[s] = vector[m * dsub + s] - c[m * dsub + s];
        const float *norms = ivf->norms + m * CODEWORDS;
        int j = fast ? nearest_avx2(r, book, norms, dsub) : nearest_scalar(r, book, norms, dsub);
        for (uint32_t s = 0; s < dsub; s++) {
            float e = r[s] - book[s * CODEWORDS + j];
            lost += e * e;
        }
        code[m] = (uint8_t)j;
    }
    *error = lost;
    *term = mv_ivf_term(ivf, list, code);
}

float mv_ivf_term(const mv_ivf *ivf, uint32_t list, const uint8_t *code) {
    uint32_t dsub = ivf->d / ivf->m;
    const float *c = ivf->centroids + (size_t)list * ivf->d;
    float t = 0;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * CODEWORDS + code[m];
        t += ivf->norms[m * CODEWORDS + code[m]];
        for (uint32_t s = 0; s < dsub; s++) t += 2 * c[m * dsub + s] * book[s * CODEWORDS];
    }
    return t;
}

uint32_t mv_ivf_nearest_list(const mv_ivf *ivf, const float *vector) {
    uint32_t best = 0;
    float least = INFINITY;
    for (uint32_t l = 0; l < ivf->nlist; l++) {
        float v = mv_l2sq(vector, ivf->centroids + (size_t)l * ivf->d, ivf->d);
        if (v < least) least = v, best = l;
    }
    return best;
}

// ---- search

struct mv_scratch {
    mv_candidate *coarse;  // distance to centroid, list
    size_t coarse_capacity;
    mv_candidate *found;
    size_t found_capacity;
    float *table;
    size_t table_capacity;
};

mv_scratch *mv_scratch_create(void) { return calloc(1, sizeof(mv_scratch)); }

void mv_scratch_destroy(mv_scratch *scratch) {
    if (!scratch) return;
    free(scratch->coarse);
    free(scratch->found);
    free(scratch->table);
    free(scratch);
}

static bool grow(void **memory, size_t *capacity, size_t wanted, size_t size) {
    if (*capacity >= wanted) return true;
    void *more = realloc(*memory, wanted * size);
    if (!more) return false;
    *memory = more;
    *capacity = wanted;
    return true;
}

static inline bool before(mv_candidate a, mv_candidate b) {
    return a.estimate < b.estimate || (a.estimate == b.estimate && a.row < b.row);
}

static int compare(const void *a, const void *b) {
    mv_candidate x = *(const mv_candidate *)a, y = *(const mv_candidate *)b;
    return before(x, y) ? -1 : before(y, x) ? 1 : 0;
}

// Moves the `k` first of `n` to the front, in no order: Hoare's FIND (CACM 4, 1961, algorithm 65).
static void select_first(mv_candidate *a, size_t n, size_t k) {
    if (k == 0 || k >= n) return;
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, at = (ptrdiff_t)k - 1;
    while (low < high) {
        mv_candidate pivot = a[at];
        ptrdiff_t i = low, j = high;
        do {
            while (before(a[i], pivot)) i++;
            while (before(pivot, a[j])) j--;
            if (i <= j) {
                mv_candidate t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        } while (i <= j);
        if (j < at) low = i;
        if (at < i) high = j;
    }
}

// -2 q.p for each sub space and codeword.
static void table_scalar(const mv_ivf *ivf, const float *q, float *table) {
    uint32_t dsub = ivf->d / ivf->m;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * CODEWORDS;
        for (int j = 0; j < CODEWORDS; j++) {
            float v = 0;
            for (uint32_t s = 0; s < dsub; s++) v += -2 * q[m * dsub + s] * book[s * CODEWORDS + j];
            table[m * CODEWORDS + j] = v;
        }
    }
}

AVX2 static void table_avx2(const mv_ivf *ivf, const float *q, float *table) {
    uint32_t dsub = ivf->d / ivf->m;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * CODEWORDS;
        for (int j = 0; j < CODEWORDS; j += 8) {
            __m256 v = _mm256_setzero_ps();
            for (uint32_t s = 0; s < dsub; s++)
                v = _mm256_fmadd_ps(_mm256_set1_ps(-2 * q[m * dsub + s]), _mm256_loadu_ps(book + s * CODEWORDS + j), v);
            _mm256_storeu_ps(table + m * CODEWORDS + j, v);
        }
    }
}

// The sum over sub spaces, always in the same order of additions.
static inline float look_up(const float *table, const uint8_t *code, uint32_t m) {
    float a = 0, b = 0, c = 0, e = 0;
    uint32_t i = 0;
    for (; i + 8 <= m; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, code + i, 8);
        const float *t = table + (size_t)i * CODEWORDS;
        a += t[bytes & 255];
        b += t[CODEWORDS + ((bytes >> 8) & 255)];
        c += t[2 * CODEWORDS + ((bytes >> 16) & 255)];
        e += t[3 * CODEWORDS + ((bytes >> 24) & 255)];
        a += t[4 * CODEWORDS + ((bytes >> 32) & 255)];
        b += t[5 * CODEWORDS + ((bytes >> 40) & 255)];
        c += t[6 * CODEWORDS + ((bytes >> 48) & 255)];
        e += t[7 * CODEWORDS + (bytes >> 56)];
    }
    for (; i < m; i++) a += table[(size_t)i * CODEWORDS + code[i]];
    return (a + b) + (c + e);
}

static inline bool wanted(const mv_search *search, uint32_t row) {
    if (search->selector &&
        (row >= search->selector_rows || !((search->selector[row >> 6] >> (row & 63)) & 1)))
        return false;
    return mv_bit_test(search->live, row);
}

static void prefetch_list(const mv_list *list) {
    if (!list) return;
    const char *codes = (const char *)mv_list_codes(list);
    for (size_t i = 0; i < 2048; i += 64) __builtin_prefetch(codes + i);
}

typedef struct found {
    mv_candidate *items;
    size_t count, limit, room;
    mv_candidate worst;
} found;

static void scan_list(const mv_list *list, float base, const float *table, const mv_search *search, found *f) {
    uint32_t count = mv_list_count(list), m = list->m;
    const uint32_t *rows = mv_list_rows(list);
    const float *terms = mv_list_terms(list);
    const uint8_t *codes = mv_list_codes(list);
    // With a narrow filter the bit is cheaper than the sum.
    bool filter_first = search->selector != NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (filter_first && !wanted(search, rows[i])) continue;
        mv_candidate c = {base + (terms[i] + look_up(table, codes + (size_t)i * m, m)), rows[i]};
        if (!before(c, f->worst)) continue;
        if (!filter_first && !wanted(search, c.row)) continue;
        f->items[f->count++] = c;
        if (f->count == f->room) {
            select_first(f->items, f->count, f->limit);
            f->count = f->limit;
            mv_candidate worst = f->items[0];
            for (size_t k = 1; k < f->limit; k++)
                if (before(worst, f->items[k])) worst = f->items[k];
            f->worst = worst;
        }
    }
}

int64_t mv_ivf_search(const mv_ivf *ivf, const mv_search *search, mv_scratch *s, mv_candidate *out, uint64_t *scanned) {
    if (search->limit == 0) return 0;
    size_t room = 3 * (size_t)search->limit + 256;
    if (!grow((void **)&s->coarse, &s->coarse_capacity, ivf->nlist, sizeof(mv_candidate)) ||
        !grow((void **)&s->found, &s->found_capacity, room, sizeof(mv_candidate)) ||
        !grow((void **)&s->table, &s->table_capacity, (size_t)ivf->m * CODEWORDS, sizeof(float)))
        return -1;
    for (uint32_t l = 0; l < ivf->nlist; l++)
        s->coarse[l] = (mv_candidate){mv_l2sq(search->query, ivf->centroids + (size_t)l * ivf->d, ivf->d), l};
    uint32_t nprobe = search->nprobe < ivf->nlist ? search->nprobe : ivf->nlist;
    if (nprobe < ivf->nlist) select_first(s->coarse, ivf->nlist, nprobe);
    qsort(s->coarse, nprobe, sizeof(mv_candidate), compare);
    if (mv_has_avx2()) table_avx2(ivf, search->query, s->table);
    else table_scalar(ivf, search->query, s->table);
    found f = {s->found, 0, search->limit, room, {INFINITY, UINT32_MAX}};
    uint64_t rows = 0;
    for (uint32_t p = 0; p < nprobe; p++) {
        mv_list *list = __atomic_load_n(&ivf->lists[s->coarse[p].row], __ATOMIC_ACQUIRE);
        if (p + 1 < nprobe) prefetch_list(__atomic_load_n(&ivf->lists[s->coarse[p + 1].row], __ATOMIC_ACQUIRE));
        if (!list) continue;
        rows += mv_list_count(list);
        scan_list(list, s->coarse[p].estimate, s->table, search, &f);
    }
    if (scanned) *scanned = rows;
    qsort(f.items, f.count, sizeof(mv_candidate), compare);
    size_t n = f.count < f.limit ? f.count : f.limit;
    memcpy(out, f.items, n * sizeof(mv_candidate));
    return (int64_t)n;
}
