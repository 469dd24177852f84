// IVF-PQ with 8-bit codes: lists in memory, their scan, and the coding of rows.
//
// The estimate is FAISS's, |q - c - p|^2 for query q, centroid c and decoded residual p, written as
//     |q - c|^2 - 2 q.p + t,   t = |p|^2 + 2 c.p
// so that one table of -2 q.p serves all lists and t is a number of the row. In exact arithmetic the two are equal.
#ifndef MEMVEC_IVF_H
#define MEMVEC_IVF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

/// The rows of one list. `count` grows in place up to `capacity`; beyond that the list is replaced by a larger one.
/// One allocation: this head, then rows, terms, codes (`m` bytes a row).
typedef struct mv_list {
    uint32_t count;  // stored with release after the entry is whole
    uint32_t capacity;
    uint32_t m;
    uint32_t padding;
} mv_list;

static inline uint32_t *mv_list_rows(const mv_list *list) { return (uint32_t *)(list + 1); }
static inline float *mv_list_terms(const mv_list *list) { return (float *)(mv_list_rows(list) + list->capacity); }
static inline uint8_t *mv_list_codes(const mv_list *list) { return (uint8_t *)(mv_list_terms(list) + list->capacity); }
static inline uint32_t mv_list_count(const mv_list *list) { return __atomic_load_n(&list->count, __ATOMIC_ACQUIRE); }

size_t mv_list_bytes(uint32_t capacity, uint32_t m);
/// NULL when memory is short.
mv_list *mv_list_create(uint32_t capacity, uint32_t m);
/// Appends to a list that has room. Only the writer may call it.
void mv_list_append(mv_list *list, uint32_t row, float term, const uint8_t *code);
/// Copies the entries of `from` into the empty `to`, which has room for them.
void mv_list_copy(mv_list *to, const mv_list *from);
static inline void mv_list_publish(mv_list **place, mv_list *list) { __atomic_store_n(place, list, __ATOMIC_RELEASE); }

/// A trained quantiser and its lists.
typedef struct mv_ivf {
    uint32_t d, nlist, m;
    const float *centroids;  // nlist x d
    const float *codebooks;  // m x (d / m) x 256: one component of all 256 codewords side by side
    const float *norms;      // m x 256: |codeword|^2
    mv_list **lists;         // nlist, each loaded with acquire
} mv_ivf;

/// Codes one residual-quantised row: `list` is its centroid, `vector` d floats. Gives m bytes, the term t, and the
/// squared error |x - decoded|^2.
void mv_ivf_encode(const mv_ivf *ivf, uint32_t list, const float *vector, uint8_t *code, float *term, float *error);
/// The term t of a code that is known.
float mv_ivf_term(const mv_ivf *ivf, uint32_t list, const uint8_t *code);
/// The nearest centroid by exact distances.
uint32_t mv_ivf_nearest_list(const mv_ivf *ivf, const float *vector);

typedef struct mv_candidate {
    float estimate;
    uint32_t row;
} mv_candidate;

/// What a search needs beside the index; made once for a thread. NULL when memory is short.
typedef struct mv_scratch mv_scratch;
mv_scratch *mv_scratch_create(void);
void mv_scratch_destroy(mv_scratch *scratch);

typedef struct mv_search {
    const float *query;
    uint32_t nprobe, limit;
    const mv_table *live;       // rows not set are skipped
    const uint64_t *selector;   // NULL: all rows; else bits, rows beyond `selector_rows` are not selected
    uint64_t selector_rows;
} mv_search;

/// The `limit` rows of least estimate in the `nprobe` nearest lists, ascending, ties by smaller row. Gives their count,
/// or -1 when memory is short. `scanned` (may be NULL): rows whose estimate was worked out.
int64_t mv_ivf_search(const mv_ivf *ivf, const mv_search *search, mv_scratch *scratch, mv_candidate *out,
                      uint64_t *scanned);

#endif
