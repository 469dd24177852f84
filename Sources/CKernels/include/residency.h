// Where a row's vector is at hand, and how hot the row is: 16 bytes a row, in an mv_table of 128 bits an entry.
// Every field is read and written as an atomic of its own. Zeroed memory means: nowhere, never used.
#ifndef MEMVEC_RESIDENCY_H
#define MEMVEC_RESIDENCY_H

#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mv_residency {
    /// RAM slot + 1, or 0.
    uint32_t slot;
    /// Warm place + 1, or 0. Place = block index * rows per block + position in the block.
    uint32_t place;
    /// Low half: uses, halved once an era. High half: the era in which it was last brought up to date.
    uint32_t heat;
    /// The tick in which the remote last confirmed the vector (see mv_lookup's `oldest_tick`), or 0.
    uint16_t confirmed;
    /// Squared error of the row's code on a log scale.
    uint8_t error;
    /// MV_RESIDENCY_PINNED.
    uint8_t flags;
} mv_residency;

#define MV_RESIDENCY_PINNED 1u

_Static_assert(sizeof(mv_residency) == 16, "an entry of the residency table has 16 bytes");

/// NULL where the table has no chunk.
static inline mv_residency *mv_residency_at(const mv_table *table, uint32_t row) {
    mv_residency *chunk = (mv_residency *)mv_table_chunk(table, row);
    return chunk ? &chunk[row & 0xffffu] : NULL;
}

/// Acquire: a reader that sees a slot also sees the row number that was written into the slot before.
static inline uint32_t mv_residency_slot(const mv_residency *entry) {
    return __atomic_load_n(&entry->slot, __ATOMIC_ACQUIRE);
}
static inline void mv_residency_set_slot(mv_residency *entry, uint32_t slot) {
    __atomic_store_n(&entry->slot, slot, __ATOMIC_RELEASE);
}

static inline uint32_t mv_residency_place(const mv_residency *entry) {
    return __atomic_load_n(&entry->place, __ATOMIC_ACQUIRE);
}
static inline void mv_residency_set_place(mv_residency *entry, uint32_t place) {
    __atomic_store_n(&entry->place, place, __ATOMIC_RELEASE);
}
/// Sets the place if it still is `expected`; returns whether it was.
static inline bool mv_residency_replace_place(mv_residency *entry, uint32_t expected, uint32_t place) {
    return __atomic_compare_exchange_n(&entry->place, &expected, place, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline uint32_t mv_heat_aged(uint32_t heat, uint16_t era) {
    uint16_t eras = (uint16_t)(era - (uint16_t)(heat >> 16));
    return eras >= 16 ? 0 : (heat & 0xffffu) >> eras;
}
/// Uses as they count in `era`.
static inline uint32_t mv_residency_uses(const mv_residency *entry, uint16_t era) {
    return mv_heat_aged(__atomic_load_n(&entry->heat, __ATOMIC_RELAXED), era);
}
static inline void mv_residency_set_uses(mv_residency *entry, uint16_t era, uint16_t uses) {
    __atomic_store_n(&entry->heat, (uint32_t)era << 16 | uses, __ATOMIC_RELAXED);
}
/// Counts one use and returns the new count. Of two threads that count at once one may be lost.
static inline uint32_t mv_residency_count_use(mv_residency *entry, uint16_t era) {
    uint32_t uses = mv_residency_uses(entry, era);
    if (uses < 0xffffu) uses++;
    mv_residency_set_uses(entry, era, (uint16_t)uses);
    return uses;
}

static inline uint16_t mv_residency_confirmed(const mv_residency *entry) {
    return __atomic_load_n(&entry->confirmed, __ATOMIC_RELAXED);
}
static inline void mv_residency_set_confirmed(mv_residency *entry, uint16_t tick) {
    __atomic_store_n(&entry->confirmed, tick, __ATOMIC_RELAXED);
}

static inline uint8_t mv_residency_error(const mv_residency *entry) {
    return __atomic_load_n(&entry->error, __ATOMIC_RELAXED);
}
static inline void mv_residency_set_error(mv_residency *entry, uint8_t error) {
    __atomic_store_n(&entry->error, error, __ATOMIC_RELAXED);
}

static inline bool mv_residency_is_pinned(const mv_residency *entry) {
    return __atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & MV_RESIDENCY_PINNED;
}
/// Returns whether the flag changed.
static inline bool mv_residency_pin(mv_residency *entry) {
    return !(__atomic_fetch_or(&entry->flags, MV_RESIDENCY_PINNED, __ATOMIC_RELAXED) & MV_RESIDENCY_PINNED);
}
static inline bool mv_residency_unpin(mv_residency *entry) {
    uint8_t mask = (uint8_t)~MV_RESIDENCY_PINNED;
    return (__atomic_fetch_and(&entry->flags, mask, __ATOMIC_RELAXED) & MV_RESIDENCY_PINNED) != 0;
}

// The row numbers of a RAM slab's slots; MV_SLOT_FREE where a slot holds none. Kept one larger, so that memory that was
// never written says free.
#define MV_SLOT_FREE 0xffffffffu
static inline uint32_t mv_slot_row(const uint32_t *slot_rows, uint32_t slot) {
    return __atomic_load_n(&slot_rows[slot], __ATOMIC_ACQUIRE) - 1;
}
static inline void mv_slot_set_row(uint32_t *slot_rows, uint32_t slot, uint32_t row) {
    __atomic_store_n(&slot_rows[slot], row + 1, __ATOMIC_RELEASE);
}

#endif
