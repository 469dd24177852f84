// The door to libxml2: documents in pieces in, a list of what begins, ends and stands in them out. No tree is built.
#ifndef CMARKUP_H
#define CMARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MVX_BEGIN = 1, MVX_END = 2, MVX_TEXT = 3 };

typedef struct mvx_parser mvx_parser;

/// For XML, or for HTML, which is never refused. NULL: no memory.
mvx_parser *mvx_make(bool html);
void mvx_free(mvx_parser *parser);

/// Reads on; `last` ends the document. 0, or -1 when it is broken: nothing can be read after that.
/// What was found replaces what the call before found. HTML is taken for UTF-8, whatever it declares.
int mvx_feed(mvx_parser *parser, const uint8_t *bytes, size_t count, bool last);

/// What the last call found, one after another: a byte MVX_*, four bytes of length, little-endian, and so many bytes of
/// UTF-8: an element's name without its prefix, or text. Valid until the next call.
const uint8_t *mvx_found(const mvx_parser *parser, size_t *count);

/// Why it is broken; never NULL.
const char *mvx_problem(const mvx_parser *parser);
int mvx_line(const mvx_parser *parser);
int mvx_column(const mvx_parser *parser);

/// Bytes in a charset that iconv knows, as `*decoded` bytes of UTF-8; what means nothing becomes U+FFFD. NULL: there is
/// no such charset, or no memory. To be freed by mvx_free_decoded.
uint8_t *mvx_decode(const char *charset, const uint8_t *bytes, size_t count, size_t *decoded);
void mvx_free_decoded(uint8_t *decoded);

#endif
