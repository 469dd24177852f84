#include "flat.h"

#include "distance.h"

void mv_flat_scan(const float *query, const float *vectors, const uint32_t *rows, size_t count, size_t d,
                  const mv_wanted *wanted, mv_collector *found) {
    enum { PIECE = 128 };
    float distances[PIECE];
    for (size_t first = 0; first < count; first += PIECE) {
        size_t n = count - first < PIECE ? count - first : PIECE;
        mv_l2sq_rows(query, vectors + first * d, n, d, distances);
        for (size_t i = 0; i < n; i++) {
            uint64_t key = mv_key(distances[i], rows[first + i]);
            if (key < found->worst && mv_is_wanted(wanted, rows[first + i])) mv_collector_push(found, key);
        }
    }
}
