#include "table.h"

#include <stdlib.h>

mv_table *mv_table_create(size_t entry_bits) {
    mv_table *table = calloc(1, sizeof(mv_table));
    if (table) table->entry_bits = entry_bits;
    return table;
}

void mv_table_destroy(mv_table *table) {
    if (!table) return;
    for (size_t i = 0; i < MV_CHUNK_COUNT; i++) free(table->chunks[i]);
    free(table);
}

void *mv_table_grow(mv_table *table, uint32_t row) {
    void *chunk = mv_table_chunk(table, row);
    if (chunk) return chunk;
    size_t bytes = MV_CHUNK_ROWS * table->entry_bits / 8;
    chunk = aligned_alloc(64, bytes);
    if (!chunk) return NULL;
    __builtin_memset(chunk, 0, bytes);
    __atomic_store_n(&table->chunks[row >> 16], chunk, __ATOMIC_RELEASE);
    return chunk;
}

size_t mv_table_bytes(const mv_table *table) {
    size_t count = 0;
    for (size_t i = 0; i < MV_CHUNK_COUNT; i++) {
        if (__atomic_load_n(&table->chunks[i], __ATOMIC_RELAXED)) count++;
    }
    return count * MV_CHUNK_ROWS * table->entry_bits / 8;
}

bool mv_bit_set(mv_table *table, uint32_t row) {
    uint64_t *words = mv_table_chunk(table, row);
    uint64_t bit = 1ull << (row & 63);
    return !(__atomic_fetch_or(&words[(row & 0xffffu) >> 6], bit, __ATOMIC_RELEASE) & bit);
}

bool mv_bit_clear(mv_table *table, uint32_t row) {
    uint64_t *words = mv_table_chunk(table, row);
    if (!words) return false;
    uint64_t bit = 1ull << (row & 63);
    return (__atomic_fetch_and(&words[(row & 0xffffu) >> 6], ~bit, __ATOMIC_RELEASE) & bit) != 0;
}

void mv_bits_copy(const mv_table *table, uint32_t first_word, uint64_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t word = first_word + (uint32_t)i;
        const uint64_t *chunk = mv_table_chunk(table, word << 6);
        words[i] = chunk ? __atomic_load_n(&chunk[word & 1023], __ATOMIC_RELAXED) : 0;
    }
}

void mv_bits_load(void *chunk, uint32_t row, const void *words, size_t count) {
    uint64_t *bits = chunk;
    size_t first = (row & 0xffffu) >> 6;
    for (size_t i = 0; i < count && first + i < MV_CHUNK_ROWS / 64; i++) {
        uint64_t word;
        __builtin_memcpy(&word, (const char *)words + 8 * i, 8);
        __atomic_store_n(&bits[first + i], word, __ATOMIC_RELAXED);
    }
}
