// What FAISS's headers name of OpenMP, whose own header belongs to gcc and is not found by clang. The layout is
// libgomp's; nothing here uses it.
#ifndef CFAISS_OMP_H
#define CFAISS_OMP_H

typedef struct {
    unsigned char bytes[4] __attribute__((aligned(4)));
} omp_lock_t;

#endif
