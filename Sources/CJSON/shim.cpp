#include "CJSON.h"

#include <simdjson.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

struct mvj_document {
    simdjson::dom::parser parser;  // owns the strings
    std::vector<mvj_node> nodes;
};

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

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

int mvj_read(mvj_document *document, const uint8_t *text, size_t count, char *error) {
    try {
        document->nodes.clear();
        simdjson::error_code code = simdjson::SUCCESS;
        if (document->parser.capacity() < (count < 64 ? 64 : count)) {
            size_t capacity = document->parser.capacity() * 2;
            code = document->parser.allocate(capacity > count ? capacity : count < 64 ? 64 : count, 128);
        }
        element root;
        if (!code) code = document->parser.parse(text, count, true).get(root);
        if (!code) {
            walk(document->nodes, root);
            return 0;
        }
        std::snprintf(error, 128, "%s", simdjson::error_message(code));
    } catch (const std::exception &e) {
        std::snprintf(error, 128, "%s", e.what());
    } catch (...) {
        std::snprintf(error, 128, "%s", "unknown error");
    }
    return -1;
}

mvj_document *mvj_parse(const uint8_t *text, size_t count, char *error) {
    mvj_document *document = mvj_make();
    if (!document) {
        std::snprintf(error, 128, "%s", "no memory");
        return nullptr;
    }
    if (mvj_read(document, text, count, error) == 0) return document;
    mvj_free(document);
    return nullptr;
}

long mvj_floats(const mvj_document *document, size_t at, float *out, size_t capacity) {
    const mvj_node *node = document->nodes.data() + at;
    if (at >= document->nodes.size() || node->kind != MVJ_ARRAY || node->count > capacity) return -2;
    size_t count = node->count;
    node++;
    // Every element before the first that is no number is one node.
    for (size_t i = 0; i < count; i++, node++) {
        switch (node->kind) {
            case MVJ_NUMBER: out[i] = (float)node->value.number; break;
            case MVJ_INTEGER: out[i] = (float)node->value.integer; break;
            case MVJ_UNSIGNED: out[i] = (float)node->value.unsigned_integer; break;
            default: return (long)i;
        }
    }
    return -1;
}

void mvj_free(mvj_document *document) { delete document; }

const mvj_node *mvj_nodes(const mvj_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}
}
