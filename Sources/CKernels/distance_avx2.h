#ifndef MEMVEC_DISTANCE_AVX2_H
#define MEMVEC_DISTANCE_AVX2_H

#include "distance.h"

/// NULL when the machine has no AVX2 with FMA.
const mv_distance_kernels *mv_distance_avx2(void);

#endif
