#define XXH_INLINE_ALL
#include <xxhash.h>

#include "hash.h"

uint64_t mv_hash64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

mv_hash128 mv_hash128_of(const void *bytes, size_t count, uint64_t seed) {
    XXH128_hash_t h = XXH3_128bits_withSeed(bytes, count, seed);
    return (mv_hash128){h.low64, h.high64};
}
