// Selection of the least (value, number) pairs. A pair is one 64-bit key that sorts as the pair does: the value's bits,
// turned so that they sort as the floats do, over the number. Private to CKernels,
// seen by its tests.
#ifndef MEMVEC_IVF_SELECT_H
#define MEMVEC_IVF_SELECT_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// NaN and infinity count as FLT_MAX: far, but there.
static inline uint64_t mv_key(float value, uint32_t number) {
    if (!(value <= FLT_MAX)) value = FLT_MAX;
    value += 0.0f;  // -0 and 0 are the same value
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits ^= (uint32_t)((int32_t)bits >> 31) | 0x80000000u;
    return (uint64_t)bits << 32 | number;
}

static inline float mv_key_value(uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 32);
    bits ^= bits & 0x80000000u ? 0x80000000u : 0xffffffffu;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t mv_key_number(uint64_t key) { return (uint32_t)key; }

/// Moves the `k` least of `n` keys to the front, in no order.
void mv_keys_select(uint64_t *keys, size_t n, size_t k);
void mv_keys_sort(uint64_t *keys, size_t n);
/// The `k` least of `n` values with their places as keys, sorted, into `keys`, which has room for `n`. `k` <= `n`.
void mv_keys_of_least(const float *values, size_t n, size_t k, uint64_t *keys);

/// The `limit` least of keys that come one by one: a buffer, cut back by selection when it is full. A heap moves log
/// `limit` keys for each that enters; this moves each a few times in all.
typedef struct mv_collector {
    /// Room for `room` keys, more than `limit`; owned by the caller.
    uint64_t *keys;
    size_t count, limit, room;
    /// No key from here on matters any more. At first UINT64_MAX, whose value is NaN.
    uint64_t worst;
} mv_collector;

/// How much room a collector of `limit` keys wants.
static inline size_t mv_collector_room(size_t limit) { return limit + (limit / 2 > 64 ? limit / 2 : 64); }

/// Keeps only the least.
void mv_collector_cut(mv_collector *collector);

static inline void mv_collector_push(mv_collector *collector, uint64_t key) {
    if (key >= collector->worst) return;
    collector->keys[collector->count++] = key;
    if (collector->count == collector->room) mv_collector_cut(collector);
}

/// Sorts what is kept and gives its number.
size_t mv_collector_finish(mv_collector *collector);

#ifdef __cplusplus
}
#endif

#endif
