// How likely each candidate whose vector is missing is among the k nearest, from the index's estimate of its distance.
//
// The model, for squared distances: d = e + b + s * sqrt(e) * Z, with the estimate e, the squared error b of the row's
// code and s = 2 * sqrt(b / dimension), since |q - x|^2 = |q - y|^2 - 2 <q - y, x - y> + |x - y|^2 for the decoded y.
// How Z falls is told by a table made of distances that were measured.
#ifndef MEMVEC_CHANCE_H
#define MEMVEC_CHANCE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/// Equal bins of Z over -MV_CHANCE_REACH to MV_CHANCE_REACH. A table has two more: one for all that lies below, which
/// is 0, and one for all above, which is 1.
enum { MV_CHANCE_BINS = 2000, MV_CHANCE_REACH = 10 };

/// Standard deviation of a distance around e + b, but for what the table corrects. Below the error itself the estimate
/// tells no more than the error does.
static inline float mv_chance_spread(float estimate, float error, float dimension) {
    float floor = estimate > error ? estimate : error;
    return 2 * sqrtf(error / dimension * floor) + 1e-20f;
}

/// A missing candidate, by its place in the list that was given, and its chance.
typedef struct mv_chance {
    float chance;
    uint32_t place;
} mv_chance;

/// Chances of `count` missing candidates to be among the `k` nearest of them and of those present.
///
/// - table: MV_CHANCE_BINS + 2 values, ascending: 0, the share of Z up to the end of each bin, 1.
/// - present: squared distances of those present, ascending, at least the k smallest of them.
/// - estimates, errors: squared, of the missing ones.
/// - scratch: room for 3 * count floats.
/// - out: `count` of them, the likeliest first, of equal chances the first in the list.
/// Returns the squared distance within which k are expected; INFINITY where there are no more than k at all, and every
/// chance is 1 then.
float mv_chances(const float *table, const float *present, size_t present_count, const float *estimates,
                 const float *errors, size_t count, size_t k, float dimension, float *scratch, mv_chance *out);

/// How many of `count` candidates, by estimate, are to be looked at when none was measured yet: those behind them are
/// expected to be at most the share `share` of the `k` nearest.
///
/// - table: as above.
/// - estimates: squared, ascending.
/// - error: squared, of a code, on average.
size_t mv_chance_depth(const float *table, const float *estimates, size_t count, size_t k, float error, float dimension,
                       float share);

#endif
