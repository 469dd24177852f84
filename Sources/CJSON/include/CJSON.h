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
        size_t end;          // array, object: the index of the node after the last one inside
    } value;
} mvj_node;

typedef struct mvj_document mvj_document;

/// NULL if the text is no JSON value; then `error` (at least 128 bytes) says why.
mvj_document *mvj_parse(const uint8_t *text, size_t count, char *error);
void mvj_free(mvj_document *document);

/// A document that holds null and is read into again and again: its memory serves the next text. NULL: no memory.
mvj_document *mvj_make(void);
/// As mvj_parse, in place: nodes and strings of the text before are gone. 0, or -1 and `error`.
int mvj_read(mvj_document *document, const uint8_t *text, size_t count, char *error);

/// The numbers of the array at node `at` as float32, `capacity` of them at most. Gives the index in the array of the
/// first element that is no number, else -1; -2 if node `at` is no array or has more than `capacity` elements.
long mvj_floats(const mvj_document *document, size_t at, float *out, size_t capacity);
const mvj_node *mvj_nodes(const mvj_document *document, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
