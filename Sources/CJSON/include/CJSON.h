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

/// Why a text was refused.
enum {
    MVJ_FINE = 0,
    MVJ_EMPTY = -1,
    MVJ_SYNTAX = -2,
    MVJ_ENDS_EARLY = -3,
    MVJ_BAD_NUMBER = -4,
    MVJ_NUMBER_TOO_LARGE = -5,  // no finite double is near it
    MVJ_BAD_ESCAPE = -6,
    MVJ_CONTROL_CHARACTER = -7,  // in a string, unescaped
    MVJ_LONE_SURROGATE = -8,
    MVJ_BAD_UTF8 = -9,
    MVJ_TOO_DEEP = -10,
    MVJ_TRAILING = -11,  // something follows the value
    MVJ_TEXT_TOO_LARGE = -12,
    MVJ_NO_MEMORY = -13,
    MVJ_UNKNOWN = -14
};

/// Arrays and objects within one another.
enum { MVJ_DEPTH_LIMIT = 128 };

/// `*offset` where the place is not known.
#define MVJ_NO_PLACE SIZE_MAX

/// One value, looked at in place. The elements of an array stand one behind the other, the first at `inside`; so do an
/// object's members, each a MVJ_STRING and a value.
typedef struct mvj_node {
    uint32_t kind;
    uint32_t count;  // bytes of a string, elements of an array, members of an object
    size_t inside;   // array, object: where the first node inside is
    size_t next;     // where the node behind this one and all in it is
    union {
        int64_t integer;
        uint64_t unsigned_integer;  // above INT64_MAX
        double number;
        const char *string;  // in the document, UTF-8
    } value;
} mvj_node;

/// A parser, its memory, and the last text as it was parsed. Not for two threads at once.
typedef struct mvj_document mvj_document;

/// A document that holds null and is read into again and again: its memory serves the next text. NULL: no memory.
mvj_document *mvj_make(void);
void mvj_free(mvj_document *document);

/// Reads one value; `text` needs no spare bytes behind it and is not kept. Nodes and strings of the text before are
/// gone. Integers that 64 bits do not hold become doubles.
/// Gives MVJ_FINE, or why not, and in `offset` the byte at fault; the document holds null then.
int mvj_read(mvj_document *document, const uint8_t *text, size_t count, size_t *offset);

/// Where the value of the whole text is.
enum { MVJ_ROOT = 1 };

/// The value at a place that MVJ_ROOT, `inside` or `next` gave since the last mvj_read; null beyond the text.
mvj_node mvj_at(const mvj_document *document, size_t place);

/// The numbers of the array at `place` as float32, `capacity` of them at most: the double that the text says,
/// rounded.
/// Gives the index in the array of the first element that is no number, else -1; -2 if there is no array or it has
/// more than `capacity` elements.
long mvj_floats(const mvj_document *document, size_t place, float *out, size_t capacity);

/// Where and why `text` is no JSON value, found by reading it slowly. MVJ_FINE if it is one.
int mvj_locate(const uint8_t *text, size_t count, size_t *offset);

/// Bytes that one float32 takes in mvj_print_floats, comma included, at most.
enum { MVJ_FLOAT_BYTES = 17 };

/// Prints `count` float32 with commas between them, each in the fewest digits that read back as the same float32; what
/// is not finite becomes null. `out` has room for MVJ_FLOAT_BYTES each. Gives the bytes written.
size_t mvj_print_floats(const float *values, size_t count, char *out);

#ifdef __cplusplus
}
#endif

#endif
