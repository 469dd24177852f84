#include "ivf.h"

#include <math.h>
#include <stdlib.h>

#include "distance.h"
#include "ivf_code.h"
#include "ivf_scan.h"
#include "ivf_select.h"

struct mv_scratch {
    float *distances;  // to each centroid
    size_t distance_capacity;
    uint64_t *lists;  // nearest first
    size_t list_capacity;
    uint64_t *found;
    size_t found_capacity;
    float *table;  // -2 (q - u).p, m x 256
    size_t table_capacity;
    uint8_t *bytes;  // lower bounds of the table, m x 256
    size_t byte_capacity;
};

mv_scratch *mv_scratch_create(void) { return calloc(1, sizeof(mv_scratch)); }

void mv_scratch_destroy(mv_scratch *scratch) {
    if (!scratch) return;
    free(scratch->distances);
    free(scratch->lists);
    free(scratch->found);
    free(scratch->table);
    free(scratch->bytes);
    free(scratch);
}

size_t mv_scratch_bytes(const mv_scratch *s) {
    return sizeof(mv_scratch) + s->distance_capacity * sizeof(float) + s->list_capacity * sizeof(uint64_t) +
           s->found_capacity * sizeof(uint64_t) + s->table_capacity * sizeof(float) + s->byte_capacity;
}

static bool grow(void **memory, size_t *capacity, size_t wanted, size_t size) {
    if (*capacity >= wanted) return true;
    size_t bytes = (wanted * size + 63) & ~(size_t)63;
    void *more = aligned_alloc(64, bytes);
    if (!more) return false;
    free(*memory);
    *memory = more;
    *capacity = wanted;
    return true;
}

/// One search under way.
typedef struct scan {
    const mv_search *search;
    const float *table;
    mv_filter filter;
    /// What the sum of the least entries and rounding make of a limit for sums of bytes: see `lower_bounds`.
    float offset;
    mv_filter_blocks *blocks;
    mv_collector found;
} scan;

/// -2 (q - u).p of each sub space and codeword.
static void query_table(const mv_ivf *ivf, const float *query, float *table) {
    uint32_t dsub = ivf->d / ivf->m;
    float centred[ivf->d];
    for (uint32_t i = 0; i < ivf->d; i++) centred[i] = query[i] - ivf->mean[i];
    for (uint32_t j = 0; j < ivf->m; j++) {
        const float *book = ivf->codebooks + (size_t)j * dsub * MV_CODEWORDS;
        mv_code_best()->products(centred + j * dsub, book, dsub, -2, NULL, table + (size_t)j * MV_CODEWORDS);
    }
}

/// Fills `bytes` so that `least + step * byte` is at most the entry, for each entry of the table; `least` differs by
/// sub space, and only the sum of them all is needed. Larger entries than the bytes reach keep a valid bound, the
/// largest byte: the rows that have them are far.
static void lower_bounds(scan *s, uint32_t m, uint8_t *bytes) {
    // Entries that are farther up are cut off: finer steps for all that is near. Measured on sift1m: 2 to 2.5 lets the
    // fewest rows pass in vain, 1.5 twice as many, no cut a quarter more.
    const float mean_ranges = 2.5f;
    const mv_code_kernels *kernels = mv_code_best();
    float least[m], ranges = 0, widest = 0, sum = 0, size = 0;
    for (uint32_t j = 0; j < m; j++) {
        float low, high;
        kernels->range(s->table + (size_t)j * MV_CODEWORDS, MV_CODEWORDS, &low, &high);
        least[j] = low;
        sum += low;
        size += fmaxf(fabsf(low), fabsf(high));
        ranges += high - low;
        if (high - low > widest) widest = high - low;
    }
    // Sums of m bytes have to fit 16 bits.
    float levels = m <= 257 ? 255 : floorf(65535.0f / (float)m);
    float reach = ranges / (float)m * mean_ranges, step = (reach < widest ? reach : widest) / levels;
    float inverse = 1 / step;
    if (!(step > 0) || !(inverse <= FLT_MAX) || !(size <= FLT_MAX)) {
        // Nothing can be said: every row passes.
        memset(bytes, 0, (size_t)m * MV_CODEWORDS);
        s->filter.step = 0;
        s->offset = INFINITY;
        return;
    }
    for (uint32_t j = 0; j < m; j++) {
        size_t at = (size_t)j * MV_CODEWORDS;
        kernels->to_bytes(s->table + at, least[j], inverse, levels, bytes + at);
    }
    s->filter.step = step;
    // Rounding of the float sums that the bound is compared with: half a unit in the last place for each addition.
    s->offset = -sum + size * (float)(m + 16) * 1.2e-7f;
}

/// The entries of one code, which lie a block apart; always added in the same order.
static inline float look_up(const float *table, const uint8_t *code, uint32_t m) {
    float a = 0, b = 0, c = 0, e = 0;
    uint32_t j = 0;
    for (; j + 4 <= m; j += 4) {
        const float *t = table + (size_t)j * MV_CODEWORDS;
        const uint8_t *at = code + (size_t)j * MV_BLOCK_ROWS;
        a += t[at[0]];
        b += t[MV_CODEWORDS + at[MV_BLOCK_ROWS]];
        c += t[2 * MV_CODEWORDS + at[2 * MV_BLOCK_ROWS]];
        e += t[3 * MV_CODEWORDS + at[3 * MV_BLOCK_ROWS]];
    }
    for (; j < m; j++) a += table[(size_t)j * MV_CODEWORDS + code[(size_t)j * MV_BLOCK_ROWS]];
    return (a + b) + (c + e);
}

static void scan_list(scan *s, const mv_list *list, float base, const mv_list *next) {
    uint32_t count = mv_list_count(list), m = list->m, next_count = next ? mv_list_count(next) : 0;
    const float *terms = mv_list_terms(list);
    const uint32_t *rows = mv_list_rows(list);
    const size_t block = (size_t)MV_BLOCK_ROWS * m;
    for (uint32_t first = 0; first < count; first += MV_SCAN_BLOCKS * MV_BLOCK_ROWS) {
        uint32_t left = (count - first + MV_BLOCK_ROWS - 1) / MV_BLOCK_ROWS;
        uint32_t blocks = left < MV_SCAN_BLOCKS ? left : MV_SCAN_BLOCKS, masks[MV_SCAN_BLOCKS];
        const uint8_t *codes = mv_list_codes(list) + first / MV_BLOCK_ROWS * block;
        // While a list is scanned, the same place of the next one is fetched.
        const uint8_t *ahead = first < next_count ? mv_list_codes(next) + first / MV_BLOCK_ROWS * block : NULL;
        // NaN while there is no worst yet: every row passes.
        float worst = mv_key_value(s->found.worst);
        s->filter.limit = worst - base + s->offset + (fabsf(worst) + fabsf(base)) * (float)(m + 16) * 1.2e-7f;
        s->blocks(&s->filter, codes, terms + first, blocks, ahead, masks);
        for (uint32_t b = 0; b < blocks; b++) {
            uint32_t at = first + b * MV_BLOCK_ROWS, mask = masks[b];
            if (count - at < MV_BLOCK_ROWS) mask &= (1u << (count - at)) - 1;
            for (; mask; mask &= mask - 1) {
                uint32_t r = (uint32_t)__builtin_ctz(mask);
                if (!mv_is_wanted(&s->search->rows, rows[at + r])) continue;
                float estimate = base + (terms[at + r] + look_up(s->table, codes + b * block + r, m));
                mv_collector_push(&s->found, mv_key(estimate, rows[at + r]));
            }
        }
    }
}

int64_t mv_ivf_search(const mv_ivf *ivf, const mv_search *search, mv_scratch *scratch, mv_candidate *out,
                      uint64_t *scanned) {
    size_t limit = search->limit, room = mv_collector_room(limit), entries = (size_t)ivf->m * MV_CODEWORDS;
    if (scanned) *scanned = 0;
    if (limit == 0) return 0;
    if (!grow((void **)&scratch->distances, &scratch->distance_capacity, ivf->nlist, sizeof(float)) ||
        !grow((void **)&scratch->lists, &scratch->list_capacity, ivf->nlist, sizeof(uint64_t)) ||
        !grow((void **)&scratch->found, &scratch->found_capacity, room, sizeof(uint64_t)) ||
        !grow((void **)&scratch->table, &scratch->table_capacity, entries, sizeof(float)) ||
        !grow((void **)&scratch->bytes, &scratch->byte_capacity, entries, 1)) {
        return -1;
    }
    uint32_t nprobe = search->nprobe < ivf->nlist ? search->nprobe : ivf->nlist;
    mv_l2sq_rows(search->query, ivf->centroids, ivf->nlist, ivf->d, scratch->distances);
    mv_keys_of_least(scratch->distances, ivf->nlist, nprobe, scratch->lists);
    query_table(ivf, search->query, scratch->table);
    scan s = {
        .search = search,
        .table = scratch->table,
        .filter = {.m = ivf->m, .table = scratch->bytes},
        .blocks = mv_filter_best(),
        .found = {.keys = scratch->found, .limit = limit, .room = room, .worst = UINT64_MAX},
    };
    lower_bounds(&s, ivf->m, scratch->bytes);
    mv_list *list = nprobe ? mv_list_load(&ivf->lists[mv_key_number(scratch->lists[0])]) : NULL;
    for (uint32_t p = 0; p < nprobe; p++) {
        mv_list *next = p + 1 < nprobe ? mv_list_load(&ivf->lists[mv_key_number(scratch->lists[p + 1])]) : NULL;
        if (list) {
            if (scanned) *scanned += mv_list_count(list);
            scan_list(&s, list, scratch->distances[mv_key_number(scratch->lists[p])], next);
        }
        list = next;
    }
    size_t count = mv_collector_finish(&s.found);
    for (size_t i = 0; i < count; i++) {
        out[i] = (mv_candidate){mv_key_value(s.found.keys[i]), mv_key_number(s.found.keys[i])};
    }
    return (int64_t)count;
}
