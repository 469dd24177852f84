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
        case element_type::UINT64: push(nodes, MVJ_UNSIGNED); nodes.back().value.unsigned_integer = uint64_t(value); break;
        case element_type::DOUBLE: push(nodes, MVJ_NUMBER); nodes.back().value.number = double(value); break;
        case element_type::STRING: push_string(nodes, std::string_view(value)); break;
        case element_type::ARRAY: {
            size_t at = nodes.size();
            push(nodes, MVJ_ARRAY);
            uint32_t count = 0;
            for (element item : simdjson::dom::array(value)) walk(nodes, item), count++;
            nodes[at].count = count;
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
            break;
        }
    }
}

}  // namespace

extern "C" {

mvj_document *mvj_parse(const uint8_t *text, size_t count, char *error) {
    const char *why = "unknown error";
    try {
        auto document = std::make_unique<mvj_document>();
        simdjson::error_code code = document->parser.allocate(count < 64 ? 64 : count, 128);
        element root;
        if (!code) code = document->parser.parse(text, count, true).get(root);
        if (code) {
            std::snprintf(error, 128, "%s", simdjson::error_message(code));
            return nullptr;
        }
        walk(document->nodes, root);
        return document.release();
    } catch (const std::exception &e) {
        std::snprintf(error, 128, "%s", e.what());
    } catch (...) {
        std::snprintf(error, 128, "%s", why);
    }
    return nullptr;
}

void mvj_free(mvj_document *document) { delete document; }

const mvj_node *mvj_nodes(const mvj_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}
}
