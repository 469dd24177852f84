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
        if (parser->context) htmlCtxtUseOptions(parser->context, HTML_PARSE_RECOVER | HTML_PARSE_NONET);
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
