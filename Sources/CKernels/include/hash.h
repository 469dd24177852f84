#ifndef MEMVEC_HASH_H
#define MEMVEC_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct mv_hash128 {
    uint64_t low, high;
} mv_hash128;

/// XXH3 (xxHash 0.8) of `count` bytes, 64 and 128 bits wide. `seed` selects one function of the family.
uint64_t mv_hash64(const void *bytes, size_t count, uint64_t seed);
mv_hash128 mv_hash128_of(const void *bytes, size_t count, uint64_t seed);

#endif
