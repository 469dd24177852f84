// IVF-PQ with 8-bit codes: lists in memory, their scan, and the coding of rows.
//
// The estimate is FAISS's, |q - c - p|^2 for query q, centroid c and decoded residual p, written as
//     |q - c|^2 - 2 (q - u).p + t,   t = |p|^2 + 2 (c - u).p
// so that one table of -2 (q - u).p serves all lists and t is a number of the row. In exact arithmetic the two are
// equal for any u; with u the mean of the centroids the table's entries are near 0, and little is lost where they get
// few bits.
#ifndef MEMVEC_IVF_H
#define MEMVEC_IVF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Codewords of a sub space.
#define MV_CODEWORDS 256u
/// Rows whose codes lie together: byte r of 32 x j ... is the code of sub space j of row r.
#define MV_BLOCK_ROWS 32u

/// The rows of one list, in one allocation: this head, then for `capacity` rows (whole blocks) codes, terms, row
/// numbers, error bytes. `count` grows in place up to `capacity`; beyond that the list is replaced by a larger one.
typedef struct mv_list {
    /// Stored with release after the entry is whole.
    uint32_t count;
    uint32_t capacity;
    /// Bytes of a code.
    uint32_t m;
    uint32_t spare[13];
} mv_list;

_Static_assert(sizeof(mv_list) == 64, "codes start on a cache line");

static inline uint32_t mv_list_count(const mv_list *list) { return __atomic_load_n(&list->count, __ATOMIC_ACQUIRE); }
static inline uint8_t *mv_list_codes(const mv_list *list) { return (uint8_t *)(list + 1); }
static inline float *mv_list_terms(const mv_list *list) {
    return (float *)(mv_list_codes(list) + (size_t)list->capacity * list->m);
}
static inline uint32_t *mv_list_rows(const mv_list *list) { return (uint32_t *)(mv_list_terms(list) + list->capacity); }
static inline uint8_t *mv_list_errors(const mv_list *list) { return (uint8_t *)(mv_list_rows(list) + list->capacity); }

/// Bytes of a list with room for `rows` rows, which is rounded up to whole blocks.
size_t mv_list_bytes(uint32_t rows, uint32_t m);
/// NULL when memory is short.
mv_list *mv_list_create(uint32_t rows, uint32_t m);
void mv_list_destroy(mv_list *list);
/// Appends to a list that has room. Only the writer may call it.
void mv_list_append(mv_list *list, uint32_t row, float term, uint8_t error, const uint8_t *code);
/// Appends entry `at` of `from`, under the number `row`.
void mv_list_append_entry(mv_list *list, const mv_list *from, uint32_t at, uint32_t row);
/// Copies the entries of `from` into the empty `to`, which has room for them.
void mv_list_copy(mv_list *to, const mv_list *from);
/// The code of entry `at`, its `m` bytes side by side.
void mv_list_code(const mv_list *list, uint32_t at, uint8_t *code);
static inline mv_list *mv_list_load(mv_list *const *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }
static inline void mv_list_publish(mv_list **place, mv_list *list) { __atomic_store_n(place, list, __ATOMIC_RELEASE); }

/// A trained quantiser and its lists.
typedef struct mv_ivf {
    /// `d` is a multiple of `m`.
    uint32_t d, nlist, m;
    /// nlist x d.
    const float *centroids;
    /// Their mean, d.
    const float *mean;
    /// m x (d / m) x 256: one component of all 256 codewords side by side.
    const float *codebooks;
    /// m x 256: |codeword|^2.
    const float *norms;
    /// nlist, each loaded with acquire; NULL where a list is empty.
    mv_list **lists;
} mv_ivf;

/// Codes one row whose list is known: `vector` is d floats. Gives m bytes, and the squared error |x - decoded|^2.
void mv_ivf_encode(const mv_ivf *ivf, uint32_t list, const float *vector, uint8_t *code, float *error);
/// The term t of each of `count` codes of one list, m bytes each.
void mv_ivf_terms(const mv_ivf *ivf, uint32_t list, const uint8_t *codes, size_t count, float *terms);
/// The nearest centroid by exact distances; of two as near, the smaller number.
uint32_t mv_ivf_nearest_list(const mv_ivf *ivf, const float *vector);
/// Of `count` vectors the list of least |c|^2 - 2 x.c: `products` is count x n, x.c for the centroids `first` and up.
/// `least` and `lists` are carried from call to call; `least` starts at infinity.
void mv_ivf_take_nearest(const float *products, const float *centroid_squares, size_t count, uint32_t first, uint32_t n,
                         float *least, uint32_t *lists);

typedef struct mv_candidate {
    float estimate;
    uint32_t row;
} mv_candidate;

/// What a search needs beside the index; made once for a thread. NULL when memory is short.
typedef struct mv_scratch mv_scratch;
mv_scratch *mv_scratch_create(void);
void mv_scratch_destroy(mv_scratch *scratch);
/// Bytes it holds.
size_t mv_scratch_bytes(const mv_scratch *scratch);

/// Which rows may be candidates.
typedef struct mv_wanted {
    /// Rows not set are skipped.
    const mv_table *live;
    /// NULL: all rows; else bits, and rows beyond `selector_rows` are not selected.
    const uint64_t *selector;
    uint64_t selector_rows;
} mv_wanted;

static inline bool mv_is_wanted(const mv_wanted *wanted, uint32_t row) {
    if (wanted->selector && (row >= wanted->selector_rows || !((wanted->selector[row >> 6] >> (row & 63)) & 1))) {
        return false;
    }
    return mv_bit_test(wanted->live, row);
}

typedef struct mv_search {
    const float *query;
    uint32_t nprobe, limit;
    mv_wanted rows;
} mv_search;

/// The `limit` rows of least estimate in the `nprobe` nearest lists, ascending, ties by smaller row. Gives their count,
/// or -1 when memory is short. `scanned` (may be NULL): entries of the lists that were looked into.
int64_t mv_ivf_search(const mv_ivf *ivf, const mv_search *search, mv_scratch *scratch, mv_candidate *out,
                      uint64_t *scanned);

#ifdef __cplusplus
}
#endif

#endif
