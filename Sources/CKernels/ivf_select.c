#include "ivf_select.h"

#include "ivf_code.h"

// Hoare's FIND (CACM 4, 1961, algorithm 65). Keys that differ only in their numbers are different, so equal values do
// no harm.
void mv_keys_select(uint64_t *keys, size_t n, size_t k) {
    if (k == 0 || k >= n) return;
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, at = (ptrdiff_t)k - 1;
    while (low < high) {
        uint64_t pivot = keys[at];
        ptrdiff_t i = low, j = high;
        do {
            while (keys[i] < pivot) i++;
            while (pivot < keys[j]) j--;
            if (i <= j) {
                uint64_t key = keys[i];
                keys[i++] = keys[j];
                keys[j--] = key;
            }
        } while (i <= j);
        if (j < at) low = i;
        if (at < i) high = j;
    }
}

static void insertion_sort(uint64_t *keys, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && key < keys[j - 1]; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

void mv_keys_sort(uint64_t *keys, size_t n) {
    // Halves by selection: each level is linear on average, and the depth is log n whatever the order was.
    while (n > 24) {
        size_t half = n / 2;
        mv_keys_select(keys, n, half);
        mv_keys_sort(keys, half);
        keys += half;
        n -= half;
    }
    insertion_sort(keys, n);
}

void mv_keys_of_least(const float *values, size_t n, size_t k, uint64_t *keys) {
    const mv_code_kernels *kernels = mv_code_best();
    float low, high;
    kernels->range(values, n, &low, &high);
    // A mark with k to 1.25 k values below it, by halving; more of them only cost time.
    float mark = high;
    for (int round = 0; round < 24 && k < n; round++) {
        float middle = low + (high - low) / 2;
        size_t count = kernels->count_up_to(values, n, middle);
        if (count < k) {
            low = middle;
        } else {
            mark = high = middle;
            if (count <= k + k / 4) break;
        }
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        keys[count] = mv_key(values[i], (uint32_t)i);
        count += !(values[i] > mark);
    }
    if (k < count) mv_keys_select(keys, count, k);
    mv_keys_sort(keys, k < count ? k : count);
}

void mv_collector_cut(mv_collector *collector) {
    if (collector->count < collector->limit) return;
    mv_keys_select(collector->keys, collector->count, collector->limit);
    collector->count = collector->limit;
    collector->worst = 0;
    for (size_t i = 0; i < collector->limit; i++) {
        if (collector->keys[i] > collector->worst) collector->worst = collector->keys[i];
    }
}

size_t mv_collector_finish(mv_collector *collector) {
    if (collector->count > collector->limit) mv_collector_cut(collector);
    mv_keys_sort(collector->keys, collector->count);
    return collector->count;
}
