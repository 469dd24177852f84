// The door to FAISS and BLAS. FAISS drives the k-means of training, reads and writes files, and is the index where a
// factory string asks for another one than IVF-PQ; the scans and distances of IVF-PQ are CKernels'.
//
// Every function that can fail returns MVF_OK, or another code with a text in `error`; no C++ exception comes out. No
// pointer is kept after a function returns. Vectors are float32, one behind the other.
#ifndef CFAISS_H
#define CFAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MVF_OK = 0, MVF_FAILED = -1, MVF_CANCELLED = -2, MVF_NO_MEMORY = -3 };

typedef struct mvf_error {
    char text[256];
} mvf_error;

// ---- training and assignment

/// The form of an IVF-PQ: `d` as users know it, `width` the same padded with zeros to a multiple of 8 (`m` divides it),
/// `nlist` centroids, codes of `m` bytes.
typedef struct mvf_shape {
    uint32_t d, width, nlist, m;
} mvf_shape;

typedef struct mvf_training {
    int coarse_rounds, codebook_rounds, threads;
    int seed;
    /// Called now and then, from one thread at a time, with the share that is done; not 0 ends the training. May be
    /// NULL.
    int (*progress)(void *context, double share);
    void *context;
} mvf_training;

/// Trains on `count` vectors of `width` floats. Gives nlist x width centroids and m x 256 x (width / m) codewords.
int mvf_train(mvf_shape shape, size_t count, const float *vectors, mvf_training how, float *centroids, float *codebooks,
              mvf_error *error);

/// The nearest of `nlist` centroids for each of `count` vectors of `width` floats, by |c|^2 - 2 x.c with BLAS.
/// `squares` are the |c|^2.
int mvf_assign(size_t count, const float *vectors, uint32_t width, uint32_t nlist, const float *centroids,
               const float *squares, int threads, uint32_t *lists, mvf_error *error);

// ---- the head of an IVF-PQ's file: all that stands before its inverted lists

/// Makes the head of a file with `row_count` entries. `bytes` is to be freed by mvf_free.
int mvf_head_make(mvf_shape shape, const float *centroids, const float *codebooks, uint64_t row_count, uint8_t **bytes,
                  size_t *byte_count, mvf_error *error);
/// Reads a head that holds what `shape` says; gives nlist x width and m x 256 x (width / m) floats.
int mvf_head_read(const uint8_t *bytes, size_t byte_count, mvf_shape shape, float *centroids, float *codebooks,
                  mvf_error *error);
void mvf_free(void *memory);

// ---- an index of FAISS's own

typedef struct mvf_index mvf_index;

/// An empty index for L2, by FAISS's factory string. It must need no training.
int mvf_create(uint32_t d, const char *factory, mvf_index **out, mvf_error *error);
int mvf_clone(const mvf_index *index, mvf_index **out, mvf_error *error);
void mvf_destroy(mvf_index *index);
uint64_t mvf_count(const mvf_index *index);
uint32_t mvf_dimension(const mvf_index *index);
/// Bytes that it holds, as allocated; 0 for a kind that is not known here.
size_t mvf_byte_count(const mvf_index *index);
/// Adds `count` vectors, which get the next numbers.
int mvf_add(mvf_index *index, size_t count, const float *vectors, int threads, mvf_error *error);
/// Its vectors in the order of their numbers, until it changes; NULL for a kind that keeps none.
const float *mvf_vectors(const mvf_index *index);
/// The `k` nearest by squared L2 of each query; ids are -1 where there are fewer. `effort`: nprobe of an IVF, efSearch
/// of an HNSW. Safe from many threads at once, unless one of them adds.
int mvf_search(const mvf_index *index, size_t count, const float *vectors, size_t k, size_t effort, float *distances,
               int64_t *ids, mvf_error *error);
int mvf_write(const mvf_index *index, const char *path, mvf_error *error);
int mvf_read(const char *path, mvf_index **out, mvf_error *error);

/// Gives memory that was freed back to the system.
void mvf_trim_memory(void);

#ifdef __cplusplus
}
#endif

#endif
