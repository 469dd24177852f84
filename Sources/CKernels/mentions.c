#define _DEFAULT_SOURCE
#include "mentions.h"

#include <string.h>
#include <sys/mman.h>

#include "lookup_find.h"

// Queries of a run that are fetched ahead of the one that is compared.
#define QUERIES_AHEAD 4

static inline bool is_before(const mv_mention *a, const mv_mention *b) {
    return a->high != b->high ? a->high < b->high : a->low < b->low;
}

static void insertion_sort(mv_mention *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (!is_before(&entries[i], &entries[i - 1])) continue;
        mv_mention entry = entries[i];
        size_t j = i;
        for (; j > 0 && is_before(&entry, &entries[j - 1]); j--) entries[j] = entries[j - 1];
        entries[j] = entry;
    }
}

static void merge_sort(mv_mention *entries, mv_mention *scratch, size_t count) {
    if (count <= 16) return insertion_sort(entries, count);
    size_t half = count / 2, a = 0, b = half, out = 0;
    merge_sort(entries, scratch, half);
    merge_sort(entries + half, scratch + half, count - half);
    memcpy(scratch, entries, half * sizeof(mv_mention));
    while (a < half && b < count) {
        entries[out++] = is_before(&entries[b], &scratch[a]) ? entries[b++] : scratch[a++];
    }
    memcpy(entries + out, scratch + a, (half - a) * sizeof(mv_mention));
}

static void by_byte(const mv_mention *from, mv_mention *to, size_t count, int shift) {
    size_t starts[256] = {0};
    for (size_t i = 0; i < count; i++) starts[(from[i].high >> shift) & 0xff]++;
    for (size_t i = 0, sum = 0; i < 256; i++) {
        size_t n = starts[i];
        starts[i] = sum;
        sum += n;
    }
    for (size_t i = 0; i < count; i++) to[starts[(from[i].high >> shift) & 0xff]++] = from[i];
}

void mv_mentions_sort(mv_mention *entries, mv_mention *scratch, size_t count) {
    if (count > 512) {
        // The first byte is that of the part. Behind the next two few entries of different keys are left together.
        by_byte(entries, scratch, count, 40);
        by_byte(scratch, entries, count, 48);
        for (size_t start = 0, end; start < count; start = end) {
            for (end = start + 1; end < count && entries[end].high >> 40 == entries[start].high >> 40; end++) {}
            merge_sort(entries + start, scratch, end - start);
        }
        return;
    }
    merge_sort(entries, scratch, count);
}

static inline uint32_t start_of(const uint32_t *ends, uint32_t key) { return key ? ends[key - 1] : 0; }

void mv_mentions_compare(const mv_mention *entries, size_t count, const uint8_t *bytes, const uint32_t *ends,
                         uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        // Where a key lies, then the key: two steps into memory that is read in no order.
        if (i + 2 * AHEAD < count) __builtin_prefetch(&ends[entries[i + 2 * AHEAD].candidate]);
        if (i + AHEAD < count) __builtin_prefetch(bytes + start_of(ends, entries[i + AHEAD].candidate));
        if (i == 0 || entries[i].high != entries[i - 1].high || entries[i].low != entries[i - 1].low) {
            out[i] = MV_OTHER_HASH;
            continue;
        }
        uint32_t a = start_of(ends, entries[i].candidate), b = start_of(ends, entries[i - 1].candidate);
        uint32_t length = ends[entries[i].candidate] - a;
        bool is_same = length == ends[entries[i - 1].candidate] - b && memcmp(bytes + a, bytes + b, length) == 0;
        out[i] = is_same ? MV_SAME_KEY : MV_SAME_HASH;
    }
}

void mv_words_sort(uint64_t *words, uint64_t *scratch, size_t count) {
    uint64_t *from = words, *to = scratch;
    for (int shift = 32; shift < 64; shift += 8) {
        size_t starts[256] = {0};
        for (size_t i = 0; i < count; i++) starts[(from[i] >> shift) & 0xff]++;
        for (size_t i = 0, sum = 0; i < 256; i++) {
            size_t n = starts[i];
            starts[i] = sum;
            sum += n;
        }
        for (size_t i = 0; i < count; i++) to[starts[(from[i] >> shift) & 0xff]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
}

void mv_mentions_give(const mv_mention *entries, size_t count, const mv_query *queries, const float *vector,
                      float code, float *distances) {
    for (size_t i = 0; i < count; i++) {
        if (vector && i + QUERIES_AHEAD < count) {
            const mv_query *next = &queries[entries[i + QUERIES_AHEAD].line];
            prefetch_vector(next->values, next->d);
        }
        bool is_repeated = i > 0 && entries[i].line == entries[i - 1].line;
        distances[entries[i].candidate] = is_repeated ? MV_NAMED_BEFORE
                                          : vector    ? mv_distance(&queries[entries[i].line], vector)
                                                      : code;
    }
}

size_t mv_mentions_score(const mv_tiers *tiers, const mv_query *queries, const mv_mention *entries,
                         const uint64_t *words, size_t count, float *distances, uint32_t *rows, uint64_t *missing) {
    candidate round[ROUND];
    uint32_t round_rows[ROUND];
    size_t missing_count = 0;
    for (size_t start = 0; start < count; start += ROUND) {
        size_t n = count - start < ROUND ? count - start : ROUND;
        for (size_t i = 0; i < n; i++) round_rows[i] = (uint32_t)entries[(uint32_t)words[start + i]].high;
        find(tiers, queries->d, round_rows, n, round);
        for (size_t i = 0; i < n; i++) {
            if (i + 1 < n) {
                if (round[i + 1].vector) prefetch_vector(round[i + 1].vector, queries->d);
                const mv_query *next = &queries[entries[(uint32_t)words[start + i + 1]].line];
                prefetch_vector(next->values, next->d);
            }
            const mv_mention *first = &entries[(uint32_t)words[start + i]];
            size_t run = (size_t)first->low;
            mv_mentions_give(first, run, queries, round[i].vector, MV_NOT_AT_HAND, distances);
            for (size_t at = 0; rows && at < run; at++) rows[first[at].candidate] = round_rows[i];
            if (!round[i].vector) missing[missing_count++] = words[start + i];
        }
    }
    return missing_count;
}

/// Asks for the pages from `start` to `end`; a kernel that does not take the advice reads them one by one.
static void ask_for(const char *start, const char *end) {
    uintptr_t first = (uintptr_t)start & ~(uintptr_t)4095;
    (void)madvise((void *)first, (uintptr_t)end - first, MADV_WILLNEED);
}

size_t mv_mentions_ahead(const mv_tiers *tiers, size_t d, const mv_mention *entries, const uint64_t *words,
                         size_t count) {
    if (!tiers->blocks) return 0;
    size_t blocks = 0;
    for (size_t i = 0; i < count;) {
        uint32_t first = 0, last = 0, place = 0;
        const char *block = NULL;
        for (; i < count; i++) {
            uint32_t row = (uint32_t)entries[(uint32_t)words[i]].high;
            place = place_of(tiers, mv_residency_at(tiers->residency, row), row);
            if (!place) continue;
            if (!first) {
                block = block_at(tiers, place);
                first = place;
            } else if ((place - 1) / tiers->rows_per_block != (first - 1) / tiers->rows_per_block) {
                break;
            }
            last = place;
        }
        if (!block) continue;
        // Of the block: its row numbers, and from the first vector that is wanted to the last.
        const char *vectors = block + tiers->vector_offset;
        const char *from = vectors + (size_t)((first - 1) % tiers->rows_per_block) * d * sizeof(float);
        const char *to = vectors + (size_t)((last - 1) % tiers->rows_per_block + 1) * d * sizeof(float);
        if (from - vectors > 16384) ask_for(block, vectors);
        ask_for(from - vectors > 16384 ? from : block, to);
        blocks++;
    }
    return blocks;
}
