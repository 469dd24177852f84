// Which instructions the kernels may use. Private to CKernels.
#ifndef MEMVEC_DISPATCH_H
#define MEMVEC_DISPATCH_H

/// AVX2 and FMA, unless a test has forced the scalar kernels.
int mv_has_avx2(void);

#endif
