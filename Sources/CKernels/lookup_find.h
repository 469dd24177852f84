// Where the vectors of some rows are: shared by what scores the candidates of one query and of many.
#ifndef MEMVEC_LOOKUP_FIND_H
#define MEMVEC_LOOKUP_FIND_H

#include "lookup.h"

// Candidates of one round: enough that the fetches of their entries, then of their vectors, overlap; few enough that
// what was fetched is still in the first cache when it is used.
#define ROUND 64
// How many vectors ahead of the one that is scored are fetched, and at most how much of each: the processor's own
// prefetcher goes on by itself after some lines.
#define AHEAD 6
#define LINE 64
#define LINES_AHEAD 16

static inline void prefetch_vector(const float *vector, size_t d) {
    size_t lines = (d * sizeof(float) + LINE - 1) / LINE;
    if (lines > LINES_AHEAD) lines = LINES_AHEAD;
    for (size_t i = 0; i < lines; i++) __builtin_prefetch((const char *)vector + i * LINE);
}

static inline bool is_fresh(const mv_tiers *tiers, const mv_residency *entry) {
    if (!tiers->ttl_ticks) return true;
    uint16_t confirmed = mv_residency_confirmed(entry);
    return confirmed && (uint16_t)(tiers->now_tick - confirmed) < tiers->ttl_ticks;
}

/// The place + 1 of `row`, or 0.
static inline uint32_t place_of(const mv_tiers *tiers, const mv_residency *entry, uint32_t row) {
    if (tiers->place_is_row) return row + 1;
    return entry ? mv_residency_place(entry) : 0;
}

static inline const char *block_at(const mv_tiers *tiers, uint32_t place) {
    return place ? mv_address_load(tiers->blocks, (place - 1) / tiers->rows_per_block) : NULL;
}

static inline const uint32_t *number_in_block(const mv_tiers *tiers, const char *block, uint32_t place) {
    return (const uint32_t *)(block + tiers->numbers_offset) + (place - 1) % tiers->rows_per_block;
}

static inline const float *vector_in_block(const mv_tiers *tiers, const char *block, uint32_t place, size_t d,
                                           uint32_t row) {
    if (!block || *number_in_block(tiers, block, place) != row) return NULL;
    return (const float *)(block + tiers->vector_offset) + (size_t)((place - 1) % tiers->rows_per_block) * d;
}

/// A candidate on its way through the round.
typedef struct candidate {
    const mv_residency *entry;
    /// RAM slot + 1, or 0.
    uint32_t slot;
    /// Place + 1, or 0; only looked up when there is no slot.
    uint32_t place;
    const char *block;
    const float *vector;
    uint8_t tier;
} candidate;

static inline void look_for_block(const mv_tiers *tiers, candidate *c, uint32_t row) {
    if (!tiers->blocks) return;
    c->place = place_of(tiers, c->entry, row);
    c->block = block_at(tiers, c->place);
}

/// Where the vectors of one round are; each step asks for the memory that the next one reads.
static void find(const mv_tiers *tiers, size_t d, const uint32_t *rows, size_t count, candidate *out) {
    for (size_t i = 0; i < count; i++) {
        out[i] = (candidate){.entry = mv_residency_at(tiers->residency, rows[i]), .tier = MV_MISSING};
        if (out[i].entry) __builtin_prefetch(out[i].entry);
    }
    for (size_t i = 0; i < count; i++) {
        candidate *c = &out[i];
        // What the remote has not confirmed lately is nowhere.
        if (tiers->ttl_ticks && !(c->entry && is_fresh(tiers, c->entry))) continue;
        c->slot = c->entry ? mv_residency_slot(c->entry) : 0;
        if (c->slot > tiers->slot_count) c->slot = 0;
        if (c->slot) {
            __builtin_prefetch(&tiers->slot_rows[c->slot - 1]);
            __builtin_prefetch(tiers->slab + (size_t)(c->slot - 1) * tiers->slot_stride);
        } else {
            look_for_block(tiers, c, rows[i]);
            if (c->block) __builtin_prefetch(number_in_block(tiers, c->block, c->place));
        }
    }
    for (size_t i = 0; i < count; i++) {
        candidate *c = &out[i];
        if (c->slot && mv_slot_row(tiers->slot_rows, c->slot - 1) == rows[i]) {
            c->vector = tiers->slab + (size_t)(c->slot - 1) * tiers->slot_stride;
            c->tier = MV_IN_RAM;
            continue;
        }
        // The slot has gone to another row meanwhile; a block may still have this one.
        if (c->slot) look_for_block(tiers, c, rows[i]);
        c->vector = vector_in_block(tiers, c->block, c->place, d, rows[i]);
        if (c->vector) c->tier = MV_IN_BLOCK;
    }
}

#endif
