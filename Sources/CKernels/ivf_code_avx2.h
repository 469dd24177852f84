#ifndef MEMVEC_IVF_CODE_AVX2_H
#define MEMVEC_IVF_CODE_AVX2_H

#include "ivf_code.h"

/// NULL when the processor has no AVX2 with FMA.
const mv_code_kernels *mv_code_avx2(void);

#endif
