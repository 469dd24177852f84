#include "chance.h"

#include <string.h>

#define BINS_PER_UNIT ((float)MV_CHANCE_BINS / (2 * MV_CHANCE_REACH))
// Halvings of the range in which the k-th distance lies, and the share of it at which that is near enough.
#define HALVINGS 18
#define NEAR_ENOUGH 1e-3f

/// The place of `z` in the table. Without branches: whether a candidate is within reach is as good as random.
static inline uint32_t bin_of(float z) {
    float bin = (z + MV_CHANCE_REACH) * BINS_PER_UNIT + 1;
    bin = bin > 0 ? bin : 0;
    return (uint32_t)(bin < MV_CHANCE_BINS + 1 ? bin : MV_CHANCE_BINS + 1);
}

static inline float chance_of(const float *table, float z) { return table[bin_of(z)]; }

static inline int comes_before(mv_chance a, mv_chance b) {
    return a.chance > b.chance || (a.chance == b.chance && a.place < b.place);
}

// The bins of the table by drawers of so many.
#define BINS_PER_DRAWER 8
#define DRAWERS ((MV_CHANCE_BINS + 2 + BINS_PER_DRAWER - 1) / BINS_PER_DRAWER)

/// Puts the likeliest first: into drawers by `bins`, with which chances rise, then in order by insertion, which finds
/// little to do. `spare` holds `count`.
static void sort(mv_chance *items, size_t count, const uint32_t *bins, mv_chance *spare) {
    uint32_t begins[DRAWERS + 1] = {0};
    for (size_t i = 0; i < count; i++) begins[DRAWERS - bins[i] / BINS_PER_DRAWER]++;
    for (size_t drawer = 1; drawer <= DRAWERS; drawer++) begins[drawer] += begins[drawer - 1];
    memcpy(spare, items, count * sizeof *items);
    for (size_t i = 0; i < count; i++) items[begins[DRAWERS - 1 - bins[i] / BINS_PER_DRAWER]++] = spare[i];
    for (size_t i = 1; i < count; i++) {
        mv_chance item = items[i];
        size_t at = i;
        for (; at > 0 && comes_before(item, items[at - 1]); at--) items[at] = items[at - 1];
        items[at] = item;
    }
}

/// How many are expected within `distance`.
static float expected_within(float distance, const float *table, const float *present, size_t present_count,
                             const float *middles, const float *rates, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < present_count && present[i] <= distance; i++) sum += 1;
    // Four sums, or each addition would wait for the one before.
    float sums[4] = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t lane = 0; lane < 4; lane++) {
            sums[lane] += chance_of(table, (distance - middles[i + lane]) * rates[i + lane]);
        }
    }
    for (; i < count; i++) sum += chance_of(table, (distance - middles[i]) * rates[i]);
    return sum + (sums[0] + sums[1]) + (sums[2] + sums[3]);
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
    uint32_t *bins = (uint32_t *)(scratch + 2 * count);
    for (size_t i = 0; i < possible; i++) {
        bins[i] = bin_of((high - middles[i]) * rates[i]);
        out[i].chance = table[bins[i]];
    }
    sort(out, possible, bins, (mv_chance *)scratch);
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
