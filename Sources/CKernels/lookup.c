#include "lookup.h"

#include "lookup_find.h"

#include <math.h>

const float *mv_block_vector(const mv_tiers *tiers, size_t d, uint32_t row) {
    if (!tiers->blocks) return NULL;
    uint32_t place = place_of(tiers, mv_residency_at(tiers->residency, row), row);
    return vector_in_block(tiers, block_at(tiers, place), place, d, row);
}

size_t mv_lookup(const mv_tiers *tiers, const mv_query *query, const uint32_t *rows, size_t count, float *distances,
                 uint8_t *found_in) {
    candidate round[ROUND];
    size_t missing = 0;
    for (size_t start = 0; start < count; start += ROUND) {
        size_t n = count - start < ROUND ? count - start : ROUND;
        find(tiers, query->d, rows + start, n, round);
        for (size_t i = 0; i < n && i < AHEAD; i++) {
            if (round[i].vector) prefetch_vector(round[i].vector, query->d);
        }
        for (size_t i = 0; i < n; i++) {
            if (i + AHEAD < n && round[i + AHEAD].vector) prefetch_vector(round[i + AHEAD].vector, query->d);
            found_in[start + i] = round[i].tier;
            if (round[i].vector) {
                distances[start + i] = mv_distance(query, round[i].vector);
            } else {
                distances[start + i] = INFINITY;
                missing++;
            }
        }
    }
    return missing;
}
