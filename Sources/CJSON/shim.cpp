#include "CJSON.h"
#include "integers.h"

#include <simdjson.h>

#include <memory>
#include <new>
#include <vector>

struct mvj_document {
    simdjson::dom::parser parser;  // owns the strings
    std::vector<mvj_node> nodes;
    std::vector<uint8_t> rewritten;
};

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// simdjson counts the bytes of a text and of a string in 32 bits.
constexpr size_t text_limit = 0xF0000000;

void push(std::vector<mvj_node> &nodes, uint32_t kind, uint32_t count = 0) {
    mvj_node node{};
    node.kind = kind;
    node.count = count;
    nodes.push_back(node);
}

void push_string(std::vector<mvj_node> &nodes, std::string_view text) {
    push(nodes, MVJ_STRING, (uint32_t)text.size());
    nodes.back().value.string = text.data();
}

// As deep as the parser's own limit on depth.
void walk(std::vector<mvj_node> &nodes, element value) {
    switch (value.type()) {
        case element_type::NULL_VALUE: push(nodes, MVJ_NULL); break;
        case element_type::BOOL: push(nodes, bool(value) ? MVJ_TRUE : MVJ_FALSE); break;
        case element_type::INT64: push(nodes, MVJ_INTEGER); nodes.back().value.integer = int64_t(value); break;
        case element_type::UINT64:
            push(nodes, MVJ_UNSIGNED);
            nodes.back().value.unsigned_integer = uint64_t(value);
            break;
        case element_type::DOUBLE: push(nodes, MVJ_NUMBER); nodes.back().value.number = double(value); break;
        case element_type::STRING: push_string(nodes, std::string_view(value)); break;
        case element_type::ARRAY: {
            size_t at = nodes.size();
            push(nodes, MVJ_ARRAY);
            uint32_t count = 0;
            for (element item : simdjson::dom::array(value)) walk(nodes, item), count++;
            nodes[at].count = count;
            nodes[at].value.end = nodes.size();
            break;
        }
        case element_type::OBJECT: {
            size_t at = nodes.size();
            push(nodes, MVJ_OBJECT);
            uint32_t count = 0;
            for (auto member : simdjson::dom::object(value)) {
                push_string(nodes, member.key);
                walk(nodes, member.value);
                count++;
            }
            nodes[at].count = count;
            nodes[at].value.end = nodes.size();
            break;
        }
    }
}

simdjson::error_code parse(mvj_document &document, const uint8_t *text, size_t count, element &root) {
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
    document.nodes.clear();
    element root;
    simdjson::error_code code = parse(document, text, count, root);
    // This simdjson has no number for an integer beyond 64 bits.
    if (code == simdjson::NUMBER_ERROR && memvec::rewrite_large_integers(text, count, document.rewritten)) {
        code = parse(document, document.rewritten.data(), document.rewritten.size(), root);
    }
    if (!code) {
        walk(document.nodes, root);
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
        auto document = std::make_unique<mvj_document>();
        push(document->nodes, MVJ_NULL);
        return document.release();
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
    if (status != MVJ_FINE) {
        // The vector has had room for one node since mvj_make: this cannot throw.
        document->nodes.clear();
        push(document->nodes, MVJ_NULL);
    }
    return status;
}

const mvj_node *mvj_nodes(const mvj_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}

long mvj_floats(const mvj_document *document, size_t at, float *out, size_t capacity) {
    if (at >= document->nodes.size()) return -2;
    const mvj_node *node = document->nodes.data() + at;
    if (node->kind != MVJ_ARRAY || node->count > capacity) return -2;
    size_t count = node->count;
    node++;
    // Every element before the first that is no number is one node.
    for (size_t i = 0; i < count; i++, node++) {
        switch (node->kind) {
            case MVJ_NUMBER: out[i] = (float)node->value.number; break;
            case MVJ_INTEGER: out[i] = (float)(double)node->value.integer; break;
            case MVJ_UNSIGNED: out[i] = (float)(double)node->value.unsigned_integer; break;
            default: return (long)i;
        }
    }
    return -1;
}
}
