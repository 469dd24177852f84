// A table with one entry for each row number, grown in chunks of 65,536 rows that never move: a reader that has
// loaded a chunk may go on reading it while the table grows. One writer, any number of readers.
#ifndef MEMVEC_TABLE_H
#define MEMVEC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MV_CHUNK_ROWS 65536u
#define MV_CHUNK_COUNT 65536u

typedef struct mv_table {
    /// Each is NULL or points to `MV_CHUNK_ROWS * entry_bits / 8` bytes. Loaded with acquire, stored with release.
    void *chunks[MV_CHUNK_COUNT];
    size_t entry_bits;
} mv_table;

/// NULL when memory is short. The directory takes 512 KiB of address space, touched as it is used.
mv_table *mv_table_create(size_t entry_bits);
void mv_table_destroy(mv_table *table);
/// The chunk of `row`, made (zeroed) if it is not there. Only the writer may call it. NULL when memory is short.
void *mv_table_grow(mv_table *table, uint32_t row);
/// Bytes of all chunks.
size_t mv_table_bytes(const mv_table *table);

static inline void *mv_table_chunk(const mv_table *table, uint32_t row) {
    return __atomic_load_n(&table->chunks[row >> 16], __ATOMIC_ACQUIRE);
}

// A table of bits, `entry_bits` 1: which rows are live.
static inline bool mv_bit_test(const mv_table *table, uint32_t row) {
    const uint64_t *words = (const uint64_t *)mv_table_chunk(table, row);
    if (!words) return false;
    uint32_t at = row & 0xffffu;
    return (__atomic_load_n(&words[at >> 6], __ATOMIC_RELAXED) >> (at & 63)) & 1;
}
/// Sets or clears a bit whose chunk exists. Only the writer may call them. Return whether the bit changed.
bool mv_bit_set(mv_table *table, uint32_t row);
bool mv_bit_clear(mv_table *table, uint32_t row);
/// Copies the bits of rows 64 * first_word ... into `words`; 0 where there is no chunk.
void mv_bits_copy(const mv_table *table, uint32_t first_word, uint64_t *words, size_t count);

/// Stores `count` words of bits, at any alignment, into `chunk`, the chunk of `row`, from `row` (a multiple of 64) on;
/// no more than the chunk has left.
void mv_bits_load(void *chunk, uint32_t row, const void *words, size_t count);

// A table of addresses, `entry_bits` 64: where each block lies.
static inline const void *mv_address_load(const mv_table *table, uint32_t at) {
    void *const *chunk = (void *const *)mv_table_chunk(table, at);
    return chunk ? __atomic_load_n(&chunk[at & 0xffffu], __ATOMIC_ACQUIRE) : NULL;
}
static inline void mv_address_store(void *chunk, uint32_t at, const void *address) {
    __atomic_store_n(&((const void **)chunk)[at & 0xffffu], address, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#endif

#endif
