// Where a text stops being JSON. simdjson says that something is wrong, and not where; this is read after it refused a
// text, for the message alone: what is accepted is simdjson's decision.
#include "CJSON.h"

#include <charconv>
#include <climits>
#include <cstring>
#include <system_error>

namespace {

class Reader {
  public:
    Reader(const uint8_t *text, size_t count) : text(text), count(count) {}

    size_t at = 0;

    int document() {
        blanks();
        if (at == count) return at = 0, MVJ_EMPTY;
        if (int wrong = value(0)) return wrong;
        blanks();
        return at == count ? MVJ_FINE : MVJ_TRAILING;
    }

  private:
    const uint8_t *text;
    size_t count;

    bool ended() const { return at >= count; }
    int unexpected() const { return ended() ? MVJ_ENDS_EARLY : MVJ_SYNTAX; }

    void blanks() {
        while (!ended() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) at++;
    }

    bool take(uint8_t byte) {
        if (ended() || text[at] != byte) return false;
        at++;
        return true;
    }

    int value(int depth) {
        if (ended()) return MVJ_ENDS_EARLY;
        switch (text[at]) {
            case '{': return depth == MVJ_DEPTH_LIMIT ? MVJ_TOO_DEEP : object(depth + 1);
            case '[': return depth == MVJ_DEPTH_LIMIT ? MVJ_TOO_DEEP : array(depth + 1);
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return text[at] == '-' || is_digit() ? number() : MVJ_SYNTAX;
        }
    }

    int array(int depth) {
        at++;
        blanks();
        if (take(']')) return MVJ_FINE;
        for (;;) {
            blanks();
            if (int wrong = value(depth)) return wrong;
            blanks();
            if (take(']')) return MVJ_FINE;
            if (!take(',')) return unexpected();
        }
    }

    int object(int depth) {
        at++;
        blanks();
        if (take('}')) return MVJ_FINE;
        for (;;) {
            blanks();
            if (ended() || text[at] != '"') return unexpected();
            if (int wrong = string()) return wrong;
            blanks();
            if (!take(':')) return unexpected();
            blanks();
            if (int wrong = value(depth)) return wrong;
            blanks();
            if (take('}')) return MVJ_FINE;
            if (!take(',')) return unexpected();
        }
    }

    int word(const char *expected) {
        for (; *expected; expected++) {
            if (!take((uint8_t)*expected)) return unexpected();
        }
        return MVJ_FINE;
    }

    bool is_digit() const { return !ended() && text[at] >= '0' && text[at] <= '9'; }

    size_t digits() {
        size_t first = at;
        while (is_digit()) at++;
        return at - first;
    }

    int number() {
        size_t start = at;
        take('-');
        bool leading_zero = !ended() && text[at] == '0';
        size_t whole = digits();
        if (whole == 0 || (leading_zero && whole > 1)) return number_at(start);
        // The power of ten of the first digit, in a way: above 0 if the number is large, whatever its digits.
        long power = leading_zero ? 0 : (long)whole;
        if (take('.')) {
            size_t zeros = at;
            while (zeros < count && text[zeros] == '0') zeros++;
            if (leading_zero) power -= (long)(zeros - at);
            if (digits() == 0) return number_at(start);
        }
        if (take('e') || take('E')) {
            bool negative = take('-');
            if (!negative) take('+');
            size_t first = at;
            if (digits() == 0) return number_at(start);
            long exponent = LONG_MAX / 4;
            std::from_chars((const char *)text + first, (const char *)text + at, exponent);
            exponent = exponent > LONG_MAX / 4 ? LONG_MAX / 4 : exponent;
            power += negative ? -exponent : exponent;
        }
        double parsed;
        auto result = std::from_chars((const char *)text + start, (const char *)text + at, parsed);
        // Too near to zero is fine: it is zero.
        if (result.ec != std::errc() && power > 0) return at = start, MVJ_NUMBER_TOO_LARGE;
        return MVJ_FINE;
    }

    int number_at(size_t start) {
        if (ended()) return MVJ_ENDS_EARLY;
        at = start;
        return MVJ_BAD_NUMBER;
    }

    int string() {
        at++;
        while (!ended()) {
            uint8_t byte = text[at];
            if (byte == '"') return at++, MVJ_FINE;
            int wrong = MVJ_FINE;
            if (byte < 0x20) return MVJ_CONTROL_CHARACTER;
            if (byte == '\\') wrong = escape();
            else if (byte < 0x80) at++;
            else wrong = character();
            if (wrong) return wrong;
        }
        return MVJ_ENDS_EARLY;
    }

    int escape() {
        if (at + 1 >= count) return at = count, MVJ_ENDS_EARLY;
        if (text[at + 1] != 'u') {
            if (!std::memchr("\"\\/bfnrt", text[at + 1], 8)) return MVJ_BAD_ESCAPE;
            at += 2;
            return MVJ_FINE;
        }
        long unit = unit_at(at);
        if (unit < 0) return MVJ_BAD_ESCAPE;
        if (unit >= 0xD800 && unit < 0xDC00) {
            long low = unit_at(at + 6);
            if (low < 0xDC00 || low > 0xDFFF) return MVJ_LONE_SURROGATE;
            at += 12;
            return MVJ_FINE;
        }
        if (unit >= 0xDC00 && unit < 0xE000) return MVJ_LONE_SURROGATE;
        at += 6;
        return MVJ_FINE;
    }

    // The code unit of \uXXXX; -1 if there is none.
    long unit_at(size_t place) const {
        if (place + 6 > count || text[place] != '\\' || text[place + 1] != 'u') return -1;
        unsigned unit = 0;
        auto first = (const char *)text + place + 2;
        auto result = std::from_chars(first, first + 4, unit, 16);
        return result.ec == std::errc() && result.ptr == first + 4 ? (long)unit : -1;
    }

    // One character of two to four bytes; the table of well-formed sequences of the Unicode standard, 3.9.
    int character() {
        uint8_t first = text[at];
        size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (first < 0xC2 || first > 0xF4 || at + length > count) return MVJ_BAD_UTF8;
        uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (text[at + 1] < least || text[at + 1] > most) return MVJ_BAD_UTF8;
        for (size_t i = 2; i < length; i++) {
            if ((text[at + i] & 0xC0) != 0x80) return MVJ_BAD_UTF8;
        }
        at += length;
        return MVJ_FINE;
    }
};

}  // namespace

extern "C" int mvj_locate(const uint8_t *text, size_t count, size_t *offset) {
    Reader reader(text, count);
    int wrong = reader.document();
    *offset = wrong == MVJ_FINE ? MVJ_NO_PLACE : reader.at;
    return wrong;
}
