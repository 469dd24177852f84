#include <errno.h>
#include <iconv.h>
#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

#include "CMarkup.h"

struct mvx_parser {
    bool html, broken, short_of_memory;
    xmlSAXHandler handler;
    xmlParserCtxtPtr context;
    uint8_t *found;
    size_t count, room;
    char problem[256];
    int line, column;
};

static void add(mvx_parser *parser, uint8_t kind, const xmlChar *text, size_t count) {
    if (parser->count + 5 + count > parser->room) {
        size_t room = 2 * (parser->count + 5 + count);
        uint8_t *larger = realloc(parser->found, room);
        if (!larger) {
            parser->short_of_memory = true;
            return;
        }
        parser->found = larger;
        parser->room = room;
    }
    uint8_t *to = parser->found + parser->count;
    to[0] = kind;
    for (int i = 0; i < 4; i++) to[1 + i] = (uint8_t)(count >> (8 * i));
    memcpy(to + 5, text, count);
    parser->count += 5 + count;
}

static void begin(void *data, const xmlChar *name, const xmlChar **attributes) {
    (void)attributes;
    const char *colon = strrchr((const char *)name, ':');
    const xmlChar *local = colon ? (const xmlChar *)colon + 1 : name;
    add(data, MVX_BEGIN, local, strlen((const char *)local));
}

static void end(void *data, const xmlChar *name) {
    const char *colon = strrchr((const char *)name, ':');
    const xmlChar *local = colon ? (const xmlChar *)colon + 1 : name;
    add(data, MVX_END, local, strlen((const char *)local));
}

static void text(void *data, const xmlChar *value, int count) { add(data, MVX_TEXT, value, (size_t)count); }

// Entities that a document defines for itself are never put in: a few lines could grow to gigabytes.
static xmlEntityPtr entity(void *data, const xmlChar *name) {
    (void)data;
    return xmlGetPredefinedEntity(name);
}

static void quiet(void *data, const char *format, ...) {
    (void)data;
    (void)format;
}

mvx_parser *mvx_make(bool html) {
    mvx_parser *parser = calloc(1, sizeof *parser);
    if (!parser) return NULL;
    parser->html = html;
    xmlSAXHandler *handler = &parser->handler;
    handler->startElement = begin;
    handler->endElement = end;
    handler->characters = text;
    handler->cdataBlock = html ? NULL : text;  // scripts and styles of HTML
    handler->getEntity = html ? NULL : entity;
    handler->warning = handler->error = handler->fatalError = quiet;
    if (html) {
        parser->context = htmlCreatePushParserCtxt(handler, parser, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
        // What a page declares of its charset was true of its bytes; here it comes in UTF-8.
        const int options = HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC;
        if (parser->context) htmlCtxtUseOptions(parser->context, options);
    } else {
        parser->context = xmlCreatePushParserCtxt(handler, parser, NULL, 0, NULL);
        if (parser->context) xmlCtxtUseOptions(parser->context, XML_PARSE_NONET | XML_PARSE_SAX1);
    }
    if (!parser->context) {
        free(parser);
        return NULL;
    }
    return parser;
}

void mvx_free(mvx_parser *parser) {
    if (!parser) return;
    if (parser->html) {
        htmlFreeParserCtxt(parser->context);
    } else {
        if (parser->context->myDoc) xmlFreeDoc(parser->context->myDoc);
        xmlFreeParserCtxt(parser->context);
    }
    free(parser->found);
    free(parser);
}

static void break_off(mvx_parser *parser, const char *problem) {
    size_t length = strlen(problem);
    while (length > 0 && (problem[length - 1] == '\n' || problem[length - 1] == ' ')) length--;
    if (length >= sizeof parser->problem) length = sizeof parser->problem - 1;
    memcpy(parser->problem, problem, length);
    parser->problem[length] = 0;
    parser->broken = true;
}

int mvx_feed(mvx_parser *parser, const uint8_t *bytes, size_t count, bool last) {
    parser->count = 0;
    if (parser->broken) return -1;
    // What libxml says of encodings knows no parser, and would go to standard error. This is kept a thread.
    xmlSetGenericErrorFunc(NULL, quiet);
    int status;
    if (parser->html) {
        htmlParseChunk(parser->context, (const char *)bytes, (int)count, last);
        status = 0;
    } else {
        status = xmlParseChunk(parser->context, (const char *)bytes, (int)count, last);
        if (status == 0 && !parser->context->wellFormed) status = XML_ERR_INTERNAL_ERROR;
    }
    if (parser->short_of_memory) {
        break_off(parser, "there is no memory for it");
        return -1;
    }
    if (status == 0) return 0;
    const xmlError *error = xmlCtxtGetLastError(parser->context);
    break_off(parser, error && error->message ? error->message : "it is not well-formed XML");
    parser->line = error ? error->line : 0;
    parser->column = error ? error->int2 : 0;
    return -1;
}

const uint8_t *mvx_found(const mvx_parser *parser, size_t *count) {
    *count = parser->count;
    return parser->found;
}

const char *mvx_problem(const mvx_parser *parser) { return parser->problem; }
int mvx_line(const mvx_parser *parser) { return parser->line; }
int mvx_column(const mvx_parser *parser) { return parser->column; }

static bool put(uint8_t **out, size_t *count, size_t *room, const uint8_t *bytes, size_t more) {
    if (*count + more > *room) {
        size_t larger = 2 * (*count + more);
        uint8_t *moved = realloc(*out, larger);
        if (!moved) return false;
        *out = moved;
        *room = larger;
    }
    memcpy(*out + *count, bytes, more);
    *count += more;
    return true;
}

uint8_t *mvx_decode(const char *charset, const uint8_t *bytes, size_t count, size_t *decoded) {
    static const uint8_t replacement[] = {0xEF, 0xBF, 0xBD};
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1) return NULL;
    uint8_t piece[4096];
    size_t out_count = 0, room = count + 1;
    uint8_t *out = malloc(room);
    char *in = (char *)bytes;  // iconv does not write there
    bool is_fine = out != NULL;
    bool is_flushed = false;
    while (is_fine && !is_flushed) {
        // At the end comes what was held because a mark might have followed.
        is_flushed = count == 0;
        char *to = (char *)piece;
        size_t left = sizeof piece;
        const size_t status = iconv(converter, is_flushed ? NULL : &in, is_flushed ? NULL : &count, &to, &left);
        const int code = errno;
        is_fine = put(&out, &out_count, &room, piece, sizeof piece - left);
        if (!is_fine || is_flushed || status != (size_t)-1 || code == E2BIG) continue;
        // A byte that means nothing there, or the beginning of a character that does not go on.
        is_fine = put(&out, &out_count, &room, replacement, sizeof replacement);
        in += 1;
        count -= 1;
    }
    iconv_close(converter);
    if (!is_fine) {
        free(out);
        return NULL;
    }
    *decoded = out_count;
    return out;
}

void mvx_free_decoded(uint8_t *decoded) { free(decoded); }
