#include "integers.h"

#include <charconv>
#include <cstring>
#include <system_error>

namespace memvec {
namespace {

bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// Behind the string that opens at `at`.
size_t end_of_string(const uint8_t *text, size_t count, size_t at) {
    for (at++; at < count && text[at] != '"'; at++) {
        if (text[at] == '\\') at++;
    }
    return at + 1;
}

bool fits(const uint8_t *first, const uint8_t *last) {
    auto begin = (const char *)first, end = (const char *)last;
    int64_t with_sign;
    uint64_t without;
    return std::from_chars(begin, end, with_sign).ec == std::errc() ||
           (*begin != '-' && std::from_chars(begin, end, without).ec == std::errc());
}

}  // namespace

bool rewrite_large_integers(const uint8_t *text, size_t count, std::vector<uint8_t> &out) {
    out.clear();
    size_t copied = 0;
    for (size_t at = 0; at < count;) {
        if (text[at] == '"') {
            at = end_of_string(text, count, at);
        } else if (text[at] == '-' || is_digit(text[at])) {
            size_t start = at++;
            while (at < count && is_digit(text[at])) at++;
            bool is_integer = at == count || !std::memchr(".eE+-", text[at], 5);
            if (is_integer && at - start >= 19 && !fits(text + start, text + at)) {
                out.insert(out.end(), text + copied, text + at);
                out.push_back('.');
                out.push_back('0');
                copied = at;
            } else if (!is_integer) {
                while (at < count && (is_digit(text[at]) || std::memchr(".eE+-", text[at], 5))) at++;
            }
        } else {
            at++;
        }
    }
    if (copied == 0) return false;
    out.insert(out.end(), text + copied, text + count);
    return true;
}

}  // namespace memvec
