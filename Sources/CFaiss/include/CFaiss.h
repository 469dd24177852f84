// The door to FAISS. FAISS trains, assigns in batches, reads and writes; scans are CKernels'.
//
// Every function that can fail returns 0 for fine and -1 for an error whose text is in `error`; no C++ exception comes
// out. Vectors have the inner dimension of the index: `d` padded with zeros to a multiple of 8.
#ifndef CFAISS_H
#define CFAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mvf_error {
    char text[256];
} mvf_error;

/// An IndexIVFPQ, alone or behind a RemapDimensionsTransform.
typedef struct mvf_index mvf_index;

typedef struct mvf_shape {
    uint32_t d, inner_d, nlist, m;
    uint64_t row_count;
} mvf_shape;

typedef struct mvf_training {
    int coarse_rounds, pq_rounds, threads;
    int64_t seed;
} mvf_training;

/// An empty, untrained IVF`nlist`,PQ`m` for `d` dimensions, L2 by residual, 8 bits a code.
int mvf_create(uint32_t d, uint32_t nlist, uint32_t m, mvf_index **out, mvf_error *error);
void mvf_destroy(mvf_index *index);
mvf_shape mvf_shape_of(const mvf_index *index);

/// Trains on `count` vectors.
int mvf_train(mvf_index *index, size_t count, const float *vectors, mvf_training how, mvf_error *error);

/// nlist x inner_d, and m x 256 x (inner_d / m).
void mvf_copy_centroids(const mvf_index *index, float *out);
void mvf_copy_codebooks(const mvf_index *index, float *out);

/// The nearest list of each vector.
int mvf_assign(const mvf_index *index, size_t count, const float *vectors, uint32_t *lists, int threads,
               mvf_error *error);

/// Entries of one list: row numbers and m bytes each.
size_t mvf_list_count(const mvf_index *index, uint32_t list);
int mvf_list_copy(const mvf_index *index, uint32_t list, uint32_t *rows, uint8_t *codes, mvf_error *error);
int mvf_list_add(mvf_index *index, uint32_t list, size_t count, const uint32_t *rows, const uint8_t *codes,
                 mvf_error *error);
void mvf_clear(mvf_index *index);

/// Gives freed memory of large temporary allocations back to the system.
void mvf_trim_memory(void);

int mvf_write(const mvf_index *index, const char *path, mvf_error *error);
int mvf_read(const char *path, mvf_index **out, mvf_error *error);

/// FAISS's own search, for tests that hold ours against it. `ids` are -1 where there are fewer than `k`.
int mvf_search(const mvf_index *index, size_t count, const float *vectors, size_t k, size_t nprobe, float *distances,
               int64_t *ids, mvf_error *error);

#ifdef __cplusplus
}
#endif

#endif
