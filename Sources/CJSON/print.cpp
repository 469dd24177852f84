#include "CJSON.h"

#include <charconv>
#include <cmath>
#include <cstring>

extern "C" size_t mvj_print_floats(const float *values, size_t count, char *out) {
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) *at++ = ',';
        if (!std::isfinite(values[i])) {
            std::memcpy(at, "null", 4);
            at += 4;
        } else if (values[i] == 0) {
            // "-0" would be read as the integer 0.
            const char *zero = std::signbit(values[i]) ? "-0.0" : "0";
            at = (char *)std::memcpy(at, zero, std::strlen(zero)) + std::strlen(zero);
        } else {
            at = std::to_chars(at, at + MVJ_FLOAT_BYTES - 1, values[i]).ptr;
        }
    }
    return (size_t)(at - out);
}
