#ifndef MEMVEC_INTEGERS_H
#define MEMVEC_INTEGERS_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memvec {

/// Copies `text` into `out` with ".0" behind every integer that neither int64 nor uint64 holds, so that it is read as
/// a double. False if there is none.
bool rewrite_large_integers(const uint8_t *text, size_t count, std::vector<uint8_t> &out);

}  // namespace memvec

#endif
