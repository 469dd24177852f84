#include "distance.h"
#include "distance_avx2.h"

#include <float.h>
#include <math.h>

// Sums are trusted in this range: below, squares of the values are denormal or zero; above, they overflow.
#define TRUSTED_LEAST 1e-30f
#define TRUSTED_MOST 1e37f

#define LANES 16

static float folded(const float sums[LANES]) {
    float eight[8], four[4];
    for (int i = 0; i < 8; i++) eight[i] = sums[i] + sums[i + 8];
    for (int i = 0; i < 4; i++) four[i] = eight[i] + eight[i + 4];
    return (four[0] + four[1]) + (four[2] + four[3]);
}

static float scalar_l2sq(const float *a, const float *b, size_t d) {
    float sums[LANES] = {0};
    for (size_t i = 0; i < d; i++) {
        float difference = a[i] - b[i];
        sums[i % LANES] = fmaf(difference, difference, sums[i % LANES]);
    }
    return folded(sums);
}

static float scalar_dot(const float *a, const float *b, size_t d) {
    float sums[LANES] = {0};
    for (size_t i = 0; i < d; i++) sums[i % LANES] = fmaf(a[i], b[i], sums[i % LANES]);
    return folded(sums);
}

static float scalar_dot_and_norm(const float *q, const float *x, size_t d, float *square) {
    *square = scalar_dot(x, x, d);
    return scalar_dot(q, x, d);
}

static void scalar_l2sq_rows(const float *q, const float *const *rows, size_t count, size_t d, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = scalar_l2sq(q, rows[i], d);
}

static void scalar_dot_and_norm_rows(const float *q, const float *const *rows, size_t count, size_t d, float *dots,
                                     float *squares) {
    for (size_t i = 0; i < count; i++) dots[i] = scalar_dot_and_norm(q, rows[i], d, &squares[i]);
}

static const mv_distance_kernels scalar = {
    "scalar", scalar_l2sq, scalar_dot, scalar_dot_and_norm, scalar_l2sq_rows, scalar_dot_and_norm_rows,
};

// Set before main by `choose`, and never again.
static const mv_distance_kernels *best = &scalar;

__attribute__((constructor)) static void choose(void) {
    const mv_distance_kernels *vectorised = mv_distance_avx2();
    if (vectorised) best = vectorised;
}

const mv_distance_kernels *mv_distance_scalar(void) { return &scalar; }
const mv_distance_kernels *mv_distance_best(void) { return best; }
const char *mv_kernel_name(void) { return best->name; }

float mv_l2sq(const float *a, const float *b, size_t d) { return best->l2sq(a, b, d); }
float mv_dot(const float *a, const float *b, size_t d) { return best->dot(a, b, d); }
float mv_dot_and_norm(const float *q, const float *x, size_t d, float *square) {
    return best->dot_and_norm(q, x, d, square);
}

enum { PIECE = 64 };

void mv_l2sq_rows(const float *query, const float *rows, size_t count, size_t d, float *out) {
    const float *places[PIECE];
    for (size_t first = 0; first < count; first += PIECE) {
        size_t n = count - first < PIECE ? count - first : PIECE;
        for (size_t i = 0; i < n; i++) places[i] = rows + (first + i) * d;
        best->l2sq_rows(query, places, n, d, out + first);
    }
}

static int trusted(double sum) { return sum >= TRUSTED_LEAST && sum <= TRUSTED_MOST; }

static double precise_dot(const float *a, const float *b, size_t d) {
    double sum = 0;
    for (size_t i = 0; i < d; i++) sum += (double)a[i] * b[i];
    return sum;
}

static double precise_l2sq(const float *a, const float *b, size_t d) {
    double sum = 0;
    for (size_t i = 0; i < d; i++) {
        double difference = (double)a[i] - b[i];
        sum += difference * difference;
    }
    return sum;
}

static double square_of(const float *x, size_t d) {
    float square = best->dot(x, x, d);
    return trusted(square) ? square : precise_dot(x, x, d);
}

mv_query mv_query_make(int metric, const float *values, size_t d) {
    return (mv_query){values, d, metric, metric == MV_COSINE ? square_of(values, d) : 0};
}

static float euclidean(const mv_query *query, const float *x, float square) {
    if (trusted(square)) return sqrtf(square);
    double root = sqrt(precise_l2sq(query->values, x, query->d));
    return root > FLT_MAX ? FLT_MAX : (float)root;
}

static float cosine(const mv_query *query, const float *x, float dot, float square) {
    double product = dot, row_square = square;
    if (!trusted(square) || !trusted(query->square)) {
        product = precise_dot(query->values, x, query->d);
        row_square = square_of(x, query->d);
    }
    // One root of the product of two floats, which is exact in double: equal vectors are at exactly 0.
    double scale = sqrt(query->square * row_square);
    double distance = scale > 0 ? 1 - product / scale : 1;
    if (distance > 2) return 2;
    return distance > 0 ? (float)distance : 0;
}

float mv_distance(const mv_query *query, const float *x) {
    if (query->metric == MV_EUCLIDEAN) return euclidean(query, x, best->l2sq(query->values, x, query->d));
    float square, dot = best->dot_and_norm(query->values, x, query->d, &square);
    return cosine(query, x, dot, square);
}

void mv_distances(const mv_query *query, const float *const *rows, size_t count, float *out) {
    float squares[PIECE];
    for (size_t first = 0; first < count; first += PIECE) {
        size_t n = count - first < PIECE ? count - first : PIECE;
        const float *const *piece = rows + first;
        float *results = out + first;
        if (query->metric == MV_EUCLIDEAN) {
            best->l2sq_rows(query->values, piece, n, query->d, results);
            for (size_t i = 0; i < n; i++) results[i] = euclidean(query, piece[i], results[i]);
        } else {
            best->dot_and_norm_rows(query->values, piece, n, query->d, results, squares);
            for (size_t i = 0; i < n; i++) results[i] = cosine(query, piece[i], results[i], squares[i]);
        }
    }
}
