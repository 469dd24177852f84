// The loops themselves, in vectors of 8 that the compiler maps to what the including file lets it use: LOOPS names the
// table, LANES is what each function is compiled for.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "loops.h"

typedef float f8 __attribute__((ext_vector_type(8)));
typedef int32_t i8 __attribute__((ext_vector_type(8)));

LANES static inline f8 load(const float *from) {
    f8 value;
    memcpy(&value, from, sizeof value);
    return value;
}

LANES static inline void store(float *to, f8 value) { memcpy(to, &value, sizeof value); }

LANES static inline float sum(f8 v) {
    return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

// e^x to about 2 units in the last place: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial for e^r (Cephes expf).
LANES static inline f8 exponential(f8 x) {
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, (f8)-87.0f), (f8)88.0f);
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    f8 n = (x * 1.44269504088896341f + magic) - magic;
    f8 r = x - n * 0.693359375f + n * 2.12194440e-4f;
    f8 p = (f8)1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    i8 exponent = (__builtin_convertvector(n, i8) + 127) << 23;
    f8 power;
    memcpy(&power, &exponent, sizeof power);
    return p * power;
}

// The error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
LANES static inline f8 error_function(f8 x) {
    i8 bits;
    memcpy(&bits, &x, sizeof bits);
    i8 sign = bits & (i8)INT32_MIN, size_bits = bits & (i8)INT32_MAX;
    f8 size;
    memcpy(&size, &size_bits, sizeof size);
    f8 t = 1.0f / (1.0f + 0.3275911f * size);
    f8 p = (f8)1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    f8 value = 1.0f - p * t * exponential(-size * size);
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

LANES static void add_bias(float *rows, const float *bias, size_t row_count, size_t count) {
    for (size_t row = 0; row < row_count; row++, rows += count)
        for (size_t i = 0; i < count; i += 8) store(rows + i, load(rows + i) + load(bias + i));
}

LANES static void gelu(float *rows, const float *bias, size_t row_count, size_t count) {
    for (size_t row = 0; row < row_count; row++, rows += count)
        for (size_t i = 0; i < count; i += 8) {
            f8 x = load(rows + i) + load(bias + i);
            store(rows + i, 0.5f * x * (1.0f + error_function(x * 0.70710678118654752f)));
        }
}

LANES static void normalise(
    float *rows, const float *bias, const float *beside, const float *gain, const float *shift, size_t row_count,
    size_t count) {
    for (size_t row = 0; row < row_count; row++, rows += count) {
        f8 total = (f8)0.0f;
        for (size_t i = 0; i < count; i += 8) {
            f8 x = load(rows + i);
            if (bias) x += load(bias + i);
            if (beside) x += load(beside + row * count + i);
            store(rows + i, x);
            total += x;
        }
        float mean = sum(total) / (float)count;
        f8 squares = (f8)0.0f;
        for (size_t i = 0; i < count; i += 8) {
            f8 x = load(rows + i) - mean;
            squares += x * x;
        }
        float scale = 1.0f / sqrtf(sum(squares) / (float)count + 1e-12f);
        for (size_t i = 0; i < count; i += 8)
            store(rows + i, (load(rows + i) - mean) * scale * load(gain + i) + load(shift + i));
    }
}

LANES static void softmax(float *rows, float scale, size_t row_count, size_t count) {
    for (size_t row = 0; row < row_count; row++, rows += count) {
        float largest = rows[0];
        for (size_t i = 1; i < count; i++) largest = rows[i] > largest ? rows[i] : largest;
        float total = 0;
        size_t whole = count & ~(size_t)7, i = 0;
        f8 totals = (f8)0.0f;
        for (; i < whole; i += 8) {
            f8 e = exponential((load(rows + i) - largest) * scale);
            store(rows + i, e);
            totals += e;
        }
        total = sum(totals);
        if (i < count) {
            float rest[8] = {0};
            memcpy(rest, rows + i, (count - i) * sizeof(float));
            f8 e = exponential((load(rest) - largest) * scale);
            for (size_t j = i; j < count; j++) {
                rows[j] = e[j - i];
                total += e[j - i];
            }
        }
        float share = 1.0f / total;
        for (i = 0; i < whole; i += 8) store(rows + i, load(rows + i) * share);
        for (; i < count; i++) rows[i] *= share;
    }
}

const mvt_loops LOOPS = {add_bias, gelu, normalise, softmax};
