#include "ivf.h"

#include <stdlib.h>
#include <string.h>

static uint32_t whole_blocks(uint32_t rows) { return (rows + MV_BLOCK_ROWS - 1) & ~(MV_BLOCK_ROWS - 1); }

size_t mv_list_bytes(uint32_t rows, uint32_t m) {
    size_t bytes = sizeof(mv_list) + (size_t)whole_blocks(rows) * (m + 9);
    return (bytes + 63) & ~(size_t)63;
}

mv_list *mv_list_create(uint32_t rows, uint32_t m) {
    mv_list *list = aligned_alloc(64, mv_list_bytes(rows, m));
    if (!list) return NULL;
    *list = (mv_list){0, whole_blocks(rows), m, {0}};
    // A scan reads whole blocks: what lies behind the last row must be something.
    memset(mv_list_codes(list), 0, (size_t)list->capacity * (m + sizeof(float)));
    return list;
}

void mv_list_destroy(mv_list *list) { free(list); }

static uint8_t *first_code(const mv_list *list, uint32_t at) {
    return mv_list_codes(list) + (size_t)(at / MV_BLOCK_ROWS) * MV_BLOCK_ROWS * list->m + at % MV_BLOCK_ROWS;
}

void mv_list_append(mv_list *list, uint32_t row, float term, uint8_t error, const uint8_t *code) {
    uint32_t at = list->count;
    uint8_t *place = first_code(list, at);
    for (uint32_t j = 0; j < list->m; j++) place[(size_t)j * MV_BLOCK_ROWS] = code[j];
    mv_list_terms(list)[at] = term;
    mv_list_rows(list)[at] = row;
    mv_list_errors(list)[at] = error;
    __atomic_store_n(&list->count, at + 1, __ATOMIC_RELEASE);
}

void mv_list_append_entry(mv_list *list, const mv_list *from, uint32_t at, uint32_t row) {
    uint8_t code[list->m];
    mv_list_code(from, at, code);
    mv_list_append(list, row, mv_list_terms(from)[at], mv_list_errors(from)[at], code);
}

void mv_list_copy(mv_list *to, const mv_list *from) {
    size_t count = from->count;
    memcpy(mv_list_codes(to), mv_list_codes(from), (size_t)whole_blocks(from->count) * from->m);
    memcpy(mv_list_terms(to), mv_list_terms(from), count * sizeof(float));
    memcpy(mv_list_rows(to), mv_list_rows(from), count * sizeof(uint32_t));
    memcpy(mv_list_errors(to), mv_list_errors(from), count);
    to->count = from->count;
}

void mv_list_code(const mv_list *list, uint32_t at, uint8_t *code) {
    const uint8_t *place = first_code(list, at);
    for (uint32_t j = 0; j < list->m; j++) code[j] = place[(size_t)j * MV_BLOCK_ROWS];
}
