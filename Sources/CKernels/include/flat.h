// An exact scan of vectors that lie one behind the other, for indexes that hold the vectors themselves.
#ifndef MEMVEC_FLAT_H
#define MEMVEC_FLAT_H

#include "ivf.h"
#include "ivf_select.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Pushes squared L2 distance and row of each of `count` vectors whose row is wanted.
void mv_flat_scan(const float *query, const float *vectors, const uint32_t *rows, size_t count, size_t d,
                  const mv_wanted *wanted, mv_collector *found);

#ifdef __cplusplus
}
#endif

#endif
