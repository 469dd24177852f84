#include "CJSON.h"
#include "integers.h"

#include <simdjson.h>

#include <cstring>
#include <new>
#include <vector>

struct mvj_document {
    simdjson::dom::parser parser;  // owns the tape and the strings
    size_t tape_count = 0;         // 0: the document holds null
    std::vector<uint8_t> rewritten;
};

namespace {

// simdjson counts the bytes of a text and of a string in 32 bits.
constexpr size_t text_limit = 0xF0000000;

// Values are read from simdjson's tape in place: copying each into a node of ours took twice as long as parsing. A tape
// entry has its type in the top byte and 56 bits of payload (simdjson, doc/tape.md). Debian builds simdjson 3 with this
// layout; test texts of every kind hold it so.
constexpr uint64_t payload_mask = 0x00FFFFFFFFFFFFFF;
constexpr uint32_t saturated_count = 0xFFFFFF;

uint8_t type_of(uint64_t entry) { return (uint8_t)(entry >> 56); }

// The place behind the value at `place`.
size_t next_of(const uint64_t *tape, size_t place) {
    switch (type_of(tape[place])) {
        case 'l': case 'u': case 'd': return place + 2;
        case '[': case '{': return (uint32_t)tape[place];
        default: return place + 1;
    }
}

// The tape's count is 24 bits, and stays at the largest when there are more.
uint32_t count_of(const uint64_t *tape, size_t place) {
    uint32_t count = (uint32_t)(tape[place] >> 32) & saturated_count;
    if (count != saturated_count) return count;
    size_t end = next_of(tape, place) - 1, entries = 0;
    for (size_t at = place + 1; at < end; at = next_of(tape, at)) entries++;
    return (uint32_t)(type_of(tape[place]) == '{' ? entries / 2 : entries);
}

simdjson::error_code parse(mvj_document &document, const uint8_t *text, size_t count,
                           simdjson::dom::element &root) {
    size_t capacity = document.parser.capacity();
    if (capacity < count || capacity == 0) {
        size_t wanted = capacity * 2 > count ? capacity * 2 : count;
        simdjson::error_code code = document.parser.allocate(wanted < 64 ? 64 : wanted, MVJ_DEPTH_LIMIT);
        if (code) return code;
    }
    return document.parser.parse(text, count, true).get(root);  // true: it copies the text, and pads the copy
}

int translated(simdjson::error_code code) {
    switch (code) {
        case simdjson::CAPACITY: return MVJ_TEXT_TOO_LARGE;
        case simdjson::MEMALLOC: return MVJ_NO_MEMORY;
        case simdjson::DEPTH_ERROR: return MVJ_TOO_DEEP;
        case simdjson::NUMBER_ERROR: return MVJ_BAD_NUMBER;
        case simdjson::STRING_ERROR: return MVJ_BAD_ESCAPE;
        case simdjson::UTF8_ERROR: return MVJ_BAD_UTF8;
        case simdjson::EMPTY: return MVJ_EMPTY;
        case simdjson::UNESCAPED_CHARS: return MVJ_CONTROL_CHARACTER;
        case simdjson::UNCLOSED_STRING: return MVJ_ENDS_EARLY;
        default: return MVJ_SYNTAX;
    }
}

int read(mvj_document &document, const uint8_t *text, size_t count, size_t *offset) {
    if (count > text_limit) return MVJ_TEXT_TOO_LARGE;
    if (count == 0) return *offset = 0, MVJ_EMPTY;
    document.tape_count = 0;
    simdjson::dom::element root;
    simdjson::error_code code = parse(document, text, count, root);
    // This simdjson has no number for an integer beyond 64 bits.
    if (code == simdjson::NUMBER_ERROR && memvec::rewrite_large_integers(text, count, document.rewritten)) {
        code = parse(document, document.rewritten.data(), document.rewritten.size(), root);
    }
    if (!code) {
        document.tape_count = (size_t)(document.parser.doc.tape[0] & payload_mask);
        return MVJ_FINE;
    }
    if (code == simdjson::MEMALLOC) return MVJ_NO_MEMORY;
    int found = mvj_locate(text, count, offset);
    return found != MVJ_FINE ? found : translated(code);
}

}  // namespace

extern "C" {

mvj_document *mvj_make(void) {
    try {
        return new mvj_document;
    } catch (...) {
        return nullptr;
    }
}

void mvj_free(mvj_document *document) { delete document; }

int mvj_read(mvj_document *document, const uint8_t *text, size_t count, size_t *offset) {
    int status = MVJ_UNKNOWN;
    *offset = MVJ_NO_PLACE;
    try {
        status = read(*document, text, count, offset);
    } catch (const std::bad_alloc &) {
        status = MVJ_NO_MEMORY;
    } catch (...) {
        status = MVJ_UNKNOWN;
    }
    if (status != MVJ_FINE) document->tape_count = 0;
    return status;
}

mvj_node mvj_at(const mvj_document *document, size_t place) {
    mvj_node node{};
    node.kind = MVJ_NULL;
    node.next = place + 1;
    if (place == 0 || place >= document->tape_count) return node;
    const uint64_t *tape = document->parser.doc.tape.get();
    uint64_t entry = tape[place];
    node.next = next_of(tape, place);
    switch (type_of(entry)) {
        case 't': node.kind = MVJ_TRUE; break;
        case 'f': node.kind = MVJ_FALSE; break;
        case 'l':
            node.kind = MVJ_INTEGER;
            node.value.integer = (int64_t)tape[place + 1];
            break;
        case 'u':
            node.kind = MVJ_UNSIGNED;
            node.value.unsigned_integer = tape[place + 1];
            break;
        case 'd':
            node.kind = MVJ_NUMBER;
            std::memcpy(&node.value.number, tape + place + 1, sizeof(double));
            break;
        case '"': {
            const uint8_t *text = document->parser.doc.string_buf.get() + (entry & payload_mask);
            node.kind = MVJ_STRING;
            std::memcpy(&node.count, text, sizeof(uint32_t));
            node.value.string = (const char *)text + sizeof(uint32_t);
            break;
        }
        case '[': case '{':
            node.kind = type_of(entry) == '[' ? MVJ_ARRAY : MVJ_OBJECT;
            node.count = count_of(tape, place);
            node.inside = place + 1;
            break;
        default: break;
    }
    return node;
}

long mvj_floats(const mvj_document *document, size_t place, float *out, size_t capacity) {
    if (place == 0 || place >= document->tape_count) return -2;
    const uint64_t *tape = document->parser.doc.tape.get();
    if (type_of(tape[place]) != '[') return -2;
    size_t count = count_of(tape, place);
    if (count > capacity) return -2;
    const uint64_t *entry = tape + place + 1;
    // Every element before the first that is no number is two entries.
    for (size_t i = 0; i < count; i++, entry += 2) {
        double number;
        switch (type_of(*entry)) {
            case 'd': std::memcpy(&number, entry + 1, sizeof(double)); break;
            case 'l': number = (double)(int64_t)entry[1]; break;
            case 'u': number = (double)entry[1]; break;
            default: return (long)i;
        }
        out[i] = (float)number;
    }
    return -1;
}
}
