// The door to simdjson: the one reader of JSON. No C++ exception comes out.
#ifndef CJSON_H
#define CJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MVJ_NULL, MVJ_FALSE, MVJ_TRUE, MVJ_INTEGER, MVJ_UNSIGNED, MVJ_NUMBER, MVJ_STRING, MVJ_ARRAY, MVJ_OBJECT
};

/// One value, in the order of the text. An array's `count` elements follow it; an object's `count` members follow as
/// pairs of a MVJ_STRING and a value.
typedef struct mvj_node {
    uint32_t kind;
    uint32_t count;  // bytes of a string, elements of an array, members of an object
    union {
        int64_t integer;
        uint64_t unsigned_integer;
        double number;
        const char *string;  // in the document
    } value;
} mvj_node;

typedef struct mvj_document mvj_document;

/// NULL if the text is no JSON value; then `error` (at least 128 bytes) says why.
mvj_document *mvj_parse(const uint8_t *text, size_t count, char *error);
void mvj_free(mvj_document *document);
const mvj_node *mvj_nodes(const mvj_document *document, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
