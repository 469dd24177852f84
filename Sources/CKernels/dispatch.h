// Which instructions the kernels may use. Private to CKernels.
#ifndef MEMVEC_DISPATCH_H
#define MEMVEC_DISPATCH_H

/// Whether the processor has AVX2 and FMA.
int mv_has_avx2(void);

#endif
