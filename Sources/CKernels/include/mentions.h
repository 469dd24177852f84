// The candidates of many queries at once: sorted so that each key is looked up once and each vector is read once.
#ifndef MEMVEC_MENTIONS_H
#define MEMVEC_MENTIONS_H

#include "hash.h"
#include "lookup.h"

/// One line's mention of a key as its candidate. Those of one key stand together once they are sorted, in the order of
/// their lines.
typedef struct mv_mention {
    /// The hash of its key. Of the first of a key that was found: the row, and how many entries the key has.
    uint64_t high, low;
    /// Its place among all candidates, and the line it belongs to.
    uint32_t candidate, line;
} mv_mention;

/// What stands in place of a distance.
#define MV_NO_SUCH_KEY (-1.0f)
#define MV_NAMED_BEFORE (-2.0f)  // the line has the key already
#define MV_NOT_AT_HAND (-3.0f)

enum { MV_MENTION_PARTS = 256 };

/// The part, 0 to MV_MENTION_PARTS - 1, that an entry belongs to: its hash's first byte, so that parts are in order.
static inline uint32_t mv_mention_part(const mv_mention *entry) { return (uint32_t)(entry->high >> 56); }

/// Sorts entries of one part by hash, those of one hash staying in their order. `scratch` has room for `count`.
void mv_mentions_sort(mv_mention *entries, mv_mention *scratch, size_t count);

/// How a mention is to the one before it.
enum { MV_OTHER_HASH = 0, MV_SAME_KEY = 1, MV_SAME_HASH = 2 };

/// Says of each of `count` sorted entries how it is to the one before. Key i ends at `ends[i]` in `bytes`, where key
/// i + 1 begins.
void mv_mentions_compare(const mv_mention *entries, size_t count, const uint8_t *bytes, const uint32_t *ends,
                         uint8_t *out);

/// Sorts by the upper 32 bits, words that are equal there staying in their order.
void mv_words_sort(uint64_t *words, uint64_t *scratch, size_t count);

/// Gives all `count` entries of one key, the first at `entries`, the distance of their line's query to `vector`, or
/// `code` where `vector` is NULL. Only the first of a line gets it.
void mv_mentions_give(const mv_mention *entries, size_t count, const mv_query *queries, const float *vector,
                      float code, float *distances);

/// Scores what is at hand of keys that were found. A word is something to sort by (upper half) and the number of the
/// key's first entry (lower half). What is not at hand gets MV_NOT_AT_HAND, and its word goes to `missing`, which has
/// room for `count`; returns how many did. `rows`, unless NULL, gets the row of every candidate.
size_t mv_mentions_score(const mv_tiers *tiers, const mv_query *queries, const mv_mention *entries,
                         const uint64_t *words, size_t count, float *distances, uint32_t *rows, uint64_t *missing);

/// Asks for the pages that the words' vectors lie on, block by block, so that they come in large reads while something
/// else is done. Returns how many blocks that were.
size_t mv_mentions_ahead(const mv_tiers *tiers, size_t d, const mv_mention *entries, const uint64_t *words,
                         size_t count);

#endif
