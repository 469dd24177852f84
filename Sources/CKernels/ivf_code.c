#include "ivf_code.h"
#include "ivf_code_avx2.h"

#include <math.h>

#include "distance.h"

static uint32_t scalar_nearest(const float *residual, const float *book, const float *norms, uint32_t dsub) {
    uint32_t best = 0;
    float least = INFINITY;
    for (uint32_t j = 0; j < MV_CODEWORDS; j++) {
        float value = norms[j];
        for (uint32_t s = 0; s < dsub; s++) value = fmaf(-2 * residual[s], book[s * MV_CODEWORDS + j], value);
        if (value < least) least = value, best = j;
    }
    return best;
}

static void scalar_products(const float *x, const float *book, uint32_t dsub, float scale, const float *start,
                            float *table) {
    for (uint32_t j = 0; j < MV_CODEWORDS; j++) {
        float value = start ? start[j] : 0;
        for (uint32_t s = 0; s < dsub; s++) value = fmaf(scale * x[s], book[s * MV_CODEWORDS + j], value);
        table[j] = value;
    }
}

static void scalar_take_nearest(const float *products, const float *squares, size_t count, uint32_t first, uint32_t n,
                                float *least, uint32_t *lists) {
    for (size_t i = 0; i < count; i++) {
        for (uint32_t l = 0; l < n; l++) {
            float value = fmaf(-2, products[i * n + l], squares[first + l]);
            if (value < least[i]) least[i] = value, lists[i] = first + l;
        }
    }
}

static void scalar_range(const float *values, size_t n, float *low, float *high) {
    *low = INFINITY, *high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (values[i] < *low) *low = values[i];
        if (values[i] > *high) *high = values[i];
    }
}

static size_t scalar_count_up_to(const float *values, size_t n, float mark) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += values[i] <= mark;
    return count;
}

static void scalar_to_bytes(const float *values, float low, float inverse, float levels, uint8_t *bytes) {
    for (uint32_t j = 0; j < MV_CODEWORDS; j++) {
        float steps = (values[j] - low) * inverse;
        bytes[j] = (uint8_t)(int32_t)(steps < levels ? steps : levels);
    }
}

static const mv_code_kernels scalar = {
    "scalar", scalar_nearest, scalar_products, scalar_take_nearest, scalar_range, scalar_count_up_to, scalar_to_bytes,
};

// Set before main by `choose`, and never again.
static const mv_code_kernels *best = &scalar;

__attribute__((constructor)) static void choose(void) {
    const mv_code_kernels *vectorised = mv_code_avx2();
    if (vectorised) best = vectorised;
}

const mv_code_kernels *mv_code_scalar(void) { return &scalar; }
const mv_code_kernels *mv_code_best(void) { return best; }

void mv_ivf_encode(const mv_ivf *ivf, uint32_t list, const float *vector, uint8_t *code, float *error) {
    uint32_t dsub = ivf->d / ivf->m;
    const float *c = ivf->centroids + (size_t)list * ivf->d;
    float lost = 0;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * MV_CODEWORDS;
        float residual[dsub];
        for (uint32_t s = 0; s < dsub; s++) residual[s] = vector[m * dsub + s] - c[m * dsub + s];
        uint32_t j = best->nearest(residual, book, ivf->norms + m * MV_CODEWORDS, dsub);
        for (uint32_t s = 0; s < dsub; s++) {
            float difference = residual[s] - book[s * MV_CODEWORDS + j];
            lost += difference * difference;
        }
        code[m] = (uint8_t)j;
    }
    *error = lost;
}

/// `c` is centroid - mean.
static float term(const mv_ivf *ivf, const float *c, const uint8_t *code) {
    uint32_t dsub = ivf->d / ivf->m;
    float t = 0;
    for (uint32_t m = 0; m < ivf->m; m++) {
        const float *book = ivf->codebooks + (size_t)m * dsub * MV_CODEWORDS + code[m];
        float value = ivf->norms[m * MV_CODEWORDS + code[m]];
        for (uint32_t s = 0; s < dsub; s++) value = fmaf(2 * c[m * dsub + s], book[s * MV_CODEWORDS], value);
        t += value;
    }
    return t;
}

void mv_ivf_terms(const mv_ivf *ivf, uint32_t list, const uint8_t *codes, size_t count, float *terms) {
    const float *centroid = ivf->centroids + (size_t)list * ivf->d;
    float c[ivf->d];
    for (uint32_t i = 0; i < ivf->d; i++) c[i] = centroid[i] - ivf->mean[i];
    // From here on a table of all values is cheaper than each value anew. Both give the same bits.
    enum { MANY = 40 };
    if (count < MANY) {
        for (size_t i = 0; i < count; i++) terms[i] = term(ivf, c, codes + i * ivf->m);
        return;
    }
    uint32_t dsub = ivf->d / ivf->m;
    for (size_t i = 0; i < count; i++) terms[i] = 0;
    for (uint32_t m = 0; m < ivf->m; m++) {
        float table[MV_CODEWORDS];
        best->products(c + m * dsub, ivf->codebooks + (size_t)m * dsub * MV_CODEWORDS, dsub, 2,
                       ivf->norms + m * MV_CODEWORDS, table);
        for (size_t i = 0; i < count; i++) terms[i] += table[codes[i * ivf->m + m]];
    }
}

uint32_t mv_ivf_nearest_list(const mv_ivf *ivf, const float *vector) {
    enum { PIECE = 256 };
    float distances[PIECE];
    uint32_t nearest = 0;
    float least = INFINITY;
    for (uint32_t first = 0; first < ivf->nlist; first += PIECE) {
        uint32_t n = ivf->nlist - first < PIECE ? ivf->nlist - first : PIECE;
        mv_l2sq_rows(vector, ivf->centroids + (size_t)first * ivf->d, n, ivf->d, distances);
        for (uint32_t i = 0; i < n; i++) {
            if (distances[i] < least) least = distances[i], nearest = first + i;
        }
    }
    return nearest;
}

void mv_ivf_take_nearest(const float *products, const float *centroid_squares, size_t count, uint32_t first, uint32_t n,
                         float *least, uint32_t *lists) {
    best->take_nearest(products, centroid_squares, count, first, n, least, lists);
}
