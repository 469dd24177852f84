// One pass over a query's candidates: where is each row's vector at hand, and how far is it from the query?
#ifndef MEMVEC_LOOKUP_H
#define MEMVEC_LOOKUP_H

#include "distance.h"
#include "residency.h"

enum { MV_MISSING = 0, MV_IN_RAM = 1, MV_IN_BLOCK = 2 };

/// What a lookup reads. The caller holds the epoch of the slab and a read transaction of the blocks' file meanwhile.
typedef struct mv_tiers {
    const mv_table *residency;

    /// `slot_count` vectors, `slot_stride` floats from one to the next, and the row that each slot holds.
    const float *slab;
    const uint32_t *slot_rows;
    uint32_t slot_count;
    uint32_t slot_stride;

    /// Addresses of row blocks by block index; NULL: there are no blocks.
    const mv_table *blocks;
    uint32_t rows_per_block;
    /// In a block: the offset of its row numbers, and of its first vector.
    uint32_t numbers_offset;
    uint32_t vector_offset;
    /// Blocks of a local collection hold rows in order: the place of a row is its number.
    bool place_is_row;

    /// A vector that the remote has not confirmed for `ttl_ticks` ticks counts as missing. 0: no limit.
    uint16_t ttl_ticks;
    /// The tick of now. Tick 0 is never used: it stands for "not confirmed".
    uint16_t now_tick;
} mv_tiers;

/// For each of `count` rows: `found_in` says where its vector is, and `distances` how far, or INFINITY when it is
/// missing. Returns how many are missing. Believes a slot or a block only if it carries the row's number.
size_t mv_lookup(const mv_tiers *tiers, const mv_query *query, const uint32_t *rows, size_t count, float *distances,
                 uint8_t *found_in);

/// The vector of `row` in its block; NULL when no block holds it.
const float *mv_block_vector(const mv_tiers *tiers, size_t d, uint32_t row);

#endif
