#include "chance.h"

#include <stdlib.h>

#define BINS_PER_UNIT ((float)MV_CHANCE_BINS / (2 * MV_CHANCE_REACH))
// Halvings of the range in which the k-th distance lies, and the share of it at which that is near enough.
#define HALVINGS 18
#define NEAR_ENOUGH 1e-3f

static inline float chance_of(const float *table, float z) {
    float bin = (z + MV_CHANCE_REACH) * BINS_PER_UNIT;
    if (!(bin > 0)) return 0;
    if (bin >= MV_CHANCE_BINS) return 1;
    return table[(int)bin];
}

static int by_chance(const void *left, const void *right) {
    const mv_chance *a = left, *b = right;
    if (a->chance != b->chance) return a->chance > b->chance ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/// Mostly some dozens that are nearly in order, as estimates come.
static void sort(mv_chance *items, size_t count) {
    if (count > 96) {
        qsort(items, count, sizeof *items, by_chance);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        mv_chance item = items[i];
        size_t at = i;
        while (at > 0 && by_chance(&item, &items[at - 1]) < 0) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = item;
    }
}

/// How many are expected within `distance`.
static float expected_within(float distance, const float *table, const float *present, size_t present_count,
                             const float *middles, const float *rates, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < present_count && present[i] <= distance; i++) sum += 1;
    for (size_t i = 0; i < count; i++) sum += chance_of(table, (distance - middles[i]) * rates[i]);
    return sum;
}

float mv_chances(const float *table, const float *present, size_t present_count, const float *estimates,
                 const float *errors, size_t count, size_t k, float dimension, float *scratch, mv_chance *out) {
    if (present_count + count <= k) {
        for (size_t i = 0; i < count; i++) out[i] = (mv_chance){1, (uint32_t)i};
        return INFINITY;
    }
    // Distances up to the k-th of those present are looked at; the (k+1)-th and later ones lie beyond.
    size_t within = present_count < k ? present_count : k;
    float high = within == k && k > 0 ? present[k - 1] : INFINITY;
    float *middles = scratch, *rates = scratch + count;
    size_t possible = 0, impossible = count;
    float farthest = within ? present[within - 1] : 0;
    for (size_t i = 0; i < count; i++) {
        float middle = estimates[i] + errors[i], spread = mv_chance_spread(estimates[i], errors[i], dimension);
        float rate = 1 / spread;
        // No chance at the largest distance that comes into question is no chance at all.
        if (high < INFINITY && chance_of(table, (high - middle) * rate) <= 0) {
            out[--impossible] = (mv_chance){0, (uint32_t)i};
            continue;
        }
        out[possible] = (mv_chance){0, (uint32_t)i};
        middles[possible] = middle;
        rates[possible++] = rate;
        if (middle + MV_CHANCE_REACH * spread > farthest) farthest = middle + MV_CHANCE_REACH * spread;
    }
    if (!(high < INFINITY)) high = farthest;
    float low = 0;
    for (int step = 0; step < HALVINGS && high - low > NEAR_ENOUGH * high; step++) {
        float middle = 0.5f * (low + high);
        if (expected_within(middle, table, present, within, middles, rates, possible) >= (float)k) {
            high = middle;
        } else {
            low = middle;
        }
    }
    for (size_t a = impossible, b = count; a + 1 < b; a++) {
        mv_chance first = out[a];
        out[a] = out[--b];
        out[b] = first;
    }
    for (size_t i = 0; i < possible; i++) out[i].chance = chance_of(table, (high - middles[i]) * rates[i]);
    sort(out, possible);
    return high;
}

// Candidates, in units of k, among which the k nearest are sought: those beyond would make the distance a bit smaller.
#define HEAD 4
// More of them are not looked at.
#define MOST_HEAD 512

size_t mv_chance_depth(const float *table, const float *estimates, size_t count, size_t k, float error, float dimension,
                       float share) {
    size_t head = HEAD * k < count ? HEAD * k : count;
    if (head > MOST_HEAD) head = MOST_HEAD;
    if (count <= k || head <= k) return count;
    float middles[MOST_HEAD], rates[MOST_HEAD];
    for (size_t i = 0; i < head; i++) {
        middles[i] = estimates[i] + error;
        rates[i] = 1 / mv_chance_spread(estimates[i], error, dimension);
    }
    float low = 0, high = middles[head - 1] + MV_CHANCE_REACH / rates[head - 1];
    for (int step = 0; step < HALVINGS && high - low > NEAR_ENOUGH * high; step++) {
        float middle = 0.5f * (low + high);
        if (expected_within(middle, table, NULL, 0, middles, rates, head) >= (float)k) {
            high = middle;
        } else {
            low = middle;
        }
    }
    float unseen = 0;
    size_t depth = count;
    while (depth > 0) {
        float estimate = estimates[depth - 1];
        unseen += chance_of(table, (high - estimate - error) / mv_chance_spread(estimate, error, dimension));
        if (unseen > share * (float)k) break;
        depth--;
    }
    return depth;
}
